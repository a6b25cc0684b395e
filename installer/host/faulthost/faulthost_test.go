package faulthost

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/hosttest"
	"github.com/kbforge/kbforge/installer/host/imagehost"
)

func newImage(t *testing.T) *imagehost.Host {
	t.Helper()
	m, ok := imagehost.Preset("win2003-sp2")
	if !ok {
		t.Fatal("no such preset")
	}
	h, err := imagehost.Options{NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestSuite(t *testing.T) {
	image := func(h host.Host) *imagehost.Host { return h.(*Host).Under().(*imagehost.Host) }
	one := newImage(t)
	hosttest.Run(t, hosttest.Factory{
		New:     func(*testing.T) host.Host { return New(one) },
		Offline: true,
		Hold: func(t *testing.T, h host.Host, path string) func() {
			release, err := image(h).HoldOpen(path, imagehost.HoldExclusive)
			if err != nil {
				t.Fatal(err)
			}
			return release
		},
		Link: func(t *testing.T, h host.Host, path, target string) {
			on := func(p string) string {
				return filepath.Join(image(h).Dir(), "drive", p[:1], filepath.FromSlash(strings.ReplaceAll(p[3:], `\`, "/")))
			}
			if err := os.Symlink(on(target), on(path)); err != nil {
				t.Fatal(err)
			}
		},
		Restart: func(t *testing.T, h host.Host) host.Host {
			if _, err := image(h).SimulateRestart(); err != nil {
				t.Fatal(err)
			}
			return h
		},
	})
}

type testError struct{}

func (testError) Error() string { return "injected" }

func write(h host.Host, name, content string) error {
	return h.WriteFile(`C:\`+name, strings.NewReader(content), host.FileMeta{})
}

func exists(t *testing.T, h host.Host, name string) bool {
	t.Helper()
	_, err := h.Stat(`C:\` + name)
	return err == nil
}

func TestFailBeforeHalfAndAfter(t *testing.T) {
	for _, c := range []struct {
		place Place
		there bool
	}{{Before, false}, {Half, false}, {After, true}} {
		image := newImage(t)
		h := New(image)
		h.Fail(Effect(2), c.place, testError{}, 1)
		if err := write(h, "one", "1"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Stat(`C:\one`); err != nil { // not an effect
			t.Fatal(err)
		}
		if err := write(h, "two", "22"); !errors.Is(err, testError{}) {
			t.Errorf("place %d: %v", c.place, err)
		}
		if exists(t, image, "two") != c.there {
			t.Errorf("place %d: the file is there: %v", c.place, !c.there)
		}
		if err := write(h, "three", "3"); err != nil {
			t.Errorf("place %d: the call after: %v", c.place, err)
		}
		if h.Effects() != 3 || len(h.Calls()) != 4 {
			t.Errorf("%d effects, calls %v", h.Effects(), h.Calls())
		}
	}
}

func TestHalfAppend(t *testing.T) {
	image := newImage(t)
	h := New(image)
	h.Fail(Method("AppendFile"), Half, testError{}, -1)
	for range 2 {
		if err := h.AppendFile(`C:\log`, []byte("0123456789"), true); !errors.Is(err, testError{}) {
			t.Error(err)
		}
	}
	if i, err := image.Stat(`C:\log`); err != nil || i.Size != 10 {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestPowerCut(t *testing.T) {
	image := newImage(t)
	h := New(image)
	f, err := h.Open(`C:\WINDOWS`)
	if err == nil {
		t.Fatal(f)
	}
	if err := write(h, "one", "1"); err != nil {
		t.Fatal(err)
	}
	if f, err = h.Open(`C:\one`); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h.CutPower(Method("Remove"), After)
	if err := h.Remove(`C:\one`); !errors.Is(err, ErrPowerCut) {
		t.Errorf("the call itself: %v", err)
	}
	if exists(t, image, "one") {
		t.Error("Remove was cut after its effect, yet the file is there")
	}
	if _, err := h.Stat(`C:\WINDOWS`); !errors.Is(err, ErrPowerCut) || !h.Dead() {
		t.Errorf("a call after: %v", err)
	}
	if err := write(h, "two", "2"); !errors.Is(err, ErrPowerCut) || exists(t, image, "two") {
		t.Errorf("a write after: %v", err)
	}
	if _, err := f.Read(make([]byte, 1)); !errors.Is(err, ErrPowerCut) {
		t.Errorf("an open file: %v", err)
	}
}

func TestPowerCutAndPanic(t *testing.T) {
	h := New(newImage(t))
	h.CutPowerAndPanic(func(c Call) bool { return strings.HasSuffix(c.Object, `\two`) }, Before)
	cut := func(name string) (p any) {
		defer func() { p = recover() }()
		_ = write(h, name, "x")
		return nil
	}
	if p := cut("one"); p != nil {
		t.Errorf("too early: %v", p)
	}
	for _, name := range []string{"two", "three"} {
		if p, ok := cut(name).(PowerCut); !ok || !strings.HasSuffix(p.Call.Object, name) {
			t.Errorf("%s: %v", name, p)
		}
	}
}
