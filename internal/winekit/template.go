package winekit

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
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
const templateVersion = "1"

//go:embed shim/bcryptprimitives.c
var shimSource []byte

// strippable are the extensions of Wine's PE files, which carry their debug data.
const strippable = " .dll .exe .drv .ocx .cpl .sys .acm .ax "

// template returns the directory of the template prefix, made by whoever needs it first.
func template(t testing.TB, in wineInstall) (string, error) {
	dir, err := cacheDir("wine")
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%v\n%s", templateVersion, in.version, in.has32, shimSource))
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
	if err := makeTemplate(t, in, making); err != nil {
		return "", err
	}
	return final, os.Rename(making, final)
}

func makeTemplate(t testing.TB, in wineInstall, dir string) error {
	gcc := need.Tool(t, "x86_64-w64-mingw32-gcc")
	strip := need.Tool(t, "x86_64-w64-mingw32-strip")
	if err := command(environ(dir), in.loader, "wineboot", "-i"); err != nil {
		return fmt.Errorf("make a Wine prefix: %w", err)
	}
	stopServer(in, dir)
	windows := filepath.Join(dir, "drive_c", "windows")
	if err := compileShim(gcc, filepath.Join(windows, "system32")); err != nil {
		return err
	}
	if in.has32 {
		gcc32 := need.Tool(t, "i686-w64-mingw32-gcc")
		if err := compileShim(gcc32, filepath.Join(windows, "syswow64"), "-Wl,--kill-at"); err != nil {
			return err
		}
	}
	if err := stripDebug(strip, windows); err != nil {
		return err
	}
	return realFolders(filepath.Join(dir, "drive_c", "users"))
}

// compileShim builds the DLL that the Go runtime needs.
func compileShim(gcc, dir string, flags ...string) error {
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
	entry := "DllMain"
	if len(flags) > 0 {
		entry = "_DllMain@12"
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

// command runs a Linux command to its end. Its output is in the error if it fails.
func command(env []string, name string, args ...string) error {
	out, err := os.CreateTemp("", "winekit-*.log") // no pipe: Wine's services would keep it open
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", cmd, err, text)
	}
	return nil
}

// stopServer ends every process of the prefix and waits until its registry is on disk. There may be no server: no error.
func stopServer(in wineInstall, prefix string) {
	command(environ(prefix), in.server, "-k")
	command(environ(prefix), in.server, "-w")
}
