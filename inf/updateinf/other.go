package updateinf

import (
	"slices"
	"strings"
)

// actingSections are the sections of WP appendix B, and of real packages, that do something on the target and that Update
// has no typed form for. A name that ends in "." stands for all that begin with it.
func actingSections() []string {
	return []string{"LinkItems.Create", "LinkItems.Create.", "DeviceClassList", "DevicesToUpgrade", "DynamicStrings",
		"WatsonManifestMode.", "BuildType.", "InfProductBuildType", "ProductInstall."}
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

// Unsupported returns what the file asks for beyond the typed fields: the sections of Other that do something and have
// lines, and the keys of Directives, without those that the caller says it handles. Names are as the file spells them, keys
// stand as "RegisterDlls in [ProductInstall.CopyFilesAlways]".
func (u *Update) Unsupported(handled ...string) []string {
	knows := func(name string) bool {
		return slices.ContainsFunc(handled, func(h string) bool { return strings.EqualFold(h, name) })
	}
	var names []string
	for _, s := range u.Other {
		if len(s.Lines) > 0 && acting(s.Name) && !knows(s.Name) {
			names = append(names, s.Name)
		}
	}
	for _, d := range u.Directives {
		if !knows(d.Key) {
			names = append(names, d.Key+" in ["+sectionName(d.When, d.SKU)+"]")
		}
	}
	return names
}

func acting(name string) bool {
	for _, s := range actingSections() {
		if strings.EqualFold(s, name) {
			return true
		}
		if _, ok := cutPrefixFold(name, s); ok && strings.HasSuffix(s, ".") {
			return true
		}
	}
	return false
}
