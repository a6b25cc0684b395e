package lint

import "strings"

// nearest returns the name that is close enough to be what was meant, or "".
func nearest(name string, list []string) string {
	best, most := "", max(1, len(name)/5)
	if len(name) > 64 { // nobody mistypes that; and distance is quadratic
		return ""
	}
	for _, s := range list {
		if strings.EqualFold(s, name) || len(s) > len(name)+most || len(name) > len(s)+most {
			continue
		}
		if d := distance(fold(strings.TrimSpace(name)), fold(s)); d <= most {
			best, most = s, d-1
		}
	}
	return best
}

// distance is how many letters must be put in, taken out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
