// Package step is the unit of change on a machine. A step is data: what to do, and what undoes it. Plans of installation
// and of removal are lists of steps; the journal is the plan on disk; rolling back is undoing the steps in reverse.
//
// Two properties carry the safety of the whole (they are tested at every step of every plan):
//   - Undo restores what was there before the plan was made, also when the step was not begun, was half done, or was
//     undone before. So a journal needs no exact knowledge of where a run stopped.
//   - Do is harmless when repeated.
//
// RunProcess is the exception: nobody can undo what a program did. It stands at the end of a plan, behind everything that
// can be undone, and is never begun twice. How services, DLLs and programs fare is no business of a roll back, which must
// not end half way because of them: what they refuse while undoing is logged.
package step

import (
	"strconv"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// Kind names what a step does.
type Kind string

const (
	MakeDir       Kind = "make-dir"       // create Path; undo removes it if empty
	SaveFile      Kind = "save-file"      // copy From to Path; undo deletes Path
	PutFile       Kind = "put-file"       // From takes the place of Path; undo brings Backup back, or deletes Path
	DeleteFile    Kind = "delete-file"    // delete Path; undo brings Backup back
	RemoveDir     Kind = "remove-dir"     // delete Path if it is empty; undo creates it
	RemoveTree    Kind = "remove-tree"    // delete Path and all below it, but for Except; only after the commit
	KeepFile      Kind = "keep-file"      // take the deletion of Path at the restart out of the queue; undo queues it again
	CancelPending Kind = "cancel-pending" // take Temp, which waits to replace Path, out of the queue; undo puts it back from Backup
	MakeKey       Kind = "make-key"       // create Key; undo deletes it if it has no subkeys and no values
	DeleteKey     Kind = "delete-key"     // delete Key if it has no subkeys and no values; undo creates it
	SetValue      Kind = "set-value"      // write Value; undo writes Prev, or deletes
	DeleteValue   Kind = "delete-value"   // delete the value; undo writes Prev
	AddCatalog    Kind = "add-catalog"    // install the catalog at From as Name; undo installs Backup, or removes it
	RemoveCatalog Kind = "remove-catalog" // take Name out; undo installs Backup
	RenameDir     Kind = "rename-dir"     // Path becomes To; undo renames it back
	StopService   Kind = "stop-service"   // stop Name, which runs; undo starts it
	StartService  Kind = "start-service"  // start Name; undo stops it
	RegisterDLL   Kind = "register-dll"   // register Path; undo unregisters it unless it Existed
	UnregisterDLL Kind = "unregister-dll" // unregister Path; undo registers it
	RestoreDLL    Kind = "restore-dll"    // nothing; undo registers Path: it stands before the steps that replace a registered DLL
	RunProcess    Kind = "run-process"    // run Command; undo only takes it out of the tasks of an image
	CancelTask    Kind = "cancel-task"    // take Task out of the tasks of an image; undo records Command under it again
)

// Prefixes of From.
const (
	FromPackage = "pkg:"  // a file of the package
	FromHost    = "host:" // a file of the machine
)

// Step is one change. Fields that a kind does not name are zero.
type Step struct {
	Kind    Kind
	Path    string // file or directory, absolute
	From    string // content, with one of the From prefixes
	Backup  string // previous content, a file of the machine; empty: there was none
	Existed bool   // Path, or the catalog, was there before

	// PutFile and DeleteFile of a file in use: the new content waits as Temp for the restart. PrevPending is the
	// temporary file that an earlier update left waiting for the same Path; it is taken out of the queue and, on undo, put
	// back. Force treats the file as if it were in use (COPYFLG_FORCE_FILE_IN_USE; also when PrevPending is set, so that
	// the file on disk is not touched out of turn).
	Temp        string
	PrevPending string
	Force       bool
	// Before is the MD5 of Path's content before the plan, in hexadecimal, where Force is set and Path existed: a restart in the
	// middle of the plan replaces the file, and undoing must then see that it did.
	Before string

	// Except is a file that RemoveTree leaves in place, with the directories it lies in: the executable of this very run.
	Except string

	Attr    host.Attr
	ModTime time.Time

	To string // RenameDir: the new path, in the same directory

	// Programs, services and DLLs. Task names what RunProcess and RegisterDLL leave to the next start on a host that runs
	// nothing. Required: a program or a registration that fails, does not start or does not end in time fails the plan.
	Command  string
	Task     string
	Timeout  time.Duration
	Required bool
	// Install: DllInstall with Argument in place of DllRegisterServer.
	Install  bool
	Argument string

	Key      host.Key
	Name     string // of a value or catalog
	Value    host.Value
	Prev     *host.Value
	Volatile bool

	// IfDelayed restricts the step to runs in which an earlier file operation waits for a restart.
	IfDelayed bool
	// Reboot: the machine must restart after this step even if the file was not in use (COPYFLG_REPLACE_BOOT_FILE).
	Reboot bool
}

// Outcome is what a step left behind.
type Outcome struct {
	// Delayed: the change is complete only after a restart.
	Delayed bool
}

// String is the step as a plan prints it.
func (s Step) String() string {
	t := string(s.Kind) + " "
	switch s.Kind {
	case MakeKey, DeleteKey:
		t += keyText(s.Key)
	case SetValue:
		t += keyText(s.Key) + " " + strconv.Quote(s.Name) + " = " + valueText(s.Value)
		if s.Prev != nil {
			t += " (was " + valueText(*s.Prev) + ")"
		}
	case DeleteValue:
		t += keyText(s.Key) + " " + strconv.Quote(s.Name)
	case AddCatalog, RemoveCatalog, StopService, StartService:
		t += s.Name
	case RenameDir:
		t += s.Path + " to " + s.To
	case RunProcess:
		t += s.Command
		if s.Required {
			t += " (required)"
		}
	case RegisterDLL, UnregisterDLL, RestoreDLL:
		t += s.Path
		if s.Install {
			t += " by DllInstall, " + strconv.Quote(s.Argument)
		}
	case CancelTask:
		t += s.Task + ": " + s.Command
	case SaveFile:
		t += s.From + " to " + s.Path
	case PutFile:
		t += s.Path + " from " + s.From
		if s.Backup != "" {
			t += " (backup " + s.Backup + ")"
		}
		if s.Force {
			t += " (at restart)"
		}
	case CancelPending:
		t += s.Temp + " for " + s.Path
	default:
		t += s.Path
	}
	if s.IfDelayed {
		t += " (if a restart is needed)"
	}
	return t
}

func keyText(k host.Key) string {
	t := string(k.Root) + `\` + k.Path
	if k.View == host.View32 {
		t += " (32-bit view)"
	}
	return t
}
