// Package manifest owns update.toml: what an author writes, where each key stands, what is wrong with it. Load reads and
// checks a file and returns a Manifest in which every default is filled in and every name is resolved. It reads no payload
// beyond asking whether a file is there; what the payload holds is the business of builder.
package manifest

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/sign"
)

// Manifest is a valid update.toml.
type Manifest struct {
	File string // as the caller named it
	Dir  string // directory of File; the sources lie below it

	KB               string // KB123456 (SP_SHORT_TITLE)
	Title            string // SP_TITLE
	Kind             Kind
	Layout           Layout
	Product          string // below HKLM\SOFTWARE\Microsoft\Updates
	Name             string // first part of the package's file name
	Version          Version
	Revision         int // -v2, -v3 in the file name; 0 or 1: no suffix
	Publisher        string
	PublishingGroup  string   // who inside the publisher; may be empty
	ServicePack      int      // the service pack that will contain the update (SERVICE_PACK_NUMBER); -1: not said
	Contains         []string // KB numbers of updates that a service pack contains
	Arch             string
	Language         Language
	Translations     []Translation // of a language neutral package, by LANGID
	Description      string
	AppliesTo        []string
	ReleaseType      string
	BuildTime        time.Time // zero: the caller decides
	EULA             string    // path, empty: none
	HierarchyVersion Version   // FileVersion of branches.inf

	Target        Target
	Restart       bool
	OEMCheck      bool
	BackupDir     string // below %windir%
	UpdatesRegKey string // below HKLM, without service pack and KB number

	DetectServices  bool // look for services that hold files
	DetectApps      bool // look for applications that hold files
	DeviceClassInfo bool // DeviceClassInfo=1; its meaning is not public

	ARP ARP
	Log Log

	Branches []Branch // less cumulative to more cumulative; exactly one without a name in the standard layout
	Files    []File
	Registry []Registry
	Signing  Signing

	Prerequisites  []Condition // all of them must hold
	Conditions     []Condition // what File.Condition and Registry.Condition are indexes of, counting from 1
	Processes      []updateinf.Process
	StopServices   []string
	StopOnRemoval  []string
	ServiceWait    *uint32                 // minutes; nil: not said
	RegisterDLLs   []updateinf.RegisterDLL // without When and Section
	RenameDirs     []updateinf.RenameDir
	Changes        []FileChange // [[delete]], then [[rename]]
	OEMExclusions  updateinf.OEMExclusions
	SavedRegistry  []updateinf.SavedKey // besides those of Registry
	Uninstall      []Registry           // changes that removal makes besides taking back those of the update
	Helpers        []Helper             // files of the installation itself: custom DLLs, further catalogs
	Catalogs       []Catalog
	Directories    []Directory          // what File.Directory is an index of, counting from 1
	KeepOnRemoval  []string             // files that a removal does not delete: SystemRoot\system32\file
	UninstallGates []Condition          // all of them must hold for a removal
	Shortcuts      []updateinf.Shortcut // without When and Section
	DeviceClasses  []updateinf.KeyValue
	Devices        []updateinf.KeyValue
	ErrorReports   []updateinf.ErrorReport
	RawFiles       []RawFile // files of the package that no [[file]] brings
	RawINF         string    // sections for the INF of every branch, as the author wrote them

	Warnings Faults // what is legal but probably wrong

	pos   positions
	files map[string]string // key path → file, of what an included file says
}

// At is where a key stands in the file: "file[2].source.RTMGDR". A key that is not written has the place of its table.
func (m *Manifest) At(path string) inf.Pos { return m.pos.at(path) }

// Relative is a path that Load joined to Dir, as the manifest would spell it: with slashes, and the same on every machine.
func (m *Manifest) Relative(path string) string {
	if rel, err := filepath.Rel(m.Dir, path); err == nil {
		path = rel
	}
	return filepath.ToSlash(path)
}

// Warn makes a fault of the key's place.
func (m *Manifest) Warn(path, msg string) Fault {
	return Fault{File: m.fileOf(path), Pos: m.At(path), Msg: msg}
}

// fileOf is the file in which a key, or its nearest table, is written.
func (m *Manifest) fileOf(path string) string {
	if f, ok := m.files[m.pos.owner(path)]; ok {
		return f
	}
	return m.File
}

// Includes are the included files that gave keys, sorted.
func (m *Manifest) Includes() []string {
	return slices.Compact(slices.Sorted(maps.Values(m.files)))
}

// Layout is one of the package structures of the white paper.
type Layout string

const (
	// Standard is WP table 8: payload in the root, one update\update.inf.
	Standard Layout = "standard"
	// MultiBranch is WP table 10: a directory and an INF per branch.
	MultiBranch Layout = "multi-branch"
	// DualMode is WP table 9: a directory per service pack that will contain the update, and xpsp1hfm.exe, which chooses.
	DualMode Layout = "dual-mode"
	// PackFolder is Standard below a folder named after the architecture, as service packs are laid out (WP table 21:
	// <directory>\i386\update\update.inf).
	PackFolder Layout = "service-pack"
)

// Version is a version of four numbers.
type Version [4]uint16

func (v Version) String() string {
	var b strings.Builder
	for i, n := range v {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(itoa(int(n)))
	}
	return b.String()
}

// Target gates the Windows versions ([Version] of the INF). A nil field is no gate.
type Target struct {
	Min, Max        Gate
	ThisServicePack *uint32 // level
}

// Gate is one end of the range of Windows versions. A nil field is not compared. ServicePack is the level (SP2 is 2).
type Gate struct {
	Major, Minor, Build, ServicePack *uint32
}

// ARP is the entry in Add or Remove Programs (WP table 3).
type ARP struct {
	ParentKey, ParentName, HelpLink, InfoLink string
}

// Log names log files (below %windir%) and the event source.
type Log struct {
	Install, Uninstall, EventSource, EventDLL string
}

// Branch is one entry of the branch hierarchy.
type Branch struct {
	Name        string // RTMGDR, or SP1 in the dual-mode layout; empty in the standard layout
	DisplayName string
	DefaultFor  []int // service pack levels of machines that start with this branch
	Payload     bool  // false: the package knows the branch but brings no files for it
	Target      Target
	RawINF      string // sections for the INF of this branch alone
	RawKey      string // path of their key in the manifest
}

// File is one payload file.
type File struct {
	Name    string // on the target
	To      []updateinf.Dir
	When    updateinf.When
	Sources map[string]string // branch name → path of the file, as opened; every branch with Payload has one
	Flags   uint32            // COPYFLG_*
	Key     string            // path of its table in the manifest: file[0]

	Editions  []string // SKUs it is for; none: all
	Condition int      // index in Manifest.Conditions, counting from 1; 0: none
	Directory int      // index in Manifest.Directories, counting from 1; 0: none
}

// Helper is a file of the package that the installation needs and that goes nowhere by itself. It lies in the folder "update".
type Helper struct {
	Name   string
	Source string // as opened
	Key    string // path of its table in the manifest

	CustomizesInstall, CustomizesRemoval bool // a DLL that [Configuration] names
}

// Catalog is a line of [ProductCatalogsToInstall], with Helper what it installs, or of [ArchiveCatalogFilesOnly].
type Catalog struct {
	Name    string // in CatRoot
	Helper  string // name of the file in the package; empty: nothing is installed
	Archive bool   // a previous one is kept for removal
}

// Directory is a destination that a function of a custom DLL finds on the target.
type Directory struct {
	ID            int // dirid
	DLL, Function string
	Key           string // path of its table in the manifest
}

// RawFile is a file of the package that only raw INF text speaks of.
type RawFile struct {
	Source string // path, as opened
	Path   string // in the package, with backslashes
	Key    string // path of its table in the manifest
}

// Registry is one change of a registry key or value. Delete with the flag FlgDelRegMultiSZDelString takes the strings in
// Data out of a list; Bits sets or clears bits of a value.
type Registry struct {
	Delete  bool
	Bits    bool   // a BitReg line; Data is mask and byte
	Root    string // HKLM …
	Path    string
	Name    string
	HasName bool     // false: the key itself
	Type    uint32   // REG_*
	Flags   uint32   // of AddReg or DelReg, the type included
	Data    []string // as the fields of an AddReg line
	Save    bool     // recorded in [Save.Reg.For.Uninstall]
	Key     string   // path of its table in the manifest

	Condition int            // as in File
	When      updateinf.When // GlobalInstall, GlobalReinstall, SKUFiles, GlobalAppend; empty: the first two
	Editions  []string       // SKUs it is for; none: all
}

// String names the key or value for people: HKLM\SOFTWARE\Contoso, value "Level".
func (g Registry) String() string {
	s := g.Root + `\` + g.Path
	if g.HasName {
		s += ", value " + strconv.Quote(g.Name)
	}
	return s
}

// Signing says which key signs. At most one of PFX, Cert and Dev is set.
type Signing struct {
	PFX         string // path
	PasswordEnv string // environment variable that holds the password of PFX or Key
	Cert, Key   string // paths of PEM files
	Dev         bool   // a throw-away key, made where there is none
	Timestamp   []string
	Payload     PayloadSigning
	Profiles    map[string]sign.Profile // [signing.NAME]; relative paths are joined to the manifest's directory
}

// PayloadSigning says which executables of the payload the build signs before it hashes them.
type PayloadSigning string

// What payload may be.
const (
	SignNone     PayloadSigning = ""         // as they are
	SignUnsigned PayloadSigning = "unsigned" // those without a signature
	SignAll      PayloadSigning = "all"      // all; signatures that are there are replaced
)

// Configured reports whether any key is named.
func (s Signing) Configured() bool { return s.PFX != "" || s.Cert != "" || s.Dev }
