package installer_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/winpath"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/templates/samplepe"
)

var testNow = time.Date(2026, 3, 9, 10, 30, 0, 0, time.UTC)

// pkg describes a small multi-branch package; tree writes it as an author's builder would, in the test's own words.
type pkg struct {
	kb       string
	gdr, qfe map[string][]byte // file name -> content, for system32
	always   map[string]bool   // copied also where missing
	addReg   string
	delReg   string
	flags    map[string]string // COPYFLG text by file name
	common   map[string][]byte // files of folder "common"
	extra    string            // further sections of the update INF
	strings  string            // further lines of [Strings]
	pack     bool              // a service pack
	replace  []string          // pairs of what is replaced in the update INFs
	// edit changes the files of the package before update.ver and the catalog are made.
	edit func(files map[string][]byte)
}

const branchesText = "[Version]\r\nSignature=\"$Windows NT$\"\r\nFileVersion=5.2.1.7\r\n[FileBranchInfo]\r\n" +
	"RTMGDR=\"RTMGDR\",RTMQFE\r\nRTMQFE=\"RTMQFE\",SP1GDR\r\nSP1GDR=\"SP1GDR\",SP1QFE\r\nSP1QFE=\"SP1QFE\",SP2GDR\r\n" +
	"SP2GDR=\"SP2GDR\",SP2QFE\r\nSP2QFE=\"SP2QFE\",SP2QFE\r\n"

func (p pkg) updateINF(branch string, files map[string][]byte) string {
	var copyAlways, replace, sources strings.Builder
	for _, n := range sortedNames(files) {
		line := fmt.Sprintf("%s,%s\\%s%s\r\n", n, branch, n, p.flags[n])
		if p.always[n] {
			copyAlways.WriteString(line)
		} else {
			replace.WriteString(line)
		}
		fmt.Fprintf(&sources, "%s\\%s=1\r\n", branch, n)
	}
	return strings.ReplaceAll(`[Version]
Signature="$Windows NT$"
LanguageType=%LangTypeValue%
NtBuildToUpdate=3790
MaxNtBuildToUpdate=3790
NtMajorVersionToUpdate=5
MaxNtMajorVersionToUpdate=5
NtMinorVersionToUpdate=2
MaxNtMinorVersionToUpdate=2
MinNtServicePackVersion=512
MaxNtServicePackVersion=512
CatalogFile=%SP_SHORT_TITLE%.cat
[ProductCatalogsToInstall]
%SP_SHORT_TITLE%.cat, update\%SP_SHORT_TITLE%.cat
[ProductInstall.CopyFilesAlways]
CopyFiles=Always.files
[ProductInstall.ReplaceFilesIfExist]
CopyFiles=System32.files
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=Product.Add.Reg
DelReg=Product.Del.Reg
[ProductInstall.GlobalRegistryChanges.ReInstall]
AddReg=Product.Add.Reg
DelReg=Product.Del.Reg
[DestinationDirs]
System32.files=11
Always.files=11
[System32.files]
`, "\n", "\r\n") + replace.String() + "[Always.files]\r\n" + copyAlways.String() + "[SourceDisksNames]\r\n1=%ServicePackSourceFiles%\r\n[SourceDisksFiles]\r\n" +
		sources.String() + p.extra + "\r\n[Product.Add.Reg]\r\n" + p.addReg + "\r\n[Product.Del.Reg]\r\n" + p.delReg + `
[Configuration]
` + p.configuration() + `EventLogKeyName=NtServicePack
EventLogDllName=spmsg.dll
UpdateRegKey=SOFTWARE\Microsoft\Updates\Windows Server 2003
[Strings]
LangTypeValue=0
SP_SHORT_TITLE="` + p.kb + `"
SP_TITLE="Security Update (` + p.kb + `)"
SERVICE_PACK_NUMBER=3
BUILDTIMESTAMP="20260309.093000"
ServicePackSourceFiles="Source files"
PARENT_DISPLAY_NAME="Windows Server 2003 - Software Updates"
Publisher="Contoso"
KB_Release_Type="Security Update"
` + p.strings
}

func (p pkg) configuration() string {
	if p.pack { // the standard names of white paper table 20
		return "InstallationType=ServicePack\r\n"
	}
	return "InstallationType=Hotfix\r\nInstallLogFileName=%SP_SHORT_TITLE%.log\r\nUnInstallLogFileName=%SP_SHORT_TITLE%Uninst.log\r\n" +
		"UnInstallDirName=$NtUninstall%SP_SHORT_TITLE%$\r\n"
}

func sortedNames(m map[string][]byte) []string {
	var list []string
	for n := range m {
		list = append(list, n)
	}
	sort.Strings(list)
	return list
}

// tree writes the package into a directory and opens it.
func (p pkg) tree(t *testing.T) *source.Tree {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]byte{
		"spuninst.exe": []byte("removal program"), "spmsg.dll": samplepe1(t, "5.2.3790.1", "", "messages"),
		`update\update.exe`: []byte("installer"), `update\branches.inf`: []byte(branchesText), `update\eula.txt`: []byte("Be nice."),
		`update\updatebr.inf`: []byte("[Version]\r\nSignature=\"$Windows NT$\"\r\n[DefaultBranchesServicePacks]\r\n2=SP2GDR\r\n" +
			"[SourceInfsBranches]\r\nSP2GDR=\"update\\update_SP2GDR.inf\"\r\nSP2QFE=\"update\\update_SP2QFE.inf\"\r\n" +
			"[SetupFiles.Common]\r\nspuninst.exe\r\nupdate\\update.exe\r\nupdate\\updatebr.inf\r\nupdate\\branches.inf\r\nupdate\\update.ver\r\n" +
			"[SetupFiles.SP2GDR]\r\nupdate\\update_SP2GDR.inf\r\n[SetupFiles.SP2QFE]\r\nupdate\\update_SP2QFE.inf\r\n"),
		`update\update_sp2gdr.inf`: []byte(strings.NewReplacer(p.replace...).Replace(p.updateINF("SP2GDR", p.gdr))),
		`update\update_sp2qfe.inf`: []byte(strings.NewReplacer(p.replace...).Replace(p.updateINF("SP2QFE", p.qfe))),
	}
	for n, b := range p.common {
		files[`common\`+n] = b
	}
	var ver strings.Builder
	ver.WriteString("[SourceFileInfo]\r\n")
	for branch, list := range map[string]map[string][]byte{"SP2GDR": p.gdr, "SP2QFE": p.qfe} {
		for n, b := range list {
			files[branch+`\`+n] = b
		}
	}
	if p.edit != nil {
		p.edit(files)
	}
	for _, n := range sortedNames(files) {
		branch, _, ok := strings.Cut(n, `\`)
		if !ok || branch == "update" {
			continue
		}
		fmt.Fprintf(&ver, "%s=%X,%s,%d,%s,\r\n", strings.ToLower(n), md5.Sum(files[n]), versionField(files[n]), len(files[n]), branch)
	}
	files[`update\update.ver`] = []byte(ver.String())
	files[`update\`+p.kb+".cat"] = catalogOf(t, files)
	for n, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(n, `\`, "/")))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, testNow, testNow.Add(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := source.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

// catalogOf covers what a package's catalog covers: everything but the programs that are signed by themselves.
func catalogOf(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	c := &sign.Catalog{Date: testNow}
	for _, n := range sortedNames(files) {
		switch strings.ToLower(n) {
		case "spuninst.exe", "spmsg.dll", `update\update.exe`, `update\eula.txt`:
			continue
		}
		if err := c.Add(n, bytes.NewReader(files[n]), int64(len(files[n]))); err != nil {
			t.Fatal(err)
		}
	}
	data, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func versionField(b []byte) string {
	info, err := pefile.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil || info.Version == nil {
		return ""
	}
	return info.Version.File.Hex()
}

// samplepe1 builds a small DLL with a version; branch is put into the version text.
func samplepe1(t *testing.T, version, branch, blob string) []byte {
	t.Helper()
	v, err := pefile.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	text := version
	if branch != "" {
		text += " (" + branch + ".060101-0000)"
	}
	b, err := samplepe.Build(samplepe.Spec{Arch: "x86", DLL: true, Version: v, FileVersionText: text, Blob: []byte(blob), LinkTime: 1136073600})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// machine is an image of Windows Server 2003 SP2 in a directory.
type machine struct {
	t   *testing.T
	dir string
	h   *imagehost.Host
	w   *world // nil: nothing runs
}

func newMachine(t *testing.T, files map[string][]byte) *machine {
	t.Helper()
	preset, ok := imagehost.Preset("win2003-sp2")
	if !ok {
		t.Fatalf("no preset; there are %v", imagehost.Presets())
	}
	m := &machine{t: t, dir: filepath.Join(t.TempDir(), "image")}
	var err error
	m.h, err = options().Create(m.dir, preset)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.h.Close() })
	for _, path := range sortedNames(files) {
		m.write(path, files[path])
	}
	return m
}

func options() imagehost.Options {
	return imagehost.Options{Now: func() time.Time { return testNow }, User: `CONTOSO\admin`, NoSync: true}
}

func (m *machine) write(path string, data []byte) {
	m.t.Helper()
	if _, err := m.h.MkdirAll(winpath.Dir(path), 0); err != nil {
		m.t.Fatal(err)
	}
	if err := m.h.WriteFile(path, bytes.NewReader(data), host.FileMeta{ModTime: testNow.Add(-48 * time.Hour)}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(path string) []byte {
	m.t.Helper()
	f, err := m.h.Open(path)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, f.Size())
	if _, err := f.ReadAt(b, 0); err != nil && len(b) > 0 && int64(len(b)) != f.Size() {
		m.t.Fatal(err)
	}
	return b
}

func (m *machine) has(path string) bool {
	_, err := m.h.Stat(path)
	return err == nil
}

// snapshot is every file (but for logs) with content, time and attributes, every registry value and every task that waits,
// one line each, and what runs.
func (m *machine) snapshot() string {
	var lines []string
	m.walk(`C:\`, &lines)
	for _, root := range []host.Root{host.HKLM, host.HKCU, host.HKU} {
		m.walkKey(host.Key{Root: root}, &lines)
	}
	tasks, err := m.h.Deferred()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, task := range tasks {
		lines = append(lines, "task "+task.ID+" "+task.Text)
	}
	if m.w != nil {
		lines = append(lines, m.w.state())
	}
	return strings.Join(lines, "\n")
}

// host is the machine as the engine meets it: an image, or with a world, something that runs.
func (m *machine) host() host.Host {
	if m.w != nil {
		return running{m.h, m.w}
	}
	return m.h
}

func (m *machine) walk(dir string, lines *[]string) {
	list, err := m.h.ReadDir(dir)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, fi := range list {
		p := winpath.Join(dir, fi.Name)
		if strings.HasSuffix(strings.ToLower(p), ".log") {
			continue
		}
		if fi.IsDir() {
			*lines = append(*lines, fmt.Sprintf("%s attr %x", p, fi.Attr))
			m.walk(p, lines)
			continue
		}
		*lines = append(*lines, fmt.Sprintf("%s attr %x time %s md5 %x", p, fi.Attr, fi.ModTime.UTC().Format(time.RFC3339), md5.Sum(m.read(p))))
	}
}

func (m *machine) walkKey(k host.Key, lines *[]string) {
	vals, err := m.h.Values(k)
	if err != nil {
		return
	}
	*lines = append(*lines, fmt.Sprintf("[%s\\%s]", k.Root, k.Path))
	for _, v := range vals {
		*lines = append(*lines, fmt.Sprintf("%s\\%s %q %d %x", k.Root, k.Path, v.Name, v.Type, v.Data))
	}
	subs, err := m.h.SubKeys(k)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, s := range subs {
		sub := k
		sub.Path = strings.TrimPrefix(k.Path+`\`+s, `\`)
		m.walkKey(sub, lines)
	}
}

func diffLines(before, after string) string {
	in := map[string]bool{}
	for _, l := range strings.Split(before, "\n") {
		in[l] = true
	}
	var out []string
	for _, l := range strings.Split(after, "\n") {
		if !in[l] {
			out = append(out, "+ "+l)
		}
		delete(in, l)
	}
	for l := range in {
		out = append(out, "- "+l)
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

// install runs the package with switches.
func (m *machine) install(tree *source.Tree, args ...string) (installer.Result, error) {
	m.t.Helper()
	o, err := cmdline.Parse(cmdline.Install, append([]string{"/quiet"}, args...))
	if err != nil {
		m.t.Fatal(err)
	}
	return installer.Install(context.Background(), installer.Request{Host: m.h, Package: tree, Options: o, Image: `C:\x\update\update.exe`, Version: "7.0.0.0", Start: testNow})
}

func (m *machine) remove(kb string, args ...string) (installer.Result, error) {
	m.t.Helper()
	o, err := cmdline.Parse(cmdline.Remove, append([]string{"/quiet"}, args...))
	if err != nil {
		m.t.Fatal(err)
	}
	dir := `C:\WINDOWS\$NtUninstall` + kb + `$`
	return installer.Remove(context.Background(), installer.Request{Host: m.h, UninstallDir: dir, Options: o, Image: dir + `\spuninst\spuninst.exe`, Version: "7.0.0.0", Start: testNow})
}

func mustRun(t *testing.T) func(installer.Result, error) installer.Result {
	return func(r installer.Result, err error) installer.Result {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\nplan:\n%s", err, r.Plan)
		}
		return r
	}
}
