package manifest

import (
	"path"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// firstOwnDirID is the first of the dirids that packages give to [[directory]] by themselves (OURS: 65800 to 65899).
const firstOwnDirID = 65800

// helpers resolves [[custom-dll]] and [[catalog]].
func (r *resolver) helpers(doc *document) {
	for i, d := range doc.CustomDLL {
		at := index("custom-dll", i)
		name := r.helper(at, d.Source, d.Name, ".dll", "the DLL")
		r.customizes(at+".customizes", name, d.Customizes)
	}
	seen := map[string]bool{strings.ToLower(r.m.KB + ".cat"): true}
	for i, d := range doc.Catalog {
		at := index("catalog", i)
		c := Catalog{Name: d.Name, Archive: d.Archive == nil || *d.Archive}
		switch {
		case r.written(at + ".source"):
			c.Helper = r.helper(at, d.Source, d.Name, ".cat", "the catalog")
			c.Name = c.Helper
		case !r.written(at + ".name"):
			r.fault(at, "%s has neither source nor name; name the catalog to install, or the one to keep for removal", at)
		case !c.Archive:
			r.fault(at+".archive", "%s neither installs a catalog nor keeps one; take the table away", at)
		default:
			if err := CheckName(d.Name); err != nil && !r.failed(at+".name") {
				r.fault(at+".name", "%s.name: %v", at, err)
			}
		}
		if c.Name != "" && seen[strings.ToLower(c.Name)] {
			r.fault(at, "catalog %q is named twice, or is the one of the update itself; give it another name", c.Name)
		}
		seen[strings.ToLower(c.Name)] = true
		r.m.Catalogs = append(r.m.Catalogs, c)
	}
}

// customizes reads what a DLL customizes: the installation, the removal, or both; one DLL each ([Configuration] of real packages).
func (r *resolver) customizes(at, name string, words []string) {
	if r.written(at) && len(words) == 0 && !r.failed(at) {
		r.fault(at, `%s is an empty list; write "installation" or "removal", or leave the key out`, at)
	}
	for i, word := range words {
		for j := range r.m.Helpers {
			h := &r.m.Helpers[j]
			of := map[string]*bool{"installation": &h.CustomizesInstall, "removal": &h.CustomizesRemoval}[word]
			switch {
			case of == nil || !*of && h.Name != name:
			case *of:
				r.fault(index(at, i), "%s is %q, as that of %q is; one DLL customizes it", index(at, i), word, h.Name)
			default:
				*of = true
			}
		}
		if word != "installation" && word != "removal" {
			r.choice(index(at, i), word, []string{"installation", "removal"})
		}
	}
}

// helper takes a file into the folder "update" of the package and returns its name there.
func (r *resolver) helper(at, source, name, ending, what string) string {
	if !r.written(at + ".source") {
		r.fault(at, "%s.source is missing; name %s", at, what)
		return ""
	}
	p := r.source(at+".source", source)
	if p == "" {
		return ""
	}
	if !r.written(at + ".name") {
		name = path.Base(strings.ReplaceAll(source, `\`, "/"))
	}
	if err := CheckName(name); err != nil {
		r.fault(at+".name", "%s.name: %v", at, err)
		return ""
	}
	if !strings.EqualFold(path.Ext(name), ending) {
		r.fault(at+".source", "%s has the name %q, which does not end in %s", at, name, ending)
		return ""
	}
	for _, h := range r.m.Helpers {
		if strings.EqualFold(h.Name, name) {
			r.fault(at, "%s has the name %q, as the one on line %s; give it another with name", at, name, r.line(h.Key))
			return ""
		}
	}
	r.m.Helpers = append(r.m.Helpers, Helper{Name: name, Source: p, Key: at})
	return name
}

// customDLL checks that the package brings a DLL that the installation asks.
func (r *resolver) customDLL(at, dll string) {
	if r.failed(at) || dll == "" {
		return
	}
	for _, h := range r.m.Helpers {
		if strings.EqualFold(h.Name, dll) {
			return
		}
	}
	r.fault(at, "%s: the package does not bring %q; name it in a [[custom-dll]]", at, dll)
}

// directories resolves [[directory]]; the files are resolved with the others.
func (r *resolver) directories(docs []directoryDoc) {
	for i, d := range docs {
		at := index("directory", i)
		g := Directory{ID: firstOwnDirID + i, Key: at}
		g.Function = r.long(at+".function", d.Function, "the name of the function that finds the directory")
		g.DLL = r.long(at+".dll", d.DLL, `the DLL of the function, such as "spcustom.dll"`)
		r.customDLL(at+".dll", g.DLL)
		if d.ID != nil {
			g.ID = r.number(at+".id", d.ID, 0, 1<<20)
			if !OwnDirID(g.ID) && !r.failed(at+".id") {
				r.fault(at+".id", "%s.id is %d; write 65625 or a number from 65800 to 65899", at, g.ID)
			}
		}
		if slices.ContainsFunc(r.m.Directories, func(o Directory) bool { return o.ID == g.ID }) {
			r.fault(at, "%s has the directory id %d of another; give it an id of its own", at, g.ID)
		}
		if len(d.File) == 0 {
			r.fault(at, "%s has no files; add [[directory.file]] tables", at)
		}
		r.m.Directories = append(r.m.Directories, g)
	}
}

// uninstallGates resolves [[uninstall.prerequisite]].
func (r *resolver) uninstallGates(docs []prerequisiteDoc) {
	for i, d := range docs {
		at := index("uninstall.prerequisite", i)
		c := r.condition(at, d.All, d.Any, "")
		c.Message = r.text(at+".message", d.Message, "")
		for j, t := range c.Tests {
			if t.Kind == updateinf.CheckCustom {
				r.fault(at, "%s, test %d: removal has no DLL to ask; test a file or the registry", at, j+1)
			}
		}
		r.m.UninstallGates = append(r.m.UninstallGates, c)
	}
}
