package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/codepage"
	"github.com/kbforge/kbforge/inf/lint"
)

func (a *app) infCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "inf",
		Short: "Show, format and check the INF files of a package",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.infDumpCommand(), a.infFmtCommand(), a.infLintCommand())
	return c
}

// infLanguage is the flag --language: of the strings, and by its code page of ANSI text.
type infLanguage uint16

func (l *infLanguage) String() string { return fmt.Sprintf("%04X", uint16(*l)) }
func (l *infLanguage) Type() string   { return "LLLL" }

func (l *infLanguage) Set(s string) error {
	n, err := strconv.ParseUint(s, 16, 16)
	if err != nil || len(s) != 4 {
		return fmt.Errorf("write a language id as in [Strings.LLLL]: four hexadecimal digits, such as 0407")
	}
	*l = infLanguage(n)
	return nil
}

func (l *infLanguage) flag(c *cobra.Command) {
	c.Flags().Var(l, "language", "language id, such as 0407: its strings count, and its code page reads ANSI text")
}

// codePage is that of ANSI text, and its number.
func (l infLanguage) codePage() (inf.CodePage, int, error) {
	number := codepage.OfLanguage(uint16(l))
	cp, err := codepage.Lookup(number)
	return cp, number, err
}

// infBytes reads a file that may be an INF.
func infBytes(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err == nil && st.Size() > inf.MaxFile {
		return nil, fmt.Errorf("%s has %d bytes, the limit of an INF is %d", path, st.Size(), inf.MaxFile)
	}
	return os.ReadFile(path)
}

func (a *app) infFmtCommand() *cobra.Command {
	var write, check bool
	var lang infLanguage
	c := &cobra.Command{
		Use:   "fmt [-w | -d] [--language LLLL] FILE...",
		Short: "Print INF files in one style, or rewrite them",
		Long: "Print INF files in one style: entries at the margin, no blanks around = and commas, one blank line before a section,\n" +
			"CRLF. Comments, order, spelling and encoding stay, and so does what the file means. With -d, exit code 1 if a file differs.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.infFmt(args, write, check, lang) },
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "rewrite the files that differ, and print their names")
	c.Flags().BoolVarP(&check, "check", "d", false, "write nothing, print the names of the files that differ")
	c.MarkFlagsMutuallyExclusive("write", "check")
	lang.flag(c)
	return c
}

func (a *app) infFmt(paths []string, write, check bool, lang infLanguage) error {
	cp, _, err := lang.codePage()
	if err != nil {
		return err
	}
	differ, failed := 0, 0
	for _, path := range paths {
		old, formatted, err := formatINF(path, cp)
		switch {
		case err != nil:
		case !write && !check:
			_, err = a.stdout.Write(formatted)
		case bytes.Equal(old, formatted):
		case write:
			if err = replaceFile(path, formatted); err == nil {
				fmt.Fprintln(a.stdout, path)
			}
		default:
			differ++
			fmt.Fprintln(a.stdout, path)
		}
		if err != nil {
			failed++
			a.print(err.Error())
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%s could not be formatted", count(failed, "file"))
	case differ > 0:
		return fmt.Errorf("%s not formatted; run kbforge inf fmt -w", count(differ, "file"))
	}
	return nil
}

func formatINF(path string, cp inf.CodePage) (old, formatted []byte, err error) {
	if old, err = infBytes(path); err != nil {
		return nil, nil, err
	}
	f, err := inf.ParseOptions(path, old, inf.Options{CodePage: cp, Lax: true})
	if err != nil {
		return nil, nil, err
	}
	return old, inf.Format(f), nil
}

// replaceFile puts data in the place of a file at once: an interruption leaves the old content or the new.
func replaceFile(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".kbforge-*.tmp")
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(st.Mode().Perm())
	}
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	return nil
}

type lintFlags struct {
	least  string
	asJSON bool
	strict bool
	lang   infLanguage
}

func (a *app) infLintCommand() *cobra.Command {
	var f lintFlags
	c := &cobra.Command{
		Use:   "lint [--json] [--least SEVERITY] [--strict] [--language LLLL] FILE...",
		Short: "Say what an installer would refuse or ignore in INF files",
		Long: "Judge update.inf, update_<branch>.inf, branches.inf, updatebr.inf and spuninst.inf, told apart by name or content.\n" +
			"Findings are file:line:col: severity: what; what to do [check]. docs/inf.md lists the checks. Exit code 1 if there is an error.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.infLint(args, f) },
	}
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&f.least, "least", "info", "least severity to show: error, warning or info")
	c.Flags().BoolVar(&f.strict, "strict", false, "let warnings fail, too")
	f.lang.flag(c)
	return c
}

func (a *app) infLint(paths []string, f lintFlags) error {
	least, err := lint.ParseSeverity(f.least)
	if err != nil {
		return usageError{err}
	}
	cp, _, err := f.lang.codePage()
	if err != nil {
		return err
	}
	found, shown := map[lint.Severity]int{}, []lint.Finding{}
	for _, path := range paths {
		data, err := infBytes(path)
		if err != nil {
			return err
		}
		for _, x := range lint.Check(path, data, lint.Options{Language: uint16(f.lang), CodePage: cp}) {
			found[x.Severity]++
			if x.Severity >= least {
				shown = append(shown, x)
			}
		}
	}
	if f.asJSON {
		if err := writeJSON(a.stdout, shown); err != nil {
			return err
		}
	} else {
		for _, x := range shown {
			fmt.Fprintln(a.stdout, x)
		}
	}
	if found[lint.Error] > 0 || f.strict && found[lint.Warning] > 0 {
		return fmt.Errorf("%s, %s", count(found[lint.Error], "error"), count(found[lint.Warning], "warning"))
	}
	return nil
}
