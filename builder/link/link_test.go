package link_test

import (
	"bytes"
	"debug/pe"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tc-hib/winres"

	"github.com/kbforge/kbforge/builder/link"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/kbforge/kbforge/templates/samplepe"
)

const hello = "github.com/kbforge/kbforge/builder/link/testdata/hello"

// goarch maps names of architectures to Go's.
var goarch = map[string]string{"x86": "386", "x64": "amd64", "arm64": "arm64"}

func stub(t *testing.T, arch string) []byte {
	t.Helper()
	b, err := os.ReadFile(winekit.BuildWindows(t, hello, goarch[arch], "-ldflags=-s -w"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samplePackage(arch string) link.Package {
	return link.Package{
		Version: pefile.Version{3, 1}, Product: "Product 3.1", Publisher: "Publisher", Copyright: "© Publisher",
		BuildDate: "2004/12/06", AppliesTo: []string{"Windows 2000 Service Pack 3", "Windows 2003"},
		InstallerVersion: pefile.Version{7}, KB: "KB884016", SupportLink: "http://example.com/?kbid=884016", Arch: arch,
	}
}

func sampleRuntime() link.Runtime {
	return link.Runtime{Version: pefile.Version{7}, Publisher: "Publisher", Product: "kbforge"}
}

func TestPackage(t *testing.T) {
	for arch := range goarch {
		t.Run(arch, func(t *testing.T) {
			in := stub(t, arch)
			out, err := samplePackage(arch).Link(in)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := samplePackage(arch).Link(in); err != nil || !bytes.Equal(out, again) {
				t.Fatalf("linked twice, the bytes differ; %v", err)
			}
			info := checkImage(t, arch, in, out)
			want := []string{
				"CompanyName=Publisher", "FileDescription=Update Package", "FileVersion=3.1.0.0", "InternalName=SFXCAB.EXE",
				"LegalCopyright=© Publisher", "OriginalFilename=SFXCAB.EXE", "ProductName=Product 3.1", "ProductVersion=3.1.0.0",
				"Build Date=2004/12/06", "Applies to=Windows 2000 Service Pack 3, Windows 2003", "Installation Type=Full",
				"Installer Engine=update.exe", "Installer Version=7.0.0.0", "KB Article Number=884016",
				`Support Link="http://example.com/?kbid=884016"`, "Package Type=update", "Proc. Architecture=" + arch,
				"Self-Extractor Version=SFXCAB v7.0.0.0", "Package Version=3.1.0.0",
			}
			table := info.Version.Tables[0]
			if table.Language != 0 || table.CodePage != 1200 || len(info.Version.Tables) != 1 {
				t.Errorf("block %04X%04X, %d blocks", table.Language, table.CodePage, len(info.Version.Tables))
			}
			var got []string
			for _, s := range table.Strings {
				got = append(got, s.Name+"="+s.Value)
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("strings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// checkImage checks what every linked file must hold.
func checkImage(t *testing.T, arch string, in, out []byte) *pefile.Info {
	t.Helper()
	r, size := bytes.NewReader(out), int64(len(out))
	info, err := pefile.Read(r, size)
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := pefile.ComputeChecksum(r, size); err != nil || sum != info.Checksum || sum == 0 {
		t.Errorf("checksum 0x%x, want 0x%x, %v", info.Checksum, sum, err)
	}
	if pefile.Arch(info.Machine) != arch {
		t.Errorf("machine 0x%x", info.Machine)
	}
	if end, err := pefile.ImageEnd(r, size); err != nil || end != size {
		t.Errorf("the image ends at %d of %d, %v: the cabinet would not follow at once", end, size, err)
	}
	before, err := pe.NewFile(bytes.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	after, err := pe.NewFile(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range before.Sections {
		if s.Name == ".reloc" || s.Name == ".rsrc" {
			continue
		}
		old, _ := s.Data()
		now, err := after.Section(s.Name).Data()
		if err != nil || !bytes.Equal(old, now) {
			t.Errorf("section %s changed, %v", s.Name, err)
		}
	}
	return info
}

// manifest is the part of an application manifest that matters here.
type manifest struct {
	OS []struct {
		ID string `xml:"Id,attr"`
	} `xml:"compatibility>application>supportedOS"`
	Level struct {
		Level string `xml:"level,attr"`
	} `xml:"trustInfo>security>requestedPrivileges>requestedExecutionLevel"`
	Settings struct {
		DPI      string `xml:"dpiAwareness"`
		LongPath string `xml:"longPathAware"`
		CodePage string `xml:"activeCodePage"`
	} `xml:"application>windowsSettings"`
	Dependency struct {
		Name    string `xml:"name,attr"`
		Version string `xml:"version,attr"`
	} `xml:"dependency>dependentAssembly>assemblyIdentity"`
}

func TestManifest(t *testing.T) {
	in := stub(t, "x64")
	for level, name := range map[link.Level]string{link.RequireAdministrator: "requireAdministrator", link.AsInvoker: "asInvoker"} {
		p := samplePackage("x64")
		p.Level = level
		out, err := p.Link(in)
		if err != nil {
			t.Fatal(err)
		}
		set, err := winres.LoadFromEXE(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		var m manifest
		if err := xml.Unmarshal(set.Get(winres.RT_MANIFEST, winres.ID(1), 0x409), &m); err != nil {
			t.Fatal(err)
		}
		if m.Level.Level != name || m.Settings.DPI != "permonitorv2,system" || m.Settings.LongPath != "true" ||
			m.Settings.CodePage != "" || m.Dependency.Name != "Microsoft.Windows.Common-Controls" || m.Dependency.Version != "6.0.0.0" {
			t.Errorf("%+v", m)
		}
		if len(m.OS) != 4 || m.OS[0].ID != "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}" { // Windows 10
			t.Errorf("supportedOS %v", m.OS)
		}
	}
}

// TestOtherTools lists the resources with icoutils, and signs and verifies with osslsigncode.
func TestOtherTools(t *testing.T) {
	wrestool, icotool := need.Tool(t, "wrestool"), need.Tool(t, "icotool")
	dir := t.TempDir()
	pkg, err := samplePackage("x64").Link(stub(t, "x64"))
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := sampleRuntime().Link(stub(t, "x64"))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"package.exe": pkg, "update.exe": runtime} {
		file := write(t, dir, name, b)
		list := run(t, wrestool, "-l", file)
		for _, want := range []string{"--type=3 --name=6", "--type=14 --name=1", "--type=16 --name=1", "--type=24 --name=1"} {
			if !strings.Contains(list, want) {
				t.Errorf("%s: wrestool does not list %q:\n%s", name, want, list)
			}
		}
		if got := strings.Contains(list, "--type=11 "); got != (name == "update.exe") {
			t.Errorf("%s: message table %v", name, got)
		}
		ico := filepath.Join(dir, name+".ico")
		run(t, wrestool, "-x", "--type=14", "-o", ico, file)
		sizes := run(t, icotool, "-l", ico)
		for _, want := range []string{"--width=256 ", "--width=48 ", "--width=16 "} {
			if !strings.Contains(sizes, want) {
				t.Errorf("%s: icotool does not list %q:\n%s", name, want, sizes)
			}
		}
	}
	signAndVerify(t, dir, filepath.Join(dir, "package.exe"))
}

func signAndVerify(t *testing.T, dir, file string) {
	t.Helper()
	ossl, openssl := need.Tool(t, "osslsigncode"), need.Tool(t, "openssl")
	key, cert, signed := filepath.Join(dir, "k"), filepath.Join(dir, "c"), filepath.Join(dir, "signed.exe")
	run(t, openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "9", "-subj", "/CN=test",
		"-addext", "extendedKeyUsage=codeSigning")
	run(t, ossl, "sign", "-certs", cert, "-key", key, "-h", "sha256", "-in", file, "-out", signed)
	if out := run(t, ossl, "verify", "-CAfile", cert, "-in", signed); !strings.Contains(out, "Succeeded") {
		t.Errorf("osslsigncode verify:\n%s", out)
	}
	b, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	bad := write(t, dir, "bad.exe", b)
	if out, err := exec.Command(ossl, "verify", "-CAfile", cert, "-in", bad).CombinedOutput(); err == nil {
		t.Errorf("osslsigncode accepts a changed file:\n%s", out)
	}
	if _, err := samplePackage("x64").Link(b); !errors.Is(err, link.ErrStub) || !strings.Contains(err.Error(), "signed") {
		t.Errorf("a signed stub: %v", err)
	}
}

// TestWine runs the linked files, and reads version and messages with the functions of Windows.
func TestWine(t *testing.T) {
	gcc := need.Tool(t, "x86_64-w64-mingw32-gcc")
	p := winekit.New(t)
	dir := t.TempDir()
	in := stub(t, "x64")
	pkg, err := samplePackage("x64").Link(in)
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := sampleRuntime().Link(in)
	if err != nil {
		t.Fatal(err)
	}
	dll, err := link.MessageDLL("x64", sampleRuntime())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "spmsg.dll", dll)
	for name, b := range map[string][]byte{"package.exe": pkg, "update.exe": runtime} {
		res := p.Run(t, write(t, dir, name, b))
		if res.ExitCode != 3010 || strings.TrimSpace(res.Stdout) != "hello from the stub" {
			t.Errorf("%s: %+v", name, res)
		}
	}
	probe := filepath.Join(dir, "probe.exe")
	run(t, gcc, "-o", probe, filepath.Join("testdata", "probe.c"), "-lversion")
	messages := "4371=text of the event\r\n4373=text of the event\r\n4374=text of the event\r\n4377=text of the event\r\n4382=text of the event\r\n"
	for name, want := range map[string]string{
		"package.exe": "KB Article Number=884016\nApplies to=Windows 2000 Service Pack 3, Windows 2003\nFileVersion=3.1.0.0\nInternalName=SFXCAB.EXE\nmanifest\nloads=1\n",
		"update.exe":  "FileVersion=7.0.0.0\nInternalName=update.exe\n" + messages + "manifest\nloads=1\n",
		"spmsg.dll":   "FileVersion=7.0.0.0\nInternalName=spmsg.dll\n" + messages + "loads=1\n",
	} {
		res := p.RunCmd(t, winekit.Cmd{Exe: probe, Args: []string{name}, Dir: dir})
		flat := func(s string) string { return strings.ReplaceAll(s, "\r", "") }
		if flat(res.Stdout) != flat(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, res.Stdout, want)
		}
	}
}

func TestMessageDLL(t *testing.T) {
	for arch := range goarch {
		a, err := link.MessageDLL(arch, sampleRuntime())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := link.MessageDLL(arch, sampleRuntime())
		info, err := pefile.Read(bytes.NewReader(a), int64(len(a)))
		if err != nil || !bytes.Equal(a, b) || !info.DLL || pefile.Arch(info.Machine) != arch || info.Version.Type != 2 || len(a) > 8192 {
			t.Errorf("%s: %d bytes, %+v, %v", arch, len(a), info, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	exe, err := samplepe.Build(samplepe.Spec{Arch: "x64"})
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(*link.Package)) link.Package {
		p := samplePackage("x64")
		f(&p)
		return p
	}
	plain := change(func(*link.Package) {})
	for want, c := range map[string]struct {
		p    link.Package
		stub []byte
	}{
		"no PE executable":                       {change(func(p *link.Package) { p.Arch = "" }), []byte("#!/bin/sh")},
		`it is for "x64", the package for "x86"`: {change(func(p *link.Package) { p.Arch = "x86" }), exe},
		"7 bytes stand behind":                   {plain, append(bytes.Clone(exe), "overlay"...)},
		"cut short":                              {plain, exe[:len(exe)-1]},
		"holds a control character":              {change(func(p *link.Package) { p.Product = "a\nb" }), exe},
		"an .ico file is needed":                 {change(func(p *link.Package) { p.Icon = []byte("GIF89a") }), exe},
		"at most 65535 fit":                      {change(func(p *link.Package) { p.AppliesTo = []string{strings.Repeat("x", 40000)} }), exe},
	} {
		if _, err := c.p.Link(c.stub); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func write(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", fmt.Sprint(name, args), err, out)
	}
	return string(out)
}
