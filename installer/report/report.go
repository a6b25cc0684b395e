// Package report makes the report of a failed run that a person may send: a zip with the log, the list of steps, the number
// of the update and the code. What names a person or the computer is taken out of it. It sends nothing.
package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxLog is how much of the log's end is kept, in bytes: the log of a machine with many updates grows for ever.
const MaxLog = 1 << 20

// Failure is what is reported.
type Failure struct {
	KB, Title, Version string // of the update, and of the installer
	Windows            string // "10.0.19045 x64"
	Code               uint32 // extended return code
	Error              string
	Log                []byte // UTF-8
	Steps              string // the plan
	Time               time.Time

	// What is private: each is replaced wherever it stands.
	User, Computer string // "CONTOSO\jane", "PC-17"
}

// Zip is the report. The same failure gives the same bytes.
func (f Failure) Zip() []byte {
	log := f.Log
	if len(log) > MaxLog {
		log = log[len(log)-MaxLog:]
	}
	summary := fmt.Sprintf("update: %s\r\ntitle: %s\r\ninstaller: %s\r\nwindows: %s\r\ncode: 0x%x\r\nerror: %s\r\n",
		f.KB, f.Title, f.Version, f.Windows, f.Code, f.Error)
	var entries []entry
	for _, e := range []entry{{"summary.txt", summary}, {"log.txt", string(log)}, {"steps.txt", f.Steps}} {
		entries = append(entries, entry{e.name, f.scrub(e.text)})
	}
	return stored(entries, f.Time)
}

// scrub takes out what names a person or the computer.
func (f Failure) scrub(s string) string {
	for _, folder := range []string{`\Users\`, `\Documents and Settings\`} {
		s = replaceAfter(s, folder, "(user)")
	}
	domain, user, ok := strings.Cut(f.User, `\`)
	if !ok {
		domain, user = "", f.User
	}
	for _, w := range []struct{ name, mark string }{{f.User, "(user)"}, {user, "(user)"}, {f.Computer, "(computer)"}, {domain, "(domain)"}} {
		s = replaceWord(s, w.name, w.mark)
	}
	return s
}

// replaceAfter replaces the path element behind a folder, without regard to case, also in UNC and device paths.
func replaceAfter(s, folder, mark string) string {
	var b strings.Builder
	for {
		at := indexFold(s, folder)
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		at += len(folder)
		b.WriteString(s[:at])
		s = s[at:]
		end := strings.IndexAny(s, "\\/:*?\"<>|\r\n")
		if end < 0 {
			end = len(s)
		}
		if end > 0 {
			b.WriteString(mark)
		}
		s = s[end:]
	}
}

// replaceWord replaces a name where it stands as a word, without regard to case. Names of one letter would spoil the text
// and tell nothing.
func replaceWord(s, name, mark string) string {
	const shortest = 2
	if len([]rune(name)) < shortest || strings.EqualFold(name, "SYSTEM") || strings.EqualFold(name, "NT AUTHORITY") {
		return s
	}
	var b strings.Builder
	last := ' ' // the character before s
	for {
		at := indexFold(s, name)
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := at + len(name)
		if at > 0 {
			last, _ = utf8.DecodeLastRuneInString(s[:at])
		}
		next, _ := utf8.DecodeRuneInString(s[end:])
		b.WriteString(s[:at])
		if inWord(last) || end < len(s) && inWord(next) {
			b.WriteString(s[at:end])
		} else {
			b.WriteString(mark)
		}
		last, _ = utf8.DecodeLastRuneInString(s[:end])
		s = s[end:]
	}
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// indexFold is the first place of a text of the same length that equals what without regard to case; -1 for none.
func indexFold(s, what string) int {
	for i := 0; i+len(what) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(what)], what) {
			return i
		}
	}
	return -1
}
