package imagehost

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/hosttest"
)

// factory runs the suite on a new image of the preset.
func factory(preset string, o Options) hosttest.Factory {
	image := func(h host.Host) *Host { return h.(*Host) }
	hold := func(kind Hold) func(t *testing.T, h host.Host, path string) func() {
		return func(t *testing.T, h host.Host, path string) func() {
			release, err := image(h).HoldOpen(path, kind)
			if err != nil {
				t.Fatal(err)
			}
			return release
		}
	}
	return hosttest.Factory{
		New: func(t *testing.T) host.Host {
			m, ok := Preset(preset)
			if !ok {
				t.Fatal("no preset", preset)
			}
			h, err := o.Create(filepath.Join(t.TempDir(), "image"), m)
			if err != nil {
				t.Fatal(err)
			}
			return h
		},
		Offline: true,
		Hold:    hold(HoldExclusive),
		Map:     hold(HoldMapped),
		Link: func(t *testing.T, h host.Host, path, target string) {
			if err := os.Symlink(onDisk(h, target), onDisk(h, path)); err != nil {
				t.Fatal(err)
			}
		},
		Restart: func(t *testing.T, h host.Host) host.Host {
			if _, err := image(h).SimulateRestart(); err != nil {
				t.Fatal(err)
			}
			return h
		},
		Events: func(t *testing.T, h host.Host) string {
			b, err := os.ReadFile(filepath.Join(image(h).Dir(), eventsName))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		},
	}
}

// onDisk is where a path of the image lies, for names given in the case they have.
func onDisk(h host.Host, path string) string {
	_, elems, err := host.SplitPath(path)
	if err != nil {
		panic(err)
	}
	return filepath.Join(append([]string{h.(*Host).Dir(), driveDir, path[:1]}, elems...)...)
}

// reopening gives the suite's factory a Reopen: end ends the first process.
func reopening(f *hosttest.Factory, end func(h *Host) error) {
	created := f.New
	var last *Host
	f.New = func(t *testing.T) host.Host {
		h := created(t)
		last = h.(*Host)
		t.Cleanup(func() {
			if err := last.Close(); err != nil {
				t.Error(err)
			}
		})
		return h
	}
	f.Reopen = func(t *testing.T, h host.Host) host.Host {
		if err := end(h.(*Host)); err != nil {
			t.Fatal(err)
		}
		again, err := Open(h.(*Host).Dir())
		if err != nil {
			t.Fatal(err)
		}
		last = again
		return again
	}
}

func TestSuite(t *testing.T) {
	for _, preset := range []string{"winxp-sp2", "win10-x64"} {
		t.Run(preset, func(t *testing.T) {
			f := factory(preset, Options{NoSync: true})
			reopening(&f, (*Host).Close)
			hosttest.Run(t, f)
		})
	}
}

func TestSuiteAfterKill(t *testing.T) {
	f := factory("win2003-sp2", Options{})
	reopening(&f, func(h *Host) error { h.Abandon(); return nil })
	hosttest.Run(t, f)
}
