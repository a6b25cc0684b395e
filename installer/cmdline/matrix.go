package cmdline

// Conflict is a pair of switches that may not be given together. The relation is symmetric.
type Conflict struct {
	A, B       string
	Documented bool // stated in WP table 15; otherwise OURS (the picture of WP table 16 is lost)
}

// Conflicts is the compatibility matrix in place of WP table 16. /help is not in it: it "must be used alone" (WP table 15),
// so it conflicts with every other switch.
func Conflicts() []Conflict {
	return []Conflict{
		{"norestart", "forcerestart", true},
		{"norestart", "forceappsclose", true},
		{"norestart", "integrate", true},
		{"forceappsclose", "integrate", true},
		{"nobackup", "integrate", true},

		{"norestart", "warnrestart", false},
		{"norestart", "promptrestart", false},
		{"warnrestart", "forcerestart", false},
		{"warnrestart", "promptrestart", false},
		{"warnrestart", "integrate", false},
		{"forcerestart", "promptrestart", false},
		{"forcerestart", "integrate", false},
		{"promptrestart", "integrate", false},
		{"nobackup", "d", false},
		{"integrate", "d", false},
		{"integrate", "extract", false},

		// The switches that the matrix never had: removal has no use for what only concerns an installation.
		{"uninstall", "nobackup", false},
		{"uninstall", "overwriteoem", false},
		{"uninstall", "integrate", false},
		{"uninstall", "d", false},
		{"uninstall", "b", false},
		{"uninstall", "extract", false},

		// A scan installs and removes nothing (OURS).
		{"status", "uninstall", false},
		{"status", "integrate", false},
		{"status", "extract", false},
		{"repair", "uninstall", false},
		{"repair", "integrate", false},
		{"repair", "extract", false},
	}
}

// compatible reports whether two different switches may stand on one command line.
func compatible(a, b string) bool {
	if a == "help" || b == "help" {
		return false
	}
	for _, c := range Conflicts() {
		if c.A == a && c.B == b || c.A == b && c.B == a {
			return false
		}
	}
	return true
}
