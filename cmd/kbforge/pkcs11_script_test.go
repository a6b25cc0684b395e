//go:build pkcs11 && cgo

package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kbforge/kbforge/internal/need"
)

// TestPKCS11Script: kbforge sign with a key in SoftHSM. The scripts are apart, since kbforge without the tag refuses.
func TestPKCS11Script(t *testing.T) {
	library := "/usr/lib/softhsm/libsofthsm2.so"
	if _, err := os.Stat(library); err != nil {
		need.Missing(t, "%s", library)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/pkcs11", RequireExplicitExec: true, Cmds: scriptCommands(), Setup: func(e *testscript.Env) error {
		e.Setenv("LIBRARY", library)
		return caches(e)
	}})
}
