package importer

import (
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// detection writes what [install] says of [Configuration] besides names. Keys have the values of real packages only
// (package-format.md 1.5); another value stays raw text.
func (c *converter) detection() {
	is := func(want uint32) func(uint32) bool { return func(n uint32) bool { return n == want } }
	_, services := c.configNumber(func(g *updateinf.Config) **uint32 { return &g.ServiceFileInUseDetect }, is(1))
	c.w.set("detect-services", services)
	_, apps := c.configNumber(func(g *updateinf.Config) **uint32 { return &g.AppFileInUseDetect }, is(3))
	c.w.set("detect-apps", apps)
	known := func(kv updateinf.KeyValue) bool {
		return strings.EqualFold(kv.Key, "DeviceClassInfo") && kv.Value == "1"
	}
	for _, u := range c.rest {
		if !slices.ContainsFunc(u.Config.Unknown, known) {
			return
		}
	}
	c.each(func(u *updateinf.Update) { u.Config.Unknown = slices.DeleteFunc(slices.Clone(u.Config.Unknown), known) })
	c.w.put("device-class-info", true)
}

// configNumber takes a number of [Configuration] that fits out of what is left, if every branch has the same.
func (c *converter) configNumber(field func(*updateinf.Config) **uint32, fits func(uint32) bool) (uint32, bool) {
	var first uint32
	for i, u := range c.rest {
		n := *field(&u.Config)
		if n == nil || !fits(*n) || i > 0 && *n != first {
			return 0, false
		}
		first = *n
	}
	c.each(func(u *updateinf.Update) { *field(&u.Config) = nil })
	return first, true
}

// customized takes the names of DLLs that [Configuration] gives, if every branch has the same.
func (c *converter) customized() {
	c.customizes = map[string][]string{}
	for _, k := range []struct {
		word  string
		field func(*updateinf.Config) *string
	}{{"installation", func(g *updateinf.Config) *string { return &g.CustomizationDll }},
		{"removal", func(g *updateinf.Config) *string { return &g.UninstallCustomizationDll }}} {
		name := *k.field(&c.rest[0].Config)
		if name == "" || slices.ContainsFunc(c.rest, func(u *updateinf.Update) bool { return *k.field(&u.Config) != name }) || !c.customDLL(name) {
			continue
		}
		c.each(func(u *updateinf.Update) { *k.field(&u.Config) = "" })
		fold := strings.ToLower(name)
		c.customizes[fold] = append(c.customizes[fold], k.word)
	}
}
