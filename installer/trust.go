package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/status"
)

// catalogs checks that the package's catalogs cover every payload file and every INF, and what their signatures are worth.
//
// Members: package-format.md 12.1 (payload, package-specific DLLs, every INF; not update.exe, spuninst.exe, spmsg.dll,
// eula.txt, update.ver). Which signature is needed is OURS:
//
//   - a signature that does not belong to the catalog, or was revoked, is always refused;
//   - an unsigned or untrusted one is refused where the policy RequireSignature is 1;
//   - an unsigned one is refused where update.exe is signed: else a signed program would install what anybody put beside it;
//   - otherwise the run goes on and says so in the log and to who started it.
func (r *run) catalogs(l *loaded, infs []packageINF) error {
	var cats []*catalog.Catalog
	worst, judged := catalog.Trust{State: catalog.Trusted}, []string{}
	for _, name := range catalogNames(infs) {
		c, trust, err := r.judge(name)
		if err != nil {
			return err
		}
		cats = append(cats, c)
		r.setupCatalog(name, trust)
		r.logf("Catalog %s: %d members, %s", name, c.Members, trustText(trust))
		if rank(trust.State) < rank(worst.State) {
			worst = trust
		}
		judged = append(judged, name)
	}
	if len(cats) == 0 {
		worst = catalog.Trust{State: catalog.Unsigned, Code: catalog.CodeNoSignature, Reason: "the package has no catalog"}
	} else if err := r.covered(l, infs, cats, judged); err != nil {
		return err
	}
	return r.decideTrust(worst)
}

func trustText(t catalog.Trust) string {
	if t.Reason == "" {
		return t.State.String()
	}
	return t.State.String() + " (" + t.Reason + ")"
}

// rank orders states from the worst.
func rank(s catalog.State) int {
	return map[catalog.State]int{catalog.Bad: 0, catalog.Unsigned: 1, catalog.Untrusted: 2, catalog.Trusted: 3}[s]
}

func catalogNames(infs []packageINF) []string {
	var names []string
	for _, i := range infs {
		for _, c := range i.update.Catalogs {
			names = append(names, c.Path)
		}
	}
	return unique(names)
}

// judge reads one catalog of the package and asks what its signature is worth.
func (r *run) judge(name string) (*catalog.Catalog, catalog.Trust, error) {
	data, err := r.Package.ReadFile(name, catalog.MaxBytes)
	if err != nil {
		return nil, catalog.Trust{}, err
	}
	c, err := catalog.Parse(data)
	if err != nil {
		return nil, catalog.Trust{}, status.Wrap(catalog.CodeBadDigest, fmt.Errorf("%s: %w", name, err), name)
	}
	if !c.Signed {
		return c, catalog.Trust{State: catalog.Unsigned, Code: catalog.CodeNoSignature, Reason: "no signature"}, nil
	}
	trust, err := r.verifier()(catalog.File{Path: r.Package.Path(name), Data: data})
	if err != nil {
		return nil, trust, fmt.Errorf("verify the signature of %s: %w", name, err)
	}
	return c, trust, nil
}

// verifier is who judges signatures. Without one a signature counts for no more than that it is there.
func (r *run) verifier() catalog.Verifier {
	if r.Verify != nil {
		return r.Verify
	}
	return func(catalog.File) (catalog.Trust, error) {
		return catalog.Trust{State: catalog.Untrusted, Code: catalog.CodeSubject, Reason: "nobody here can judge the signature"}, nil
	}
}

// covered looks up every file that must be a member. Several catalogs count as one.
func (r *run) covered(l *loaded, infs []packageINF, cats []*catalog.Catalog, names []string) error {
	isCatalog := map[string]bool{}
	for _, n := range names {
		isCatalog[strings.ToLower(n)] = true
	}
	var missing []string
	for _, n := range mustBeMembers(l, infs) {
		if isCatalog[strings.ToLower(n)] || !r.Package.Has(n) {
			continue
		}
		h, err := r.hash(n)
		if errors.Is(err, catalog.ErrMalformed) {
			missing = append(missing, fmt.Sprintf("%s (%v)", n, err))
			continue
		}
		if err != nil {
			return err
		}
		found := false
		for _, c := range cats {
			found = found || c.Covers(h)
		}
		if !found {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return status.Wrap(catalog.CodeNoSignature, fmt.Errorf("not covered by the catalog (%s): %s: they were changed, or do not belong to the package",
		strings.Join(names, ", "), strings.Join(missing, ", ")))
}

func mustBeMembers(l *loaded, infs []packageINF) []string {
	var names []string
	if l.br != nil {
		names = append(names, updateBrINF)
	}
	if l.chain != nil {
		names = append(names, branchesINF)
	}
	for _, i := range infs {
		names = append(append(names, i.path), namedBy(i.update)...)
	}
	for _, e := range l.ver {
		names = append(names, e.Path)
	}
	return unique(names)
}

func (r *run) hash(name string) (catalog.Hash, error) {
	f, err := r.Package.Open(name)
	if err != nil {
		return catalog.Hash{}, err
	}
	defer f.Close()
	h, err := catalog.HashFile(f, f.Size())
	if err != nil {
		return h, fmt.Errorf("hash %s: %w", name, err)
	}
	return h, nil
}

func (r *run) decideTrust(t catalog.Trust) error {
	if t.State == catalog.Trusted {
		return nil
	}
	refuse := func(why string) error {
		return status.Wrap(t.Code, fmt.Errorf("the package is refused: its catalog is %s; %s", trustText(t), why))
	}
	if t.State == catalog.Bad {
		return refuse("it was changed after it was signed, or its signer is barred")
	}
	require, err := r.policy("RequireSignature")
	if err != nil {
		return err
	}
	if require != 0 || r.RequireSignature {
		return refuse("a trusted signature is required here (RequireSignature)")
	}
	if t.State == catalog.Unsigned {
		signed, err := r.programSigned()
		if err != nil {
			return err
		}
		if signed {
			return refuse("the program in the package is signed, so its catalog must be; sign the package as a whole")
		}
	}
	text := "This package is a development package: its catalog is " + trustText(t) + ". Its origin cannot be checked."
	r.log.Warn("%s", text)
	r.res.Warnings = append(r.res.Warnings, text)
	return nil
}

// programSigned tells whether the package's update.exe has a certificate table.
func (r *run) programSigned() (bool, error) {
	f, err := r.Package.Open(updateEXE)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	return catalog.HasSignature(f, f.Size())
}
