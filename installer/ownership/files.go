package ownership

import (
	"fmt"
	"sort"

	"github.com/kbforge/kbforge/installer/winpath"
)

// Layer is one update's place in the stack of a file.
type Layer struct {
	Owner *Owner
	// Final: the update cannot be removed, so nothing below it comes back.
	Final bool
	// Before: the version of what removing the update brings back here; Absent: no file.
	Before string
	Absent bool
	// Backup is the file with that content, absolute; empty if Absent or Final.
	Backup string

	rank uint32
}

// File is the stack of a file, the lowest layer first.
func (l *Ledger) File(path string) []Layer {
	id := winpath.Fold(path)
	var list []Layer
	for _, o := range l.owners {
		f, ok := o.files.get(id)
		switch {
		case ok:
			ly := Layer{Owner: o, Before: f.version, Absent: f.backup == "", rank: rank(o, f)}
			if f.backup != "" {
				ly.Backup = winpath.Join(o.Dir, f.backup)
			}
			list = append(list, ly)
		case o.removal == nil && o.listed[id]:
			list = append(list, Layer{Owner: o, Final: true, rank: o.Sequence})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].rank < list[j].rank })
	return list
}

func rank(o *Owner, f fileRecord) uint32 {
	if f.rank != 0 {
		return f.rank
	}
	return o.Sequence
}

// Above names the updates that came after me and have a layer above me's in the stack of one of me's files, in the order of installation: those
// that the white paper, "Order of Removal", wants to be removed first. Files in shared serve several updates and bind none.
func (l *Ledger) Above(me *Owner, shared ...string) []*Owner {
	skip := map[string]bool{}
	for _, p := range shared {
		skip[winpath.Fold(p)] = true
	}
	found := map[*Owner]bool{}
	me.files.all(func(id string, f fileRecord) {
		for _, ly := range l.File(id) {
			if ly.rank > rank(me, f) && ly.Owner.Sequence > me.Sequence && !skip[id] {
				found[ly.Owner] = true
			}
		}
	})
	var list []*Owner
	for _, o := range l.owners {
		if found[o] {
			list = append(list, o)
		}
	}
	return list
}

func (l *Ledger) fileAbove(me *Owner, id string, f fileRecord) *Owner {
	for _, ly := range l.File(id) {
		if ly.Owner != me && ly.rank > rank(me, f) {
			return ly.Owner
		}
	}
	return nil
}

// takeFiles hands the records of files to the layers above.
func (l *Ledger) takeFiles(me *Owner) error {
	var fault error
	me.files.all(func(id string, f fileRecord) {
		above := l.fileAbove(me, id, f)
		if above == nil || fault != nil {
			return
		}
		me.files.drop(id)
		me.changed = true
		if above.removal == nil {
			if f.backup != "" {
				l.obsolete(me, f.backup)
			}
			return
		}
		fault = l.giveFile(me, above, id, f)
	})
	return fault
}

// giveFile makes me's record the record of above.
func (l *Ledger) giveFile(me, above *Owner, id string, f fileRecord) error {
	old, _ := above.files.get(id)
	next := fileRecord{target: f.target, version: f.version, rank: old.rank}
	if f.backup != "" {
		var err error
		if next.backup, err = l.Move(winpath.Join(me.Dir, f.backup), above, winpath.Base(f.target)); err != nil {
			return fmt.Errorf("hand the backup of %s from %s to %s: %w", f.target, me.KB, above.KB, err)
		}
		l.obsolete(me, f.backup)
	}
	if old.backup != "" {
		l.obsolete(above, old.backup)
	}
	above.files.put(id, next)
	above.changed = true
	return nil
}

func (l *Ledger) obsolete(o *Owner, backup string) {
	l.Obsolete = append(l.Obsolete, winpath.Join(o.Dir, backup))
}

// Inserted is the record of an update that comes below others: what its removal would bring back once they are gone.
type Inserted struct {
	Needed  bool // false: what lies below is as new; the update needs no layer
	Absent  bool
	Backup  string // name in the new update's directory
	Version string
}

// InsertFile puts a file of the new update me below the lowest layer that put a newer one. newer tells whether the content
// that a layer found (its record) is newer than, and same whether it equals, the new update's file; content is that file,
// absolute. me need not be on the ledger; a nil me cannot be removed: what its file replaces is forgotten.
func (l *Ledger) InsertFile(path string, me *Owner, content, version string, judge func(Layer) (newer, same bool)) (Inserted, error) {
	stack := l.File(path)
	at, floor, sameAt := -1, 0, false
	for i, ly := range stack {
		if ly.Final { // it hides what lies below for ever
			at, floor = -1, i+1
			continue
		}
		// Contents get newer from layer to layer: the place is the highest layer that found an older one.
		if newer, same := judge(ly); !newer {
			at, sameAt = i, same
		}
	}
	if at < 0 || sameAt && at == floor { // equal to what no update owns: it stays whoever goes
		return Inserted{}, nil
	}
	return l.insert(stack, at, path, me, content, version)
}

func (l *Ledger) insert(stack []Layer, at int, path string, me *Owner, content, version string) (Inserted, error) {
	id := winpath.Fold(path)
	rank := l.NextSequence() // before any rank is taken back
	if me != nil {
		rank = max(rank, me.Sequence)
	}
	up := stack[at].Owner
	old, _ := up.files.get(id)
	ins := Inserted{Needed: true, Absent: old.backup == "", Version: old.version}
	var err error
	if old.backup != "" {
		if me != nil {
			if ins.Backup, err = l.Move(winpath.Join(up.Dir, old.backup), me, winpath.Base(path)); err != nil {
				return ins, fmt.Errorf("hand the backup of %s from %s: %w", path, up.KB, err)
			}
		}
		l.obsolete(up, old.backup)
	}
	next := fileRecord{target: old.target, version: version}
	if next.backup, err = l.Move(content, up, winpath.Base(path)); err != nil {
		return ins, fmt.Errorf("give %s the file that %s will bring back: %w", path, up.KB, err)
	}
	up.files.put(id, next)
	// The new update's rank is its sequence; those above it must have higher ones.
	for _, ly := range stack[at:] {
		rank++
		if f, ok := ly.Owner.files.get(id); ok {
			f.rank = rank
			ly.Owner.files.put(id, f)
			ly.Owner.changed = true
		}
	}
	if me == nil {
		for _, ly := range stack[:at] {
			if f, ok := ly.Owner.files.get(id); ok {
				if f.backup != "" {
					l.obsolete(ly.Owner, f.backup)
				}
				ly.Owner.files.drop(id)
				ly.Owner.changed = true
			}
		}
	}
	return ins, nil
}
