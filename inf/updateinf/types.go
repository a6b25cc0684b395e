// Package updateinf is update.inf (and update_<branch>.inf) as typed values: Parse reads what an author or an old
// package wrote, Print writes what the builder plans. Names follow the white paper's Appendix B.
package updateinf

import "github.com/kbforge/kbforge/inf"

// Update is one update INF.
type Update struct {
	Version   Version
	Config    Config
	Catalogs  []Catalog        // [ProductCatalogsToInstall]
	Archive   []string         // [ArchiveCatalogFilesOnly]
	Files     []FileGroup      // what the [ProductInstall.*] sections reach through CopyFiles, DelFiles, RenFiles
	Registry  []RegistryGroup  // what they reach through AddReg, DelReg, BitReg
	SaveReg   []SavedKey       // [Save.Reg.For.Uninstall] and decorated forms
	Uninstall []UninstallBlock // [UninstallSections]
	Sources   []string         // [SourceDisksFiles], paths relative to the package root, in order
	Keep      []string         // [DeleteFilesInUninstallSections]: files that removal must not delete
	Strings   Strings

	Prerequisites          []Condition           // [Prerequisite]: what must hold for the installation to go on
	PrerequisitesUninstall []Condition           // [PreRequisite.Uninstall]
	Processes              []Process             // [ProcessesToRun] and its relatives, by section
	StopServices           []string              // [ServicesToStopAndStart]: stopped before files are copied, started again after
	StopServicesUninstall  []string              // [ServicesToStopAndStart.Uninstall]
	RegisterDLLs           []RegisterDLL         // what RegisterDlls and UnregisterDlls reach
	Conditional            []ConditionalFiles    // [ProductInstall.Conditional]
	RegisterInclude        []ConditionalRegistry // [Register.Include]
	ExtendedConditional    []ExtendedConditional // [ProductInstall.ExtendedConditional]
	DirectoryIDs           []DirectoryID         // [DirectoryId.Include]
	RenameDirs             []RenameDir           // [ProductInstall.RenameDirectories]
	OEMExclusions          OEMExclusions
	DeviceClasses          []KeyValue    // [DeviceClassList]: name and GUID
	Devices                []KeyValue    // [DevicesToUpgrade]: hardware id and INF
	ErrorReports           []ErrorReport // [WatsonManifestMode.*]
	Shortcuts              []Shortcut    // what ProfileItems reaches

	Directives []Directive    // of [ProductInstall.*] sections, without a typed form here: ProfileItems …
	Dirs       []NamedDir     // [DestinationDirs] entries of sections that no file group above has
	Localized  []LocalStrings // the [Strings.LLLL] sections
	Other      []Section      // every section that nothing above covers, in order; see Gaps
}

// Directive is a line "Key=fields" of a [ProductInstall.*] section.
type Directive struct {
	When   When
	SKU    string
	Key    string
	Fields []string
	Pos    inf.Pos
}

// NamedDir is a line of [DestinationDirs].
type NamedDir struct {
	Section string // or DefaultDestDir
	Dir     Dir
}

// LocalStrings is one [Strings.LLLL].
type LocalStrings struct {
	Language uint16
	Strings  Strings
}

// Section is a section as it stands, strings substituted.
type Section struct {
	Name  string
	Lines []inf.Line
}

// Version is the [Version] section. A pointer is nil where the key is absent (no gate).
type Version struct {
	Signature       string
	LanguageType    uint16 // LANGID or primary language id; 0: any language
	MinBuild        *uint32
	MaxBuild        *uint32
	MinMajor        *uint32
	MaxMajor        *uint32
	MinMinor        *uint32
	MaxMinor        *uint32
	MinServicePack  *uint32 // as written: level * 256
	MaxServicePack  *uint32
	ThisServicePack *uint32
	CatalogFile     string
	RebootRequired  bool

	NtServicePackVersion *uint32    // seen as 0; nothing reads it
	Unknown              []KeyValue // keys the vocabulary does not know, in order
}

// Config is the [Configuration] section (WP appendix B, and keys that real packages have).
type Config struct {
	InstallationType     string // "Hotfix" or "ServicePack"
	InstallLogFileName   string
	UnInstallLogFileName string
	UnInstallDirName     string
	EventLogKeyName      string
	EventLogDllName      string
	UpdateRegKey         string
	NoPNPFiles           bool

	CustomizationDll          string
	UninstallCustomizationDll string
	ServiceFileInUseDetect    *uint32
	AppFileInUseDetect        *uint32
	WaitTimeForServiceStop    *uint32 // minutes (OURS)

	Unknown []KeyValue // keys the vocabulary does not know, in order
}

// KeyValue is a key with its text.
type KeyValue struct{ Key, Value string }

// Catalog is a line of [ProductCatalogsToInstall].
type Catalog struct {
	Name string // base name in CatRoot
	Path string // in the package
}

// When says under which [ProductInstall.*] section a group stands.
type When string

const (
	ReplaceIfExist When = "ReplaceFilesIfExist"
	CopyAlways     When = "CopyFilesAlways"
	DontDelay      When = "DontDelayUntilReboot"
	// GlobalInstall and GlobalReinstall are the [ProductInstall.GlobalRegistryChanges.*] sections.
	GlobalInstall   When = "GlobalRegistryChanges.Install"
	GlobalReinstall When = "GlobalRegistryChanges.ReInstall"
	// GlobalAppend is [ProductInstall.GlobalRegistryChanges.Append.<SKU>]; its SKU is a product build type: IA, ID …
	GlobalAppend When = "GlobalRegistryChanges.Append"
	// SKUFiles is [ProductInstall.<SKU>Files]: ProfessionalFiles, DataCenterFiles …
	SKUFiles When = "Files"
	// Uniprocessor and Multiprocessor hold the kernel for a machine with one processor, or more.
	Uniprocessor   When = "UniprocessorFiles"
	Multiprocessor When = "MultiprocessorFiles"
)

// Dir is a destination: a dirid and a directory below it ([DestinationDirs]).
type Dir struct {
	ID  int
	Sub string // without leading or trailing backslash; may be empty
}

// FileKind is what a file line does.
type FileKind uint8

const (
	Copy FileKind = iota
	Delete
	Rename
)

// FileGroup is one file-list section and the section that named it.
type FileGroup struct {
	When    When
	SKU     string // "Professional", "Server" … from the decoration of the ProductInstall section; empty: all
	Kind    FileKind
	Section string // System32.files
	Dir     Dir
	Files   []FileLine
}

// FileLine is one line of a file list.
type FileLine struct {
	Name   string // destination (Rename: the new name)
	Source string // path in the package; for Delete empty, for Rename the old name
	Flags  uint32 // COPYFLG_*, DELFLG_*
	Pos    inf.Pos
}

// RegKind is what a registry line does.
type RegKind uint8

const (
	AddReg RegKind = iota
	DelReg
	BitReg
)

// RegistryGroup is one registry section and the section that named it.
type RegistryGroup struct {
	When    When
	SKU     string // as in FileGroup
	Kind    RegKind
	Section string // Product.Add.Reg
	Lines   []RegLine
}

// RegLine is one AddReg, DelReg or BitReg line with its strings substituted. RegValue gives the typed data.
type RegLine struct {
	Root    string // HKLM …
	Key     string
	Name    string
	HasName bool // a value is meant (Name may be empty: the default value); false: the key itself
	Flags   uint32
	Data    []string
	Pos     inf.Pos
}

// SavedKey is a line of [Save.Reg.For.Uninstall]; without HasName the whole key is meant, subkeys included.
type SavedKey struct {
	Root, Key, Name string
	HasName         bool
	Section         string // IE7.AdditionalSettings.Save.Reg.For.Uninstall …; empty: the plain section
}

// UninstallBlock is a pair of [UninstallSections]: section Source of this INF goes into spuninst.inf under Name.
type UninstallBlock struct {
	Name, Source string
	Lines        []inf.Line // strings substituted
}

// Strings is [Strings] for one language, names in lower case. The conventional ones have methods.
type Strings map[string]string
