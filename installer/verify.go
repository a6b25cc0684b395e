package installer

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/inf/updatever"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/status"
)

// verify checks, once a run and before anything is changed, that the extracted package is whole: every file that
// updatebr.inf, the INFs of all branches and update.ver name is there, has the recorded size and hash, and is covered by the
// package's catalogs (catalogs).
func (r *run) verify(l *loaded) error {
	if l.verified {
		return nil
	}
	r.cover("", l.ver)
	infs, err := r.allINFs(l)
	if err != nil {
		return err
	}
	if err := r.complete(l, infs); err != nil {
		return err
	}
	if err := r.whole(l); err != nil {
		return err
	}
	if err := r.catalogs(l, infs); err != nil {
		return err
	}
	l.verified = true
	r.logf("The extracted package is complete: %d files are recorded in update.ver", len(l.ver))
	return nil
}

// cover notes files whose hash update.ver records; a damaged one ends the run.
func (r *run) cover(folder string, ver []updatever.Entry) {
	if r.hashed == nil {
		r.hashed = map[string]bool{}
	}
	for _, e := range ver {
		r.hashed[folder+strings.ToLower(strings.ReplaceAll(e.Path, "/", `\`))] = true
	}
}

// packageINF is one update INF of the package.
type packageINF struct {
	path   string
	update *updateinf.Update
}

// allINFs reads the INF of every branch. One that is missing is reported by complete.
func (r *run) allINFs(l *loaded) ([]packageINF, error) {
	paths := []string{plainINF}
	if l.br != nil {
		paths = nil
		for _, b := range l.br.INFs {
			paths = append(paths, b.Path)
		}
	}
	var list []packageINF
	for _, p := range unique(paths) {
		if !r.Package.Has(p) {
			continue
		}
		u, err := r.parseUpdate(p)
		if err != nil {
			return nil, err
		}
		list = append(list, packageINF{p, u})
	}
	return list, nil
}

// complete names every file that is missing. As KB 910336 describes such a package, the code is 0x80070002 (Win32 2), or
// 0x80070003 (Win32 3) where a folder of the package is missing with all it held.
func (r *run) complete(l *loaded, infs []packageINF) error {
	var names []string
	if l.br != nil {
		names = append(names, l.br.Common...)
		for _, b := range l.br.INFs {
			names = append(append(names, b.Path), l.br.SetupFiles(b.Branch)...)
		}
	}
	for _, i := range infs {
		names = append(names, namedBy(i.update)...)
	}
	for _, e := range l.ver {
		names = append(names, e.Path)
	}
	folders := map[string]bool{"": true}
	for _, n := range r.Package.Names() {
		for i, c := range n {
			if c == '\\' {
				folders[n[:i]] = true
			}
		}
	}
	var missing []string
	code := uint32(codeFileNotFound)
	for _, n := range unique(names) {
		if r.Package.Has(n) {
			continue
		}
		missing = append(missing, n)
		key := strings.ToLower(strings.ReplaceAll(n, "/", `\`))
		if !folders[key[:max(strings.LastIndexByte(key, '\\'), 0)]] {
			code = codePathNotFound
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return status.Wrap(code, fmt.Errorf("files are missing from the extracted package; extract it again: %w", fs.ErrNotExist), strings.Join(missing, ", "))
}

// Win32 codes of incomplete packages.
const (
	codeFileNotFound = 2 // ERROR_FILE_NOT_FOUND
	codePathNotFound = 3 // ERROR_PATH_NOT_FOUND
)

// namedBy lists the files of the package that an update INF names.
func namedBy(u *updateinf.Update) []string {
	names := append([]string(nil), u.Sources...)
	for _, g := range append(conditionalGroups(u), u.Files...) {
		if g.Kind == updateinf.Copy {
			for _, f := range g.Files {
				names = append(names, f.Source)
			}
		}
	}
	for _, c := range u.Catalogs {
		names = append(names, c.Path)
	}
	return names
}

// whole compares each file with its line in update.ver. Code 61540 (package-format.md section 2).
func (r *run) whole(l *loaded) error {
	var bad []string
	for _, e := range l.ver {
		if err := r.checkEntry(e); err != nil {
			bad = append(bad, err.Error())
		}
	}
	if len(bad) == 0 {
		return nil
	}
	sort.Strings(bad)
	return status.Wrap(status.InvalidVerFile, fmt.Errorf("the package is damaged: %s", strings.Join(bad, "; ")))
}

func unique(names []string) []string {
	seen := map[string]bool{}
	var list []string
	for _, n := range names {
		if k := strings.ToLower(n); !seen[k] {
			seen[k] = true
			list = append(list, n)
		}
	}
	return list
}

// checkEntry compares one file with its line in update.ver.
func (r *run) checkEntry(e updatever.Entry) error {
	f, err := r.Package.Open(e.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Size() != e.Size {
		return fmt.Errorf("%s has %d bytes, update.ver says %d", e.Path, f.Size(), e.Size)
	}
	sum := md5.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("read %s: %w", e.Path, err)
	}
	if got := sum.Sum(nil); !bytes.Equal(got, e.MD5[:]) {
		return fmt.Errorf("%s has MD5 %s, update.ver says %s", e.Path, hexUpper(got), hexUpper(e.MD5[:]))
	}
	return nil
}

func hexUpper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// policyKey holds what an administrator decides for every package of this installer (OURS).
func policyKey() host.Key { return host.Key{Root: host.HKLM, Path: `SOFTWARE\Policies\kbforge`} }

// policy reads a REG_DWORD of the policy key; 0 where it is not set. A value of another type is an error: a policy that
// cannot be read must not count as none.
func (r *run) policy(name string) (uint32, error) {
	v, err := r.Host.GetValue(policyKey(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the policy %s: %w", name, err)
	}
	n, ok := v.Uint32()
	if !ok {
		return 0, fmt.Errorf("the policy %s\\%s must be a REG_DWORD", policyKey(), name)
	}
	return n, nil
}
