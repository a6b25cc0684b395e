// Package cmdline reads the command lines of packages, update.exe and spuninst.exe: the switches of WP tables 13 and 15
// with the older names they replaced, which of them may stand together, and the text that /help shows. One table
// (Switches) holds all of it. The package has no effects and is free of fmt, so that the small extractor can use it.
//
// Rules of the line (WP "Command-line Options"): a switch begins with / or, for compatibility, with -; names are
// case-insensitive; a value follows a colon; paths have fewer than 256 characters. Every fault of a line is reported at once
// as STATUS_INVALID_SWITCHES (61686). OURS, where the paper is silent: /quiet beats /passive; of a repeated switch with a
// value the last one counts; /help wins over everything, and with other switches still ends in 61686.
package cmdline

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/installer/status"
)

const (
	// MaxPath is the number of UTF-16 code units a path on the command line must stay below (WP table 15: "fewer than 256
	// characters").
	MaxPath = 256
	// DefaultWarnSeconds is the countdown of /warnrestart without a value, and of /passive (WP table 15).
	DefaultWarnSeconds = 30
	// MaxWarnSeconds bounds /warnrestart:n and /wait:n (OURS: one day).
	MaxWarnSeconds = 86400
)

// WarnRestart is /warnrestart[:seconds].
type WarnRestart struct {
	Set     bool
	Seconds int // countdown in seconds; 0 without Set
}

// Extract is /extract[:path].
type Extract struct {
	Set  bool
	Path string // empty: ask for it, or make a directory of random name when unattended (WP table 13)
}

// Options is a command line, read.
type Options struct {
	Help, Quiet, Passive                                   bool
	NoRestart, ForceRestart, PromptRestart, ForceAppsClose bool
	NoBackup, OverwriteOEM, Verbose, ER                    bool
	List, Uninstall, HotpatchDisable                       bool
	DryRun, Status, Repair, NoRestorePoint                 bool // OURS
	WarnRestart                                            WarnRestart
	Extract                                                Extract
	Log, Integrate, BackupDir, Branch                      string
	JSONLog                                                string   // OURS
	WaitSeconds                                            int      // OURS: for another installation
	CommandLine                                            string   // the arguments joined again, for the log
	Warnings                                               []string // what was accepted and has no effect, and why
}

// Unattended reports whether nobody is to be asked: /quiet or /passive.
func (o Options) Unattended() bool { return o.Quiet || o.Passive }

// Parse reads the arguments of a program (without its name). The error is a *status.Error of code 61686 whose insert
// names every faulty switch. The Options are filled in as far as the line could be understood even then, so that the
// caller reports the error as /quiet and /ER ask.
func Parse(mode Mode, args []string) (Options, error) {
	p := parser{mode: mode, seen: map[string]bool{}}
	p.Options.CommandLine = Join(args)
	for _, arg := range args {
		p.argument(arg)
	}
	p.conflicts()
	p.settle()
	if len(p.faults) > 0 {
		return p.Options, status.New(status.InvalidSwitches, strings.Join(p.faults, "; "))
	}
	return p.Options, nil
}

type parser struct {
	Options
	mode   Mode
	seen   map[string]bool
	order  []string // names of switches, as first seen
	faults []string
}

func (p *parser) fault(text string) { p.faults = append(p.faults, text) }

func (p *parser) argument(arg string) {
	if arg == "" || arg[0] != '/' && arg[0] != '-' {
		p.fault(quoted(arg) + " is not a switch")
		return
	}
	name, value, hasValue := strings.Cut(arg[1:], ":")
	s, ok := find(name)
	switch {
	case !ok:
		p.fault("unknown switch " + quoted(arg))
		return
	case s.Modes&p.mode == 0:
		p.fault("/" + s.Name + " " + onlyFor(s.Modes))
		return
	}
	if reason := s.check(value, hasValue); reason != "" {
		p.fault(quoted(arg) + ": " + reason)
		return
	}
	s.set(&p.Options, value)
	if !p.seen[s.Name] {
		p.seen[s.Name] = true
		p.order = append(p.order, s.Name)
	}
}

func (p *parser) conflicts() {
	for i, a := range p.order {
		for _, b := range p.order[i+1:] {
			if !compatible(a, b) {
				p.fault("/" + a + " and /" + b + " cannot be used together")
			}
		}
	}
}

// settle applies the precedence rules of the package comment.
func (p *parser) settle() {
	if p.Quiet {
		p.Passive = false
	}
	warn := func(name, why string) { p.Warnings = append(p.Warnings, "/"+name+" is ignored "+why) }
	if p.WarnRestart.Set && !p.Unattended() {
		p.WarnRestart = WarnRestart{}
		warn("warnrestart", "in attended mode")
	}
	if p.PromptRestart && !p.Unattended() {
		p.PromptRestart = false
		warn("promptrestart", "in attended mode")
	}
	if p.Extract.Set {
		for _, name := range p.order {
			if name != "extract" && name != "quiet" && name != "passive" && name != "ER" {
				warn(name, "with /extract")
			}
		}
	}
}

// check says what is wrong with a switch's value, or nothing.
func (s Switch) check(value string, given bool) string {
	switch s.arg {
	case none:
		if given {
			return "the switch takes no value"
		}
	case onlyDisable:
		if !equalFold(value, "disable") {
			return "the only form is /" + s.Name + ":disable"
		}
	case optionalSeconds:
		if given && (value == "" || parseSeconds(value) < 0) {
			return "the value must be a number of seconds from 0 to " + strconv.Itoa(MaxWarnSeconds)
		}
	case requiredSeconds:
		if value == "" || parseSeconds(value) < 0 {
			return "a number of seconds from 0 to " + strconv.Itoa(MaxWarnSeconds) + " must follow, /" + s.Name + s.Argument
		}
	case requiredName:
		if value == "" {
			return "a name must follow, /" + s.Name + s.Argument
		}
	case requiredPath:
		if value == "" {
			return "a path must follow, /" + s.Name + s.Argument
		}
		return checkPath(value)
	case optionalPath:
		if given && value == "" {
			return "a path must follow the colon"
		}
		return checkPath(value)
	}
	return ""
}

// checkPath: the characters are those that no file name has (Win32 "Naming Files, Paths, and Namespaces"). A quotation mark
// comes from a backslash before the closing one: /log:"C:\logs\" means C:\logs" to every Windows program.
func checkPath(path string) string {
	if i := strings.IndexAny(path, `"<>|?*`); i >= 0 {
		return "the path has the character " + path[i:i+1]
	}
	if n := len(utf16.Encode([]rune(path))); n >= MaxPath {
		return "the path has " + strconv.Itoa(n) + " characters; it must have fewer than " + strconv.Itoa(MaxPath)
	}
	return ""
}

// parseSeconds gives -1 for what is no allowed number of seconds; nothing means the default.
func parseSeconds(s string) int {
	if s == "" {
		return DefaultWarnSeconds
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n > MaxWarnSeconds {
		return -1
	}
	return int(n)
}

func onlyFor(m Mode) string {
	if m == Wrapper {
		return "applies to the package only, not to the extracted update.exe or spuninst.exe"
	}
	return "applies to installation only"
}

func quoted(s string) string { return `"` + s + `"` }

// equalFold compares ASCII names without regard to case; other letters are no part of a switch.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// Join puts arguments together again as a person would have typed them, for the log. It is for reading, not for starting a
// process.
func Join(args []string) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if a == "" || strings.ContainsAny(a, " \t") {
			a = quoted(a)
		}
		b.WriteString(a)
	}
	return b.String()
}
