package shelllink

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// Another reader of the format, file(1), finds what was written.
func TestOthersReadIt(t *testing.T) {
	b, err := Encode(Link{Target: `C:\Program Files\Contoso\Reader.exe`, Description: "Reads", WorkingDir: `C:\Temp`, Icon: `C:\r.ico`, IconIndex: 2})
	if err != nil {
		t.Fatal(err)
	}
	if size := binary.LittleEndian.Uint32(b[0x4C:]); int(size) > len(b)-0x4C || b[0x4C+int(size)] != 5 {
		t.Errorf("the texts do not follow the link information of %d bytes", size)
	}
	path := filepath.Join(t.TempDir(), "a.lnk")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(need.Tool(t, "file"), path).Output()
	if err != nil || !strings.Contains(string(out), "MS Windows shortcut") || !strings.Contains(string(out), "Has Working directory") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestRefused(t *testing.T) {
	for _, l := range []Link{{}, {Target: "a.exe"}, {Target: `C:\a.exe`, Description: strings.Repeat("x", 260)}, {Target: "C:\\a\x00.exe"}} {
		if _, err := Encode(l); err == nil {
			t.Errorf("%+v was written", l)
		}
	}
}
