package builder

import (
	"bytes"
	"os"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/pefile"
)

// resource compares the version resource of the package with [Strings] of its INF, and with the plan it was made of, if that
// is given. Both say the same thing to different readers: the Explorer and inventory tools, and the installer.
func (v *Verification) resource(path string, s updateinf.Strings, plan *Plan) {
	info, err := readImage(path)
	if err != nil {
		v.finding(CheckVersionResource, "", "the version resource of the package: %v", err)
		return
	}
	if info == nil {
		return // a bare cabinet
	}
	if info.Version == nil {
		v.note("the package has no version resource")
		if plan != nil {
			v.finding(CheckVersionResource, "", "the package has no version resource")
		}
		return
	}
	v.againstINF(info, s)
	if plan == nil {
		return
	}
	want := outerResources(plan)
	if got := info.Version.File; !info.Version.HasFixed || got != want.Version {
		v.finding(CheckVersionResource, "", "the version resource has the file version %s, the manifest says %s", got, want.Version)
	}
	for _, w := range want.Strings() {
		if w.Name == "Build Date" && plan.Manifest.BuildTime.IsZero() {
			continue // the manifest does not say
		}
		v.sameText(w.Name, info.Version.Lookup(w.Name), w.Value, "the manifest")
	}
}

// againstINF compares what both have. Names of [Strings] are those Microsoft's packages use (package-format.md 1.4).
func (v *Verification) againstINF(info *pefile.Info, s updateinf.Strings) {
	text := info.Version.Lookup
	if info.Version.HasFixed && text("FileVersion") != "" {
		if got, err := pefile.ParseVersion(text("FileVersion")); err == nil && got != info.Version.File {
			v.finding(CheckVersionResource, "", "the version resource has FileVersion %s beside the number %s", text("FileVersion"), info.Version.File)
		}
	}
	if arch := text("Proc. Architecture"); arch != "" {
		v.sameText("Proc. Architecture", arch, pefile.Arch(info.Machine), "the executable")
	}
	if s == nil {
		return
	}
	for _, pair := range []struct{ resource, inf string }{
		{text("KB Article Number"), strings.TrimPrefix(strings.ToUpper(s.KB()), "KB")},
		{text("Package Version"), s.Get("package_version")},
		{text("CompanyName"), s.Get("publisher")},
		{text("Proc. Architecture"), s.Get("package_architecture")},
		{strings.Trim(text("Support Link"), `"`), s.Get("helplink")},
	} {
		if pair.resource != "" && pair.inf != "" && pair.resource != pair.inf && !strings.HasPrefix(pair.inf, pair.resource+"V") {
			v.finding(CheckVersionResource, "", "the version resource says %q, the INF %q", pair.resource, pair.inf)
		}
	}
}

func (v *Verification) sameText(name, got, want, who string) {
	if got != want {
		v.finding(CheckVersionResource, "", "the version resource has %s %q, %s says %q", name, got, who, want)
	}
}

// readImage returns nil for a file that is no PE image.
func readImage(path string) (*pefile.Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	info, err := pefile.Read(f, st.Size())
	if err == nil && !info.IsPE {
		return nil, nil
	}
	return info, err
}

// expected compares the files of the package with those of the plan.
func (v *Verification) expected(t *treeDir, plan *Plan) {
	if plan == nil {
		return
	}
	var want []string
	for _, c := range plan.Contents {
		name := foldPath(c.Path)
		want = append(want, name)
		if !t.has(c.Path) {
			v.finding(CheckManifest, name, "the manifest brings %s, which is not in the package", c.Path)
			continue
		}
		if c.Role != Payload {
			continue
		}
		fact, err := readFact(t.path(c.Path))
		if err != nil {
			v.finding(CheckManifest, name, "%s: %v", c.Path, err)
		} else if pv := plan.version(c.Path); fact.MD5 != pv.fact.MD5 && !sameImage(t.path(c.Path), pv.open, plan) {
			v.finding(CheckManifest, name, "%s is not the file that the manifest names, %s", c.Path, pv.Source)
		}
	}
	for _, n := range t.names {
		if !slices.Contains(want, foldPath(n)) {
			v.finding(CheckManifest, n, "%s is in the package, but not in the manifest", n)
		}
	}
}

// sameImage tells whether two files differ in their signature only, where the build signs the payload.
func sameImage(a, b string, plan *Plan) bool {
	if plan.Manifest.Signing.Payload == manifest.SignNone {
		return false
	}
	x, errA := hashFile("", a)
	y, errB := hashFile("", b)
	return errA == nil && errB == nil && x.PE && y.PE && bytes.Equal(x.SHA256, y.SHA256)
}
