package step

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/winpath"
)

func (s Step) meta() host.FileMeta { return host.FileMeta{ModTime: s.ModTime, Attr: s.Attr} }

// putFile replaces the file now, or at the restart when it is in use (white paper, "The Pending File Renames Registry
// Key").
func (s Step) putFile(e Env) (Outcome, error) {
	if s.PrevPending != "" {
		if _, err := pfr.Drop(e.Host, s.PrevPending); err != nil {
			return Outcome{}, err
		}
	}
	if !s.Force {
		err := e.write(s.From, s.Path, s.meta())
		if err == nil {
			e.logf("Copied file:  %s", s.Path)
			return Outcome{Delayed: s.Reboot}, nil
		}
		if !errors.Is(err, host.ErrInUse) {
			return Outcome{}, err
		}
	}
	if err := e.write(s.From, s.Temp, s.meta()); err != nil {
		return Outcome{}, err
	}
	if err := pfr.Add(e.Host, pfr.Replace(s.Temp, s.Path)); err != nil {
		return Outcome{}, err
	}
	e.logf("Copied file (delayed):  %s", s.Temp)
	return Outcome{Delayed: true}, nil
}

func (e Env) write(from, to string, meta host.FileMeta) error {
	r, err := e.open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	return e.Host.WriteFile(to, r, meta)
}

// undoPut removes whatever putFile may have left waiting, and then makes Path what it was.
func (s Step) undoPut(e Env) (Outcome, error) {
	if s.Temp != "" {
		if _, err := pfr.Drop(e.Host, s.Temp); err != nil {
			return Outcome{}, err
		}
		if err := gone(e.Host.Remove(s.Temp)); err != nil {
			return Outcome{}, err
		}
	}
	if s.Force {
		if done, err := s.renamedAtRestart(e); err != nil || !done {
			return Outcome{}, errors.Join(err, s.requeue(e))
		}
		// The restart came before this: Path gets what the restart would have given it without the plan.
		if s.PrevPending != "" {
			if err := gone(e.Host.Remove(s.PrevPending)); err != nil {
				return Outcome{}, err
			}
		}
		return s.restore(e)
	}
	if err := s.requeue(e); err != nil {
		return Outcome{}, err
	}
	return s.restore(e)
}

// renamedAtRestart reports whether a restart has put the waiting file in the place of Path, which nothing else touches.
func (s Step) renamedAtRestart(e Env) (bool, error) {
	if s.Before == "" {
		return false, nil
	}
	f, err := e.Host.Open(s.Path)
	if err != nil {
		return false, gone(err)
	}
	defer f.Close()
	sum := md5.New()
	if _, err := io.Copy(sum, f); err != nil {
		return false, fmt.Errorf("read %s: %w", s.Path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)) != s.Before, nil
}

func (s Step) requeue(e Env) error {
	if s.PrevPending == "" {
		return nil
	}
	ok, err := exists(e.Host, s.PrevPending)
	if err != nil || !ok {
		return err
	}
	return pfr.Add(e.Host, pfr.Replace(s.PrevPending, s.Path))
}

// restore makes Path what it was before the plan: the backup's content, or absent.
func (s Step) restore(e Env) (Outcome, error) {
	if !s.Existed {
		err := gone(e.Host.Remove(s.Path))
		if errors.Is(err, host.ErrInUse) {
			return Outcome{Delayed: true}, pfr.Add(e.Host, pfr.Replace(s.Path, ""))
		}
		return Outcome{}, err
	}
	saved, err := exists(e.Host, s.Backup)
	if err != nil || !saved {
		return Outcome{}, err // the backup is made before the file is touched: it still is as it was
	}
	if there, err := exists(e.Host, s.Path); err != nil {
		return Outcome{}, err
	} else if there {
		if eq, err := sameFile(e.Host, s.Path, s.Backup); err != nil || eq {
			return Outcome{}, err
		}
	}
	return s.bringBack(e)
}

func (s Step) bringBack(e Env) (Outcome, error) {
	err := e.Host.CopyFile(s.Backup, s.Path)
	if err == nil {
		e.logf("Restored file:  %s", s.Path)
		return Outcome{}, nil
	}
	if !errors.Is(err, host.ErrInUse) || s.Temp == "" {
		return Outcome{}, err
	}
	tmp := deliberate(s.Temp)
	if err := e.Host.CopyFile(s.Backup, tmp); err != nil {
		return Outcome{}, err
	}
	e.logf("Restored file (delayed):  %s", tmp)
	return Outcome{Delayed: true}, pfr.Add(e.Host, pfr.Replace(tmp, s.Path))
}

// RollBackTemp is the name of a file that a step with that Temp may leave waiting when it is undone; a plan keeps it free.
func RollBackTemp(temp string) string { return deliberate(temp) }

// deliberate is the name under which a roll back lets a file wait: an older version that comes on purpose (pfr.Clean).
func deliberate(temp string) string {
	base := winpath.Base(temp)
	if rest, ok := strings.CutPrefix(base, "SET"); ok {
		base = "uninstr" + rest
	}
	return winpath.Join(winpath.Dir(temp), base)
}

func (s Step) deleteFile(e Env) (Outcome, error) {
	if s.PrevPending != "" {
		if _, err := pfr.Drop(e.Host, s.PrevPending); err != nil {
			return Outcome{}, err
		}
	}
	err := gone(e.Host.Remove(s.Path))
	if errors.Is(err, host.ErrInUse) {
		e.logf("Deleted file (delayed):  %s", s.Path)
		return Outcome{Delayed: true}, pfr.Add(e.Host, pfr.Replace(s.Path, ""))
	}
	if err == nil {
		e.logf("Deleted file:  %s", s.Path)
	}
	return Outcome{}, err
}

func (s Step) undoDelete(e Env) (Outcome, error) {
	if _, err := pfr.Drop(e.Host, s.Path); err != nil {
		return Outcome{}, err
	}
	if err := s.requeue(e); err != nil {
		return Outcome{}, err
	}
	if !s.Existed {
		return Outcome{}, nil
	}
	return s.restore(e)
}

func (s Step) removeDir(e Env) error {
	err := gone(e.Host.Remove(s.Path))
	if errors.Is(err, host.ErrNotEmpty) || errors.Is(err, host.ErrInUse) {
		return nil
	}
	return err
}

func (s Step) cancelPending(e Env) error {
	if _, err := pfr.Drop(e.Host, s.Temp); err != nil {
		return err
	}
	return gone(e.Host.Remove(s.Temp))
}

func (s Step) undoCancel(e Env) error {
	there, err := exists(e.Host, s.Temp)
	if err != nil {
		return err
	}
	if !there {
		if s.Backup == "" { // the queue named a file that was gone already
			return pfr.Add(e.Host, pfr.Replace(s.Temp, s.Path))
		}
		saved, err := exists(e.Host, s.Backup)
		if err != nil || !saved {
			return err
		}
		if err := e.Host.CopyFile(s.Backup, s.Temp); err != nil {
			return err
		}
	}
	return pfr.Add(e.Host, pfr.Replace(s.Temp, s.Path))
}

// removeTree deletes what it can; a file in use is queued for deletion at the restart. It never follows a reparse point.
func removeTree(e Env, path, except string) (Outcome, error) {
	var out Outcome
	list, err := e.Host.ReadDir(path)
	if err != nil {
		return out, gone(err)
	}
	for _, fi := range list {
		p := winpath.Join(path, fi.Name)
		if except != "" && winpath.Equal(p, except) {
			continue
		}
		var o Outcome
		if fi.IsDir() && fi.Attr&host.AttrReparse == 0 {
			o, err = removeTree(e, p, except)
		} else {
			o, err = removeOrQueue(e, p)
		}
		if err != nil {
			return out, err
		}
		out.Delayed = out.Delayed || o.Delayed
	}
	if except != "" && winpath.Under(except, path) {
		return out, nil
	}
	o, err := removeOrQueue(e, path)
	out.Delayed = out.Delayed || o.Delayed
	return out, err
}

func removeOrQueue(e Env, path string) (Outcome, error) {
	err := gone(e.Host.Remove(path))
	if errors.Is(err, host.ErrInUse) || errors.Is(err, host.ErrNotEmpty) {
		return Outcome{Delayed: true}, pfr.Add(e.Host, pfr.Replace(path, ""))
	}
	return Outcome{}, err
}

func wrap(op string, s Step, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", op, s.String(), err)
}
