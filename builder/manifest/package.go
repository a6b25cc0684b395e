package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// packageTable resolves [package].
func (r *resolver) packageTable(p *packageDoc) {
	m := r.m
	m.KB = r.packageKB(p.KB)
	m.Product = r.required("package.product", p.Product, `the product the update belongs to, such as "Contoso Reader"`)
	if strings.Contains(m.Product, `\`) {
		r.fault("package.product", `package.product holds a backslash; it names one registry key below SOFTWARE\Microsoft\Updates`)
	}
	m.Publisher = r.required("package.publisher", p.Publisher, "who publishes the update")
	m.Kind = r.kind(p.Kind)
	m.PublishingGroup = r.text("package.publishing-group", p.PublishingGroup, "")
	m.Title = r.text("package.title", p.Title, r.defaultTitle(p))
	m.Description = r.text("package.description", p.Description, m.Title)
	m.ReleaseType = r.text("package.release-type", p.ReleaseType, m.Kind.title)
	m.Name = r.text("package.name", p.Name, fileNameOf(m.Product))
	if m.Product != "" && (m.Name == "" || strings.ContainsAny(m.Name, nameForbidden+" ")) {
		r.fault("package.name", "package.name %q cannot begin a file name; use letters, digits, dots and hyphens", m.Name)
	}
	m.Version = r.version("package.version", p.Version, Version{1, 0, 0, 0})
	m.HierarchyVersion = r.version("package.hierarchy-version", p.HierarchyVersion, Version{1, 0, 0, 0})
	m.Revision = r.number("package.revision", p.Revision, 0, 99)
	m.ServicePack = -1
	if p.ServicePack != nil {
		m.ServicePack = r.number("package.service-pack", p.ServicePack, 0, 99)
	} else if m.Kind.IsServicePack() {
		r.fault("package.kind", "a service pack needs package.service-pack, its number")
	}
	r.contains(p.Contains)
	m.Arch = r.arch(p.Arch)
	m.Language = r.language(p.Language)
	for i, a := range p.AppliesTo {
		m.AppliesTo = append(m.AppliesTo, r.text(index("package.applies-to", i), a, ""))
	}
	if p.BuildTime != nil && !r.failed("package.build-time") {
		if strings.HasSuffix(p.BuildTime.Location().String(), "-local") { // what the TOML library calls a time without zone
			r.fault("package.build-time", "package.build-time has no time zone and would mean another time elsewhere; write 2026-01-02T03:04:05Z")
		}
		m.BuildTime = p.BuildTime.UTC()
		if y := m.BuildTime.Year(); y < 1980 || y > 2107 {
			r.fault("package.build-time", "package.build-time is in the year %d; a cabinet holds the years 1980 to 2107", y)
		}
		m.BuildTime = m.BuildTime.Truncate(time.Second)
	}
	if r.written("package.eula") {
		m.EULA = r.source("package.eula", p.EULA)
	}
}

func (r *resolver) required(path, value, what string) string {
	if !r.written(path) {
		r.fault(path, "%s is missing; give %s", path, what)
		return ""
	}
	return r.text(path, value, "")
}

// packageKB is package.kb.
func (r *resolver) packageKB(v any) string {
	if v == nil {
		r.fault("package.kb", `package.kb is missing; give the article number, such as "KB123456"`)
		return ""
	}
	return r.kb("package.kb", v)
}

// kb reads a Knowledge Base number: 123456, "123456", "KB123456" or, before 2003, "Q123456" (WP "Registry Entries for
// Software Updates"). At most ten digits (OURS), so that every name built from it stays short.
func (r *resolver) kb(at string, v any) string {
	switch v.(type) {
	case string, int64:
	default:
		r.fault(at, "%s is %s; it must be text or a whole number", at, tomlKind(v))
		return ""
	}
	s := fmt.Sprint(v)
	prefix, digits := "KB", s
	for _, p := range []string{"KB", "Q"} {
		if rest, ok := strings.CutPrefix(strings.ToUpper(s), p); ok {
			prefix, digits = p, rest
		}
	}
	if digits == "" || len(digits) > 10 || strings.Trim(digits, "0123456789") != "" {
		r.fault(at, `%s %q is no article number; write "KB" and one to ten digits, such as "KB123456"`, at, s)
		return ""
	}
	return prefix + digits
}

// choice reports a value that is none of the allowed ones.
func (r *resolver) choice(path, value string, allowed []string) {
	if r.failed(path) {
		return
	}
	if near := nearest(value, allowed); near != "" {
		r.fault(path, "%s %q is not known; did you mean %q?", path, value, near)
		return
	}
	r.fault(path, "%s %q is not known; choose one of %s", path, value, strings.Join(allowed, ", "))
}

const nameForbidden = `\/:*?"<>|`

func fileNameOf(product string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || strings.ContainsRune(nameForbidden, c) {
			return -1
		}
		return c
	}, product)
}

func (r *resolver) number(path string, v *int64, lo, hi int64) int {
	if v == nil || r.failed(path) {
		return 0
	}
	if *v < lo || *v > hi {
		r.fault(path, "%s is %d; it must lie between %d and %d", path, *v, lo, hi)
		return 0
	}
	return int(*v)
}

func (r *resolver) version(path, s string, fallback Version) Version {
	if !r.written(path) || r.failed(path) {
		return fallback
	}
	v, err := ParseVersion(s)
	if err != nil {
		r.fault(path, `%s %q is no version; write four numbers from 0 to 65535, such as "1.0.0.0"`, path, s)
		return fallback
	}
	return v
}

// ParseVersion reads four decimal numbers with dots between them, each at most 65535.
func ParseVersion(s string) (Version, error) {
	var v Version
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return v, fmt.Errorf("version %q has %d numbers instead of 4", s, len(parts))
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return v, fmt.Errorf("version %q: %w", s, err)
		}
		v[i] = uint16(n)
	}
	return v, nil
}

// Architectures, as package names spell them, that the installer runs on.
func Architectures() []string { return []string{"x86", "x64", "arm64"} }

// DefaultArch is the architecture of a manifest that names none.
const DefaultArch = "x64"

// arch is package.arch of one package. A value that is no text is reported by variants.
func (r *resolver) arch(v any) string {
	s, ok := v.(string)
	if !ok || r.failed("package.arch") {
		return DefaultArch
	}
	return r.archNamed("package.arch", s)
}

func (r *resolver) archNamed(at, s string) string {
	switch {
	case slices.Contains(Architectures(), s):
		return s
	case strings.EqualFold(s, "amd64") || strings.EqualFold(s, "x86_64"):
		r.fault(at, `%s %q: package names say "x64"; write that`, at, s)
	case strings.EqualFold(s, "i386") || s == "386":
		r.fault(at, `%s %q: package names say "x86"; write that`, at, s)
	default:
		r.choice(at, s, Architectures())
	}
	return DefaultArch
}

func (r *resolver) language(v any) Language {
	s, ok := v.(string)
	if !ok || r.failed("package.language") {
		return Language{}
	}
	return r.languageNamed("package.language", s)
}

func (r *resolver) languageNamed(at, s string) Language {
	if strings.EqualFold(s, "neutral") {
		return Language{}
	}
	if l, ok := LanguageByName(s); ok {
		return l
	}
	var tags []string
	for _, l := range languages() {
		tags = append(tags, l.Tag)
	}
	slices.Sort(tags)
	r.choice(at, s, append([]string{"neutral"}, tags...))
	return Language{}
}

// installTable resolves [install], [arp] and [log]; their defaults follow WP Appendix B.
func (r *resolver) installTable(doc *document) {
	m := r.m
	m.Restart = doc.Install.Restart
	m.OEMCheck = doc.Install.OEMCheck != nil && *doc.Install.OEMCheck
	m.DetectServices, m.DetectApps, m.DeviceClassInfo = doc.Install.DetectServices, doc.Install.DetectApps, doc.Install.DeviceClassInfo
	m.BackupDir = r.fileName("install.backup-dir", doc.Install.BackupDir, m.Kind.backupDir(m.KB))
	m.UpdatesRegKey = strings.Trim(r.text("install.updates-reg-key", doc.Install.UpdatesRegKey, `SOFTWARE\Microsoft\Updates\`+m.Product), `\`)
	m.ARP = ARP{
		ParentKey:  r.text("arp.parent-key", doc.ARP.ParentKey, "OperatingSystem"),
		ParentName: r.text("arp.parent-name", doc.ARP.ParentName, m.Product+" - Software Updates"),
		HelpLink:   r.text("arp.help-link", doc.ARP.HelpLink, ""),
		InfoLink:   r.text("arp.info-link", doc.ARP.InfoLink, ""),
	}
	m.Log = Log{
		Install:     r.fileName("log.install", doc.Log.Install, m.Kind.logs(m.KB)[0]),
		Uninstall:   r.fileName("log.uninstall", doc.Log.Uninstall, m.Kind.logs(m.KB)[1]),
		EventSource: r.text("log.event-source", doc.Log.EventSource, "NtServicePack"),
		EventDLL:    r.fileName("log.event-dll", doc.Log.EventDLL, "spmsg.dll"),
	}
}

// fileName is a text that names one file or directory.
func (r *resolver) fileName(path, value, fallback string) string {
	v := r.text(path, value, fallback)
	if r.written(path) && !r.failed(path) {
		if err := CheckName(v); err != nil {
			r.fault(path, "%s: %v", path, err)
		}
	}
	return v
}
