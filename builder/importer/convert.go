package importer

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// converter writes the manifest of an original. rest holds of each branch what no key of the manifest has said yet; what is
// left at the end becomes raw INF text. So a section that only the typed reader knows is carried over, too.
type converter struct {
	o       *original
	w       writer
	rest    []*updateinf.Update // one a branch
	notes   []string
	payload map[string]string // path in the package, folded → path beside the manifest, with slashes
	kb      string
	title   string
	product string
	dlls    []string // of the package, whose functions decide something
	defs    int      // where [[branch]] tables go in the text

	languageTag string // package.language; empty: any
	parentName  string // arp.parent-name

	customizes map[string][]string // DLL in lower case → words of custom-dll.customizes
}

func (c *converter) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// convert returns the text of update.toml.
func convert(o *original) *converter {
	c := &converter{o: o, payload: map[string]string{}}
	for _, b := range o.branches {
		rest := *b.u
		rest.Version, rest.Config, rest.Strings, rest.Sources, rest.Localized = updateinf.Version{}, updateinf.Config{}, nil, nil, nil
		rest.Dirs = nil
		c.rest = append(c.rest, &rest)
	}
	c.packageTable()
	c.target("[target]", c.o.branches[0].u.Version)
	c.install()
	c.translations()
	c.defs = c.w.Len()
	c.fileTables()
	c.registryTables()
	c.actionTables()
	c.uninstallTable()
	c.dropCatalogs()
	c.helperTables()
	c.rawTable()
	return c
}

func (c *converter) first() *updateinf.Update { return c.o.branches[0].u }

// packageTable writes [package] from [Strings], by the names that real packages have (package-format.md 1.6).
func (c *converter) packageTable() {
	u := c.first()
	s := u.Strings
	c.w.table("[package]")
	c.kb = c.number(s.KB())
	c.w.put("kb", c.kb)
	product := s.Title()
	if key := u.Config.UpdateRegKey; key != "" {
		product = key[strings.LastIndexByte(strings.TrimRight(key, `\`), '\\')+1:]
	}
	if product = strings.ReplaceAll(product, `\`, " "); strings.TrimSpace(product) == "" {
		product = c.kb
		c.note("the package names no product (UPDATEREGKEY, SP_TITLE); package.product is its number")
	}
	c.product = product
	c.w.put("product", product)
	publisher := s.Publisher()
	if publisher == "" {
		publisher = "unknown"
		c.note("the package names no publisher; write one into package.publisher")
	}
	c.w.put("publisher", publisher)
	c.w.set("publishing-group", s.Get("Publishing_Group_Name"))
	c.title = s.Title()
	c.w.set("title", c.title)
	c.w.set("kind", c.kind(s.Get("KB_Release_Type")))
	c.w.put("layout", c.o.layout)
	if v, err := manifest.ParseVersion(s.Get("Package_Version")); err == nil {
		c.w.put("version", v.String())
	}
	c.w.set("revision", revision(s.KB()))
	if n, ok := s.ServicePackNumber(); ok && c.o.layout != "dual-mode" {
		c.w.put("service-pack", n)
	}
	c.w.set("arch", c.arch(s.Architecture()))
	c.language(u.Version.LanguageType, s.Get("LCID"))
	if d := s.Comment(); d != c.title {
		c.w.set("description", d)
	}
	c.w.set("release-type", s.Get("KB_Release_Type"))
	if t := s.BuildTimestamp(); regexp.MustCompile(`^(19[89]|20[0-9]|210)\d{5}\.\d{6}$`).MatchString(t) {
		stamp := fmt.Sprintf("%s-%s-%sT%s:%s:%sZ", t[:4], t[4:6], t[6:8], t[9:11], t[11:13], t[13:])
		if _, err := time.Parse(time.RFC3339, stamp); err == nil {
			c.w.put("build-time", raw(stamp))
		}
	}
	for _, name := range []string{`update\eula.txt`, `common\eula.txt`, c.o.branches[0].root + `update\eula.txt`} {
		if c.o.tree.Has(name) {
			c.payload[name] = "eula.txt"
			c.w.put("eula", "eula.txt")
			break
		}
	}
	if c.o.chain != nil {
		c.w.put("hierarchy-version", manifest.Version(c.o.chain.FileVersion).String())
	}
	c.arp()
}

// number is a KB number as the manifest takes it. KB893803v2 is one with a revision.
func (c *converter) number(short string) string {
	m := regexp.MustCompile(`(?i)^(KB|Q)(\d{1,10})(v\d{1,2})?$`).FindStringSubmatch(short)
	if m == nil {
		c.note("SP_SHORT_TITLE is %q, which is no article number; package.kb is KB0 in its place", short)
		return "KB0"
	}
	return strings.ToUpper(m[1]) + m[2]
}

func revision(short string) any {
	if m := regexp.MustCompile(`(?i)^(?:KB|Q)\d+v(\d{1,2})$`).FindStringSubmatch(short); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return nil
}

func (c *converter) kind(releaseType string) string {
	words := map[string]string{"hotfix": "hotfix", "security update": "security-update", "critical update": "critical-update", "update": "update",
		"update rollup": "update-rollup", "feature pack": "feature-pack", "service pack": "service-pack"}
	if c.servicePack() {
		return "service-pack"
	}
	if k := words[strings.ToLower(releaseType)]; k != "service-pack" {
		return k
	}
	return ""
}

func (c *converter) servicePack() bool {
	return strings.EqualFold(c.first().Config.InstallationType, "ServicePack")
}

func (c *converter) arch(said string) string {
	switch strings.ToLower(said) {
	case "x86", "i386":
		return "x86"
	case "x64", "amd64":
		return "x64"
	case "arm64":
		return "arm64"
	case "":
		c.note("the package names no architecture (PACKAGE_ARCHITECTURE); package.arch is x86, as packages had before they said it")
		return "x86"
	}
	c.note("the package is for %s; kbforge has no runtime for that, package.arch is x86 in its place", said)
	return "x86"
}

// language: LanguageType is a whole LANGID or a primary language; LCID of [Strings] says which one.
func (c *converter) language(languageType uint16, lcid string) {
	if languageType == 0 {
		return
	}
	for _, try := range []string{lcid, fmt.Sprintf("0x%04X", languageType), fmt.Sprintf("0x%04X", languageType|0x0400)} {
		if l, ok := manifest.LanguageByName(try); ok && l.LCID&0x3FF == languageType&0x3FF {
			c.languageTag = l.Tag
			c.w.put("language", l.Tag)
			return
		}
	}
	c.note("LanguageType 0x%X is no language of kbforge; the manifest is for any", languageType)
}

func (c *converter) arp() {
	s := c.first().Strings
	c.w.table("[arp]")
	uninstall := `software\microsoft\windows\currentversion\uninstall\` + strings.ToLower(s.KB())
	named := map[string]string{}
	for _, g := range c.first().Registry {
		for _, l := range g.Lines {
			if strings.ToLower(l.Key) == uninstall && l.HasName && len(l.Data) == 1 {
				named[strings.ToLower(l.Name)] = l.Data[0]
			}
		}
	}
	c.w.other("parent-key", named["parentkeyname"], "OperatingSystem")
	c.parentName = named["parentdisplayname"]
	c.w.other("parent-name", c.parentName, c.product+" - Software Updates")
	c.w.set("help-link", s.HelpLink())
	c.w.set("info-link", s.URLInfoAbout())
}

// target writes a [target] table: two versions as far as the manifest can say them.
func (c *converter) target(header string, v updateinf.Version) {
	v = c.gates(v)
	lo, okLo := gate(v.MinMajor, v.MinMinor, v.MinBuild, v.MinServicePack)
	hi, okHi := gate(v.MaxMajor, v.MaxMinor, v.MaxBuild, v.MaxServicePack)
	if !okLo || !okHi {
		c.note("%s: a version of Windows that lacks its major or minor number, or a service pack that is no multiple of 256, cannot be said", header)
	}
	if lo == "" && hi == "" && v.ThisServicePack == nil {
		return
	}
	c.w.table(header)
	c.w.set("min", lo)
	c.w.set("max", hi)
	if n := v.ThisServicePack; n != nil && *n%256 == 0 {
		c.w.put("this-service-pack", *n/256)
	} else if n != nil {
		c.note("ThisServicePackVersion %d is no multiple of 256 and cannot be said", *n)
	}
}

// gates are the versions of Windows without what the folders of the dual-mode layout say.
func (c *converter) gates(v updateinf.Version) updateinf.Version {
	if c.o.layout == "dual-mode" {
		v.MinServicePack, v.MaxServicePack = nil, nil
	}
	return v
}

// gate is "5.2.3790 SP1"; false where something cannot be said.
func gate(major, minor, build, sp *uint32) (string, bool) {
	if major == nil || minor == nil {
		return "", major == nil && minor == nil && build == nil && sp == nil
	}
	s := fmt.Sprintf("%d.%d", *major, *minor)
	if build != nil {
		s += fmt.Sprintf(".%d", *build)
	}
	if sp != nil {
		if *sp%256 != 0 || *sp/256 > 255 {
			return s, false
		}
		s += fmt.Sprintf(" SP%d", *sp/256)
	}
	return s, true
}

func (c *converter) install() {
	// What the keys here do not say stays for the raw text.
	for i, b := range c.o.branches {
		v, g := b.u.Version, b.u.Config
		if b.u.Config.InstallationType != c.first().Config.InstallationType {
			c.note("branch %s: InstallationType %q differs from that of the first branch", b.name, g.InstallationType)
		}
		c.rest[i].Version.NtServicePackVersion, c.rest[i].Version.Unknown = v.NtServicePackVersion, v.Unknown
		g.InstallationType, g.UnInstallDirName, g.UpdateRegKey, g.InstallLogFileName, g.UnInstallLogFileName = "", "", "", "", ""
		g.EventLogKeyName, g.EventLogDllName, g.NoPNPFiles = "", "", false
		c.rest[i].Config = g
	}
	v, g := c.first().Version, c.first().Config
	c.w.table("[install]")
	c.w.set("restart", v.RebootRequired)
	c.w.set("oem-check", !g.NoPNPFiles)
	kb := c.kb
	if c.servicePack() {
		kb = "" // its defaults are others; write all
	}
	c.w.other("backup-dir", c.fileName("UnInstallDirName", g.UnInstallDirName), "$NtUninstall"+kb+"$")
	c.w.other("updates-reg-key", strings.Trim(g.UpdateRegKey, `\`), `SOFTWARE\Microsoft\Updates\`+c.product)
	c.detection()
	c.w.table("[log]")
	c.w.other("install", c.fileName("InstallLogFileName", g.InstallLogFileName), kb+".log")
	c.w.other("uninstall", c.fileName("UnInstallLogFileName", g.UnInstallLogFileName), kb+"Uninst.log")
	c.w.other("event-source", g.EventLogKeyName, "NtServicePack")
	c.w.other("event-dll", c.fileName("EventLogDllName", g.EventLogDllName), "spmsg.dll")
}

func (c *converter) fileName(key, name string) string {
	if name == "" {
		return ""
	}
	if err := manifest.CheckName(name); err != nil {
		c.note("[Configuration] %s: %v; the manifest has its own name", key, err)
		return ""
	}
	return name
}

// text is the manifest, with the [[branch]] tables before the files.
func (c *converter) text() string {
	all := c.w.String()
	body := all[c.defs:]
	c.w = writer{}
	c.branchTables()
	return strings.TrimPrefix(all[:c.defs], "\n") + c.w.String() + body
}

// dropCatalogs takes the package's own catalog out, which every build names.
func (c *converter) dropCatalogs() {
	for i, b := range c.o.branches {
		own := strings.ToLower(b.u.Strings.KB()) + ".cat"
		c.rest[i].Catalogs = slices.DeleteFunc(slices.Clone(c.rest[i].Catalogs), func(x updateinf.Catalog) bool {
			return strings.ToLower(x.Name) == own && strings.ToLower(x.Path) == `update\`+own
		})
		c.rest[i].Archive = slices.DeleteFunc(slices.Clone(c.rest[i].Archive), func(s string) bool { return strings.ToLower(s) == own })
	}
}

// branchTables writes [[branch]].
func (c *converter) branchTables() {
	if c.o.layout == "dual-mode" {
		for i, b := range c.o.branches {
			text := c.rawOf(i)
			if sameGates(c.gates(b.u.Version), c.gates(c.first().Version)) && (text == "" || c.sameRaw()) {
				continue
			}
			c.w.table("[[branch]]")
			c.w.put("name", b.name)
			c.branchText(i)
		}
	}
	if c.o.br == nil {
		return
	}
	type entry struct {
		name, display string
		payload       bool
	}
	var list []entry
	has := func(name string) bool {
		return slices.ContainsFunc(c.o.branches, func(b branchINF) bool { return strings.EqualFold(b.name, name) })
	}
	if c.o.chain != nil {
		for _, b := range c.o.chain.Branches {
			list = append(list, entry{strings.ToUpper(b.Name), b.Display, has(b.Name)})
		}
	} else {
		c.note("the package has no branches.inf; the build writes one with the branches in the order of updatebr.inf")
	}
	for _, b := range c.o.branches {
		if !slices.ContainsFunc(list, func(e entry) bool { return strings.EqualFold(e.name, b.name) }) {
			list = append(list, entry{b.name, b.name, true})
		}
	}
	levels := c.defaults(has)
	for _, e := range list {
		c.w.table("[[branch]]")
		c.w.put("name", e.name)
		if e.display != e.name {
			c.w.set("display-name", e.display)
		}
		if l := levels[e.name]; len(l) > 0 {
			c.w.put("default-for", raw(strings.ReplaceAll(fmt.Sprint(l), " ", ", ")))
		}
		c.w.set("hierarchy-only", !e.payload)
		for i, b := range c.o.branches {
			if b.name == e.name {
				c.branchText(i)
			}
		}
	}
}

// branchText writes what a branch has of its own.
func (c *converter) branchText(i int) {
	v := c.gates(c.o.branches[i].u.Version)
	if !sameGates(v, c.gates(c.first().Version)) {
		c.inlineTarget(v)
	}
	if text := c.rawOf(i); text != "" && !c.sameRaw() {
		c.w.put("raw", block(text))
	}
}

func sameGates(a, b updateinf.Version) bool {
	keep := func(v updateinf.Version) string {
		var s strings.Builder
		for _, p := range []*uint32{v.MinMajor, v.MinMinor, v.MinBuild, v.MinServicePack, v.MaxMajor, v.MaxMinor, v.MaxBuild, v.MaxServicePack, v.ThisServicePack} {
			if p != nil {
				fmt.Fprint(&s, *p)
			}
			s.WriteByte('/')
		}
		return s.String()
	}
	return keep(a) == keep(b)
}

func (c *converter) inlineTarget(v updateinf.Version) {
	lo, okLo := gate(v.MinMajor, v.MinMinor, v.MinBuild, v.MinServicePack)
	hi, okHi := gate(v.MaxMajor, v.MaxMinor, v.MaxBuild, v.MaxServicePack)
	if !okLo || !okHi {
		c.note("a branch's versions of Windows cannot be said whole")
	}
	pairs := []any{"min", lo, "max", hi}
	if n := v.ThisServicePack; n != nil && *n%256 == 0 {
		pairs = append(pairs, "this-service-pack", *n/256)
	}
	c.w.put("target", inline(pairs...))
}

// defaults are the service pack levels of each branch. Manifests have one set for all versions of Windows.
func (c *converter) defaults(has func(string) bool) map[string][]uint32 {
	levels := map[string][]uint32{}
	taken := map[uint32]string{}
	for _, set := range c.o.br.Defaults {
		for _, l := range set.Levels {
			name := strings.ToUpper(l.Branch)
			switch {
			case set.Decoration != "":
				c.note("updatebr.inf: default branch %s for service pack %d of %s; a manifest has one set of defaults for all versions of Windows", name, l.ServicePack, set.Decoration)
				if _, dup := taken[l.ServicePack]; dup || !has(name) {
					continue
				}
			case !has(name):
				c.note("updatebr.inf: the default branch %s for service pack %d has no INF", name, l.ServicePack)
				continue
			}
			if _, dup := taken[l.ServicePack]; !dup && l.ServicePack <= 99 {
				taken[l.ServicePack] = name
				levels[name] = append(levels[name], l.ServicePack)
			}
		}
	}
	return levels
}

// keepPayload notes that a file of the package goes beside the manifest, and returns its path there; false if the package lacks it.
func (c *converter) keepPayload(inPackage string) (string, bool) {
	fold := strings.ToLower(inPackage)
	if p, ok := c.payload[fold]; ok {
		return p, true
	}
	if !c.o.tree.Has(fold) {
		return "", false
	}
	p := path.Join("payload", strings.ReplaceAll(fold, `\`, "/"))
	c.payload[fold] = p
	return p, true
}

// isFlag tells whether a number in an INF is what the manifest's word would write.
func isFlag(text string, want uint32) bool {
	n, err := inf.ParseNumber(text)
	return err == nil && uint32(n) == want || text == "" && want == 0
}
