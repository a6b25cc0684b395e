package builder

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// updateINF is the INF of one branch (WP Appendix B).
func (p *Plan) updateINF(b manifest.Branch) *updateinf.Update {
	m := p.Manifest
	names := sectionNames{}
	u := &updateinf.Update{
		Version:   versionSection(m, b.Target),
		Config:    configSection(m),
		Catalogs:  []updateinf.Catalog{{Name: m.KB + ".cat", Path: catalogINF(m)}},
		Archive:   []string{m.KB + ".cat"},
		Files:     p.groupsOf(b.Name, 0, names),
		Registry:  registryGroups(m),
		SaveReg:   savedKeys(m),
		Uninstall: uninstallBlocks(m),
		Strings:   p.strings(b),
	}
	p.actions(u, b.Name, names)
	p.localized(u)
	seen := map[string]bool{}
	for _, v := range p.versionsOf(b.Name) {
		if path := p.inINF(v); !seen[path] {
			seen[path] = true
			u.Sources = append(u.Sources, path)
		}
	}
	return u
}

func versionSection(m *manifest.Manifest, t manifest.Target) updateinf.Version {
	return updateinf.Version{
		Signature:       "$Windows NT$",
		LanguageType:    m.Language.LanguageType(),
		MinMajor:        t.Min.Major,
		MaxMajor:        t.Max.Major,
		MinMinor:        t.Min.Minor,
		MaxMinor:        t.Max.Minor,
		MinBuild:        t.Min.Build,
		MaxBuild:        t.Max.Build,
		MinServicePack:  times256(t.Min.ServicePack),
		MaxServicePack:  times256(t.Max.ServicePack),
		ThisServicePack: times256(t.ThisServicePack),
		CatalogFile:     m.KB + ".cat",
		RebootRequired:  m.Restart,
	}
}

// times256 is how [Version] writes a service pack level (WP Appendix B).
func times256(level *uint32) *uint32 {
	if level == nil {
		return nil
	}
	n := *level * 256
	return &n
}

func configSection(m *manifest.Manifest) updateinf.Config {
	kind := "Hotfix"
	if m.Kind.IsServicePack() {
		kind = "ServicePack" // OURS: no public package shows the word for service packs
	}
	c := updateinf.Config{
		InstallationType:       kind,
		InstallLogFileName:     m.Log.Install,
		UnInstallLogFileName:   m.Log.Uninstall,
		UnInstallDirName:       m.BackupDir,
		EventLogKeyName:        m.Log.EventSource,
		EventLogDllName:        m.Log.EventDLL,
		UpdateRegKey:           m.UpdatesRegKey,
		NoPNPFiles:             !m.OEMCheck,
		WaitTimeForServiceStop: m.ServiceWait,

		ServiceFileInUseDetect: numberIf(m.DetectServices, 1),
		AppFileInUseDetect:     numberIf(m.DetectApps, 3),
	}
	for _, h := range m.Helpers {
		if h.CustomizesInstall {
			c.CustomizationDll = h.Name
		}
		if h.CustomizesRemoval {
			c.UninstallCustomizationDll = h.Name
		}
	}
	if m.DeviceClassInfo {
		c.Unknown = append(c.Unknown, updateinf.KeyValue{Key: "DeviceClassInfo", Value: "1"})
	}
	return c
}

// numberIf is a number that is written, or none. Those of [Configuration] are the ones that real packages have.
func numberIf(written bool, n uint32) *uint32 {
	if !written {
		return nil
	}
	return &n
}

// strings is [Strings]: the names that Microsoft's packages use, which the installer reads.
func (p *Plan) strings(b manifest.Branch) updateinf.Strings {
	m := p.Manifest
	s := updateinf.Strings{
		"sp_short_title":         m.KB,
		"sp_title":               m.Title,
		"comment":                m.Description,
		"buildtimestamp":         p.timestamp(),
		"langtypevalue":          fmt.Sprintf("0x%X", m.Language.LanguageType()),
		"lcid":                   fmt.Sprintf("0x%04X", m.Language.LCID),
		"package_architecture":   m.Arch,
		"servicepacksourcefiles": m.Title + " Source Files",
		"parent_display_name":    m.ARP.ParentName,
		"parent_key_name":        m.ARP.ParentKey,
		"updateregkey":           m.UpdatesRegKey,
		"package_version":        m.Version.String(),
		"displayversion":         m.Version.String(),
		"publisher":              m.Publisher,
		"kb_release_type":        m.ReleaseType,
	}
	if n := p.packNumber(b.Name); n >= 0 {
		s["service_pack_number"] = strconv.Itoa(n)
	}
	if m.PublishingGroup != "" {
		s["publishing_group_name"] = m.PublishingGroup
	}
	if m.ARP.HelpLink != "" {
		s["helplink"] = m.ARP.HelpLink
	}
	if m.ARP.InfoLink != "" {
		s["urlinfoabout"] = m.ARP.InfoLink
	}
	return s
}

// groupsOf makes one file-list section for each edition, time and destination: System32.files, CopyAlways.Drivers.files.
// condition is the number of a condition, or 0 for what has none.
func (p *Plan) groupsOf(branch string, condition int, names sectionNames) []updateinf.FileGroup {
	type key struct {
		when updateinf.When
		sku  string
		dir  updateinf.Dir
	}
	var groups []updateinf.FileGroup
	at := map[key]int{}
	add := func(k key, d updateinf.Dir, line updateinf.FileLine) {
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k] = i
			groups = append(groups, updateinf.FileGroup{When: k.when, SKU: k.sku, Kind: updateinf.Copy, Dir: d,
				Section: names.free(groupBase(k.when, k.sku, d, condition), ".files")})
		}
		groups[i].Files = append(groups[i].Files, line)
	}
	for _, f := range p.Files {
		if f.Condition != condition || f.Directory != 0 {
			continue
		}
		when := f.When
		if condition != 0 {
			when = ""
		}
		for _, v := range f.Versions {
			if v.Branch != branch {
				continue
			}
			for _, to := range f.To {
				for _, sku := range skus(f.Editions) {
					k := key{when, sku, updateinf.Dir{ID: to.ID, Sub: strings.ToUpper(to.Sub)}}
					add(k, to.Dir, updateinf.FileLine{Name: f.Name, Source: p.inINF(v), Flags: f.Flags})
				}
			}
		}
	}
	return groups
}

func groupBase(when updateinf.When, sku string, d updateinf.Dir, condition int) string {
	base := skuPrefix(sku) + folderToken(d)
	switch when {
	case updateinf.CopyAlways:
		base = "CopyAlways." + base
	case updateinf.DontDelay:
		base = "DontDelay." + base
	case updateinf.Uniprocessor:
		base = "Uniprocessor." + base
	case updateinf.Multiprocessor:
		base = "Multiprocessor." + base
	case updateinf.SKUFiles:
		base = sku + "Files." + folderToken(d)
	}
	if condition != 0 {
		base = "Condition" + strconv.Itoa(condition) + "." + base
	}
	return base
}

// containedKeys are the entries of the updates that a service pack contains: they give way to its own (WP "Registry Entries for
// Software Updates"). Removal brings them back, as it does with every key that the update deletes.
func containedKeys(m *manifest.Manifest) []updateinf.RegLine {
	var lines []updateinf.RegLine
	for _, kb := range m.Contains {
		for _, key := range []string{m.UpdatesRegKey + `\SP` + strconv.Itoa(m.ServicePack) + `\` + kb, m.UpdatesRegKey + `\` + kb,
			`SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\` + kb, `SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\` + kb} {
			lines = append(lines, updateinf.RegLine{Root: "HKLM", Key: key})
		}
	}
	return lines
}

// packNumber is the service pack that will contain the update: that of the folder in the dual-mode layout. -1: none is known.
func (p *Plan) packNumber(branch string) int {
	if p.Manifest.Layout == manifest.DualMode {
		return manifest.PackNumber(branch)
	}
	return p.Manifest.ServicePack
}
