// Package host is the boundary between the engine and a machine. Host offers primitive effects and decides nothing:
// which file is newer, what must be backed up and what to do about a file in use are the engine's business.
//
// Implementations: imagehost (an offline image: a directory tree and a registry kept as text), winhost (Windows),
// faulthost (a wrapper that fails chosen calls). All pass the suite in hosttest.
//
// # Paths
//
// A path is absolute, in Windows form, with a drive letter: `C:\WINDOWS\system32\ntdll.dll`. Names compare without
// regard to case (Fold); the case of an existing name is kept when it is written again, and Rename gives the case it is
// told. Implementations refuse with ErrInvalidPath what SplitPath refuses: relative and UNC paths, forward slashes, empty
// elements (so also a backslash at the end, except in `C:\`), `.` and `..`, streams (`a:b`), device names, wildcards and
// control characters, and elements that end in a dot or a blank.
//
// # Links
//
// Symbolic links and junctions are never followed. Stat and ReadDir show one with AttrReparse; Remove and Rename act on
// the link itself; every other method, and a link before the last element of a path, gives ErrInvalidPath.
//
// # Goroutines
//
// Methods may be called from several goroutines.
//
// # Errors
//
// Every error wraps the operation and its object. Callers test with errors.Is: fs.ErrNotExist, fs.ErrExist,
// fs.ErrPermission and the sentinels below. A method that returns an error has changed nothing unless its comment says
// otherwise.
package host

import (
	"errors"
	"io"
	"time"
)

var (
	// ErrInUse: the file is open or mapped by a process in a way that forbids the operation (Win32 5, 32, 1224 on a
	// file that exists and is not read-only).
	ErrInUse = errors.New("file is in use")
	// ErrNotEmpty: a directory or key still has children.
	ErrNotEmpty = errors.New("not empty")
	// ErrInvalidPath: see "Paths" above.
	ErrInvalidPath = errors.New("invalid path")
	// ErrDiskFull: Win32 112.
	ErrDiskFull = errors.New("disk full")
	// ErrBusy: another holder has the lock.
	ErrBusy = errors.New("held by another process")
	// ErrUnsupported: this kind of host cannot do it (an offline image has no running services).
	ErrUnsupported = errors.New("not supported by this host")
)

// Host is every effect the engine may have on a machine.
type Host interface {
	Files
	Registry
	Machine
	Programs
	Applications
}

// Attr is a set of file attributes, with the numbers of Win32.
type Attr uint32

const (
	AttrReadOnly  Attr = 0x1
	AttrHidden    Attr = 0x2
	AttrSystem    Attr = 0x4
	AttrDirectory Attr = 0x10
	AttrArchive   Attr = 0x20
	AttrReparse   Attr = 0x400
)

// FileInfo describes one directory entry. Reparse points are never followed; they show AttrReparse.
type FileInfo struct {
	Name    string // last path element, in the case it has on disk
	Size    int64  // bytes; 0 for a directory
	ModTime time.Time
	Attr    Attr
}

// IsDir reports whether the entry is a directory.
func (i FileInfo) IsDir() bool { return i.Attr&AttrDirectory != 0 }

// FileMeta is what WriteFile and SetMeta put on a file besides its content.
type FileMeta struct {
	ModTime time.Time // zero: now (WriteFile) or unchanged (SetMeta)
	Attr    Attr      // AttrDirectory and AttrReparse are ignored; 0 means AttrArchive
}

// File is an open file for reading.
type File interface {
	io.ReadCloser
	io.ReaderAt
	Size() int64
}

// Files is the file system.
type Files interface {
	// Stat describes path. fs.ErrNotExist when it, or a parent, is missing.
	Stat(path string) (FileInfo, error)
	// ReadDir lists a directory, sorted by upper-cased name.
	ReadDir(path string) ([]FileInfo, error)
	// Open opens a file for reading, sharing read, write and delete.
	Open(path string) (File, error)
	// MkdirAll creates path and its missing parents, and returns the directories it made, outermost first, full paths.
	// attr goes on the innermost one only, if it was made. Existing directories are no error; fs.ErrExist when a file is in
	// the way. On error those already made are taken out again. Parents that exist are spelled as they are on disk.
	MkdirAll(path string, attr Attr) (made []string, err error)
	// WriteFile makes path hold exactly what src yields. The content goes to a temporary file in the same directory, is
	// flushed to disk, gets meta, and replaces path in one step; on error the old file is still there and the temporary
	// one is gone. A read-only target is replaced. The replaced file's security descriptor is kept (Windows). ErrInUse when
	// the target cannot be replaced now. The parent directory must exist (fs.ErrNotExist). fs.ErrExist when path is a
	// directory. A process killed in the middle may leave a file ~kb*.tmp in the directory (an image: nothing).
	WriteFile(path string, src io.Reader, meta FileMeta) error
	// AppendFile adds data at the end of path, creating the file (AttrArchive) if it is missing. sync makes the addition
	// durable before it returns. It is what logs and journals are written with; a crash may leave a part of data.
	AppendFile(path string, data []byte, sync bool) error
	// CopyFile makes to a copy of from: content, times, attributes and, on Windows, security. It is atomic as WriteFile
	// is. A clone that shares storage is allowed only where a later change of from cannot show in to.
	CopyFile(from, to string) error
	// Rename moves a file or directory within a volume. fs.ErrExist when to exists and replace is false, or either is a
	// directory; a read-only file is replaced. from and to may differ in case only. ErrInvalidPath for another volume and
	// for a directory into itself. ErrInUse as above; a running program can be renamed, not replaced.
	Rename(from, to string, replace bool) error
	// Remove deletes a file or an empty directory, read-only ones too. fs.ErrNotExist, ErrNotEmpty, ErrInUse.
	Remove(path string) error
	// SetMeta changes times and attributes. On a directory no attributes means none.
	SetMeta(path string, meta FileMeta) error
}

// Root is a registry root as INF files spell it: HKLM, HKCR, HKCU, HKU.
type Root string

const (
	HKLM Root = "HKLM"
	HKCR Root = "HKCR"
	HKCU Root = "HKCU"
	HKU  Root = "HKU"
)

// View selects the registry view on 64-bit machines.
type View uint8

const (
	ViewNative View = iota // 64-bit view on a 64-bit machine
	View32                 // FLG_ADDREG_32BITKEY: Wow6432Node on a 64-bit machine, ignored on a 32-bit one
)

// Key names a registry key. Path has no leading or trailing backslash; names compare without regard to case. Methods give
// ErrInvalidPath for what SplitKey and CheckValueName refuse.
type Key struct {
	Root Root
	Path string
	View View
}

// Value is registry data as stored: Data is raw (UTF-16LE with its terminators for the string types), so that values the
// engine does not understand survive a round trip byte for byte.
type Value struct {
	Type uint32
	Data []byte
}

// Value types.
const (
	RegNone     uint32 = 0
	RegSZ       uint32 = 1
	RegExpandSZ uint32 = 2
	RegBinary   uint32 = 3
	RegDWORD    uint32 = 4
	RegMultiSZ  uint32 = 7
	RegQWORD    uint32 = 11
)

// NamedValue is a value with its name; the default value's name is empty.
type NamedValue struct {
	Name string
	Value
}

// Registry is the registry.
type Registry interface {
	// KeyExists reports whether the key is there.
	KeyExists(k Key) (bool, error)
	// CreateKey creates the key and its missing parents and returns the keys it made, outermost first. volatile applies to
	// the keys made: they are gone after a restart. A stable key under a volatile one is an error (Win32 1021).
	CreateKey(k Key, volatile bool) (made []Key, err error)
	// DeleteKey deletes a key without subkeys (its values go with it). fs.ErrNotExist, ErrNotEmpty.
	DeleteKey(k Key) error
	// SubKeys lists the names of the direct subkeys, sorted by upper-cased name. fs.ErrNotExist.
	SubKeys(k Key) ([]string, error)
	// Values lists the values, sorted by upper-cased name. fs.ErrNotExist when the key is missing.
	Values(k Key) ([]NamedValue, error)
	// GetValue reads one value. fs.ErrNotExist when the key or the value is missing.
	GetValue(k Key, name string) (Value, error)
	// SetValue writes one value, exactly v.Data whatever the type. The key must exist (fs.ErrNotExist). The name of a value
	// that exists keeps its case.
	SetValue(k Key, name string, v Value) error
	// DeleteValue deletes one value. fs.ErrNotExist.
	DeleteValue(k Key, name string) error
	// FlushRegistry makes what was written to the registry durable. On an image every write already survives a kill of the
	// process; this makes it survive a power cut.
	FlushRegistry() error
}

// Arch is a processor architecture as package names spell it.
type Arch string

const (
	X86   Arch = "x86"
	X64   Arch = "x64"
	ARM64 Arch = "arm64"
	IA64  Arch = "ia64"
)

// ProductType is the kind of Windows.
type ProductType uint8

const (
	Workstation      ProductType = 1 // VER_NT_WORKSTATION
	DomainController ProductType = 2 // VER_NT_DOMAIN_CONTROLLER
	Server           ProductType = 3 // VER_NT_SERVER
)

// Info is what the engine asks of a machine before it plans. All of it is stable during a run.
type Info struct {
	Major, Minor, Build uint32 // 5, 2, 3790
	ServicePack         uint16 // 2 for SP2
	Product             ProductType
	Suite               uint16 // VER_SUITE_* mask
	Arch                Arch   // of the operating system
	Language            uint16 // LANGID of the system's default (install) language, 0x0409
	Processors          int
	SafeMode            bool
	ComputerName        string
	User                string // DOMAIN\name of who runs the engine
	ProductName         string // "Microsoft Windows XP"
	WindowsDir          string // C:\WINDOWS
	SystemDir           string // C:\WINDOWS\system32, the native one
	SystemDirX86        string // C:\WINDOWS\SysWOW64 on a 64-bit machine, SystemDir on a 32-bit one
	SystemDrive         string // C:
	BootDrive           string // drive that holds the boot loader: C:
	TempDir             string // C:\WINDOWS\Temp
}

// Drive is a local fixed disk.
type Drive struct {
	Root       string // C:\
	FreeBytes  int64
	TotalBytes int64
	Cluster    int64 // allocation unit in bytes
}

// EventType is the severity of an event log entry.
type EventType uint16

const (
	EventError       EventType = 1
	EventWarning     EventType = 2
	EventInformation EventType = 4
)

// Machine is what is neither file nor registry.
type Machine interface {
	// Info describes the machine.
	Info() (Info, error)
	// Folder returns the directory of a CSIDL number (dirid minus 16384): 38 is Program Files. fs.ErrNotExist when the
	// machine has none.
	Folder(csidl int) (string, error)
	// ExpandEnv replaces %NAME% by the machine's (not the caller's) environment; unknown names stay as they are.
	ExpandEnv(s string) string
	// Drives lists the local fixed disks by root.
	Drives() ([]Drive, error)
	// Now is the machine's local time. One call per decision; the engine passes the value on.
	Now() time.Time
	// Lock takes the named machine-wide lock. ErrBusy when it is held, by another process or this one. It goes with the
	// process. release may be called more than once. ErrInvalidPath for a name that CheckName refuses. On an image a second process is refused already when it opens it.
	Lock(name string) (release func(), err error)
	// AddCatalog installs the catalog file at path under the given file name ("KB123456.cat"), replacing one of that name.
	AddCatalog(path, name string) error
	// RemoveCatalog takes the catalog out. fs.ErrNotExist.
	RemoveCatalog(name string) error
	// CatalogPath is where an installed catalog of that name lies (a file path; the file may be missing).
	CatalogPath(name string) string
	// ReportEvent writes to the System event log.
	ReportEvent(source string, id uint32, t EventType, message string) error
	// MissingPrivileges names those of the given privilege constants (SeRestorePrivilege …) that the caller cannot enable,
	// in their order. The others it enables for the process.
	MissingPrivileges(names []string) ([]string, error)
	// Restart restarts the machine. force closes applications without asking. ErrUnsupported on an image.
	Restart(force bool) error
}
