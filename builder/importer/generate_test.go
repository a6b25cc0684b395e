package importer

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// more adds conditions with an operation, directories, devices, error reports and shortcuts; some that a manifest cannot say.
func (g *generator) more(u *updateinf.Update) {
	if g.some(2) {
		u.Strings["local"] = pick(g, "plain", `say "hi"`, "100%", "a;b", "é Ж", "it's", "${x}", `C:\a\b`)
		french := updateinf.Strings{"sp_title": "Titre", "local": pick(g, "autre; 100%", `"dit"`, "${y}", `D:\c`)}
		u.Localized = append(u.Localized, updateinf.LocalStrings{Language: 0x040C, Strings: french})
		if g.some(2) {
			u.Localized = append(u.Localized, updateinf.LocalStrings{Language: 0x0407, Strings: updateinf.Strings{"local": "anders", "comment": "Deutsch"}})
		}
	}
	for i := range g.IntN(3) {
		name := fmt.Sprint("Op", i)
		x := updateinf.ConditionalFiles{Conditional: g.conditional(u, name), Files: []updateinf.FileGroup{g.plainFiles(name + ".files")}}
		u.Conditional = append(u.Conditional, x)
		g.sources(u, x.Files[0])
	}
	for i := range g.IntN(3) {
		name := fmt.Sprint("RegOp", i)
		x := updateinf.ConditionalRegistry{Conditional: g.conditional(u, name)}
		if len(u.Conditional) > 0 && g.some(2) {
			x.Operation = u.Conditional[0].Operation
		}
		x.Registry = []updateinf.RegistryGroup{{Kind: updateinf.AddReg, Section: name + ".reg", Lines: g.registry(updateinf.AddReg)}}
		u.RegisterInclude = append(u.RegisterInclude, x)
	}
	for i := range g.IntN(3) {
		name := fmt.Sprint("Dir", i)
		d := updateinf.DirectoryID{Name: name, ID: pick(g, 65625, 65800, 65850, 65700), CustomDLL: g.dll(), CustomFunc: "Find", InstallFrom: name + ".install",
			CopyFlags: pick(g, 0, 0, 0, updateinf.SPCopyForceNewer)}
		f := g.plainFiles(name + ".files")
		if f.Kind, f.Dir = updateinf.Copy, (updateinf.Dir{ID: d.ID}); g.some(4) {
			f.Dir.Sub = "Below"
		}
		d.Files = []updateinf.FileGroup{f}
		u.DirectoryIDs = append(u.DirectoryIDs, d)
		g.sources(u, f)
	}
	for i := range g.IntN(3) {
		u.Devices = append(u.Devices, updateinf.KeyValue{Key: fmt.Sprintf(`PCI\VEN_%d&DEV_7451`, i), Value: "machine.inf"})
		u.DeviceClasses = append(u.DeviceClasses, updateinf.KeyValue{Key: fmt.Sprint("class", i), Value: pick(g, "{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}", "bluetooth")})
	}
	for _, mode := range []string{"Cancel", "Failure", "Other"} {
		if g.some(3) {
			version := pick(g, uint32(131072), 7)
			e := updateinf.ErrorReport{Mode: mode, Invoke: g.some(2), Version: &version, EventType: pick(g, "Update"+mode, "Mine", ""), Intro: g.text(), Button: "Send"}
			if g.some(3) {
				e.Version = nil
			}
			u.ErrorReports = append(u.ErrorReports, e)
		}
	}
	for i := range g.IntN(4) {
		d := g.dir()
		s := updateinf.Shortcut{When: pick(g, updateinf.CopyAlways, updateinf.CopyAlways, updateinf.ReplaceIfExist), SKU: g.sku(), Section: fmt.Sprint("Link", i),
			Name: pick(g, "Reader", "Ж 100%", "Writer"), Attributes: pick(g, 0, updateinf.ProfileItemCurrentUser, updateinf.ProfileItemDelete),
			Target: updateinf.DirFile{Dir: g.dir(), File: g.name()}, SubDir: pick(g, "", `Contoso\Tools`), InfoTip: strings.TrimSpace(g.text()), HotKey: pick(g, uint32(0), 0x641)}
		if g.some(2) {
			s.WorkingDir = &d
		}
		if g.some(3) {
			s.Icon, s.IconIndex = updateinf.DirFile{Dir: g.dir(), File: "icons.dll"}, uint32(g.IntN(5))
		}
		u.Shortcuts = append(u.Shortcuts, s)
	}
}

// dll is a DLL that the package brings, or one that it does not.
func (g *generator) dll() string {
	if g.some(4) {
		return "elsewhere.dll"
	}
	g.payload[`update\spcustom.dll`] = true
	return "spcustom.dll"
}

func (g *generator) conditional(u *updateinf.Update, name string) updateinf.Conditional {
	c := updateinf.Conditional{Name: name, InstallFrom: name + ".install", CopyFlags: pick(g, 0, 0, 0, updateinf.SPCopyForceNewer)}
	if g.some(2) {
		c.Operation.CheckInstall = [2]string{"a.dll", pick(g, "a.dll", "a.dll", "b.dll")}
	} else {
		c.Operation.CustomDLL, c.Operation.CustomFunc = g.dll(), pick(g, "One", "Two")
	}
	if g.some(4) {
		c.TargetFrom = fmt.Sprintf("Look%d.files", len(u.Dirs))
		u.Dirs = append(u.Dirs, updateinf.NamedDir{Section: c.TargetFrom, Dir: g.dir()})
	}
	return c
}

func (g *generator) plainFiles(section string) updateinf.FileGroup {
	f := g.files(section)
	f.When, f.SKU = "", ""
	if f.Kind == updateinf.Rename || f.Kind == updateinf.Delete {
		for i := range f.Files {
			f.Files[i].Flags = 0
		}
	}
	return f
}
