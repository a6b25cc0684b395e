package importer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// TestGenerated: whatever an INF says that the typed reader takes, a build of the import says again.
func TestGenerated(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	for seed := range rounds {
		g := &generator{rand.New(rand.NewPCG(uint64(seed), 7)), map[string]bool{}}
		u := g.update()
		text, err := u.Print()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		dir := t.TempDir()
		files := []txtar.File{{Name: "update/update.inf", Data: text}}
		for name := range g.payload {
			files = append(files, txtar.File{Name: strings.ReplaceAll(strings.ToLower(name), `\`, "/"), Data: []byte("content of " + name)})
		}
		for i := range files[:1] { // printed with its own line ends
			path := filepath.Join(dir, files[i].Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, files[i].Data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		writeTree(t, dir, files[1:])
		res, imported, manifest := importTo(t, dir)
		if !res.Equal && !untranslatedRaw(res.Notes, manifest) {
			t.Fatalf("seed %d:\n%s\n%s\n%s", seed, text, manifest, strings.Join(res.Notes, "\n"))
		}
		if seed%10 == 0 {
			if again, _, text2 := importTo(t, build(t, filepath.Join(imported, Name))); !again.Equal && !untranslatedRaw(again.Notes, text2) {
				t.Fatalf("seed %d, the second import:\n%s\n%s", seed, text2, strings.Join(again.Notes, "\n"))
			}
		}
	}
}

// untranslatedRaw tells whether what differs is that text in raw INF stays in one language (docs/import.md).
func untranslatedRaw(notes []string, manifest string) bool {
	for _, n := range notes {
		if strings.HasPrefix(n, "a build ") && !strings.Contains(n, ": in language 0x") {
			return false
		}
	}
	return strings.Contains(manifest, "[raw]\ninf") && strings.Contains(manifest, "[[translation]]")
}

type generator struct {
	*rand.Rand
	payload map[string]bool
}

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

func (g *generator) some(n int) bool { return g.IntN(n) == 0 }

func (g *generator) name() string {
	return pick(g, "a", "reader", "Ж", "50%", "x y", "q'uote", "$${v}") + fmt.Sprint(g.IntN(30)) + pick(g, ".dll", ".exe", ".txt")
}

func (g *generator) dir() updateinf.Dir {
	return updateinf.Dir{ID: pick(g, 10, 11, 12, 17, 16422, 65619, 16425), Sub: pick(g, "", "", "Contoso", `Contoso\Reader 2`)}
}

func (g *generator) sku() string { return pick(g, "", "", "", "Professional", "Server", "DataCenter") }

func (g *generator) text() string {
	return pick(g, "plain", "", `C:\a\b`, `say "hi"`, "100%", "%SystemRoot%\\x", "%11%\\y", "é Ж", "a;b", " blank ", "it's", "tab\there", "${x}", "a,b", `end\`)
}

func (g *generator) update() *updateinf.Update {
	kb := fmt.Sprintf("KB%06d", g.IntN(1000000))
	u := &updateinf.Update{Version: updateinf.Version{Signature: "$Windows NT$", CatalogFile: kb + ".cat", RebootRequired: g.some(2)},
		Config: updateinf.Config{InstallationType: "Hotfix", InstallLogFileName: kb + ".log", UnInstallDirName: "$NtUninstall" + kb + "$", NoPNPFiles: true},
		Strings: updateinf.Strings{"sp_short_title": kb, "sp_title": "Title 100% of " + kb, "publisher": "Contoso", "langtypevalue": "0x0",
			"package_architecture": pick(g, "x86", "x64", "arm64")}}
	u.Catalogs = []updateinf.Catalog{{Name: kb + ".cat", Path: `update\` + kb + ".cat"}}
	if g.some(2) {
		u.Config.ServiceFileInUseDetect = new(uint32)
	}
	for i := range g.IntN(6) {
		u.Files = append(u.Files, g.files(fmt.Sprintf("Group%d.files", i)))
	}
	for i := range g.IntN(4) {
		lines := g.registry(updateinf.AddReg)
		where := []updateinf.When{updateinf.GlobalInstall}
		if !g.some(3) {
			where = append(where, updateinf.GlobalReinstall)
		}
		for _, w := range where {
			u.Registry = append(u.Registry, updateinf.RegistryGroup{When: w, Kind: updateinf.AddReg, Section: fmt.Sprintf("Add%d.reg", i), Lines: lines})
		}
	}
	if g.some(2) {
		lines := g.registry(updateinf.DelReg)
		for _, w := range []updateinf.When{updateinf.GlobalInstall, updateinf.GlobalReinstall} {
			u.Registry = append(u.Registry, updateinf.RegistryGroup{When: w, Kind: updateinf.DelReg, Section: "Del.reg", Lines: lines})
		}
	}
	for range g.IntN(3) {
		u.Processes = append(u.Processes, updateinf.Process{When: pick(g, updateinf.RunNow, updateinf.RunBeforeInstall, updateinf.RunAfterUninstall),
			SKU: g.sku(), Command: `"%windir%\` + g.name() + `" ` + pick(g, "/q", `"a b"`, "100%")})
	}
	for i := range g.IntN(3) {
		u.StopServices = append(u.StopServices, fmt.Sprint("service", i))
	}
	if g.some(3) {
		u.RenameDirs = []updateinf.RenameDir{{Dir: g.dir(), From: "Old", To: "New"}}
	}
	if g.some(3) {
		u.RegisterDLLs = []updateinf.RegisterDLL{{When: pick(g, updateinf.CopyAlways, updateinf.ReplaceIfExist), Section: "Reg.Dlls", Dir: g.dir(), File: g.name(),
			Flags: 1, Timeout: pick(g, uint32(60), 30)}}
	}
	if g.some(3) {
		u.SaveReg = []updateinf.SavedKey{{Root: "HKLM", Key: `SOFTWARE\Contoso\Saved`}, {Root: "HKLM", Key: `SOFTWARE\Contoso\K1`, Name: "V1", HasName: true}}
	}
	for i := range g.IntN(3) {
		u.Prerequisites = append(u.Prerequisites, g.condition(u, fmt.Sprintf("Pre%d", i)))
	}
	if g.some(2) {
		e := updateinf.ExtendedConditional{Name: "Ext", Conditions: []updateinf.Condition{g.condition(u, "ExtOp")}}
		e.Conditions[0].Display = ""
		f := g.files("Ext.files")
		f.When, f.SKU = "", ""
		e.Files = []updateinf.FileGroup{f}
		e.Registry = []updateinf.RegistryGroup{{Kind: updateinf.AddReg, Section: "Ext.reg", Lines: g.registry(updateinf.AddReg)}}
		u.ExtendedConditional = append(u.ExtendedConditional, e)
	}
	g.more(u)
	for _, f := range u.Files {
		g.sources(u, f)
	}
	for _, e := range u.ExtendedConditional {
		g.sources(u, e.Files[0])
	}
	return u
}

func (g *generator) sources(u *updateinf.Update, f updateinf.FileGroup) {
	for _, l := range f.Files {
		if f.Kind == updateinf.Copy {
			g.payload[sourceOf(l)] = true
		}
	}
}

func (g *generator) files(section string) updateinf.FileGroup {
	f := updateinf.FileGroup{When: pick(g, updateinf.ReplaceIfExist, updateinf.CopyAlways, updateinf.DontDelay, updateinf.Uniprocessor), Section: section, Dir: g.dir(),
		Kind: pick(g, updateinf.Copy, updateinf.Copy, updateinf.Copy, updateinf.Delete, updateinf.Rename)}
	if f.When == updateinf.CopyAlways || f.When == updateinf.ReplaceIfExist {
		f.SKU = g.sku()
	}
	for range 1 + g.IntN(3) {
		l := updateinf.FileLine{Name: g.name()}
		switch f.Kind {
		case updateinf.Copy:
			l.Source = pick(g, "", `sub\`) + l.Name
			if g.some(3) {
				l.Source = "other" + l.Name
			}
			l.Flags = pick(g, 0, 0, updateinf.CopyNoVersionCheck, updateinf.CopyReplaceOnly|updateinf.CopyNoSkip)
		case updateinf.Rename:
			l.Source = "old" + l.Name
		}
		f.Files = append(f.Files, l)
	}
	return f
}

func (g *generator) registry(kind updateinf.RegKind) (list []updateinf.RegLine) {
	for range 1 + g.IntN(4) {
		l := updateinf.RegLine{Root: pick(g, "HKLM", "HKCR", "HKCU"), Key: fmt.Sprintf(`SOFTWARE\Contoso\K%d`, g.IntN(3)), Name: fmt.Sprintf("V%d", g.IntN(6)), HasName: true}
		if kind == updateinf.DelReg {
			if g.some(3) {
				l.Name, l.HasName = "", false
			}
			list = append(list, l)
			continue
		}
		switch g.IntN(7) {
		case 0:
			l.Data = []string{g.text()}
		case 1:
			l.Flags, l.Data = updateinf.FlgAddRegTypeExpandSZ, []string{g.text()}
		case 2:
			l.Flags, l.Data = updateinf.FlgAddRegTypeDWORD, []string{pick(g, "1", "0xFFFFFFFF", "0")}
		case 3:
			l.Flags, l.Data = updateinf.FlgAddRegTypeMultiSZ|pick(g, 0, updateinf.FlgAddRegAppend), []string{"one", "two " + g.text() + "."}
		case 4:
			l.Flags, l.Data = updateinf.FlgAddRegTypeBinary, []string{"01", "0a", "FF"}
		case 5:
			l.Flags, l.Data = updateinf.FlgAddRegTypeQWORD, []string{"1", "0", "0", "0", "0", "0", "0", "80"}
		default:
			l.Name, l.HasName, l.Flags = "", false, updateinf.FlgAddRegKeyOnly
		}
		if l.HasName {
			l.Flags |= pick(g, 0, 0, updateinf.FlgAddRegNoClobber, updateinf.FlgAddReg32BitKey)
		}
		list = append(list, l)
	}
	return list
}

func (g *generator) condition(u *updateinf.Update, section string) updateinf.Condition {
	c := updateinf.Condition{Combiner: pick(g, updateinf.AndOp, updateinf.OrOp), Section: section, Display: pick(g, "", "Message 100%")}
	for range 1 + g.IntN(3) {
		switch g.IntN(3) {
		case 0:
			c.Tests = append(c.Tests, updateinf.Test{Name: "EqualOp", Kind: updateinf.CheckReg, Op: "==", Data: pick(g, "1", "text"),
				Args: []string{"HKLM", `SYSTEM\Setup`, "SetupType", pick(g, "0x10001", "")}})
		case 1:
			name := fmt.Sprintf("Look%d.files", len(u.Dirs))
			u.Dirs = append(u.Dirs, updateinf.NamedDir{Section: name, Dir: g.dir()})
			t := updateinf.Test{Name: "NotPresentOp", Kind: updateinf.CheckFileVer, Args: []string{name, "wdf01000.sys"}}
			if g.some(2) {
				t.Name, t.Op, t.Data = "LessOrEqualOp", "<=", "1.9.9999.0"
			}
			c.Tests = append(c.Tests, t)
		default:
			c.Tests = append(c.Tests, updateinf.Test{Name: "GreaterOrEqualOp", Kind: updateinf.VersionCheck, Op: ">=", Data: pick(g, "5.1", "5.1.2600", "5.1.2600.2")})
		}
	}
	return c
}

// FuzzImport: any INF is imported or refused; nothing panics, and the manifest of what is imported loads or is told to be in
// need of a hand.
func FuzzImport(f *testing.F) {
	f.Add([]byte("[Version]\nSignature=\"$Windows NT$\"\n[Strings]\nSP_SHORT_TITLE=KB1\n[Configuration]\nInstallationType=Hotfix\n"))
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		if a, err := txtar.ParseFile(path); err == nil {
			for _, file := range a.Files {
				if strings.HasPrefix(file.Name, "update/update_") {
					f.Add(file.Data)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "update"), 0o777); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"update/update.inf": text, "a.dll": []byte("x")} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		to := filepath.Join(t.TempDir(), "to")
		res, err := Import(context.Background(), dir, to)
		if err != nil {
			if _, statErr := os.Stat(to); statErr == nil {
				t.Fatalf("refused with %v, but left %s", err, to)
			}
			return
		}
		if !res.Equal && len(res.Notes) == 0 {
			t.Fatal("not equal, and nothing is told")
		}
	})
}
