package lint

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLarge: a file that is wrong everywhere does not take lint forever, and the findings end.
func TestLarge(t *testing.T) {
	const lines = 20000
	var b strings.Builder
	b.WriteString(good)
	for i := range lines {
		fmt.Fprintf(&b, "[Unknown%d]\nx=%%y%d%%\n[ProductInstall.CopyFilesAlways]\nCopyFiles=Gone%d.files\n", i, i, i)
	}
	start := time.Now()
	got := Check("update.inf", []byte(b.String()), Options{})
	if len(got) != MaxFindings {
		t.Errorf("%d findings, want %d", len(got), MaxFindings)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("lint took %v for %d bytes", d, b.Len())
	}
}
