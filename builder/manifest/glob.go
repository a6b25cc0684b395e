package manifest

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// expand turns a source whose last element has * or ? into one source for each file that it stands for, sorted; every other
// source is itself. With {branch} the files of all branches count, so that one that a branch lacks is reported as missing.
func (r *resolver) expand(at string, d fileDoc) []any {
	text, ok := d.Source.(string)
	key := at + ".source"
	if !ok || !strings.ContainsAny(text, "*?") || r.failed(key) {
		return []any{d.Source}
	}
	if r.written(at + ".name") {
		r.fault(at+".name", "%s.name cannot name several files; take it away, or name one file as the source", at)
		return nil
	}
	dir, pattern := path.Split(strings.TrimPrefix(strings.ReplaceAll(text, `\`, "/"), "./"))
	if strings.ContainsAny(dir, "*?") {
		r.fault(key, "source %q: only the last part of a path may hold * or ?", text)
		return nil
	}
	names := map[string]bool{}
	for _, b := range r.m.payloadBranches() {
		for _, n := range r.matching(key, strings.ReplaceAll(dir, branchPlaceholder, strings.ToLower(b.Name)), pattern) {
			names[n] = true
		}
	}
	if len(names) == 0 {
		if !r.failed(key) {
			r.fault(key, "source %q stands for no file; put the files beside the manifest or correct the path", text)
		}
		return nil
	}
	list := make([]string, 0, len(names))
	for n := range names {
		list = append(list, n)
	}
	slices.Sort(list)
	sources := make([]any, len(list))
	for i, n := range list {
		sources[i] = dir + n
	}
	return sources
}

// matching lists the regular files of a directory beside the manifest.
func (r *resolver) matching(key, dir, pattern string) []string {
	name := strings.TrimSuffix(dir, "/")
	if name == "" {
		name = "."
	} else {
		for _, elem := range strings.Split(name, "/") {
			if err := CheckName(elem); err != nil {
				r.fault(key, "path %q: %v", dir, err)
				return nil
			}
		}
	}
	entries, err := fs.ReadDir(r.tree, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.fault(key, "%s cannot be read: %v", dir, err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && matches(pattern, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// matches: * is any text, ? any one character. Case does not count, as in names of Windows.
func matches(pattern, name string) bool {
	p, n := []rune(strings.ToLower(pattern)), []rune(strings.ToLower(name))
	star, from := -1, 0 // the last *, and where what it stands for ends
	i, j := 0, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}
