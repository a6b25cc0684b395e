package updateinf

import "github.com/kbforge/kbforge/inf"

// Combiner says how the tests of a condition are taken together ([Prerequisite]; seen in real packages).
type Combiner string

// The combiners.
const (
	SingleOp Combiner = "SingleOp" // exactly one test
	OrOp     Combiner = "OrOp"
	AndOp    Combiner = "AndOp"
)

// Condition is a line "condition=Combiner,Section" of [Prerequisite] or of a condition of
// [ProductInstall.ExtendedConditional], with the section it names. Several conditions must all hold.
type Condition struct {
	Combiner Combiner
	Section  string // OnACPower.Section
	Tests    []Test
	Display  string // Display_String: what the user is told when the condition does not hold; may be empty
	Pos      inf.Pos
}

// TestKind is what a test looks at.
type TestKind string

// The kinds of tests, and their arguments. VersionCheck is OURS.
const (
	CheckReg     TestKind = "CheckReg"     // Args: root, key, value name, type flags as in AddReg (text; may be empty)
	CheckFileVer TestKind = "CheckFileVer" // Args: file section (SectionDir gives its directory), file name
	CheckCustom  TestKind = "CheckCustom"  // Args: unused, DLL, function, unused (WP appendix B, [Prerequisite])
	VersionCheck TestKind = "VersionCheck" // no Args; Data is major.minor.build.servicepack of Windows (OURS)
)

// Test is one line of a condition's section: Name=Kind,Args…,Op,Data.
type Test struct {
	Name string // EqualOp, NotEqualOp, LessOp, LessOrEqualOp, GreaterOp, GreaterOrEqualOp, PresentOp, NotPresentOp
	Kind TestKind
	Args []string
	Op   string // "==", "!=", "<", "<=", ">", ">="; it counts, not Name. Empty: the thing exists; with NotPresentOp: it does not
	Data string
	Pos  inf.Pos
}

// Absent tells whether the test asks that the thing does not exist.
func (t Test) Absent() bool { return t.Op == "" && t.Name == "NotPresentOp" }

// ProcessWhen says when a process runs; its text is the name of the section, without the edition.
type ProcessWhen string

// The sections of processes (WP appendix B; BeforeInstall and AfterUninstall are OURS).
const (
	RunNow                  ProcessWhen = "ProcessesToRun" // after all other sections of the INF
	RunBeforeInstall        ProcessWhen = "ProcessesToRunBeforeInstall"
	RunAfterReboot          ProcessWhen = "ProcessesToRunAfterReboot"
	RunAfterUninstall       ProcessWhen = "ProcessesToRunAfterUninstall"
	RunAfterUninstallReboot ProcessWhen = "ProcessesToRunAfterUninstallReboot"
)

// Process is one command line.
type Process struct {
	When    ProcessWhen
	SKU     string // Professional, Server …: [ProcessesToRun.Professional]; empty: all
	Command string // environment variables as written
	Pos     inf.Pos
}

// Flags of RegisterDLL (INF documentation, RegisterDlls directive).
const (
	RegSvrDLLRegister uint32 = 0x1 // call DllRegisterServer, or DllUnregisterServer
	RegSvrDLLInstall  uint32 = 0x2 // call DllInstall
)

// DefaultRegisterTimeout is how long a registration may take where the line says nothing, in seconds (INF documentation).
const DefaultRegisterTimeout = 60

// RegisterDLL is a line of a section that RegisterDlls or UnregisterDlls names.
type RegisterDLL struct {
	When       When
	SKU        string
	Section    string
	Dir        Dir
	File       string
	Flags      uint32 // RegSvrDLLRegister, RegSvrDLLInstall
	Timeout    uint32 // seconds
	Argument   string // for DllInstall
	Unregister bool
	Pos        inf.Pos
}

// Operation decides on a conditional section: one of the two forms.
type Operation struct {
	CustomDLL, CustomFunc string    // Operation=CustomFunction,dll,function (WP appendix B)
	CheckInstall          [2]string // Operation=CheckInstall,file,file: the file is among those to be copied (seen in real packages)
}

// Conditional is a section that FileCondition, RegCondition names. Files or Registry is what its InstallFromSection reaches;
// those groups have no When.
type Conditional struct {
	Name        string
	Operation   Operation
	InstallFrom string
	CopyFlags   uint32 // SPCopy*
	TargetFrom  string // TargetFromSection: file section whose directory the operation is about; may be empty
	Pos         inf.Pos
}

// ConditionalFiles is a FileCondition of [ProductInstall.Conditional] (WP appendix B).
type ConditionalFiles struct {
	Conditional
	Files []FileGroup
}

// ConditionalRegistry is a RegCondition of [Register.Include] (WP appendix B).
type ConditionalRegistry struct {
	Conditional
	Registry []RegistryGroup
}

// ExtendedConditional is a ConditionInstall of [ProductInstall.ExtendedConditional] (seen in real packages;
// RegistryOperation is OURS). Files and Registry have no When.
type ExtendedConditional struct {
	Name       string
	Conditions []Condition
	Files      []FileGroup
	Registry   []RegistryGroup
	Pos        inf.Pos
}

// DirectoryID is an AddDirId of [DirectoryId.Include]: a dirid whose directory a function finds at run time, and the files
// that go there (WP appendix B).
type DirectoryID struct {
	Name                  string
	ID                    int
	CustomDLL, CustomFunc string
	InstallFrom           string
	CopyFlags             uint32 // SPCopy*
	Files                 []FileGroup
	Pos                   inf.Pos
}

// RenameDir is a line "from,to" of [ProductInstall.RenameDirectories], whose directory is in [DestinationDirs]; removal
// renames back (OURS).
type RenameDir struct {
	Dir      Dir
	From, To string // names in Dir
	Pos      inf.Pos
}

// OEMExclusions are exceptions from the check for files of other manufacturers (WP appendix B).
type OEMExclusions struct {
	Drivers   []OEMDriver // [OEMDriver.Exclusions]
	DeviceIDs []string    // [DEVICEID.EXCLUSIONS]
	Providers []string    // [PROVIDER.EXCLUSIONS]
}

// OEMDriver is a line of [OEMDriver.Exclusions]. Flag says whether the user is warned; its form is not public.
type OEMDriver struct{ Name, Flag string }

// SectionDir returns the destination of a file section, wherever in Update it is; else DefaultDestDir.
func (u *Update) SectionDir(section string) (Dir, bool) {
	dirs := u.sectionDirs()
	if d, ok := dirs[foldName(section)]; ok {
		return d, true
	}
	d, ok := dirs[foldName(defaultDestDir)]
	return d, ok
}
