// Package importer turns an update package, one of kbforge or any other, into a manifest with its payload that builds to an
// equivalent package. docs/import.md says what equivalent means. It checks itself: the manifest is loaded and planned, and
// what the INFs of the plan say is compared with what those of the original say. Each difference is told.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/source"
)

// Result is what an import made.
type Result struct {
	Made  []string // paths of the files, the manifest first
	Notes []string // what the manifest cannot say, sorted
	// Equal tells that a build gives INFs that say the same as the original's.
	Equal bool
}

// Name is the manifest that an import writes.
const Name = "update.toml"

// Import reads a package, or a directory that holds an extracted one, and writes a manifest and its payload into dir, which
// must not exist or be empty. When it fails, dir is as it was before.
func Import(ctx context.Context, from, dir string) (*Result, error) {
	st, err := os.Stat(from)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if !st.IsDir() {
		tmp, err := os.MkdirTemp("", "kbforge-import-")
		if err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
		defer os.RemoveAll(tmp)
		inner := filepath.Join(tmp, "package")
		if _, err := builder.Extract(ctx, from, inner); err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
		return importTree(ctx, from, inner, dir)
	}
	return importTree(ctx, from, from, dir)
}

func importTree(ctx context.Context, from, tree, dir string) (*Result, error) {
	t, err := source.Open(tree)
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", from, err)
	}
	defer t.Close()
	o, err := readOriginal(t)
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", from, err)
	}
	existed, err := builder.EmptyDir(dir)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	c := convert(o)
	res := &Result{}
	if err := c.write(ctx, filepath.Base(from), dir, res); err != nil {
		clean := os.RemoveAll(dir)
		if existed {
			clean = errors.Join(clean, os.Mkdir(dir, 0o777))
		}
		return nil, errors.Join(fmt.Errorf("import %s: %w", from, err), clean)
	}
	c.verify(dir, res)
	res.Notes = append(res.Notes, c.notes...)
	slices.Sort(res.Notes)
	res.Notes = slices.Compact(res.Notes)
	return res, nil
}

// write writes the payload and the manifest.
func (c *converter) write(ctx context.Context, from, dir string, res *Result) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	head := fmt.Sprintf("# Imported from %q by kbforge import; docs/import.md says how.\n", from)
	manifestPath := filepath.Join(dir, Name)
	if err := os.WriteFile(manifestPath, []byte(head+c.text()), 0o666); err != nil {
		return err
	}
	res.Made = append(res.Made, manifestPath)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range sortedKeys(c.payload) {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := filepath.FromSlash(c.payload[name])
		if err := c.copy(root, name, to); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		res.Made = append(res.Made, filepath.Join(dir, to))
	}
	return nil
}

func (c *converter) copy(root *os.Root, name, to string) error {
	if err := root.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	in, err := c.o.tree.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// verify plans the manifest and compares.
func (c *converter) verify(dir string, res *Result) {
	p, err := planOf(filepath.Join(dir, Name))
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			res.Notes = append(res.Notes, "the manifest needs your hand: "+line)
		}
		return
	}
	missing, added, err := c.compare(p, dir)
	if err != nil {
		res.Notes = append(res.Notes, "the INFs of a build cannot be compared: "+err.Error())
		return
	}
	for _, s := range missing {
		res.Notes = append(res.Notes, "a build does not say: "+s)
	}
	for _, s := range added {
		res.Notes = append(res.Notes, "a build says besides: "+s)
	}
	res.Equal = len(missing)+len(added) == 0
}

func planOf(path string) (*builder.Plan, error) {
	m, err := manifest.Load(path)
	if err != nil {
		return nil, err
	}
	facts, err := builder.ReadFacts(m)
	if err != nil {
		return nil, err
	}
	return builder.NewPlan(m, facts, time.Unix(1e9, 0))
}

// compare returns what the original says and a build does not, and the other way round, without what every build says.
func (c *converter) compare(p *builder.Plan, dir string) (missing, added []string, err error) {
	files, err := p.Generated()
	if err != nil {
		return nil, nil, err
	}
	for i, b := range c.o.branches {
		if i >= len(p.Branches) {
			break
		}
		planned := p.Branches[slices.IndexFunc(p.Branches, func(q builder.PlannedBranch) bool { return q.Name == b.name })]
		f, err := inf.Parse(planned.INF, files[planned.INF])
		if err != nil {
			return nil, nil, err
		}
		build := branchINF{name: b.name, path: planned.INF, file: f}
		for _, language := range languagesOf(b, build) {
			original, err := b.in(language)
			if err != nil {
				return nil, nil, fmt.Errorf("language 0x%04X: %w", language, err)
			}
			u, err := build.in(language)
			if err != nil {
				return nil, nil, err
			}
			kb := original.Strings.KB()
			more, extra := differences(unrevised(statements(original, c.o.content(b)), kb), unrevised(statements(u, contentOf(p, planned, dir)), kb))
			extra = slices.DeleteFunc(extra, func(s string) bool { return everyBuild(original, s) })
			at := ""
			if b.name != "" {
				at = "branch " + b.name + ": "
			}
			if language != 0 {
				at += fmt.Sprintf("in language 0x%04X: ", language)
				more, extra = without(more, missing), without(extra, added) // what is so in every language is told once
			}
			for _, s := range more {
				missing = append(missing, at+s)
			}
			for _, s := range extra {
				added = append(added, at+s)
			}
		}
	}
	return missing, added, nil
}

// languagesOf are those in which two INFs say something of their own, and 0 for every other.
func languagesOf(a, b branchINF) []uint16 {
	list := append(append([]uint16{0}, a.languages()...), b.languages()...)
	slices.Sort(list)
	return slices.Compact(list)
}

// without is list without what told says already.
func without(list, told []string) []string {
	return slices.DeleteFunc(list, func(s string) bool {
		return slices.ContainsFunc(told, func(t string) bool { return strings.HasSuffix(t, s) && !strings.Contains(t, "in language") })
	})
}

// everyBuild tells whether a statement is one that every build makes where the original says nothing (docs/import.md).
func everyBuild(u *updateinf.Update, s string) bool {
	for _, prefix := range []string{"[UninstallSections] globalregistrychanges: addreg=", "[UninstallSections] globalregistrychanges: delreg=", "Catalogs ", "Archive ",
		"[Version] CatalogFile", "[Version] Signature"} {
		if strings.HasPrefix(s, prefix) {
			return !saidIn(u, prefix)
		}
	}
	for _, section := range []string{"[Configuration] ", "[Strings] "} {
		if rest, ok := strings.CutPrefix(s, section); ok {
			key, _, _ := strings.Cut(rest, " ")
			return !saidIn(u, section+key+" ")
		}
	}
	kb := strings.ToLower(withoutRevision(u.Strings.KB()))
	return strings.Contains(s, ` AddReg HKLM\software\microsoft\windows\currentversion\uninstall\`+kb+` "parent`)
}

// saidIn tells whether an INF has a statement that begins so.
func saidIn(u *updateinf.Update, prefix string) bool {
	return slices.ContainsFunc(statements(u, strings.ToLower), func(s string) bool { return strings.HasPrefix(s, prefix) })
}

// contentOf identifies the files of a planned package by what is in them.
func contentOf(p *builder.Plan, b builder.PlannedBranch, dir string) func(string) string {
	sources := map[string]string{}
	for _, f := range p.Files {
		for _, v := range f.Versions {
			sources[strings.ToLower(v.Path)] = v.Source
		}
	}
	for _, f := range p.RawFiles {
		sources[strings.ToLower(f.Path)] = f.Source
	}
	root, _, _ := strings.Cut(strings.ToLower(b.INF), `update\`)
	sums := map[string]string{}
	tree, err := source.Open(dir)
	return func(name string) string {
		path := strings.ToLower(root + name)
		src, ok := sources[path]
		if !ok || err != nil {
			return "missing " + path
		}
		return sumOf(tree, src, sums)
	}
}
