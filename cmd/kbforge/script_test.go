package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kbforge": main})
}

// TestScripts: what users see. One behaviour a file.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, Setup: caches, Cmds: scriptCommands()})
}

// caches lets the scripts use the caches of Go and of the stubs, which lie below the home directory that a script lacks.
func caches(e *testscript.Env) error {
	e.Values[scriptTest{}] = e.T()
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	dirs := strings.Fields(string(out))
	user, err := os.UserCacheDir()
	if err != nil || len(dirs) != 2 {
		return fmt.Errorf("caches %q: %w", dirs, err)
	}
	e.Setenv("GOCACHE", dirs[0])
	e.Setenv("GOMODCACHE", dirs[1])
	e.Setenv("XDG_CACHE_HOME", user)
	e.Setenv("KBFORGE_SRC", os.Getenv("KBFORGE_SRC"))
	return nil
}

// replaceText changes a text in a file: replace OLD NEW FILE. The old one must be there.
func replaceText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace OLD NEW FILE")
	}
	text := ts.ReadFile(args[2])
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("%s has no %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o666))
}
