package main

import (
	"strings"

	"github.com/kbforge/kbforge/installer/cmdline"
)

// firstWord is the program of a command line as UninstallString holds it: quoted, or the part up to ".exe".
func firstWord(line string) string {
	line = strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		word, _, _ := strings.Cut(rest, `"`)
		return word
	}
	if i := strings.Index(strings.ToLower(line), ".exe"); i >= 0 {
		return line[:i+len(".exe")]
	}
	word, _, _ := strings.Cut(line, " ")
	return word
}

// withoutUninstall drops /uninstall and its older name, which spuninst.exe does not know.
func withoutUninstall(args []string) []string {
	var rest []string
	for _, a := range args {
		if o, err := cmdline.Parse(cmdline.Install, []string{a}); err != nil || !o.Uninstall {
			rest = append(rest, a)
		}
	}
	return rest
}
