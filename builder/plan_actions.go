package builder

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// actionLines says in words what the update asks and does besides files and registry, in the order in which it happens.
func actionLines(m *manifest.Manifest) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, c := range m.Prerequisites {
		add("require     %s", conditionText(c))
	}
	for i, c := range m.Conditions {
		add("condition   %d: %s", i+1, conditionText(c))
	}
	for _, d := range m.OEMExclusions.Drivers {
		add("exclude     driver %s from the check for files of other makers", d.Name)
	}
	for _, id := range m.OEMExclusions.DeviceIDs {
		add("exclude     device %s from that check", id)
	}
	for _, name := range m.OEMExclusions.Providers {
		add("exclude     provider %s from that check", name)
	}
	for _, s := range m.Shortcuts {
		add("shortcut    %s to %s\\%s%s", strings.TrimPrefix(s.SubDir+`\`+s.Name, `\`), manifest.DirString(s.Target.Dir), s.Target.File, skuText(s.SKU))
	}
	for _, d := range m.Devices {
		add("device      %s from %s", d.Key, d.Value)
	}
	for _, e := range m.ErrorReports {
		add("report      on %s: %s", strings.ToLower(e.Mode), e.EventType)
	}
	for _, d := range m.Directories {
		add("directory   {%d}: where function %s of %s says", d.ID, d.Function, d.DLL)
	}
	for _, c := range m.Catalogs {
		if c.Helper != "" {
			add("catalog     install %s", c.Name)
		}
		if c.Archive {
			add("catalog     keep the previous %s for removal", c.Name)
		}
	}
	for _, h := range m.Helpers {
		if h.CustomizesInstall {
			add("customize   installation by %s", h.Name)
		}
		if h.CustomizesRemoval {
			add("customize   removal by %s", h.Name)
		}
	}
	for _, d := range []struct {
		said bool
		what string
	}{{m.DetectServices, "services"}, {m.DetectApps, "applications"}} {
		if d.said {
			add("detect      %s that hold a file", d.what)
		}
	}
	processLines(m, add, updateinf.RunBeforeInstall)
	for _, s := range m.StopServices {
		add("stop        service %s, start it afterwards", s)
	}
	if m.ServiceWait != nil {
		add("wait        %d min at most for a service to stop", *m.ServiceWait)
	}
	for _, d := range m.RenameDirs {
		add("rename      directory %s\\%s to %s", manifest.DirString(d.Dir), d.From, d.To)
	}
	for _, c := range m.Changes {
		what := "delete      " + manifest.DirString(c.Dir) + `\` + c.Name
		if c.Kind == updateinf.Rename {
			what = "rename      " + manifest.DirString(c.Dir) + `\` + c.Name + " to " + c.To
		}
		add("%s%s", what, editionText(c.Editions))
	}
	for _, d := range m.RegisterDLLs {
		word := "register    "
		if d.Unregister {
			word = "unregister  "
		}
		add("%s%s\\%s%s", word, manifest.DirString(d.Dir), d.File, skuText(d.SKU))
	}
	processLines(m, add, updateinf.RunNow, updateinf.RunAfterReboot, updateinf.RunAfterUninstall, updateinf.RunAfterUninstallReboot)
	for _, c := range m.UninstallGates {
		add("on removal  require %s", conditionText(c))
	}
	for _, s := range m.StopOnRemoval {
		add("on removal  stop service %s, start it afterwards", s)
	}
	for _, path := range m.KeepOnRemoval {
		add("on removal  keep %s", path)
	}
	for _, g := range m.Uninstall {
		add("on removal  %s", registryText(g))
	}
	for _, b := range m.Branches {
		if b.RawINF != "" {
			add("raw         %d lines of INF for branch %s", strings.Count(strings.TrimSuffix(b.RawINF, "\n"), "\n")+1, b.Name)
		}
	}
	for _, f := range m.RawFiles {
		add("raw         %s", f.Path)
	}
	for _, s := range m.SavedRegistry {
		add("save        %s for removal", manifest.Registry{Root: s.Root, Path: s.Key, Name: s.Name, HasName: s.HasName})
	}
	if m.RawINF != "" {
		add("raw         %d lines of INF", strings.Count(strings.TrimSuffix(m.RawINF, "\n"), "\n")+1)
	}
	return lines
}

func processLines(m *manifest.Manifest, add func(string, ...any), whens ...updateinf.ProcessWhen) {
	words := map[updateinf.ProcessWhen]string{updateinf.RunBeforeInstall: "run first", updateinf.RunNow: "run",
		updateinf.RunAfterReboot: "at restart", updateinf.RunAfterUninstall: "on removal", updateinf.RunAfterUninstallReboot: "at restart after removal"}
	for _, w := range whens {
		for _, c := range m.Processes {
			if c.When == w {
				add("%-11s %s%s", words[w], c.Command, skuText(c.SKU))
			}
		}
	}
}

func conditionText(c manifest.Condition) string {
	if c.Function != "" {
		return "function " + c.Function + " of " + c.DLL
	}
	if c.Installs != "" {
		return "the update installs " + c.Installs
	}
	word := " and "
	if c.Any {
		word = " or "
	}
	parts := make([]string, len(c.Tests))
	for i, t := range c.Tests {
		parts[i] = t.String()
	}
	s := strings.Join(parts, word)
	if c.Message != "" {
		s += ", else: " + strconv.Quote(c.Message)
	}
	return s
}

func skuText(sku string) string {
	if sku == "" {
		return ""
	}
	return "  (" + sku + ")"
}

func editionText(editions []string) string { return skuText(strings.Join(editions, ", ")) }

func conditionNumber(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("  under condition %d", n)
}
