package importer

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// actionTables writes what an update does besides files and registry. A list counts as said only if every branch has the same.
func (c *converter) actionTables() {
	c.prerequisites()
	scopes := 0
	c.conditions(&scopes)
	c.operationConditions(&scopes)
	c.directories(&scopes)
	if c.same(func(u *updateinf.Update) any { return u.Processes }) && c.processesKnown() {
		for _, p := range c.rest[0].Processes {
			c.w.table("[[run]]")
			c.w.put("command", p.Command)
			if when := manifest.RunTimeWord(p.When); when != "after" {
				c.w.put("when", when)
			}
			c.editions([]string{p.SKU})
		}
		c.each(func(u *updateinf.Update) { u.Processes = nil })
	}
	c.w.table("[services]")
	c.services()
	if n, ok := c.configNumber(func(g *updateinf.Config) **uint32 { return &g.WaitTimeForServiceStop }, func(n uint32) bool { return n >= 1 && n <= 60 }); ok {
		c.w.put("wait", n)
	}
	c.customized()
	c.registerDLLs()
	if c.same(func(u *updateinf.Update) any { return u.RenameDirs }) && c.renamesKnown() {
		for _, d := range c.rest[0].RenameDirs {
			c.w.table("[[rename-directory]]")
			c.w.put("directory", manifest.DirString(d.Dir)+`\`+d.From)
			c.w.put("to", d.To)
		}
		c.each(func(u *updateinf.Update) { u.RenameDirs = nil })
	}
	c.shortcuts()
	c.oem()
	c.devices()
	c.errorReports()
}

func (c *converter) each(do func(*updateinf.Update)) {
	for _, u := range c.rest {
		do(u)
	}
}

// same tells whether all branches say the same in one field, and something.
func (c *converter) same(field func(*updateinf.Update) any) bool {
	state := func(i int) string {
		s := &stater{u: c.o.branches[i].u, content: c.o.content(c.o.branches[i])}
		return s.text(reflect.ValueOf(field(c.rest[i])))
	}
	for i := range c.rest {
		if state(i) != state(0) {
			return false
		}
	}
	return !reflect.ValueOf(field(c.rest[0])).IsZero()
}

func (c *converter) processesKnown() bool {
	for _, p := range c.rest[0].Processes {
		if manifest.RunTimeWord(p.When) == "" || !editionKnown(p.SKU) || strings.TrimSpace(p.Command) == "" || len(p.Command) > manifest.MaxField {
			return false
		}
	}
	return true
}

func (c *converter) renamesKnown() bool {
	for _, d := range c.rest[0].RenameDirs {
		if !manifest.DirOK(d.Dir) || manifest.CheckName(d.From) != nil || manifest.CheckName(d.To) != nil || strings.EqualFold(d.From, d.To) {
			return false
		}
	}
	return true
}

func (c *converter) services() {
	stop := func(u *updateinf.Update) any { return u.StopServices }
	removal := func(u *updateinf.Update) any { return u.StopServicesUninstall }
	good := c.same(stop) || c.allEmpty(stop)
	if goodRemoval := c.same(removal) || c.allEmpty(removal); !good || !goodRemoval || c.allEmpty(stop) && c.allEmpty(removal) {
		return
	}
	a, b := c.rest[0].StopServices, c.rest[0].StopServicesUninstall
	if !servicesKnown(a) || !servicesKnown(b) {
		return
	}
	c.w.set("stop", a)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		c.w.put("stop-on-removal", b)
	}
	c.each(func(u *updateinf.Update) { u.StopServices, u.StopServicesUninstall = nil, nil })
}

func (c *converter) allEmpty(field func(*updateinf.Update) any) bool {
	for _, u := range c.rest {
		if reflect.ValueOf(field(u)).Len() > 0 {
			return false
		}
	}
	return true
}

func servicesKnown(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		fold := strings.ToLower(n)
		if n == "" || len(n) > 256 || strings.ContainsAny(n, `\/`) || seen[fold] {
			return false
		}
		seen[fold] = true
	}
	return true
}

func (c *converter) registerDLLs() {
	if !c.same(func(u *updateinf.Update) any { return u.RegisterDLLs }) {
		return
	}
	for _, d := range c.rest[0].RegisterDLLs {
		register := d.Flags&updateinf.RegSvrDLLRegister != 0 && d.Flags&^(updateinf.RegSvrDLLRegister|updateinf.RegSvrDLLInstall) == 0
		install := d.Flags&updateinf.RegSvrDLLInstall != 0
		if d.When != updateinf.CopyAlways || !editionKnown(d.SKU) || !register || d.Argument != "" && !install || !manifest.DirOK(d.Dir) ||
			manifest.CheckName(d.File) != nil || d.Timeout < 1 || d.Timeout > 3600 {
			return
		}
	}
	for _, d := range c.rest[0].RegisterDLLs {
		c.w.table("[[register-dll]]")
		c.w.put("file", manifest.DirString(d.Dir)+`\`+d.File)
		if d.Unregister {
			c.w.put("action", "unregister")
		}
		c.w.set("dll-install", d.Flags&updateinf.RegSvrDLLInstall != 0)
		c.w.set("argument", d.Argument)
		if d.Timeout != updateinf.DefaultRegisterTimeout {
			c.w.put("timeout", d.Timeout)
		}
		c.editions([]string{d.SKU})
	}
	c.each(func(u *updateinf.Update) { u.RegisterDLLs = nil })
}

func (c *converter) oem() {
	if !c.same(func(u *updateinf.Update) any { return u.OEMExclusions }) || c.first().Config.NoPNPFiles {
		return // without the check, exceptions from it mean nothing, and a manifest refuses them
	}
	x := c.rest[0].OEMExclusions
	var drivers []string
	for _, d := range x.Drivers {
		if d.Flag != "" || manifest.CheckName(d.Name) != nil {
			return
		}
		drivers = append(drivers, d.Name)
	}
	c.w.table("[oem-exclusions]")
	c.w.set("drivers", drivers)
	c.w.set("device-ids", x.DeviceIDs)
	c.w.set("providers", x.Providers)
	c.each(func(u *updateinf.Update) { u.OEMExclusions = updateinf.OEMExclusions{} })
}
