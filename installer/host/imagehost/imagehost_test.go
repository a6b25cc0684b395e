package imagehost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

func TestPresetsComeBack(t *testing.T) {
	for _, name := range Presets() {
		h := testImage(t, name, Options{})
		must(t, h.WriteFile(h.facts.WindowsDir+`\System32\a.txt`, strings.NewReader("x"), host.FileMeta{Attr: host.AttrHidden}))
		must(t, h.Close())
		h, err := Open(h.Dir())
		must(t, err)
		i, _ := h.Info()
		m, _ := Preset(name)
		if want := m.withDefaults().info(""); i != want {
			t.Errorf("%s: Info %+v\nwant %+v", name, i, want)
		}
		must(t, h.Close())
	}
}

// TestUnchangedImageStaysTheSame: opening, looking and closing changes no byte; so does undoing what was done.
func TestUnchangedImageStaysTheSame(t *testing.T) {
	h := testImage(t, "win10-x64", Options{})
	must(t, h.Close())
	before := imageText(t, h.Dir())
	for range 2 {
		h, err := Open(h.Dir())
		must(t, err)
		_, err = h.ReadDir(`C:\Windows`)
		must(t, err)
		k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Vendor\Sub`, View: host.View32}
		made, err := h.CreateKey(k, false)
		must(t, err)
		must(t, h.SetValue(k, "v", host.DWORDValue(1)))
		for i := len(made) - 1; i >= 0; i-- {
			must(t, h.DeleteKey(made[i]))
		}
		must(t, h.WriteFile(`C:\f`, strings.NewReader("x"), host.FileMeta{Attr: host.AttrSystem}))
		must(t, h.Remove(`C:\f`))
		must(t, h.Close())
		if after := imageText(t, h.Dir()); after != before {
			t.Errorf("before\n%s\nafter\n%s", before, after)
		}
	}
}

func TestOneAtATime(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	if _, err := Open(h.Dir()); !errors.Is(err, host.ErrBusy) {
		t.Errorf("a second Open: %v", err)
	}
	must(t, h.Close())
	must(t, h.Close())
	h, err := Open(h.Dir())
	must(t, err)
	must(t, h.Close())
	if err := h.WriteFile(`C:\f`, strings.NewReader("x"), host.FileMeta{}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	m, _ := Preset("winxp-sp2")
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "precious"), nil, 0o666))
	if _, err := Create(dir, m); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a directory in use: %v", err)
	}
	_, err := Create(filepath.Join(dir, "image"), Machine{Arch: "vax", WindowsDir: `D:\WINDOWS`, BootDrive: "E:"})
	for _, want := range []string{"version", "vax", "boot-drive", "windows-dir"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if Exists(dir) {
		t.Error("Exists takes any directory")
	}
	if _, err := Open(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of no image: %v", err)
	}
}

func TestFaultsOfIniAllAtOnce(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	must(t, h.Close())
	ini := "[machine]\nversion=5.1\nservice-pack=x\nproduct-type=toaster\nsuite=70000\nflux=1\nsafe-mode=maybe\n[drive C]\nfree-bytes=-1\nsize=2\n[other]\na=b\n"
	must(t, os.WriteFile(filepath.Join(h.Dir(), "image.ini"), []byte(ini), 0o666))
	_, err := Open(h.Dir())
	for _, want := range []string{"version", "service-pack", "toaster", "suite", "flux", "safe-mode", "free-bytes", "size", "[other]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

func TestHandMadeImageWithoutRegistry(t *testing.T) {
	dir := t.TempDir()
	ini := "[machine]\nversion=6.1.7601\nservice-pack=1\narch=x64\nproduct-type=server\nwindows-dir=C:\\Windows\n"
	must(t, os.WriteFile(filepath.Join(dir, "image.ini"), []byte(ini), 0o666))
	h, err := Open(dir)
	must(t, err)
	i, err := h.Info()
	must(t, err)
	if i.Build != 7601 || i.ServicePack != 1 || i.Product != host.Server || i.SystemDirX86 != `C:\Windows\SysWOW64` {
		t.Errorf("got %+v", i)
	}
	must(t, h.Close())
}

func TestServicePackShowsAfterRestart(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	must(t, h.SetValue(hklm(control+`\Windows`), "CSDVersion", host.DWORDValue(0x300)))
	if i, _ := h.Info(); i.ServicePack != 2 {
		t.Errorf("before the restart: %d", i.ServicePack)
	}
	_, err := h.SimulateRestart()
	must(t, err)
	if i, _ := h.Info(); i.ServicePack != 3 {
		t.Errorf("after the restart: %d", i.ServicePack)
	}
}

func TestDiskFull(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{FreeBytes: map[string]int64{`C:\`: 10}})
	write := func(name string, n int) error {
		return h.WriteFile(`C:\`+name, strings.NewReader(strings.Repeat("x", n)), host.FileMeta{})
	}
	must(t, write("a", 6))
	if err := write("b", 5); !errors.Is(err, host.ErrDiskFull) {
		t.Errorf("11 of 10 bytes: %v", err)
	}
	if err := h.CopyFile(`C:\a`, `C:\b`); !errors.Is(err, host.ErrDiskFull) {
		t.Errorf("copy: %v", err)
	}
	if _, err := h.Stat(`C:\b`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	must(t, write("a", 9))
	if d, _ := h.Drives(); d[0].FreeBytes != 1 {
		t.Errorf("free: %+v", d)
	}
	if err := h.AppendFile(`C:\a`, []byte("xx"), false); !errors.Is(err, host.ErrDiskFull) {
		t.Errorf("append: %v", err)
	}
	must(t, h.Remove(`C:\a`))
	must(t, write("b", 10))
}

func TestViewsOf64BitImages(t *testing.T) {
	for _, c := range []struct {
		key  host.Key
		want string
	}{
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Vendor`, View: host.View32}, `HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Vendor`},
		{host.Key{Root: host.HKLM, Path: `software`, View: host.View32}, `HKEY_LOCAL_MACHINE\software\Wow6432Node`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Vendor`}, `HKEY_LOCAL_MACHINE\SOFTWARE\Vendor`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Wow6432Node\Vendor`, View: host.View32}, `HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Vendor`},
		{host.Key{Root: host.HKLM, Path: `SYSTEM\Setup`, View: host.View32}, `HKEY_LOCAL_MACHINE\SYSTEM\Setup`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Policies\X`, View: host.View32}, `HKEY_LOCAL_MACHINE\SOFTWARE\Policies\X`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\PoliciesX`, View: host.View32}, `HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\PoliciesX`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\a.exe`, View: host.View32},
			`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\a.exe`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Classes\.txt`, View: host.View32}, `HKEY_LOCAL_MACHINE\SOFTWARE\Classes\.txt`},
		{host.Key{Root: host.HKCR, Path: `CLSID\{1}`, View: host.View32}, `HKEY_LOCAL_MACHINE\SOFTWARE\Classes\Wow6432Node\CLSID\{1}`},
		{host.Key{Root: host.HKCR, Path: `CLSID\{1}`}, `HKEY_LOCAL_MACHINE\SOFTWARE\Classes\CLSID\{1}`},
		{host.Key{Root: host.HKLM, Path: `SOFTWARE\Wow6432Node\Classes\CLSID`}, `HKEY_LOCAL_MACHINE\SOFTWARE\Classes\Wow6432Node\CLSID`},
		{host.Key{Root: host.HKCU, Path: `Software\Vendor`, View: host.View32}, `HKEY_USERS\.DEFAULT\Software\Vendor`},
		{host.Key{Root: host.HKCU, Path: `Software\Classes\CLSID\{1}`, View: host.View32}, `HKEY_USERS\.DEFAULT\Software\Classes\Wow6432Node\CLSID\{1}`},
		{host.Key{Root: host.HKU, Path: `S-1-5-18\Software`}, `HKEY_USERS\.DEFAULT\Software`},
	} {
		r := newRegistry()
		r.views = true
		at, err := r.locate(c.key)
		if err != nil || joinKey(at) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.key, joinKey(at), err, c.want)
		}
		r.views = false
		if at, err := r.locate(c.key); err != nil || strings.Contains(joinKey(at), "Wow") && !strings.Contains(c.key.Path, "Wow") {
			t.Errorf("%s on 32 bits: %s, %v", c.key, joinKey(at), err)
		}
	}
}

func TestLinksLeadNowhere(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.Mkdir(outside, 0o777))
	must(t, os.WriteFile(filepath.Join(outside, "f"), []byte("outside"), 0o666))
	must(t, os.Symlink(outside, onDisk(h, `C:\dir`)))
	must(t, os.Symlink(filepath.Join(outside, "f"), onDisk(h, `C:\file`)))
	if _, err := h.Open(`C:\file`); !errors.Is(err, host.ErrInvalidPath) {
		t.Errorf("Open: %v", err)
	}
	if err := h.AppendFile(`C:\file`, []byte("x"), false); !errors.Is(err, host.ErrInvalidPath) {
		t.Errorf("AppendFile: %v", err)
	}
	if err := h.WriteFile(`C:\dir\f`, strings.NewReader("x"), host.FileMeta{}); !errors.Is(err, host.ErrInvalidPath) {
		t.Errorf("WriteFile below: %v", err)
	}
	if err := h.WriteFile(`C:\file`, strings.NewReader("x"), host.FileMeta{}); !errors.Is(err, host.ErrInvalidPath) {
		t.Errorf("WriteFile: %v", err)
	}
	must(t, h.Remove(`C:\file`))
	must(t, h.Rename(`C:\dir`, `C:\moved`, false))
	must(t, h.Remove(`C:\moved`))
	if b, err := os.ReadFile(filepath.Join(outside, "f")); err != nil || string(b) != "outside" {
		t.Errorf("the file outside: %q, %v", b, err)
	}
}

func TestFilesPutThereByOthersAreSeen(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	if _, err := h.Stat(`C:\WINDOWS\new.txt`); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	dir := onDisk(h, `C:\WINDOWS`)
	must(t, os.WriteFile(filepath.Join(dir, "New.txt"), []byte("x"), 0o666))
	must(t, os.Chtimes(dir, time.Unix(1, 0), time.Unix(1, 0))) // the clock of a file system may be coarse
	if i, err := h.Stat(`C:\WINDOWS\new.TXT`); err != nil || i.Name != "New.txt" {
		t.Errorf("%+v, %v", i, err)
	}
	must(t, os.Remove(filepath.Join(dir, "New.txt")))
	if _, err := h.Stat(`C:\WINDOWS\new.txt`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleted by another: %v", err)
	}
}

func TestNamesWindowsCannotHave(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	dir := onDisk(h, `C:\WINDOWS\Temp`)
	must(t, os.WriteFile(filepath.Join(dir, "a.txt"), nil, 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "A.TXT"), nil, 0o666))
	if _, err := h.ReadDir(`C:\WINDOWS\Temp`); err == nil || !strings.Contains(err.Error(), "A.TXT") || !strings.Contains(err.Error(), "a.txt") {
		t.Errorf("two names that are one: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "A.TXT")))
	must(t, os.WriteFile(filepath.Join(dir, "a:b"), nil, 0o666))
	if _, err := h.ReadDir(`C:\WINDOWS\Temp`); err == nil || !strings.Contains(err.Error(), "a:b") {
		t.Errorf("a stream: %v", err)
	}
}

func TestPendingRenamesReport(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	must(t, h.WriteFile(`C:\a`, strings.NewReader("x"), host.FileMeta{Attr: host.AttrReadOnly}))
	release, err := h.HoldOpen(`C:\a`, HoldMapped)
	must(t, err)
	if err := h.Remove(`C:\a`); !errors.Is(err, host.ErrInUse) {
		t.Errorf("held: %v", err)
	}
	must(t, h.SetValue(hklm(sessionManager), "PendingFileRenameOperations", host.MultiValue([]string{`\??\C:\none`, "", `relative`, ""})))
	must(t, h.SetValue(hklm(sessionManager), "PendingFileRenameOperations2", host.MultiValue([]string{`*1\??\C:\a`, ""})))
	done, err := h.SimulateRestart()
	must(t, err)
	if len(done) != 3 || !errors.Is(done[0].Err, fs.ErrNotExist) || !errors.Is(done[1].Err, host.ErrInvalidPath) || done[2].Err != nil {
		t.Errorf("got %+v", done)
	}
	if _, err := h.Stat(`C:\a`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the deleted file: %v", err)
	}
	release() // after the restart: no effect
	if _, err := os.Stat(filepath.Join(h.Dir(), journalName)); !os.IsNotExist(err) {
		t.Errorf("the journal is there after a restart: %v", err)
	}
}

func TestEventsAndInjectedClock(t *testing.T) {
	at := time.Date(2003, 9, 18, 10, 11, 12, 0, time.UTC)
	h := testImage(t, "winxp-sp2", Options{Now: func() time.Time { return at }, User: `DOM\Ann`, MissingPrivileges: []string{"SeDebugPrivilege"}})
	must(t, h.ReportEvent("NtServicePack", 4377, host.EventInformation, "a\tb\nc \"d\""))
	b, err := os.ReadFile(filepath.Join(h.Dir(), eventsName))
	must(t, err)
	if want := "2003-09-18T10:11:12\tInformation\tNtServicePack\t4377\ta\\tb\\nc \"d\"\n"; string(b) != want {
		t.Errorf("got %q, want %q", b, want)
	}
	must(t, h.WriteFile(`C:\f`, strings.NewReader(""), host.FileMeta{}))
	if i, _ := h.Stat(`C:\f`); !i.ModTime.Equal(at) {
		t.Errorf("written at %v", i.ModTime)
	}
	if i, _ := h.Info(); i.User != `DOM\Ann` {
		t.Error(i.User)
	}
	if dir, _ := h.Folder(5); dir != `C:\Documents and Settings\Ann\My Documents` {
		t.Error(dir)
	}
	if m, _ := h.MissingPrivileges([]string{"SeDebugPrivilege", "SeBackupPrivilege"}); len(m) != 1 {
		t.Error(m)
	}
}

func TestGoldenRegistry(t *testing.T) {
	h := testImage(t, "win10-x64", Options{})
	k := hklm(`SOFTWARE\Vendor`)
	_, err := h.CreateKey(k, false)
	must(t, err)
	must(t, h.SetValue(k, `C:\x`, host.StringValue(`say "hi"`, false)))
	must(t, h.SetValue(k, "list", host.MultiValue([]string{"a", "", "b"})))
	must(t, h.SetValue(k, "odd", host.Value{Type: 99, Data: []byte{1, 2}}))
	_, err = h.CreateKey(hklm(`SOFTWARE\Vendor\Volatile`), true)
	must(t, err)
	must(t, h.WriteFile(`C:\Windows\hidden`, strings.NewReader(""), host.FileMeta{Attr: host.AttrHidden | host.AttrSystem}))
	must(t, h.Close())
	text := imageText(t, h.Dir())
	for _, want := range []string{
		"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Vendor]\n\"C:\\\\x\"=\"say \\\"hi\\\"\"\n\"list\"=multi:\"a\",\"\",\"b\"\n\"odd\"=hex(63):01,02\n\n",
		"== registry/volatile.reg\nWindows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Vendor\\Volatile]\n",
		"HS\tC:\\Windows\\hidden\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the image lacks %q", want)
		}
	}
}

// BenchmarkManyFiles is what an update of many files does to a large directory.
func BenchmarkManyFiles(b *testing.B) {
	m, _ := Preset("winxp-sp2")
	h, err := Options{NoSync: true}.Create(filepath.Join(b.TempDir(), "image"), m)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Abandon()
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprintf(`C:\WINDOWS\system32\file%d.dll`, i)
		if err := h.WriteFile(name, strings.NewReader("x"), host.FileMeta{}); err != nil {
			b.Fatal(err)
		}
		if _, err := h.Stat(strings.ToUpper(name)); err != nil {
			b.Fatal(err)
		}
	}
}

// TestManyGoroutines is for the race detector.
func TestManyGoroutines(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{FreeBytes: map[string]int64{`C:\`: 1 << 20}})
	_, err := h.CreateKey(hklm(`SOFTWARE\Vendor`), false)
	must(t, err)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			dir, k := fmt.Sprintf(`C:\WINDOWS\Temp\%d`, n), hklm(fmt.Sprintf(`SOFTWARE\Vendor\%d`, n))
			_, err1 := h.MkdirAll(dir, host.AttrHidden)
			_, err2 := h.CreateKey(k, n%2 == 0)
			err3 := h.SetValue(k, "v", host.DWORDValue(uint32(n)))
			err4 := h.WriteFile(dir+`\f`, strings.NewReader(dir), host.FileMeta{Attr: host.AttrSystem})
			err5 := h.CopyFile(dir+`\f`, `C:\WINDOWS\Temp\shared`)
			_, err6 := h.ReadDir(`C:\WINDOWS\Temp`)
			err7 := h.FlushRegistry()
			_, err8 := h.Info()
			if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if names, err := h.SubKeys(hklm(`SOFTWARE\Vendor`)); err != nil || len(names) != 8 {
		t.Error(names, err)
	}
}
