package cmdline

import (
	"strings"
	"testing"
)

// The compatibility matrix as it is documented (docs/installer.md); D stated in WP table 15, O decided by kbforge, . allowed.
// The code holds the same as a list of pairs.
const grid = `
               quiet passive norestart warnrestart forcerestart promptrestart forceappsclose nobackup overwriteoem integrate d extract
help           D     D       D         D           D            D             D              D        D            D         D D
quiet          .     .       .         .           .            .             .              .        .            .         . .
passive        .     .       .         .           .            .             .              .        .            .         . .
norestart      .     .       .         O           D            O             D              .        .            D         . .
warnrestart    .     .       O         .           O            O             .              .        .            O         . .
forcerestart   .     .       D         O           .            O             .              .        .            O         . .
promptrestart  .     .       O         O           O            .             .              .        .            O         . .
forceappsclose .     .       D         .           .            .             .              .        .            D         . .
nobackup       .     .       .         .           .            .             .              .        .            D         O .
overwriteoem   .     .       .         .           .            .             .              .        .            .         . .
integrate      .     .       D         O           O            O             D              D        .            .         O O
d              .     .       .         .           .            .             .              O        .            O         . .
extract        .     .       .         .           .            .             .              .        .            O         . .
`

// sample is a switch with a value that is right.
func sample(name string) string {
	for _, s := range Switches() {
		if s.Name != name {
			continue
		}
		switch s.arg {
		case requiredPath:
			return "/" + name + `:c:\x`
		case requiredName:
			return "/" + name + ":SP1GDR"
		case requiredSeconds:
			return "/" + name + ":5"
		case onlyDisable:
			return "/" + name + ":disable"
		}
		return "/" + name
	}
	panic("no switch " + name)
}

func together(a, b string) error {
	_, err := Parse(Wrapper, []string{sample(a), sample(b)})
	return err
}

func TestEveryPairOfTheMatrix(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(grid), "\n")
	columns := strings.Fields(rows[0])
	pairs := 0
	inGrid := map[[2]string]string{}
	for _, row := range rows[1:] {
		cells := strings.Fields(row)
		for i, column := range columns {
			inGrid[[2]string{cells[0], column}] = cells[i+1]
			if cells[0] == column {
				continue
			}
			pairs++
			for _, err := range []error{together(cells[0], column), together(column, cells[0])} {
				if refused := err != nil; refused != (cells[i+1] != ".") {
					t.Errorf("/%s with /%s: error %v, the matrix says %q", cells[0], column, err, cells[i+1])
				}
			}
		}
	}
	if pairs != 12*12 {
		t.Errorf("%d pairs tried, want 144", pairs)
	}
	for _, c := range Conflicts() {
		cell, ok := inGrid[[2]string{c.A, c.B}]
		if ok && (cell == "D") != c.Documented {
			t.Errorf("/%s with /%s: documented %v, the matrix says %s", c.A, c.B, c.Documented, cell)
		}
	}
}

// The grid does not hold every switch; nothing else may conflict but /help with all and /uninstall with what is for
// installations.
func TestPairsOutsideTheMatrix(t *testing.T) {
	listed := map[string]bool{}
	for _, name := range strings.Fields(strings.SplitN(strings.TrimSpace(grid), "\n", 2)[0]) {
		listed[name] = true
	}
	installOnly := map[string]bool{"nobackup": true, "overwriteoem": true, "integrate": true, "d": true, "b": true, "extract": true}
	for _, a := range Switches() {
		for _, b := range Switches() {
			if a.Name == b.Name || listed[a.Name] && listed[b.Name] || a.Name == "help" && listed[b.Name] || listed[a.Name] && b.Name == "help" {
				continue
			}
			scans := map[string]bool{"status": true, "repair": true}
			notScanning := map[string]bool{"uninstall": true, "integrate": true, "extract": true}
			want := scans[a.Name] && notScanning[b.Name] || scans[b.Name] && notScanning[a.Name] ||
				a.Name == "help" || b.Name == "help" ||
				a.Name == "uninstall" && installOnly[b.Name] || b.Name == "uninstall" && installOnly[a.Name]
			if got := together(a.Name, b.Name) != nil; got != want {
				t.Errorf("/%s with /%s: refused %v, want %v", a.Name, b.Name, got, want)
			}
		}
	}
}

func TestSwitchTable(t *testing.T) {
	seen := map[string]string{}
	for _, s := range Switches() {
		for _, name := range append([]string{s.Name}, s.Old...) {
			if other, ok := seen[strings.ToLower(name)]; ok {
				t.Errorf("/%s means both /%s and /%s", name, other, s.Name)
			}
			seen[strings.ToLower(name)] = s.Name
		}
		if s.Help == "" || s.Source == "" || s.set == nil || s.Modes == 0 {
			t.Errorf("/%s is incomplete", s.Name)
		}
	}
	for _, c := range Conflicts() {
		if _, ok := find(c.A); !ok {
			t.Errorf("no switch %s", c.A)
		}
		if _, ok := find(c.B); !ok {
			t.Errorf("no switch %s", c.B)
		}
	}
}

func TestUsageNamesEverySwitchOfItsMode(t *testing.T) {
	for _, mode := range []Mode{Install, Remove, Wrapper} {
		text := Usage(mode)
		heads := map[string]bool{}
		for _, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "  /") {
				heads[strings.Fields(line)[0]] = true
			}
		}
		for _, s := range Switches() {
			if got, want := heads["/"+s.Name+s.Argument], s.Modes&mode != 0; got != want {
				t.Errorf("mode %d: usage has /%s: %v, want %v", mode, s.Name, got, want)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			if len(line) > usageWidth {
				t.Errorf("line too long: %q", line)
			}
		}
	}
}
