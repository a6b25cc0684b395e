package imagehost

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/hosttest"
)

// factory runs the suite on one new image of the preset; end is how a process ends before Reopen.
func factory(t *testing.T, preset string, o Options, end func(h *Host) error) hosttest.Factory {
	m, ok := Preset(preset)
	if !ok {
		t.Fatal("no preset", preset)
	}
	current, err := o.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := current.Close(); err != nil {
			t.Error(err)
		}
	})
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
		New: func(*testing.T) host.Host { return current },
		Reopen: func(t *testing.T, h host.Host) host.Host {
			if err := end(image(h)); err != nil {
				t.Fatal(err)
			}
			if current, err = o.Open(image(h).Dir()); err != nil {
				t.Fatal(err)
			}
			return current
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

func TestSuite(t *testing.T) {
	for _, preset := range []string{"winxp-sp2", "win10-x64"} {
		t.Run(preset, func(t *testing.T) {
			hosttest.Run(t, factory(t, preset, Options{NoSync: true}, (*Host).Close))
		})
	}
}

func TestSuiteAfterKill(t *testing.T) {
	hosttest.Run(t, factory(t, "win2003-sp2", Options{}, func(h *Host) error { h.Abandon(); return nil }))
}
