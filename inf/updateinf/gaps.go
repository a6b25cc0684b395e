package updateinf

import (
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Gap is something that an update INF asks for and the engine of this module does not carry out. This file is the one
// list of such things: lint warns of them, the builder warns of them, the engine refuses the package or says what it
// leaves out.
type Gap struct {
	Section string
	Key     string // empty: the section as a whole
	Pos     inf.Pos
	// Refused: the package is refused before anything changes, because half an update is worse than none. Otherwise it is
	// installed without.
	Refused bool
	Why     string // what this module's installer does instead, without the place
}

// What is the place in words: "[DevicesToUpgrade]", "ProfileItems in [ProductInstall.CopyFilesAlways]".
func (g Gap) What() string {
	if g.Key == "" {
		return "[" + g.Section + "]"
	}
	return g.Key + " in [" + g.Section + "]"
}

// String says the place and the reason.
func (g Gap) String() string { return g.What() + ": " + g.Why }

// missing is a section that Update has no typed form for. A name that ends in "." stands for all that begin with it.
type missing struct {
	name    string
	refused bool
	why     string
}

const (
	whyUnknown = "this installer does not know the section"
	whyNames   = "the installer works out product names by itself"
)

// missingSections are those sections of WP appendix B, of real packages and their logs that do something on the target and
// that nothing in Update covers.
func missingSections() []missing {
	return []missing{
		{"LinkItems.Create", true, "no shortcut is made"},
		{"DynamicStrings", false, "strings do not change on the target"},          // seen in logs
		{"BuildType.", false, whyNames}, {"InfProductBuildType", false, whyNames}, // seen in logs
		{"ProductInstall.", true, whyUnknown},
	}
}

// Section returns a section of Other by name, without regard to case.
func (u *Update) Section(name string) (Section, bool) {
	for _, s := range u.Other {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Section{}, false
}

// Gaps returns what the file asks for and the engine does not carry out, by place in the file's order of sections.
func (u *Update) Gaps() []Gap {
	var list []Gap
	for _, s := range u.Other {
		if m, ok := missingSection(s.Name); ok && len(s.Lines) > 0 {
			list = append(list, Gap{Section: s.Name, Pos: s.Lines[0].Pos, Refused: m.refused, Why: m.why})
		}
	}
	for _, d := range u.Directives {
		if len(d.Fields) > 0 {
			list = append(list, Gap{Section: sectionName(d.When, d.SKU), Key: d.Key, Pos: d.Pos, Refused: true, Why: "this installer does not know the directive"})
		}
	}
	list = append(list, u.deviceGaps()...)
	list = append(list, u.laterGaps()...)
	list = append(list, u.uninstallGaps()...)
	return append(list, u.Config.gaps()...)
}

// gaps are about [Configuration]. DeviceClassInfo is none: nobody knows what it would do (package-format.md 1.5).
func (c *Config) gaps() []Gap {
	var list []Gap
	for _, k := range []KeyValue{{"CustomizationDll", c.CustomizationDll}, {"UninstallCustomizationDll", c.UninstallCustomizationDll}} {
		if k.Value != "" {
			list = append(list, Gap{Section: "Configuration", Key: k.Key, Why: "how the DLL is called is not public; it is not loaded"})
		}
	}
	for _, k := range []struct {
		key, who string
		value    *uint32
	}{{"ServiceFileInUseDetect", "services", c.ServiceFileInUseDetect}, {"AppFileInUseDetect", "applications", c.AppFileInUseDetect}} {
		if k.value != nil && *k.value != 0 {
			list = append(list, Gap{Section: "Configuration", Key: k.key,
				Why: k.who + " that hold files are not looked for; a file in use is replaced at the restart"})
		}
	}
	return list
}

func missingSection(name string) (missing, bool) {
	for _, m := range missingSections() {
		if strings.EqualFold(m.name, name) {
			return m, true
		}
		if rest, ok := cutPrefixFold(name, m.name); ok && strings.HasSuffix(m.name, ".") && rest != "" {
			return m, true
		}
	}
	return missing{}, false
}

// laterGaps are about what would have to happen at removal.
func (u *Update) laterGaps() []Gap {
	var list []Gap
	for _, c := range u.PrerequisitesUninstall {
		for _, t := range c.Tests {
			if t.Kind == CheckCustom {
				list = append(list, Gap{Section: c.Section, Key: string(CheckCustom), Pos: t.Pos, Refused: true, Why: "removal has no DLL to ask"})
			}
		}
	}
	return list
}

// uninstallGaps are about sections that [UninstallSections] copies into spuninst.inf.
func (u *Update) uninstallGaps() []Gap {
	named := map[string]bool{"globalregistrychanges": true, "servicestostopandstart": true, "processestorun": true, "processestorunafterreboot": true}
	var list []Gap
	for _, b := range u.Uninstall {
		if !strings.EqualFold(b.Name, "GlobalRegistryChanges") {
			continue
		}
		for _, l := range b.Lines {
			switch strings.ToLower(l.Key) {
			case "addreg", "delreg", "bitreg":
				for _, f := range l.Fields {
					named[foldName(f)] = true
				}
			default:
				list = append(list, Gap{Section: b.Source, Key: l.Key, Pos: l.Pos, Why: "removal does not do this"})
			}
		}
	}
	for _, b := range u.Uninstall {
		if len(b.Lines) > 0 && !named[foldName(b.Name)] {
			list = append(list, Gap{Section: b.Source, Pos: b.Lines[0].Pos, Why: "removal does nothing with it"})
		}
	}
	return list
}
