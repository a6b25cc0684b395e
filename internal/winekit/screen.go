package winekit

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/internal/winekit/wire"
)

// Window is a dialog on the screen, or a control of one.
type Window = wire.Window

// Screen is the display of a machine: what a person would see and press.
type Screen struct {
	p       *Prefix
	display string
	in      io.WriteCloser // of the program that looks; nil: none runs
	out     *bufio.Reader
}

// Size of the screen, in pixels.
const (
	ScreenWidth  = 800
	ScreenHeight = 600
)

// NewWithScreen is New with a display of its own, and a user whose language is the locale's ("fr_FR"; "" is English).
// It needs Xvfb, xdotool and ImageMagick's import.
func NewWithScreen(t testing.TB, locale string) (*Prefix, *Screen) {
	t.Helper()
	short(t)
	need.Tool(t, "xdotool")
	need.Tool(t, "import")
	s := &Screen{display: startX(t)}
	in := findWine(t)
	in.display = s.display
	if locale != "" {
		in.locale, in.locpath = locale+".UTF-8", localeDir(t, locale)
	}
	s.p = newPrefix(t, in)
	// One window that holds all others: with it dialogs get the focus and a caption though there is no window manager.
	s.p.RegSet(t, `HKCU\Software\Wine\Explorer`, "Desktop", SZ("kb"))
	s.p.RegSet(t, `HKCU\Software\Wine\Explorer\Desktops`, "kb", SZ(fmt.Sprintf("%dx%d", ScreenWidth, ScreenHeight)))
	s.p.Restart(t)
	s.Windows(t) // the first program that looks makes the desktop
	s.xdo(t, "search", "--sync", "--onlyvisible", "--name", "Wine [dD]esktop", "windowfocus")
	return s.p, s
}

// startX starts an X server on a free display, for this test.
func startX(t testing.TB) string {
	t.Helper()
	cmd := exec.Command(need.Tool(t, "Xvfb"), "-displayfd", "1", "-screen", "0", fmt.Sprintf("%dx%dx24", ScreenWidth, ScreenHeight), "-nolisten", "tcp")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("winekit: Xvfb: %v", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("winekit: Xvfb names no display: %v", err)
	}
	return ":" + strings.TrimSpace(line)
}

// localeDir makes the locale for programs that get LOCPATH; the machine itself may have only the C locale.
func localeDir(t testing.TB, locale string) string {
	t.Helper()
	dir, err := cacheDir("locale")
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	unlock, err := lock(filepath.Join(dir, locale+".lock"))
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	defer unlock()
	final := filepath.Join(dir, locale+".UTF-8")
	if fileExists(final) {
		return dir
	}
	making, err := os.MkdirTemp(dir, "making-")
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	defer os.RemoveAll(making)
	made := filepath.Join(making, locale+".UTF-8")
	if err := command(os.Environ(), need.Tool(t, "localedef"), "-i", locale, "-f", "UTF-8", made); err != nil {
		need.Missing(t, "the locale %s cannot be made: %v", locale, err)
	}
	if err := os.Rename(made, final); err != nil {
		t.Fatalf("winekit: %v", err)
	}
	return dir
}

// watch starts the program that tells what is on the screen.
func (s *Screen) watch(t testing.TB) {
	t.Helper()
	cmd := exec.Command(s.p.in.loader, s.p.helper, "screen")
	cmd.Env = s.p.env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("winekit: look at the screen: %v", err)
	}
	s.in, s.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() // it may have ended with the machine
	})
}

// Windows lists the dialogs that are visible, the topmost first.
func (s *Screen) Windows(t testing.TB) []Window {
	t.Helper()
	if s.in != nil {
		if list, err := s.look(); err == nil {
			return list
		}
	}
	s.watch(t) // the first time, and after a restart of the machine
	list, err := s.look()
	if err != nil {
		t.Fatalf("winekit: look at the screen: %v", err)
	}
	return list
}

func (s *Screen) look() (list []Window, err error) {
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		return nil, err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(line, &list)
}

// Wait waits until a dialog is as wanted and returns it. A timeout fails the test and says what there was.
func (s *Screen) Wait(t testing.TB, what string, wanted func(w Window) bool) Window {
	t.Helper()
	const limit = 60 * time.Second
	var last []Window
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		last = s.Windows(t)
		for _, w := range last {
			if wanted(w) {
				return w
			}
		}
	}
	b, _ := json.MarshalIndent(last, "", " ")
	t.Fatalf("winekit: %s did not appear in %v; there is\n%s", what, limit, b)
	return Window{}
}

// Key presses keys, by their X names: "Return", "alt+n", "Tab".
func (s *Screen) Key(t testing.TB, keys ...string) {
	t.Helper()
	s.xdo(t, append([]string{"key", "--delay", "40"}, keys...)...)
}

// Type types text.
func (s *Screen) Type(t testing.TB, text string) {
	t.Helper()
	s.xdo(t, "type", "--delay", "40", text)
}

func (s *Screen) xdo(t testing.TB, args ...string) {
	t.Helper()
	env := append(os.Environ(), "DISPLAY="+s.display)
	if err := command(env, "xdotool", args...); err != nil {
		t.Fatalf("winekit: %v", err)
	}
}

// Shot is what the screen shows.
func (s *Screen) Shot(t testing.TB) image.Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "screen.png")
	env := append(os.Environ(), "DISPLAY="+s.display)
	if err := command(env, "import", "-silent", "-window", "root", path); err != nil {
		t.Fatalf("winekit: %v", err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatalf("winekit: screenshot: %v", err)
	}
	return img
}
