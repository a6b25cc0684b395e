// Package spuninst is spuninst.inf, the durable form of what removing an update does, and spuninst.txt, its file part for
// a recovery console. No real file is public: the layout is OURS, after the names that the white
// paper and its removal log show.
package spuninst

import "github.com/kbforge/kbforge/inf"

// Removal is one spuninst.inf.
type Removal struct {
	KB                   string // SP_SHORT_TITLE
	Title                string // SP_TITLE
	InstallationType     string
	UnInstallLogFileName string
	UnInstallDirName     string // below %windir%
	EventLogKeyName      string
	EventLogDllName      string
	UpdatesKey           string // HKLM path of the Updates key of this update
	BackupDir            string // portable; empty: UnInstallDirName below %windir%
	Sequence             string // InstallSequence of the update, for when its key is gone
	MigratedFor          string // KB of the service pack that the update was migrated for; goes before it
	Restore              []RestoreFile
	Delete               []DeleteFile
	Ranks                []FileRank
	RemoveDirs           []string // directories the update made, deepest first, removed if empty; portable spelling
	DeleteValues         []RegValueRef
	DeleteKeys           []RegKeyRef // keys the update created, deepest first, removed if empty
	RestoreKeys          []RegKeyRef // keys the update deleted, parents first
	RestoreValues        []RegRestore
	CatalogsDelete       []string
	CatalogsRestore      []CatalogRestore
	StopServices         []string     // stopped before, started after
	UnregisterDLLs       []string     // that the update brought and registered; unregistered before they go; portable spelling
	RegisterDLLs         []string     // that the update replaced; registered again once they are restored; portable spelling
	DLLInstalls          []DLLInstall // the same for DllInstall
	RenameDirs           []RenameDir  // directories the update renamed, to be renamed back
	Processes            []string     // command lines to run after the removal; environment variables as written
	ProcessesAfterReboot []string     // command lines to run after the restart that follows the removal
	Sections             []Section    // everything else that [UninstallSections] named
	Strings              []KeyValue
}

// RestoreFile brings a backed-up file back. Target is in portable spelling (see Portable).
type RestoreFile struct {
	Target  string // SystemRoot\system32\ntdll.dll
	Backup  string // file name in the backup directory
	Version string // of the backed-up file, "5.2.3790.0"; empty without version resource
}

// DeleteFile removes a file that was not there before.
type DeleteFile struct{ Target string }

// FileRank is the place of the update in the stack of a file, where it is not the order of installation: updates with higher
// numbers lie above.
type FileRank struct {
	Target string
	Rank   uint32
}

// RegValueRef names a value, RegKeyRef a key. View32 is the 32-bit view on a 64-bit machine.
type RegValueRef struct {
	Root, Key, Name string
	View32          bool
}
type RegKeyRef struct {
	Root, Key string
	View32    bool
}

// RegRestore is a previous value, raw as the registry held it. Parse gives nil for empty data.
type RegRestore struct {
	Root, Key, Name string
	View32          bool
	Type            uint32
	Data            []byte
}

// DLLInstall calls DllInstall: with FALSE before the DLL goes, or with TRUE once it is restored.
type DLLInstall struct {
	Path     string // portable spelling
	Install  bool
	Argument string
}

// RenameDir renames directory From to To, both in portable spelling, unless To is there.
type RenameDir struct{ From, To string }

// CatalogRestore puts an archived catalog back.
type CatalogRestore struct{ Name, Backup string }

// Section is a section copied from the update INF.
type Section struct {
	Name  string
	Lines []inf.Line
}

// KeyValue is a string of [Strings].
type KeyValue struct{ Key, Value string }
