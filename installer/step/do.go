package step

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pfr"
)

// Do carries the step out. It is harmless when repeated.
func (s Step) Do(e Env) (Outcome, error) {
	out, err := s.do(e)
	return out, wrap("do", s, err)
}

func (s Step) do(e Env) (Outcome, error) {
	h := e.Host
	switch s.Kind {
	case MakeDir:
		_, err := h.MkdirAll(s.Path, s.Attr)
		return Outcome{}, err
	case SaveFile:
		return Outcome{}, h.CopyFile(strings.TrimPrefix(s.From, FromHost), s.Path)
	case PutFile:
		return s.putFile(e)
	case DeleteFile:
		return s.deleteFile(e)
	case RemoveDir:
		return Outcome{}, s.removeDir(e)
	case RemoveTree:
		return removeTree(e, s.Path, s.Except)
	case KeepFile:
		return Outcome{}, pfr.Undelete(h, s.Path)
	case CancelPending:
		return Outcome{}, s.cancelPending(e)
	case MakeKey:
		_, err := h.CreateKey(s.Key, s.Volatile)
		return Outcome{}, err
	case DeleteKey:
		return Outcome{}, deleteEmptyKey(h, s.Key)
	case SetValue:
		return Outcome{}, h.SetValue(s.Key, s.Name, s.Value)
	case DeleteValue:
		return Outcome{}, gone(h.DeleteValue(s.Key, s.Name))
	case AddCatalog:
		e.logf("Installing catalog %s", s.Name)
		return Outcome{}, h.AddCatalog(strings.TrimPrefix(s.From, FromHost), s.Name)
	case RemoveCatalog:
		e.logf("Removing catalog %s", s.Name)
		return Outcome{}, gone(h.RemoveCatalog(s.Name))
	case RenameDir:
		return Outcome{}, s.renameDir(e, s.Path, s.To)
	}
	return s.doProgram(e)
}

// doProgram is do for what runs.
func (s Step) doProgram(e Env) (Outcome, error) {
	switch s.Kind {
	case StopService:
		e.logf("Stopping service %s", s.Name)
		return Outcome{}, gone(e.Host.StopService(s.Name, s.Timeout))
	case StartService:
		return s.startService(e), nil
	case RegisterDLL:
		return Outcome{}, s.registerDLL(e)
	case UnregisterDLL:
		s.unregister(e)
		return Outcome{}, nil
	case RestoreDLL:
		return Outcome{}, nil
	case RunProcess:
		return s.runProcess(e)
	case CancelTask:
		return Outcome{}, e.Host.CancelDeferred(s.Task)
	}
	return Outcome{}, fmt.Errorf("unknown kind")
}

// Undo brings back what was there before the plan, whether or not Do ran.
func (s Step) Undo(e Env) (Outcome, error) {
	out, err := s.undo(e)
	return out, wrap("undo", s, err)
}

func (s Step) undo(e Env) (Outcome, error) {
	h := e.Host
	switch s.Kind {
	case MakeDir:
		return Outcome{}, s.removeDir(e)
	case SaveFile:
		return Outcome{}, gone(h.Remove(s.Path))
	case PutFile:
		return s.undoPut(e)
	case DeleteFile:
		return s.undoDelete(e)
	case RemoveDir:
		_, err := h.MkdirAll(s.Path, s.Attr)
		return Outcome{}, err
	case RemoveTree:
		return Outcome{}, nil // stands only after the commit
	case KeepFile:
		return Outcome{}, pfr.Add(h, pfr.Replace(s.Path, ""))
	case CancelPending:
		return Outcome{}, s.undoCancel(e)
	case MakeKey:
		return Outcome{}, deleteEmptyKey(h, s.Key)
	case DeleteKey:
		_, err := h.CreateKey(s.Key, s.Volatile)
		return Outcome{}, err
	case SetValue, DeleteValue:
		return Outcome{}, s.undoValue(h)
	case AddCatalog, RemoveCatalog:
		return Outcome{}, s.undoCatalog(e)
	case RenameDir:
		return Outcome{}, s.renameDir(e, s.To, s.Path)
	}
	return s.undoProgram(e)
}

// undoProgram is undo for what runs.
func (s Step) undoProgram(e Env) (Outcome, error) {
	switch s.Kind {
	case StopService:
		return s.startService(e), nil
	case StartService:
		e.logf("Stopping service %s", s.Name)
		s.tolerate(e, e.Host.StopService(s.Name, s.Timeout))
		return Outcome{}, nil
	case RegisterDLL:
		if err := e.Host.CancelDeferred(s.Task); err != nil || s.Existed {
			return Outcome{}, err
		}
		s.unregister(e)
		return Outcome{}, nil
	case UnregisterDLL, RestoreDLL:
		s.tolerate(e, s.callDLL(e, false))
		return Outcome{}, nil
	case RunProcess:
		return Outcome{}, e.Host.CancelDeferred(s.Task)
	case CancelTask:
		return Outcome{}, e.Host.Defer(host.Task{ID: s.Task, Text: s.Command})
	}
	return Outcome{}, fmt.Errorf("unknown kind")
}

func (s Step) undoValue(h host.Host) error {
	if s.Prev != nil {
		if _, err := h.CreateKey(s.Key, false); err != nil {
			return err
		}
		return h.SetValue(s.Key, s.Name, *s.Prev)
	}
	return gone(h.DeleteValue(s.Key, s.Name))
}

func (s Step) undoCatalog(e Env) error {
	if !s.Existed {
		return gone(e.Host.RemoveCatalog(s.Name))
	}
	saved, err := exists(e.Host, s.Backup)
	if err != nil || !saved {
		return err // the backup is made before the catalog is touched
	}
	return e.Host.AddCatalog(s.Backup, s.Name)
}

// deleteEmptyKey deletes a key that holds nothing. Somebody else's values and subkeys keep it alive.
func deleteEmptyKey(h host.Host, k host.Key) error {
	vals, err := h.Values(k)
	if err != nil {
		return gone(err)
	}
	if len(vals) > 0 {
		return nil
	}
	err = h.DeleteKey(k)
	if errors.Is(err, host.ErrNotEmpty) {
		return nil
	}
	return gone(err)
}
