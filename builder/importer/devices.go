package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// devices writes [[device-class]] and [[device]].
func (c *converter) devices() {
	c.assignments("[[device-class]]", "name", "guid", func(u *updateinf.Update) *[]updateinf.KeyValue { return &u.DeviceClasses },
		func(kv updateinf.KeyValue) bool { return manifest.AssignmentOK(kv.Key) && manifest.GUIDOK(kv.Value) })
	c.assignments("[[device]]", "id", "inf", func(u *updateinf.Update) *[]updateinf.KeyValue { return &u.Devices },
		func(kv updateinf.KeyValue) bool { return manifest.AssignmentOK(kv.Key) && sayableText(kv.Value) })
}

func (c *converter) assignments(header, key, value string, field func(*updateinf.Update) *[]updateinf.KeyValue, ok func(updateinf.KeyValue) bool) {
	if !c.same(func(u *updateinf.Update) any { return *field(u) }) {
		return
	}
	list := *field(c.rest[0])
	for i, kv := range list {
		if !ok(kv) || !sayableText(kv.Key) || slices.ContainsFunc(list[:i], func(o updateinf.KeyValue) bool { return strings.EqualFold(o.Key, kv.Key) }) {
			return
		}
	}
	for _, kv := range list {
		c.w.table(header)
		c.w.put(key, kv.Key)
		c.w.put(value, kv.Value)
	}
	c.each(func(u *updateinf.Update) { *field(u) = nil })
}

// sayableText tells whether a manifest takes a text that must not be empty.
func sayableText(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= manifest.MaxText && !strings.ContainsFunc(s, control)
}

// errorReports writes [[error-report]].
func (c *converter) errorReports() {
	if !c.same(func(u *updateinf.Update) any { return u.ErrorReports }) {
		return
	}
	modes := map[string]string{"cancel": "UpdateCancel", "failure": "UpdateFailure"} // and the event types that a build writes
	seen := map[string]bool{}
	for _, e := range c.rest[0].ErrorReports {
		mode := strings.ToLower(e.Mode)
		if modes[mode] == "" || seen[mode] || e.Version == nil || *e.Version > 1<<31-1 || len(e.Unknown) > 0 || e.EventType == "" {
			return
		}
		seen[mode] = true
		for _, text := range []string{e.EventType, e.Intro, e.DetailsLink, e.Button, e.DetailsHeader, e.DetailsBody} {
			if text != "" && !sayableText(text) {
				return
			}
		}
	}
	for _, e := range c.rest[0].ErrorReports {
		mode := strings.ToLower(e.Mode)
		c.w.table("[[error-report]]")
		c.w.put("mode", mode)
		if !e.Invoke {
			c.w.put("ask", false)
		}
		if *e.Version != 131072 { // what a build writes
			c.w.put("version", *e.Version)
		}
		c.w.other("event-type", e.EventType, modes[mode])
		c.w.set("intro", e.Intro)
		c.w.set("details-link", e.DetailsLink)
		c.w.set("button", e.Button)
		c.w.set("details-header", e.DetailsHeader)
		c.w.set("details-body", e.DetailsBody)
	}
	c.each(func(u *updateinf.Update) { u.ErrorReports = nil })
}

// shortcuts writes [[shortcut]]. Those that differ in the edition only are one table.
func (c *converter) shortcuts() {
	if !c.same(func(u *updateinf.Update) any { return u.Shortcuts }) {
		return
	}
	type table struct {
		updateinf.Shortcut
		skus []string
	}
	var list []table
	at, places := map[string]int{}, map[string]bool{}
	for _, s := range c.rest[0].Shortcuts {
		if !shortcutKnown(s) {
			return
		}
		plain := s
		plain.SKU, plain.Section, plain.Pos, plain.WorkingDir = "", "", inf.Pos{}, nil
		key := fmt.Sprint(plain, s.SKU == "")
		if s.WorkingDir != nil {
			key += fmt.Sprint(*s.WorkingDir)
		}
		if i, ok := at[key]; ok && s.SKU != "" && !slices.Contains(list[i].skus, s.SKU) {
			list[i].skus = append(list[i].skus, s.SKU)
			continue
		}
		place := strings.ToLower(fmt.Sprint(s.SubDir, `\`, s.Name, "|", s.Attributes))
		if places[place] { // a manifest refuses that
			return
		}
		places[place] = true
		at[key] = len(list)
		list = append(list, table{s, []string{s.SKU}})
	}
	for _, s := range list {
		c.w.table("[[shortcut]]")
		c.w.put("name", s.Name)
		c.w.put("file", manifest.DirString(s.Target.Dir)+`\`+s.Target.File)
		c.w.set("folder", s.SubDir)
		if s.Attributes == updateinf.ProfileItemCurrentUser {
			c.w.put("users", "current")
		}
		if s.WorkingDir != nil {
			c.w.put("working-dir", manifest.DirString(*s.WorkingDir))
		}
		if s.Icon.File != "" {
			c.w.put("icon", manifest.DirString(s.Icon.Dir)+`\`+s.Icon.File)
		}
		if s.IconIndex != 0 {
			c.w.put("icon-index", s.IconIndex)
		}
		if s.HotKey != 0 {
			c.w.put("hot-key", s.HotKey)
		}
		c.w.set("tip", s.InfoTip)
		c.editions(s.skus)
	}
	c.each(func(u *updateinf.Update) { u.Shortcuts = nil })
}

func shortcutKnown(s updateinf.Shortcut) bool {
	file := func(f updateinf.DirFile) bool { return manifest.DirOK(f.Dir) && manifest.CheckName(f.File) == nil }
	if s.SubDir != "" {
		for _, elem := range strings.Split(s.SubDir, `\`) {
			if strings.Contains(elem, "/") || manifest.CheckName(elem) != nil {
				return false
			}
		}
	}
	return s.When == updateinf.CopyAlways && editionKnown(s.SKU) && manifest.CheckName(s.Name+".lnk") == nil && file(s.Target) &&
		(s.Attributes == 0 || s.Attributes == updateinf.ProfileItemCurrentUser) && (s.WorkingDir == nil || manifest.DirOK(*s.WorkingDir)) &&
		(s.Icon.File == "" && s.Icon.Dir == updateinf.Dir{} || file(s.Icon)) && s.IconIndex <= 65535 && s.HotKey <= 65535 &&
		(s.InfoTip == "" || sayableText(s.InfoTip))
}
