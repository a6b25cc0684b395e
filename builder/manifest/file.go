package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// branchPlaceholder stands for the name of a branch in a source path, in the case the author uses for folders: lower.
const branchPlaceholder = "{branch}"

// files resolves [[file]] and, after it, [[condition.file]].
func (r *resolver) files(doc *document) {
	seen := places{}
	r.fileList("file", doc.File, 0, seen)
	for i, c := range doc.Condition {
		r.fileList(index("condition", i)+".file", c.File, i+1, seen)
	}
	for i, d := range doc.Directory {
		r.directoryFiles(index("directory", i)+".file", d.File, i+1, seen)
	}
}

// places are the destinations written so far, with the scope in which each is: an edition, a condition, a number of
// processors, or "" for always.
type places map[string][]placed

type placed struct{ scope, key string }

// take notes a destination. It returns the table that writes the same place on the same machine, if there is one.
func (ps places) take(place, scope, key string) (other string) {
	for _, p := range ps[place] {
		if p.scope == scope || p.scope == "" || scope == "" {
			return p.key
		}
	}
	ps[place] = append(ps[place], placed{scope, key})
	return ""
}

func (r *resolver) fileList(list string, docs []fileDoc, condition int, seen places) {
	for i, d := range docs {
		at := index(list, i)
		for _, k := range []string{".when", ".edition"} {
			if condition != 0 && r.written(at+k) {
				r.fault(at+k, "%s%s: what a condition installs has no further condition; take it away", at, k)
			}
		}
		f := File{Key: at, Condition: condition}
		f.When = r.when(at+".when", d.When)
		f.Flags = r.copyFlags(at+".flags", d.Flags)
		f.Editions = r.editions(at+".edition", d.Edition)
		if f.When == updateinf.SKUFiles {
			r.needsEdition(at, "edition", d.Edition)
		}
		f.To = r.destinations(at+".to", d.To)
		only := r.only(at+".branches", d.Branches)
		for _, source := range r.expand(at, d) {
			d.Source, f.Sources = source, map[string]string{}
			r.fileSources(at, d.Source, &f, only)
			f.Name = r.nameOf(at, d)
			r.takePlaces(&f, seen)
			r.m.Files = append(r.m.Files, f)
		}
	}
}

// directoryFiles resolves the files of a [[directory]].
func (r *resolver) directoryFiles(list string, docs []payloadDoc, directory int, seen places) {
	first := len(r.m.Files)
	files := make([]fileDoc, len(docs))
	for i, d := range docs {
		at := index(list, i)
		files[i] = fileDoc{Name: d.Name, Source: d.Source, Flags: d.Flags, To: fmt.Sprintf("{%d}", r.m.Directories[directory-1].ID)}
		r.m.pos[at+".to"] = r.m.pos.at(at)
	}
	r.fileList(list, files, 0, seen)
	for i := first; i < len(r.m.Files); i++ {
		r.m.Files[i].Directory = directory
	}
}

func (r *resolver) takePlaces(f *File, seen places) {
	scopes := f.Editions
	if f.Condition != 0 {
		scopes = []string{index("condition", f.Condition-1)}
	} else if f.When == updateinf.Uniprocessor || f.When == updateinf.Multiprocessor {
		scopes = []string{string(f.When)}
	} else if len(scopes) == 0 {
		scopes = []string{""}
	}
	for _, dir := range f.To {
		for _, scope := range scopes {
			if other := seen.take(place(dir, f.Name), scope, f.Key); other != "" && f.Name != "" {
				table, _, _ := strings.Cut(other[strings.LastIndexByte(other, '.')+1:], "[")
				r.fault(f.Key, `%s\%s is already written by the [[%s]] on line %s; a place holds one file`, DirString(dir), f.Name, table, r.line(other))
				break
			}
		}
	}
}

func (r *resolver) nameOf(at string, d fileDoc) string {
	path := at + ".name"
	if r.failed(path) {
		return ""
	}
	name := d.Name
	if !r.written(path) {
		path = at
		name = commonBase(d.Source)
		if name == "" {
			if t, ok := d.Source.(map[string]any); ok && len(t) > 1 {
				r.fault(at, "the sources have different names; say with name = what the file is called on the target")
			}
			return ""
		}
	}
	if err := CheckName(name); err != nil {
		r.fault(path, "file name: %v", err)
	}
	return name
}

// commonBase is the last element that all sources share, without regard to case; empty if they differ.
func commonBase(source any) string {
	base := func(s string) string { return s[strings.LastIndexAny(s, `\/`)+1:] }
	switch s := source.(type) {
	case string:
		return base(s)
	case map[string]any:
		name := ""
		for _, k := range slices.Sorted(maps.Keys(s)) {
			b, _ := s[k].(string)
			if b = base(b); name != "" && !strings.EqualFold(name, b) {
				return ""
			}
			name = b
		}
		return name
	}
	return ""
}

// fileTimes are the values of file.when, in the order in which they are listed.
func fileTimes() []fileTime {
	return []fileTime{{"if-present", updateinf.ReplaceIfExist}, {"always", updateinf.CopyAlways}, {"dont-delay", updateinf.DontDelay},
		{"uniprocessor", updateinf.Uniprocessor}, {"multiprocessor", updateinf.Multiprocessor}, {"edition", updateinf.SKUFiles}}
}

type fileTime struct {
	name string
	when updateinf.When
}

func (r *resolver) when(path, s string) updateinf.When {
	var names []string
	for _, t := range fileTimes() {
		if t.name == s {
			return t.when
		}
		names = append(names, t.name)
	}
	if r.written(path) {
		r.choice(path, s, names)
	}
	return updateinf.ReplaceIfExist
}

// copyFlagNames are the COPYFLG_* values (INF docs, CopyFiles directive).
func copyFlagNames() map[string]uint32 {
	return map[string]uint32{"warn-if-skip": updateinf.CopyWarnIfSkip, "no-skip": updateinf.CopyNoSkip,
		"no-version-check": updateinf.CopyNoVersionCheck, "force-in-use": updateinf.CopyForceFileInUse,
		"no-overwrite": updateinf.CopyNoOverwrite, "no-version-dialog": updateinf.CopyNoVersionDialog,
		"older-only": updateinf.CopyOverwriteOlderOnly, "replace-only": updateinf.CopyReplaceOnly,
		"no-decompress": updateinf.CopyNoDecompress, "replace-boot-file": updateinf.CopyReplaceBootFile,
		"no-prune": updateinf.CopyNoPrune, "in-use-rename": updateinf.CopyInUseRename}
}

func (r *resolver) copyFlags(path string, names []string) uint32 {
	return r.flags(path, names, copyFlagNames())
}

func (r *resolver) flags(path string, names []string, known map[string]uint32) uint32 {
	var bits uint32
	for i, n := range names {
		bit, ok := known[n]
		if !ok {
			r.choice(index(path, i), n, slices.Sorted(maps.Keys(known)))
		}
		bits |= bit
	}
	return bits
}

// destinations reads "system32" or ["system32", "dllcache"].
func (r *resolver) destinations(path string, v any) []updateinf.Dir {
	var list []any
	switch t := v.(type) {
	case nil:
		r.fault(path, `%s is missing; name the directory, such as "system32" or "program-files\\Contoso"`, path)
		return nil
	case string:
		list = []any{t}
	case []any:
		if list = t; len(t) == 0 {
			r.fault(path, "%s is an empty list; name at least one directory", path)
		}
	default:
		r.fault(path, "%s is %s; it must be text in quotes or a list of texts", path, tomlKind(v))
		return nil
	}
	var dirs []updateinf.Dir
	for i, item := range list {
		at := path
		if _, isList := v.([]any); isList {
			at = index(path, i)
		}
		s, ok := item.(string)
		if !ok {
			r.fault(at, "%s is %s; it must be text in quotes", at, tomlKind(item))
			continue
		}
		d, err := parseDir(s)
		if err != nil {
			r.fault(at, "%v", err)
			continue
		}
		dirs = append(dirs, d)
	}
	return dirs
}

// fileSources fills the source of each branch.
func (r *resolver) fileSources(at string, v any, f *File, only map[string]bool) {
	path := at + ".source"
	switch s := v.(type) {
	case nil:
		r.fault(path, "%s is missing; name the payload file", path)
	case string:
		for _, b := range r.m.payloadBranches() {
			if only != nil && !only[b.Name] {
				continue
			}
			if p := r.source(path, strings.ReplaceAll(s, branchPlaceholder, strings.ToLower(b.Name))); p != "" {
				f.Sources[b.Name] = p
			}
		}
	case map[string]any:
		r.sourceTable(path, s, f, only)
	default:
		r.fault(path, "%s is %s; it must be text in quotes or a table with a path for each branch", path, tomlKind(v))
	}
}

func (r *resolver) sourceTable(path string, table map[string]any, f *File, only map[string]bool) {
	given := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		at, name := join(path, key), strings.ToUpper(key)
		if given[name] {
			r.fault(at, "branch %q has two sources; keep one", name)
		}
		given[name] = true
		if !r.knownBranch(at, name) {
			continue
		}
		s, ok := table[key].(string)
		if !ok {
			r.fault(at, "%s is %s; it must be text in quotes", at, tomlKind(table[key]))
			continue
		}
		if p := r.source(at, s); p != "" {
			f.Sources[name] = p
		}
	}
	for _, b := range r.m.payloadBranches() {
		if only != nil && !only[b.Name] {
			if given[b.Name] {
				r.fault(join(path, b.Name), "branch %q has a source but is not in branches; add it there or take the source away", b.Name)
			}
			continue
		}
		if !given[b.Name] && b.Name != "" && r.m.Layout != DualMode {
			r.fault(path, "branch %q has no source for this file; add %s = \"path\", or list the others in branches", b.Name, b.Name)
		}
	}
}

// only reads the branches of a file; nil: all of them.
func (r *resolver) only(path string, names []string) map[string]bool {
	if !r.written(path) || r.failed(path) {
		return nil
	}
	if len(names) == 0 {
		r.fault(path, "%s is an empty list; name a branch or leave the key out for all", path)
	}
	only := map[string]bool{}
	for i, n := range names {
		if name := strings.ToUpper(n); r.knownBranch(index(path, i), name) {
			only[name] = true
		}
	}
	return only
}

func (r *resolver) knownBranch(at, name string) bool {
	names := make([]string, len(r.m.Branches))
	for i, b := range r.m.Branches {
		names[i] = b.Name
		if b.Name == name && b.Payload {
			return true
		}
		if b.Name == name {
			r.fault(at, "branch %q is hierarchy-only; it takes no files", name)
			return false
		}
	}
	if r.m.Layout == DualMode {
		r.fault(at, "%q is no folder of the dual-mode layout of this manifest; they are SP1, SP2 and so on, after the service pack that will contain the update", name)
		return false
	}
	hint := "add a [[branch]] of that name"
	if near := nearest(name, append(names, standardHierarchy()...)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	r.fault(at, "branch %q is not known; %s", name, hint)
	return false
}

// source checks the path of a file beside the manifest and returns it as it is opened; empty after a fault.
func (r *resolver) source(at, s string) string {
	if r.failed(at) {
		return ""
	}
	p := strings.ReplaceAll(s, `\`, "/")
	switch {
	case p == "":
		r.fault(at, "%s is empty; name a file", at)
		return ""
	case strings.HasPrefix(p, "/") || len(p) > 1 && p[1] == ':':
		r.fault(at, "%q is an absolute path; paths are relative to the manifest, so that the package builds on every machine", s)
		return ""
	}
	p = strings.TrimPrefix(p, "./")
	for _, elem := range strings.Split(p, "/") {
		if err := CheckName(elem); err != nil {
			r.fault(at, "path %q: %v", s, err)
			return ""
		}
	}
	info, err := fs.Stat(r.tree, p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.fault(at, "%s is not there; put the file beside the manifest or correct the path", p)
		return ""
	case err != nil:
		r.fault(at, "%s cannot be read: %v", p, err)
		return ""
	case !info.Mode().IsRegular():
		r.fault(at, "%s is not a file", p)
		return ""
	}
	return filepath.Join(r.dir, filepath.FromSlash(p))
}
