package main

import "strings"

// The standard return codes (WP table 19), and those of table 24 and of Win32 that the extractor gives with /ER.
const (
	codeSuccess         = 0
	codeFailure         = 1603
	codeRebootRequired  = 3010
	codeNotEnoughSpace  = 61443 // STATUS_NOT_ENOUGH_SPACE
	codeUserCancelled   = 61453 // STATUS_USER_CANCELLED
	codeInvalidSwitches = 61686 // STATUS_INVALID_SWITCHES
	codeFileCorrupt     = 1392  // ERROR_FILE_CORRUPT
	codeFileNotFound    = 2     // ERROR_FILE_NOT_FOUND
)

// maxPath is what a path in a switch must stay below, in characters (WP table 15).
const maxPath = 256

// request is what the command line asks of the extractor. All else is the installer's.
type request struct {
	extract              bool
	path                 string // of /extract:path
	quiet, passive, help bool
	er                   bool
	fault                string // why /extract cannot be done as written
}

// tail is what follows the program's name in a raw command line.
func tail(line string) string {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return strings.TrimLeft(line[i:], " \t")
		}
	}
	return ""
}

// split cuts a command line into arguments by the rules of the C run-time library, as package os does for the installer.
func split(line string) []string {
	var args []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return args
		}
		var arg string
		arg, line = next(line)
		args = append(args, arg)
	}
}

// next takes one argument: backslashes are literal unless a quotation mark follows, then each pair is one and an odd one makes
// the mark literal; two marks inside a quoted part are one.
func next(line string) (arg, rest string) {
	var b strings.Builder
	quoted, slashes := false, 0
	flush := func(n int) { b.WriteString(strings.Repeat(`\`, n)); slashes = 0 }
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\':
			slashes++
			continue
		case c == '"':
			literal := slashes%2 != 0
			flush(slashes / 2)
			switch {
			case literal:
				b.WriteByte(c)
			case quoted && i+1 < len(line) && line[i+1] == '"':
				b.WriteByte(c)
				i++
				quoted = false
			default:
				quoted = !quoted
			}
			continue
		case (c == ' ' || c == '\t') && !quoted:
			flush(slashes)
			return b.String(), line[i:]
		}
		flush(slashes)
		b.WriteByte(c)
	}
	flush(slashes)
	return b.String(), ""
}

// parse reads the arguments. A switch begins with a slash or a hyphen and is the same in upper and lower case (WP "Command-line
// Options"). /help wins over /extract: the installer then shows its help, and refuses what stands beside it.
func parse(args []string) request {
	var r request
	fault := func(s string) {
		if r.fault == "" {
			r.fault = s
		}
	}
	for _, a := range args {
		if a == "" || a[0] != '/' && a[0] != '-' {
			fault(`"` + a + `" is not a switch`)
			continue
		}
		name, value, hasValue := strings.Cut(a[1:], ":")
		switch name = strings.ToLower(name); name {
		case "extract", "x":
			r.extract, r.path = true, value
			if hasValue {
				if why := checkPath(value); why != "" {
					fault(a + ": " + why)
				}
			}
		case "quiet", "q":
			r.quiet = true
		case "passive", "u", "m":
			r.passive = true
		case "help", "h", "?":
			r.help = true
		case "er":
			r.er = true
		case "integrate", "s":
			fault("/integrate and /extract cannot be used together")
		default:
			if !known(name) {
				fault("unknown switch " + a)
			}
		}
	}
	if r.help {
		r.extract = false
	}
	if !r.extract {
		r.fault = ""
	}
	return r
}

// known reports whether name is a switch of the installer, which has no meaning when files are only extracted.
func known(name string) bool {
	switch name {
	case "norestart", "z", "warnrestart", "forcerestart", "promptrestart", "forceappsclose", "f", "nobackup", "n", "overwriteoem",
		"o", "log", "verbose", "v", "d", "hotpatch", "l", "b", "uninstall", "y", "dryrun", "json-log":
		return true
	}
	return false
}

func checkPath(p string) string {
	switch {
	case p == "":
		return "a path must follow the colon"
	case len([]rune(p)) >= maxPath:
		return "the path must have fewer than 256 characters"
	case strings.ContainsAny(p, `"<>|?*`):
		return `a path has none of " < > | ? * (a backslash before a closing quotation mark makes the mark part of the path)`
	}
	return ""
}

// drive is a place to extract to: a root such as C:\, with its free bytes. acls tells whether its file system keeps permissions.
type drive struct {
	root string
	free uint64
	acls bool
}

// better reports whether the extraction directory should rather be on a than on b: where permissions hold (OURS), then where
// most space is free (WP "File Extraction"), then the first letter.
func better(a, b drive) bool {
	switch {
	case a.acls != b.acls:
		return a.acls
	case a.free != b.free:
		return a.free > b.free
	}
	return a.root < b.root
}

// ranked orders drives, the best first.
func ranked(d []drive) []drive {
	out := append([]drive(nil), d...)
	for i := range out {
		for j := i; j > 0 && better(out[j], out[j-1]); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// rootOf is the root of the drive or share that an absolute path is on.
func rootOf(path string) string {
	if !strings.HasPrefix(path, `\\`) {
		if len(path) >= 2 && path[1] == ':' {
			return path[:2] + `\`
		}
		return `\`
	}
	rest := path[2:]
	for range 2 { // server, share
		i := strings.IndexByte(rest, '\\')
		if i < 0 {
			return path + `\`
		}
		rest = rest[i+1:]
	}
	return path[:len(path)-len(rest)]
}

// extended gives an absolute path the form that has no length limit.
func extended(path string) string {
	switch {
	case strings.HasPrefix(path, `\\?\`) || strings.HasPrefix(path, `\\.\`):
		return path
	case strings.HasPrefix(path, `\\`):
		return `\\?\UNC\` + path[2:]
	}
	return `\\?\` + path
}

// hexName is the name of a directory of random name: 32 hexadecimal digits (as c:\17e19c52d072613ef9ce60500ef9612d in the log
// of WP Appendix D).
func hexName(random [16]byte) string {
	const digits = "0123456789abcdef"
	var b [32]byte
	for i, v := range random {
		b[2*i], b[2*i+1] = digits[v>>4], digits[v&15]
	}
	return string(b[:])
}

// startup picks the program that a package runs, by the names in its cabinet.
func startup(names []string) (string, bool) {
	for _, want := range []string{`update\update.exe`, `xpsp1hfm.exe`, `i386\update\update.exe`, `amd64\update\update.exe`, `arm64\update\update.exe`} {
		for _, n := range names {
			if strings.EqualFold(n, want) {
				return n, true
			}
		}
	}
	return "", false
}

// failure is an error with the code that /ER gives.
type failure struct {
	code uint32
	text string
}

func (f *failure) Error() string { return f.text }

// exitCode is what the process ends with.
func (f *failure) exitCode(er bool) uint32 {
	if er {
		return f.code
	}
	return codeFailure
}
