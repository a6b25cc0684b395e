package installer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/ownership"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// ledger reads the records of every registered update. One whose backup is gone cannot be removed: what it put stays.
func (r *run) ledger(d *draft) (*ownership.Ledger, error) {
	l := &ownership.Ledger{Roots: r.roots()}
	if d != nil {
		l.Move = d.move
	}
	list, err := register.List(r.Host)
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		o := &ownership.Owner{KB: u.KB, Sequence: u.Sequence, Dir: UninstallDirOf(u)}
		for _, f := range u.Files {
			o.Listed = append(o.Listed, f.Path())
		}
		var rem *spuninst.Removal
		if o.Dir != "" {
			if rem, _, err = r.parseRemoval(o.Dir); err != nil {
				rem = nil
				r.log.Warn("%s cannot be removed any more: %v", u.KB, err)
			}
		}
		l.Add(o, rem)
	}
	return l, r.sleepers(l)
}

// sleepers adds updates that a service pack has taken off the registry, or that were migrated for one: their backup directories
// are still there, and the stacks need their records.
func (r *run) sleepers(l *ownership.Ledger) error {
	dirs, err := r.Host.ReadDir(r.info.WindowsDir)
	if err != nil {
		return fmt.Errorf("look for backup directories: %w", err)
	}
	known := map[string]bool{}
	for _, o := range l.Owners() {
		known[winpath.Fold(o.Dir)] = true
	}
	for _, d := range dirs {
		dir := winpath.Join(r.info.WindowsDir, d.Name)
		if !d.IsDir() || !strings.HasPrefix(d.Name, "$") || d.Attr&host.AttrReparse != 0 || known[winpath.Fold(dir)] {
			continue
		}
		rem, _, err := r.parseRemoval(dir)
		if err != nil || rem.Sequence == "" {
			continue // no backup directory, or none that says where it belongs
		}
		n, err := strconv.ParseUint(rem.Sequence, 10, 32)
		if err != nil {
			continue
		}
		l.Add(&ownership.Owner{KB: rem.KB, Sequence: uint32(n), Dir: dir}, rem)
	}
	return nil
}

// touched tells of files whether an update touched them. The records are read when the first is asked for.
func (r *run) touched() func(path string) (bool, error) {
	var l *ownership.Ledger
	return func(path string) (bool, error) {
		if l == nil {
			var err error
			if l, err = r.ledger(nil); err != nil {
				return false, err
			}
		}
		return l.OwnsFile(path), nil
	}
}

// ownerIn finds an update by its backup directory or its Updates key.
func ownerIn(l *ownership.Ledger, dir, updatesKey string) *ownership.Owner {
	for _, o := range l.Owners() {
		if o.Dir != "" && winpath.Equal(o.Dir, dir) {
			return o
		}
	}
	for _, o := range l.Owners() {
		if rem := o.Removal(); rem != nil && updatesKey != "" && winpath.Equal(rem.UpdatesKey, updatesKey) {
			return o
		}
	}
	return nil
}

// move plans that a file of the machine, or of the package, comes into an update's backup directory.
func (d *draft) move(from string, o *ownership.Owner, base string) (string, error) {
	to, err := d.reserve(o.Dir, base)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(from, step.FromPackage) {
		s := step.Step{Kind: step.PutFile, Path: to, From: from}
		if s.Temp, err = d.temp(to); err != nil {
			return "", err
		}
		d.add(s)
	} else {
		d.saves = append(d.saves, step.Step{Kind: step.SaveFile, From: step.FromHost + from, Path: to})
		if d.origin == nil {
			d.origin = map[string]string{}
		}
		d.origin[winpath.Fold(to)] = d.originOf(from)
	}
	return winpath.Base(to), nil
}

// originOf is the file that holds the content of path now: path may be planned only.
func (d *draft) originOf(path string) string {
	if from, ok := d.origin[winpath.Fold(path)]; ok {
		return from
	}
	return path
}

// rewrite plans spuninst.inf and spuninst.txt of the updates whose records changed.
func (d *draft) rewrite(l *ownership.Ledger, except string, now time.Time) error {
	for _, o := range l.Changed() {
		if winpath.Equal(o.Dir, except) {
			continue
		}
		rem := o.Removal()
		text, err := rem.Print()
		if err != nil {
			return fmt.Errorf("write spuninst.inf of %s: %w", o.KB, err)
		}
		dir := winpath.Join(o.Dir, spuninstFolder)
		for _, f := range []struct {
			name string
			data []byte
		}{{"spuninst.inf", text}, {"spuninst.txt", rem.Text(l.Roots)}} {
			if err := d.replaceOwn(winpath.Join(dir, f.name), d.blob(bytesBlob(o.KB+"-"+f.name, f.data, now)), now); err != nil {
				return err
			}
		}
	}
	return nil
}

// replaceOwn plans a file of ours, of this or of another update.
func (d *draft) replaceOwn(target, from string, modified time.Time) error {
	s := step.Step{Kind: step.PutFile, Path: target, From: from, ModTime: modified}
	var err error
	if s.Temp, err = d.temp(target); err != nil {
		return err
	}
	if s.Existed, err = d.exists(target); err == nil && s.Existed {
		s.Backup, err = d.save(target, "", "")
	}
	if err != nil {
		return err
	}
	d.add(s)
	return nil
}

// leftovers are files that nothing names any more once the plan is committed.
func leftovers(l *ownership.Ledger, except string) []step.Step {
	var steps []step.Step
	for _, p := range l.Obsolete {
		if except == "" || !winpath.Under(p, except) {
			steps = append(steps, step.Step{Kind: step.DeleteFile, Path: p})
		}
	}
	return steps
}

// takeOver readies the ledger for an installation: an earlier installation of this update hands over what lies below others;
// what is left in p.old are its originals where it is the highest. The update comes anew on top.
func (p *installPlan) takeOver() error {
	var err error
	if p.ledger, err = p.r.ledger(p.draft); err != nil {
		return err
	}
	key := p.r.updateKeyOf(p.c).Path
	me := ownerIn(p.ledger, p.udir, key)
	if p.old != nil {
		if me == nil {
			me = &ownership.Owner{KB: p.r.res.KB, Dir: p.udir}
			p.ledger.Add(me, p.old)
		}
		if err := p.ledger.TakeOut(me); err != nil {
			return err
		}
		p.old = me.Removal()
	}
	if me != nil && (p.old != nil || me.Removal() == nil) { // else it lies below, in another backup directory
		p.ledger.Drop(me)
	}
	p.sequence = p.ledger.NextSequence()
	return nil
}

// stay records what the update says about a file that it leaves alone, where another update has touched it: if that one is
// removed, the file must be what this update wants.
func (p *installPlan) stay(it inventory.Item) error {
	if p.oldKnows(it.Target) || !p.ledger.OwnsFile(it.Target) || it.NewPath != "" {
		return nil
	}
	switch {
	case !it.New.Exists: // listed for deletion, and gone already
		if p.udir == "" {
			p.ledger.ForgetFile(it.Target)
			return nil
		}
		p.removes(it.Target)
		return nil
	case it.Old.Exists && it.Old.MD5 == it.New.MD5 && it.Old.Size == it.New.Size:
		if p.udir == "" {
			return nil // the file list says it
		}
		return p.touch(it)
	}
	return p.insert(it)
}

// touch puts the update on top of the stack of a file that has the wanted content already.
func (p *installPlan) touch(it inventory.Item) error {
	current := it.Target
	if it.Pending != "" {
		current = it.Pending
	}
	_, err := p.archive(it.Target, current, it.Old.VersionText())
	return err
}

// share puts the update on top of the stack of a file that serves several: it stays until the last of them goes.
func (p *installPlan) share(path string) error {
	if p.udir == "" || p.oldKnows(path) || !p.ledger.OwnsFile(path) {
		return nil
	}
	facts, err := inventory.OfHost(p.host, path)
	if err != nil || !facts.Exists {
		return err
	}
	_, err = p.archive(path, path, facts.VersionText())
	return err
}

// insert puts the update below those that brought newer versions, or took the file away.
func (p *installPlan) insert(it inventory.Item) error {
	var me *ownership.Owner
	if p.udir != "" {
		me = &ownership.Owner{KB: p.r.res.KB, Dir: p.udir, Sequence: p.sequence}
	}
	var fault error
	judge := func(ly ownership.Layer) (newer, same bool) {
		found := inventory.Item{When: it.When, Flags: it.Flags, New: it.New}
		if !ly.Absent {
			facts, err := inventory.OfHost(p.host, p.originOf(ly.Backup))
			fault = errors.Join(fault, err)
			found.Old = facts
		}
		same = found.Old.Exists && found.Old.MD5 == it.New.MD5 && found.Old.Size == it.New.Size
		action, _ := inventory.Decide(found)
		return action == inventory.Keep && !same, same
	}
	ins, err := p.ledger.InsertFile(it.Target, me, step.FromPackage+it.Source, it.New.VersionText(), judge)
	if err = errors.Join(err, fault); err != nil || !ins.Needed || me == nil {
		return err
	}
	p.r.logf("%s: version %s is kept for the removal of the updates that brought a newer one", it.Target, it.New.VersionText())
	switch {
	case !ins.Absent:
		p.rem.Restore = append(p.rem.Restore, spuninst.RestoreFile{Target: p.portable(it.Target), Backup: ins.Backup, Version: ins.Version})
	case !p.keeps(it.Target):
		p.removes(it.Target)
	}
	return nil
}

// stayValues does for registry values what stay does for files. An update without backup sets its values for good.
func (p *installPlan) stayValues(o *regplan.Overlay, steps []step.Step) {
	ref := func(k host.Key, name string) spuninst.RegValueRef {
		return spuninst.RegValueRef{Root: string(k.Root), Key: k.Path, Name: name, View32: k.View == host.View32}
	}
	say := func(v spuninst.RegValueRef, cur *host.Value) {
		switch {
		case !p.ledger.OwnsValue(v.Root, v.Key, v.Name, v.View32):
		case p.udir == "":
			p.ledger.Forget(v.Root, v.Key, v.Name, v.View32)
		case !p.oldHasValue(v) && !knowsValue(&p.rem, v):
			p.undoValue(v, cur)
		}
	}
	for _, t := range o.Unchanged() {
		say(ref(t.Key, t.Name), t.Value)
	}
	for _, k := range o.DeletedKeys() {
		for _, v := range p.ledger.ValuesBelow(string(k.Root), k.Path, k.View == host.View32) {
			if _, there, err := o.Get(keyOf(v.Root, v.Key, v.View32), v.Name); err == nil && !there {
				say(v, nil)
			}
		}
	}
	if p.udir == "" {
		for _, s := range steps {
			if s.Kind == step.SetValue || s.Kind == step.DeleteValue {
				say(ref(s.Key, s.Name), nil)
			}
		}
	}
}
