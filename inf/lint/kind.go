package lint

import (
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Kind is which file of a package an INF is.
type Kind uint8

// The kinds.
const (
	AnyKind     Kind = iota
	UpdateINF        // update.inf, update_<branch>.inf
	BranchesINF      // branches.inf
	UpdateBrINF      // updatebr.inf
	SpuninstINF      // spuninst.inf
)

func (k Kind) String() string {
	return [...]string{"any", "update.inf", "branches.inf", "updatebr.inf", "spuninst.inf"}[k]
}

// KindOf tells the kind by the file's name (WP, ".inf Files"), else by sections that only one kind has; what is left is an
// update INF.
func KindOf(f *inf.File) Kind {
	base := fold(f.Name[strings.LastIndexAny(f.Name, `/\`)+1:])
	switch {
	case base == "branches.inf":
		return BranchesINF
	case base == "updatebr.inf":
		return UpdateBrINF
	case base == "spuninst.inf":
		return SpuninstINF
	case base == "update.inf", strings.HasPrefix(base, "update_") && strings.HasSuffix(base, ".inf"):
		return UpdateINF
	}
	for _, s := range f.Sections {
		name := fold(s.Name)
		switch {
		case name == "filebranchinfo":
			return BranchesINF
		case name == "sourceinfsbranches", name == "defaultbranchesservicepacks", strings.HasPrefix(name, "defaultbranchesservicepacks."):
			return UpdateBrINF
		case strings.HasSuffix(name, "restore.files"), strings.HasPrefix(name, "reg.delete."), strings.HasPrefix(name, "reg.restore"):
			return SpuninstINF
		case strings.HasPrefix(name, "productinstall."), name == "sourcedisksfiles":
			return UpdateINF
		}
	}
	return UpdateINF
}
