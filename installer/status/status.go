// Package status owns the numbers a package ends with: the three standard return codes (WP table 19), the extended ones
// (WP table 24), the Setup API's (WP table 25), and the one table that maps the engine's errors to them. It decides
// nothing else and prints nothing.
//
// Sources: "WP" is Microsoft's white paper "The Package Installer (Formerly Called Update.exe)". OURS marks what it leaves
// open and kbforge decided.
package status

import (
	"strconv"
	"strings"
)

// The standard return codes, WP table 19.
const (
	Success        uint32 = 0    // ERROR_SUCCESS
	RebootRequired uint32 = 3010 // ERROR_SUCCESS_REBOOT_REQUIRED: done, and a restart is needed that was not performed
	InstallFailure uint32 = 1603 // ERROR_INSTALL_FAILURE: any failure, unless /ER asks for the extended code
)

// Entry is one line of a table of codes.
type Entry struct {
	Code    uint32
	Name    string // STATUS_INVALID_SWITCHES
	Message string // template, see Fill; empty for Setup API codes
	Ours    bool   // the white paper gives no text: Message is kbforge's
}

// Extended lists WP table 24, by number. 62475 stands there twice, under two names.
func Extended() []Entry { return table24() }

// SetupAPI lists WP table 25, by number.
func SetupAPI() []Entry { return setupAPI() }

// Standard lists WP table 19.
func Standard() []Entry {
	return []Entry{
		{Code: Success, Name: "ERROR_SUCCESS", Message: "Success"},
		{Code: InstallFailure, Name: "ERROR_INSTALL_FAILURE", Message: "Failure"},
		{Code: RebootRequired, Name: "ERROR_SUCCESS_REBOOT_REQUIRED", Message: "Success with reboot required"},
	}
}

// Find returns the entry of a code in any of the tables. ok is false for other codes (plain Win32 ones are not listed).
func Find(code uint32) (e Entry, ok bool) {
	for _, table := range [][]Entry{Standard(), Extended(), win32(), SetupAPI()} {
		for _, e := range table {
			if e.Code == code {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// Text is the message of a code with its inserts filled in; for a code without a message, its name or number.
func Text(code uint32, args ...string) string {
	e, ok := Find(code)
	switch {
	case !ok:
		return "error " + strconv.FormatUint(uint64(code), 10) + " (" + Hex(code) + ")"
	case e.Message == "":
		return e.Name + " (" + Hex(code) + ")"
	}
	return Fill(e.Message, args...)
}

// Fill puts args into a message template of table 24. %1 to %9 take the argument of that number. The table also has
// printf marks (%s, %d, and %%s, %%d from messages that are expanded twice): they take, in order, the arguments after the
// highest number (OURS; the paper says only that text is inserted). An argument that is missing is left out.
func Fill(template string, args ...string) string {
	next := highestInsert(template)
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(template); {
		number, width := insertAt(template, i)
		switch {
		case width == 0:
			b.WriteByte(template[i])
			i++
			continue
		case number > 0:
			b.WriteString(arg(number - 1))
		default:
			b.WriteString(arg(next))
			next++
		}
		i += width
	}
	return strings.TrimLeft(b.String(), " ")
}

// insertAt recognizes an insert at s[i:]. width is 0 when there is none, number 0 for a printf mark.
func insertAt(s string, i int) (number, width int) {
	if s[i] != '%' {
		return 0, 0
	}
	if i+1 < len(s) && s[i+1] >= '1' && s[i+1] <= '9' {
		return int(s[i+1] - '0'), 2
	}
	for _, mark := range []string{"%%s", "%%d", "%s", "%d"} {
		if strings.HasPrefix(s[i:], mark) {
			return 0, len(mark)
		}
	}
	return 0, 0
}

func highestInsert(s string) int {
	highest := 0
	for i := range len(s) {
		if n, _ := insertAt(s, i); n > highest {
			highest = n
		}
	}
	return highest
}

// Hex prints a code as logs do: 0xf117 (WP Appendix D).
func Hex(code uint32) string { return "0x" + strconv.FormatUint(uint64(code), 16) }

// HRESULT is the form in which Windows Update and 32-bit COM callers see a code: HRESULT_FROM_WIN32, or
// HRESULT_FROM_SETUPAPI for Setup API codes. 0 stays 0, and what is an HRESULT already stays as it is.
func HRESULT(code uint32) uint32 {
	const (
		setupMask     = 0xe0000000 // ERROR_SEVERITY_ERROR | APPLICATION_ERROR_MASK
		facilitySetup = 15
		facilityWin32 = 7
	)
	switch {
	case code == 0:
		return 0
	case code&setupMask == setupMask:
		return 1<<31 | facilitySetup<<16 | code&0xffff
	case code&(1<<31) != 0:
		return code
	}
	return 1<<31 | facilityWin32<<16 | code&0xffff
}
