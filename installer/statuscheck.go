package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/winpath"
)

// catalogsOf names the catalogs that an update brought: those that its removal takes out or replaces, else the one of its
// number (KB 282784: Qfecheck looks for the catalog).
func catalogsOf(h host.Host, u register.Installed, dir string) []string {
	if dir != "" {
		r := &run{Request: Request{Host: h}, log: &logFile{}}
		if rem, err := r.readRemoval(dir); err == nil {
			names := append([]string(nil), rem.CatalogsDelete...)
			for _, c := range rem.CatalogsRestore {
				names = append(names, c.Name)
			}
			return unique(names)
		}
	}
	return []string{u.KB + ".cat"}
}

// checkCatalogs: each catalog is there, can be read, its signature belongs to it, and together they cover the update's files
// as they are now.
func checkCatalogs(h host.Host, u register.Installed, s UpdateStatus, verify catalog.Verifier) ([]string, error) {
	var problems []string
	var cats []*catalog.Catalog
	names := catalogsOf(h, u, s.Dir)
	for _, name := range names {
		path := h.CatalogPath(name)
		data, err := readHost(h, path, catalog.MaxBytes)
		if errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, "the catalog "+name+" is missing")
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := catalog.Parse(data)
		if err != nil {
			problems = append(problems, fmt.Sprintf("the catalog %s is damaged: %v", name, err))
			continue
		}
		cats = append(cats, c)
		if verify == nil || !c.Signed {
			continue
		}
		trust, err := verify(catalog.File{Path: path, Data: data})
		if err != nil {
			return nil, fmt.Errorf("verify the signature of %s: %w", path, err)
		}
		if trust.State == catalog.Bad {
			problems = append(problems, fmt.Sprintf("the signature of the catalog %s is %s", name, trustText(trust)))
		}
	}
	if len(cats) < len(names) || len(cats) == 0 {
		return problems, nil
	}
	for _, f := range s.Files {
		if f.State != FileIntact {
			continue
		}
		covered, err := coveredFile(h, f.Path, cats)
		if err != nil {
			return nil, err
		}
		if !covered {
			problems = append(problems, f.Path+" is not covered by the catalog")
		}
	}
	return problems, nil
}

func coveredFile(h host.Host, path string, cats []*catalog.Catalog) (bool, error) {
	f, err := h.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum, err := catalog.HashFile(f, f.Size())
	if errors.Is(err, catalog.ErrMalformed) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, c := range cats {
		if c.Covers(sum) {
			return true, nil
		}
	}
	return false, nil
}

// checkRegistration looks for what registration wrote (white paper, tables 1 to 4) and names what is gone.
func checkRegistration(h host.Host, u register.Installed) ([]string, error) {
	arp := host.Key{Root: host.HKLM, Path: register.UninstallRoot + `\` + u.KB}
	hotfix := host.Key{Root: host.HKLM, Path: register.HotfixRoot + `\` + u.KB}
	var problems []string
	for _, want := range []struct {
		key   host.Key
		names []string
	}{
		{u.Key, []string{"Description", "InstalledBy", "InstalledDate", "InstallerName", "PackageVersion", "UninstallCommand"}},
		{arp, []string{"DisplayName", "ParentKeyName", "RegistryLocation"}},
		{hotfix, []string{"Installed"}},
	} {
		var gone []string
		for _, n := range want.names {
			if _, err := h.GetValue(want.key, n); errors.Is(err, fs.ErrNotExist) {
				gone = append(gone, n)
			} else if err != nil {
				return nil, err
			}
		}
		if len(gone) > 0 {
			problems = append(problems, fmt.Sprintf("the registry lacks %s in %s", strings.Join(gone, ", "), want.key))
		}
	}
	for i, f := range u.Files {
		if f.Name == "" || f.Dir == "" || !strings.Contains(f.Dir, `\`) || winpath.Base(f.Name) != f.Name {
			problems = append(problems, fmt.Sprintf("the registry is damaged: file %d of %s", i, u.Key))
		}
	}
	return problems, nil
}
