package winhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// needsWindows skips where Wine stands in: see docs/windows-checklist.md.
func needsWindows(t *testing.T) {
	t.Helper()
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("SKIPPED, NOT TESTED HERE: needs Windows")
	}
}

// A file that belongs to TrustedInstaller, and that administrators may only read, is replaced and keeps owner, group and DACL;
// another one is deleted.
func TestTrustedInstaller(t *testing.T) {
	needsWindows(t)
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if missing, err := h.MissingPrivileges([]string{"SeRestorePrivilege", "SeBackupPrivilege", "SeTakeOwnershipPrivilege"}); err != nil || len(missing) > 0 {
		t.Fatalf("run as administrator: %v %v", missing, err)
	}
	const theirs = "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" +
		"G:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" +
		"D:PAI(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)(A;;0x1200a9;;;BA)(A;;0x1200a9;;;SY)"
	sd, err := windows.SecurityDescriptorFromString(theirs)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	give := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		owner, _, _ := sd.Owner()
		group, _, _ := sd.Group()
		dacl, _, _ := sd.DACL()
		if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, securityParts|windows.PROTECTED_DACL_SECURITY_INFORMATION, owner, group, dacl, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := func(path string) string {
		got, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, securityParts)
		if err != nil {
			t.Fatal(err)
		}
		return got.String()
	}
	path := give("replaced.dll")
	before := text(path)
	if err := h.WriteFile(path, strings.NewReader("new"), host.FileMeta{}); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("content %q", b)
	}
	if after := text(path); after != before {
		t.Errorf("security\n%s\nwas\n%s", after, before)
	}
	if err := h.Remove(give("deleted.dll")); err != nil {
		t.Error(err)
	}
}

// The Restart Manager names a process that holds a file, and closes it.
func TestRestartManager(t *testing.T) {
	needsWindows(t)
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "held.dll")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	done := startHolder(t, path)
	apps, err := h.Holders([]string{path})
	if err != nil || len(apps) != 1 {
		t.Fatalf("%+v, %v", apps, err)
	}
	reopen, err := h.CloseHolders([]string{path}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := reopen(); err != nil {
		t.Error(err)
	}
	<-done
	if apps, err := h.Holders([]string{path}); err != nil || len(apps) != 0 {
		t.Errorf("still %+v, %v", apps, err)
	}
}
