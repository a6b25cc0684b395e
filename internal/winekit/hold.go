package winekit

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Hold keeps a file in use until it is released, by a process of its own.
type Hold struct {
	cmd   *exec.Cmd
	stdin io.Closer
	freed bool
}

// HoldOpen opens a file for reading and shares reading only: writing, deleting and renaming it fail with 32.
func (p *Prefix) HoldOpen(t testing.TB, path string) *Hold {
	t.Helper()
	return p.hold(t, "open", path)
}

// HoldImage maps a PE file as the loader does: writing fails with 32, deleting and replacing with 5, renaming works.
func (p *Prefix) HoldImage(t testing.TB, path string) *Hold {
	t.Helper()
	return p.hold(t, "image", path)
}

func (p *Prefix) hold(t testing.TB, mode, path string) *Hold {
	t.Helper()
	cmd := exec.Command(p.in.loader, p.helper, "hold", mode, p.winArg(path))
	cmd.Env = p.env
	errLinux, _ := p.temp(".err")
	stderr := p.create(t, errLinux)
	defer stderr.Close()
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("winekit: hold %s: %v", path, err)
	}
	h := &Hold{cmd: cmd, stdin: stdin}
	t.Cleanup(h.Release)
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		h.Release()
		said, _ := os.ReadFile(errLinux)
		t.Fatalf("winekit: hold %s: %s", path, said)
	}
	return h
}

// Release lets go of the file and waits until the process is gone. A second call does nothing; a restart of the machine
// releases as well.
func (h *Hold) Release() {
	if h.freed {
		return
	}
	h.freed = true
	h.stdin.Close()
	h.cmd.Wait()
}
