package winekit

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit/wire"
)

// Cmd is a program to run in a prefix.
type Cmd struct {
	// Exe is a Windows path, a Linux path (it begins with /), or a name that Windows searches for (cmd.exe).
	Exe string
	// Args are quoted as Go's os/exec does it on Windows.
	Args []string
	// Line, when not empty, is the part of the command line after the program's name, given as it is; Args are ignored.
	Line string
	// Dir is the working directory, a Windows or Linux path; empty: C:\.
	Dir string
	// Env is added to the environment, NAME=value.
	Env []string
	// Timeout ends the program and its descendants and fails the test; 0: DefaultTimeout.
	Timeout time.Duration
}

// Result is how a program ended.
type Result struct {
	ExitCode       uint32 // all 32 bits
	Stdout, Stderr string
	Millis         int64 // from start to end, without Wine's own start
}

// Run runs a program to its end. A program that does not start, or does not end in DefaultTimeout, fails the test.
func (p *Prefix) Run(t testing.TB, exe string, args ...string) Result {
	t.Helper()
	return p.RunCmd(t, Cmd{Exe: exe, Args: args})
}

// RunLine is Run with a command line that reaches the program exactly as it is written here, behind its quoted name.
func (p *Prefix) RunLine(t testing.TB, exe, line string) Result {
	t.Helper()
	return p.RunCmd(t, Cmd{Exe: exe, Line: line})
}

// RunCmd runs a program to its end.
func (p *Prefix) RunCmd(t testing.TB, c Cmd) Result {
	t.Helper()
	return p.Start(t, c).Wait(t)
}

// Process is a running program.
type Process struct {
	p        *Prefix
	c        Cmd
	cmd      *exec.Cmd
	out, err string // Linux paths of what it prints
	result   string
	pid      string
	done     chan error
}

// Start starts a program. Every started program must be waited for.
func (p *Prefix) Start(t testing.TB, c Cmd) *Process {
	t.Helper()
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Dir == "" {
		c.Dir = `C:\`
	}
	exe := p.winArg(c.Exe)
	req := wire.RunRequest{Exe: exe, Args: c.Args, Dir: p.winArg(c.Dir), Env: c.Env, TimeoutMillis: c.Timeout.Milliseconds()}
	if c.Line != "" {
		req.Line = `"` + exe + `" ` + c.Line
	}
	run := &Process{p: p, c: c}
	run.result, req.Result = p.temp(".result")
	run.pid, req.PID = p.temp(".pid")
	request := p.writeRequest(t, req)
	run.out, _ = p.temp(".out")
	run.err, _ = p.temp(".err")
	run.cmd = exec.Command(p.in.loader, p.helper, "run", request)
	run.cmd.Env = p.env
	// Files, not pipes: a descendant that outlives the program would keep a pipe open.
	stdout, stderr := p.create(t, run.out), p.create(t, run.err)
	defer stdout.Close()
	defer stderr.Close()
	run.cmd.Stdout, run.cmd.Stderr = stdout, stderr
	if err := run.cmd.Start(); err != nil {
		t.Fatalf("winekit: start %s: %v", exe, err)
	}
	run.done = make(chan error, 1)
	go func() { run.done <- run.cmd.Wait() }()
	return run
}

// noFreeType is what Wine itself says for a 32-bit program, whatever WINEDEBUG is (get-wine32.sh brings no FreeType).
const noFreeType = `Wine cannot find the FreeType font library.  To enable Wine to
use TrueType fonts please install a version of FreeType greater than
or equal to 2.0.5.
http://www.freetype.org
`

// Wait waits for the program's end.
func (r *Process) Wait(t testing.TB) Result {
	t.Helper()
	const slack = 30 * time.Second // for Wine's own start and for ending the job
	select {
	case <-r.done:
	case <-time.After(r.c.Timeout + slack):
		killAll(r.p.Dir)
		r.cmd.Process.Kill()
		<-r.done
	}
	stdout, _ := os.ReadFile(r.out)
	stderr, _ := os.ReadFile(r.err)
	res := Result{Stdout: string(stdout), Stderr: strings.ReplaceAll(string(stderr), noFreeType, "")}
	said := fmt.Sprintf("%s %s%s\nstdout: %s\nstderr: %s", r.c.Exe, strings.Join(r.c.Args, " "), r.c.Line, stdout, stderr)
	b, err := os.ReadFile(r.result)
	if err != nil {
		t.Fatalf("winekit: no result of %s: the machine was stopped, or the helper died", said)
	}
	var w wire.RunResult
	if err := json.Unmarshal(b, &w); err != nil {
		t.Fatalf("winekit: result of %s: %v", said, err)
	}
	switch {
	case w.TimedOut:
		t.Fatalf("winekit: ended after %v: %s", r.c.Timeout, said)
	case w.Error != "":
		t.Fatalf("winekit: %s: %s", w.Error, said)
	}
	res.ExitCode, res.Millis = w.ExitCode, w.Millis
	return res
}

// Kill ends the program at once with exit code 1, as a crash would: no descendant is touched. Wait must still be called.
func (r *Process) Kill(t testing.TB) {
	t.Helper()
	if err := waitFile(r.pid, 30*time.Second); err != nil {
		t.Fatalf("winekit: kill %s: %v", r.c.Exe, err)
	}
	pid, err := os.ReadFile(r.pid)
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	if err := command(r.p.env, r.p.in.loader, r.p.helper, "kill", string(pid)); err != nil {
		t.Fatalf("winekit: kill %s: %v", r.c.Exe, err)
	}
}

// waitFile waits until a file exists and is not empty.
func waitFile(path string, timeout time.Duration) error {
	for end := time.Now().Add(timeout); ; time.Sleep(5 * time.Millisecond) {
		if i, err := os.Stat(path); err == nil && i.Size() > 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s did not appear in %v", path, timeout)
		}
	}
}

// winArg turns a Linux path into a Windows path and leaves everything else.
func (p *Prefix) winArg(path string) string {
	if strings.HasPrefix(path, "/") {
		return p.WinPath(path)
	}
	return path
}

// writeRequest writes v as JSON and returns the Windows path.
func (p *Prefix) writeRequest(t testing.TB, v any) string {
	t.Helper()
	linux, windows := p.temp(".request")
	b, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(linux, b, 0o644)
	}
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	return windows
}

func (p *Prefix) create(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	return f
}
