package winekit

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// templateVersion changes when the way a template is made does.
const templateVersion = "3"

//go:embed shim/bcryptprimitives.c
var shimSource []byte

// strippable are the extensions of Wine's PE files, which carry their debug data.
const strippable = " .dll .exe .drv .ocx .cpl .sys .acm .ax "

// template returns the directory of the template prefix, made by whoever needs it first.
func template(t testing.TB, in wineInstall) (string, error) {
	in.display, in.locale, in.locpath = "", "", "" // one template for all
	dir, err := cacheDir("wine")
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%v %v\n%s", templateVersion, in.version, in.has32, in.win32, shimSource))
	final := filepath.Join(dir, hex.EncodeToString(key[:8]))
	unlock, err := lock(final + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if fileExists(final) {
		return final, nil
	}
	making := final + ".making" // ours alone under the lock; what is there is left from a killed process
	if err := os.RemoveAll(making); err != nil {
		return "", err
	}
	err = makeTemplate(t, in, making)
	killAll(making)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(making))
	}
	return final, os.Rename(making, final)
}

func makeTemplate(t testing.TB, in wineInstall, dir string) error {
	if err := command(in.environ(dir), in.loader, "wineboot", "-i"); err != nil {
		return fmt.Errorf("make a Wine prefix: %w", err)
	}
	stopServer(in, dir)
	windows := filepath.Join(dir, "drive_c", "windows")
	folder := "system32"
	if !in.win32 {
		gcc := need.Tool(t, "x86_64-w64-mingw32-gcc")
		if err := compileShim(gcc, "DllMain", filepath.Join(windows, folder)); err != nil {
			return err
		}
		folder = "syswow64"
	}
	if in.has32 {
		gcc := need.Tool(t, "i686-w64-mingw32-gcc")
		if err := compileShim(gcc, "_DllMain@12", filepath.Join(windows, folder), "-Wl,--kill-at"); err != nil {
			return err
		}
	}
	strip := need.Tool(t, "x86_64-w64-mingw32-strip") // of 32-bit files too
	if err := stripDebug(strip, windows); err != nil {
		return err
	}
	return realFolders(filepath.Join(dir, "drive_c", "users"))
}

// compileShim builds the DLL that the Go runtime needs.
func compileShim(gcc, entry, dir string, flags ...string) error {
	src, err := os.CreateTemp("", "bcryptprimitives-*.c")
	if err != nil {
		return err
	}
	defer os.Remove(src.Name())
	if _, err := src.Write(shimSource); err != nil {
		return err
	}
	if err := src.Close(); err != nil {
		return err
	}
	args := append([]string{"-O2", "-s", "-shared", "-nostdlib", "-Wl,--no-insert-timestamp", "-e", entry}, flags...)
	args = append(args, "-o", filepath.Join(dir, "bcryptprimitives.dll"), src.Name(), "-ladvapi32")
	if err := command(os.Environ(), gcc, args...); err != nil {
		return fmt.Errorf("compile the bcryptprimitives shim: %w", err)
	}
	return nil
}

// stripDebug takes the debug data out of Wine's files. A file that strip cannot read keeps it.
func stripDebug(strip, dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.Type().IsRegular() || !strings.Contains(strippable, " "+strings.ToLower(filepath.Ext(path))+" ") {
			return nil
		}
		exec.Command(strip, "--strip-debug", path).Run()
		return nil
	})
}

// realFolders replaces the links from Desktop, Documents, Downloads and others to $HOME by folders.
func realFolders(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink == 0 {
			return err
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		return os.Mkdir(path, 0o755)
	})
}
