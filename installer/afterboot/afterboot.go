// Package afterboot owns spupdsvc.inf, the list of programs that run at the next start of the machine: the installation or
// removal of an update writes it, the service spupdsvc carries it out (white paper, table 6 and Appendix D, Spupdsvc.log).
//
// The file's name and its section are the white paper's; the fields after the first are OURS:
//
//	[ProcessesToRunAfterReboot]
//	"command line",KB123456,install,3600
package afterboot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf"
)

// Names on the machine.
const (
	ServiceName = "spupdsvc"     // below host.ServicesKey
	FileName    = "spupdsvc.inf" // in system32
	ImageName   = "spupdsvc.exe" // in system32
	LogName     = "spupdsvc.log" // in %windir% (white paper, table 20)
)

// Limits of the file.
const (
	MaxBytes = 4 << 20 // of the file
	MaxTasks = 10000
)

// DefaultTimeout is how long a program may take where its line says nothing (OURS).
const DefaultTimeout = time.Hour

// MaxTimeout is the longest time that a line can ask for (OURS).
const MaxTimeout = 24 * time.Hour

const section = "ProcessesToRunAfterReboot"

// Phase is what brought a task: the installation of an update, or its removal.
type Phase string

// The phases.
const (
	Install Phase = "install"
	Remove  Phase = "remove"
)

// Task is one program to run.
type Task struct {
	Command string // directories filled in, environment variables as written
	KB      string // update that wants it; may be empty in a file of another maker
	Phase   Phase
	Timeout time.Duration // whole seconds
}

// Parse reads spupdsvc.inf. The order is that in which the programs run. Lines of one field alone are accepted. The error
// is an *inf.ErrorList.
func Parse(name string, data []byte) ([]Task, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%s has %d bytes; the limit is %d", name, len(data), MaxBytes)
	}
	f, err := inf.Parse(name, data)
	if err != nil {
		return nil, err
	}
	var errs inf.ErrorList
	var list []Task
	for _, l := range f.View(0).Lines(section) {
		t, err := parseLine(l)
		if err != nil {
			errs.Add(name, l.Pos, inf.ErrorGeneralSyntax, "%s: %v", l.Describe(), err)
			continue
		}
		list = append(list, t)
	}
	if len(list) > MaxTasks {
		return nil, fmt.Errorf("%s lists %d programs; the limit is %d", name, len(list), MaxTasks)
	}
	return list, errs.Err()
}

func parseLine(l inf.Line) (Task, error) {
	t := Task{Command: l.Field(0), KB: l.Field(1), Phase: Phase(strings.ToLower(l.Field(2))), Timeout: DefaultTimeout}
	if l.HasKey || t.Command == "" {
		return t, fmt.Errorf("a line is a command line in quotes")
	}
	if t.Phase != Install && t.Phase != Remove && t.Phase != "" {
		return t, fmt.Errorf("%q is neither install nor remove", l.Field(2))
	}
	if s := l.Field(3); s != "" {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n == 0 || time.Duration(n)*time.Second > MaxTimeout {
			return t, fmt.Errorf("%q is no number of seconds from 1 to %d", s, MaxTimeout/time.Second)
		}
		t.Timeout = time.Duration(n) * time.Second
	}
	return t, nil
}

// Print is the inverse of Parse. The error names what the file cannot say, such as a command line with a line end.
func Print(list []Task) ([]byte, error) {
	f := inf.New()
	f.Name = FileName
	s := f.AddSection("Version")
	s.AddKeyed("Signature", inf.Quoted("$Windows NT$"))
	s.AddBlank()
	s = f.AddSection(section)
	quote := func(text string) inf.Field { return inf.Quoted(strings.ReplaceAll(text, "%", "%%")) }
	for _, t := range list {
		timeout := t.Timeout
		if timeout <= 0 {
			timeout = DefaultTimeout
		}
		if strings.ContainsAny(t.Command+t.KB, "\r\n\x00\x1a") || t.Command == "" {
			return nil, fmt.Errorf("print %s: %q is no command line", FileName, t.Command)
		}
		s.AddFields(quote(t.Command), quote(t.KB), inf.Bare(string(t.Phase)), inf.Bare(strconv.FormatInt(int64(timeout/time.Second), 10)))
	}
	b, err := f.Encode()
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", FileName, err)
	}
	return b, nil
}

// Without is the list without what an update left in it.
func Without(list []Task, kb string) []Task {
	var out []Task
	for _, t := range list {
		if !strings.EqualFold(t.KB, kb) {
			out = append(out, t)
		}
	}
	return out
}
