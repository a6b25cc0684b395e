package stubs

import (
	"bytes"
	"context"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/need"
)

// TestOwnStubs gets kbforge's own stubs for every architecture.
func TestOwnStubs(t *testing.T) {
	need.Tool(t, "go")
	if testing.Short() {
		t.Skip("compiles six programs")
	}
	for _, kind := range Kinds() {
		for _, arch := range Arches() {
			s, err := Get(context.Background(), kind, arch)
			if err != nil {
				t.Errorf("%s %s: %v", kind, arch, err)
				continue
			}
			info, err := pefile.Read(bytes.NewReader(s.Bytes), int64(len(s.Bytes)))
			if err != nil || pefile.Arch(info.Machine) != arch || info.Signed {
				t.Errorf("%s %s: %+v, %v", kind, arch, info, err)
			}
			t.Logf("%s %s: %d bytes, %s", kind, arch, len(s.Bytes), s.Origin)
		}
	}
}
