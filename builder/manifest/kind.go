package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is a kind of update (WP table 1, Releasetype).
type Kind struct {
	Name  string // as the manifest spells it
	title string
}

func kinds() []Kind {
	return []Kind{{"hotfix", "Hotfix"}, {"security-update", "Security Update"}, {"critical-update", "Critical Update"},
		{"update", "Update"}, {"update-rollup", "Update Rollup"}, {"feature-pack", "Feature Pack"}, {"service-pack", "Service Pack"}}
}

// Title is the kind as people read it: "Security Update".
func (k Kind) Title() string { return k.title }

// IsServicePack reports whether the package installs as a service pack ([Configuration] InstallationType).
func (k Kind) IsServicePack() bool { return k.Name == "service-pack" }

// backupDir is the directory below %windir% that removal needs (WP "Removing Software Updates").
func (k Kind) backupDir(kb string) string {
	if k.IsServicePack() {
		return "$NtServicePackUninstall$"
	}
	return "$NtUninstall" + kb + "$"
}

// logs are the log files of installation and removal (WP table 20).
func (k Kind) logs(kb string) [2]string {
	if k.IsServicePack() {
		return [2]string{"svcpack.log", "spuninst.log"}
	}
	return [2]string{kb + ".log", kb + "Uninst.log"}
}

// defaultTitle names the update as bulletins do: "Security Update for Windows XP (KB835732)", "Windows XP Service Pack 2".
func (r *resolver) defaultTitle(p *packageDoc) string {
	m := r.m
	if m.Kind.IsServicePack() && p.ServicePack != nil {
		return fmt.Sprintf("%s Service Pack %d", m.Product, *p.ServicePack)
	}
	return fmt.Sprintf("%s for %s (%s)", m.Kind.title, m.Product, m.KB)
}

func (r *resolver) kind(s string) Kind {
	all := kinds()
	names := make([]string, len(all))
	for i, k := range all {
		if k.Name == s {
			return k
		}
		names[i] = k.Name
	}
	if r.written("package.kind") {
		r.choice("package.kind", s, names)
	}
	return all[0]
}

// contains resolves package.contains: the updates whose entries the registry loses when the service pack is installed (WP
// "Registry Entries for Software Updates").
func (r *resolver) contains(list []any) {
	const at = "package.contains"
	if r.written(at) && !r.m.Kind.IsServicePack() {
		r.fault(at, "%s is for service packs; this is %s", at, withArticle(r.m.Kind.title))
		return
	}
	for i, v := range list {
		here := index(at, i)
		kb := r.kb(here, v)
		switch {
		case kb == "":
		case kb == r.m.KB:
			r.fault(here, "%s is the service pack itself; name the updates that it contains", kb)
		case slices.Contains(r.m.Contains, kb):
			r.fault(here, "%s is named twice; keep one", kb)
		default:
			r.m.Contains = append(r.m.Contains, kb)
		}
	}
}

func withArticle(title string) string {
	if strings.ContainsAny(title[:1], "AEIOU") {
		return "an " + title
	}
	return "a " + title
}
