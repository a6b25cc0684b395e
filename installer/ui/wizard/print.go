package wizard

import "strings"

// wrap breaks text into lines that are not wider than width; measure tells how wide a line is. A word that is wider than a
// line is broken. Empty lines stay.
func wrap(s string, width int, measure func(string) int) []string {
	var out []string
	for _, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line = strings.ReplaceAll(strings.TrimRight(line, " \r\t\f"), "\t", "    ")
		for measure(line) > width && line != "" {
			cut := fits(line, width, measure)
			out = append(out, strings.TrimRight(line[:cut], " "))
			line = strings.TrimLeft(line[cut:], " ")
		}
		out = append(out, line)
	}
	return out
}

// fits is where to break a line that is too wide: after the last word that fits, or in the first one.
func fits(line string, width int, measure func(string) int) int {
	word, letter := 0, 0
	for i, r := range line {
		next := i + len(string(r))
		if measure(strings.TrimRight(line[:next], " ")) > width {
			break
		}
		letter = next
		if r == ' ' {
			word = next
		}
	}
	switch {
	case word > 0 && strings.TrimSpace(line[:word]) != "":
		return word
	case letter > 0:
		return letter
	}
	_, first, _ := strings.Cut(line, string([]rune(line)[0]))
	return len(line) - len(first) // not even one letter fits: never stand still
}

// paginate cuts lines into pages.
func paginate(lines []string, perPage int) [][]string {
	var pages [][]string
	for len(lines) > 0 {
		n := min(max(perPage, 1), len(lines))
		pages, lines = append(pages, lines[:n]), lines[n:]
	}
	return pages
}
