package builder

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/sign"
)

// PackageCheck names what Verify looked at.
type PackageCheck string

// The checks of Verify, in the order in which it makes them.
const (
	CheckPackageSignature PackageCheck = "package signature"
	CheckStructure        PackageCheck = "structure"         // the cabinet, or a name in it, is damaged
	CheckTrailer          PackageCheck = "trailer"           // what follows the cabinet is not what must follow
	CheckUpdateVer        PackageCheck = "update.ver"        // a file is not as update.ver says
	CheckINF              PackageCheck = "inf"               // an INF cannot be read, or names what is not there
	CheckCatalog          PackageCheck = "catalog"           // a file without a member, or a member without a file
	CheckCatalogSignature PackageCheck = "catalog signature" // as for the package
	CheckRuntimeSignature PackageCheck = "runtime signature" // what the package executes on the target
	CheckVersionResource  PackageCheck = "version resource"  // it says something else than the INF or the manifest
	CheckManifest         PackageCheck = "manifest"          // the files are not those of the manifest
)

// Checks lists them.
func Checks() []PackageCheck {
	return []PackageCheck{CheckPackageSignature, CheckStructure, CheckTrailer, CheckUpdateVer, CheckINF, CheckCatalog,
		CheckCatalogSignature, CheckRuntimeSignature, CheckVersionResource, CheckManifest}
}

// Finding is something that does not hold.
type Finding struct {
	Check     PackageCheck `json:"check"`
	Signature sign.Check   `json:"signature,omitempty"` // of signature checks: what of it, see sign.Check
	File      string       `json:"file,omitempty"`      // of the package, with slashes; empty: the package itself
	Reason    string       `json:"reason"`
}

// String is the reason.
func (f Finding) String() string { return f.Reason }

// finding adds what does not hold, each once: a catalog has two entries for one file.
func (v *Verification) finding(check PackageCheck, file, format string, args ...any) {
	f := Finding{Check: check, File: file, Reason: fmt.Sprintf(format, args...)}
	if v.where != "" {
		f.File, f.Reason = v.where+file, strings.TrimSuffix(v.where, "/")+": "+f.Reason
	}
	v.add(f)
}

func (v *Verification) add(f Finding) {
	if !slices.Contains(v.Findings, f) {
		v.Findings = append(v.Findings, f)
	}
}

func (v *Verification) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(v.Notes, text) {
		v.Notes = append(v.Notes, text)
	}
}
