// Package instlog writes the package installer's logs: KB######.log, KB######Uninst.log, svcpack.log, spuninst.log and
// the others of WP table 20, in the format of WP Appendix D and of logs of real installations. It owns the shape of a
// line, nothing of its content, and opens no file of its own.
//
//	[KB834707.log]
//	1.578: ================================================================================
//	1.578: 2004/11/01 06:44:25.406 (local)
//	1.578: c:\17e19c52d072613ef9ce60500ef9612d\update\update.exe (version 6.1.16.0)
//	1.578: Hotfix started with following command line: /q
//	3.109: CreateUninstall = 1,Directory = C:\WINDOWS\$NtUninstallKB834707$
//
// Each line is seconds.milliseconds since the start of the process, a colon, a blank and the text; lines end with CR LF.
// The name in brackets begins a new file only. Text is UTF-8 without a byte order mark (OURS: real logs use the code page
// of the machine; the two agree for ASCII).
package instlog

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Severity tells what a line is. It does not change the text form, which real tools parse; the JSON twin carries it.
// Nothing is called an error that does not end the run or harm its result.
type Severity uint8

const (
	Info Severity = iota
	Warning
	Error
)

// String is the JSON twin's spelling.
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "info"
}

// Log writes one log. Its methods may be called from several goroutines; each line is one Write, so nothing is held back
// when the process dies. The zero value and nil discard everything.
type Log struct {
	mu    sync.Mutex
	w     io.Writer
	json  io.Writer
	start time.Time
	now   func() time.Time
	err   error
}

// New makes a log that writes to w. start is when the process began; now tells the (local) time of each line. name is the
// file's name ("KB834707.log") if the file is new, and empty when an existing one is continued.
func New(w io.Writer, start time.Time, now func() time.Time, name string) *Log {
	l := &Log{w: w, start: start, now: now}
	if name != "" {
		l.raw("[" + name + "]")
	}
	return l
}

// Discard is a log that goes nowhere.
func Discard() *Log { return &Log{} }

// TwinJSON makes l write each later line to w too, as one JSON object a line:
//
//	{"ms":1578,"severity":"info","text":"Hotfix started with following command line: /q"}
//
// ms counts from the start of the process. OURS.
func (l *Log) TwinJSON(w io.Writer) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.json = w
}

// Printf writes a line of severity Info.
func (l *Log) Printf(format string, args ...any) { l.write(Info, format, args) }

// Info writes a line about what is done or found.
func (l *Log) Info(format string, args ...any) { l.write(Info, format, args) }

// Warn writes a line about something unusual that the run gets over.
func (l *Log) Warn(format string, args ...any) { l.write(Warning, format, args) }

// Error writes a line about something that makes the run, or a part of it, fail.
func (l *Log) Error(format string, args ...any) { l.write(Error, format, args) }

// Err is the first error of writing the log. A log that cannot be written never stops what it reports on.
func (l *Log) Err() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *Log) write(s Severity, format string, args []any) {
	if l == nil || l.w == nil && l.json == nil {
		return
	}
	text := oneLine(sprintf(format, args))
	l.mu.Lock()
	defer l.mu.Unlock()
	ms := max(l.time().Sub(l.start).Milliseconds(), 0)
	if l.w != nil {
		l.put(l.w, fmt.Sprintf("%d.%03d: %s\r\n", ms/1000, ms%1000, text))
	}
	if l.json != nil {
		l.put(l.json, jsonLine(ms, s, text))
	}
}

func (l *Log) time() time.Time {
	if l.now == nil {
		return l.start
	}
	return l.now()
}

// raw writes a line without a time, to the text form only.
func (l *Log) raw(line string) {
	if l.w == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(l.w, line+"\r\n")
}

func (l *Log) put(w io.Writer, line string) {
	if _, err := io.WriteString(w, line); err != nil && l.err == nil {
		l.err = fmt.Errorf("write log: %w", err)
	}
}

// sprintf leaves a format without arguments alone, so that a path with a percent sign may be logged as it is.
func sprintf(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// oneLine keeps an entry on one line whatever was put into it: line ends become blanks, other control characters '?'.
func oneLine(s string) string {
	s = strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\r\n", " ")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return '?'
		}
		return r
	}, s)
}
