package lint

// Rule is one kind of finding.
type Rule struct {
	ID       string
	Severity Severity
	What     string // what it finds
}

// Checks is every kind of finding, sorted by ID. docs/inf.md has the same table.
func Checks() []Rule {
	return []Rule{
		{"bad-number", Error, "a value that must be a number and is none, or does not fit"},
		{"condition", Error, "a test or combiner of a condition that cannot be evaluated"},
		{"condition-name", Warning, "a test whose name says another operator than its operator field, which counts"},
		{"copy-flag-name", Error, "a name in CopyFlags= that is no SP_COPY_ flag (61716)"},
		{"default-branch", Warning, "a branch of updatebr.inf that has no INF"},
		{"dirid-unknown", Error, "a directory id that neither the INF documentation nor the file defines"},
		{"dirid-unresolved", Warning, "a documented directory id that this installer does not resolve"},
		{"duplicate-file", Warning, "a file that one section lists twice; the first line counts"},
		{"duplicate-key", Warning, "a key that stands twice where the first line counts"},
		{"gates", Error, "ranges of [Version] that no computer is in"},
		{"line-form", Warning, "a line that has not the form of its section, and is ignored"},
		{"missing-section", Error, "a section that is named and does not exist"},
		{"missing-source", Warning, "a file to copy that [SourceDisksFiles] does not list"},
		{"missing-strings", Error, "a string without which the installer refuses the file"},
		{"no-configuration", Warning, "no [Configuration], which WP Appendix B requires"},
		{"no-destination", Error, "a file section that [DestinationDirs] does not know, without DefaultDestDir"},
		{"odd-syntax", Warning, "text that is accepted but hardly meant: unclosed quotes, text after a header, strings that are cut off"},
		{"odd-value", Warning, "a value that the key does not have in the documentation"},
		{"refused", Error, "what the installer refuses when it reads the file"},
		{"registry-data", Error, "registry data that does not have the form of its type"},
		{"registry-root", Error, "a registry root that does not exist or has no meaning in an update (HKR)"},
		{"string-language", Info, "a string that only [Strings.LLLL] has; other languages lack it"},
		{"syntax", Error, "what is no INF text; the message has the rule"},
		{"undefined-string", Info, "a %name% that no [Strings] has, no directory id and no variable of the system"},
		{"unknown-decoration", Warning, "a decoration for an edition, architecture or language that does not exist: it applies nowhere"},
		{"unknown-disk", Warning, "a file of [SourceDisksFiles] on a disk that [SourceDisksNames] does not list"},
		{"unknown-flag", Warning, "bits in a flags field that no documented flag has; they are ignored"},
		{"unknown-key", Warning, "a key that the vocabulary of its section does not have"},
		{"unsupported", Warning, "what this installer does not carry out: it refuses the package, or goes on without"},
		{"unused-destination", Warning, "an entry of [DestinationDirs] for a section that does not exist"},
		{"unused-files", Warning, "a file section that nothing copies, deletes or renames"},
		{"unused-section", Warning, "a section that the vocabulary does not have and nothing names"},
		{"unused-source", Warning, "a file of [SourceDisksFiles] that nothing copies"},
		{"unused-string", Info, "a string that nothing uses and no convention knows"},
	}
}
