package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openPTY returns both ends of a new pseudo terminal.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return s.Lflag&unix.ECHO != 0
}

// TestPromptNoEcho: what a person types at the prompt does not appear on the terminal, and the terminal echoes again after.
func TestPromptNoEcho(t *testing.T) {
	master, slave := openPTY(t)
	type answer struct {
		b   []byte
		err error
	}
	got := make(chan answer)
	go func() {
		b, err := terminalPrompt(slave, slave)("password of key.pfx")
		got <- answer{b, err}
	}()
	for end := time.Now().Add(10 * time.Second); echoes(t, slave); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the prompt leaves the terminal echoing")
		}
	}
	if _, err := master.WriteString("Hunter2-gehe1m\n"); err != nil {
		t.Fatal(err)
	}
	if a := <-got; a.err != nil || string(a.b) != "Hunter2-gehe1m" {
		t.Errorf("%q, %v", a.b, a.err)
	}
	if !echoes(t, slave) {
		t.Error("the terminal does not echo any more")
	}
	slave.Close()
	shown, _ := io.ReadAll(master) // ends with an error, as the other end is closed
	if !strings.Contains(string(shown), "password of key.pfx: ") || strings.Contains(string(shown), "gehe1m") {
		t.Errorf("the terminal shows %q", shown)
	}
}

func TestPromptNeedsTerminal(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if terminalPrompt(f, io.Discard) != nil {
		t.Error("there is a prompt where nobody sits")
	}
}
