// Package ownership knows which of the registered updates owns what a machine holds.
//
// For each file, registry value and catalog the updates that touched it form a stack. The record of a layer is what removal
// of that update would bring back (spuninst.inf and the backup beside it); what the layer put there is the record of the
// layer above it, or, for the highest, what the machine holds. So three operations keep every stack right, whatever the order
// in which updates come and go (design: OURS; Update.exe restored the record of the update that was removed, whatever lay above):
//
//   - A new update is pushed: its record is what the machine holds now. That is an ordinary installation.
//   - An update is taken out (TakeOut): where it is the highest layer its record is restored; elsewhere the machine stays as
//     it is, and the layer above gets the record, with the backup.
//   - An update comes later with a file older than the installed one (InsertFile): its layer goes below the newer ones, so that
//     removing those brings its file, not an older one.
//
// The package computes; it neither reads nor changes a machine. Moving a backup is asked of the caller.
package ownership

import (
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Owner is one registered update.
type Owner struct {
	KB       string
	Sequence uint32 // order of installation on the machine
	Dir      string // backup directory, absolute; empty without one
	// Listed are the files of its file list, absolute. They matter only where the update cannot be removed.
	Listed []string

	removal *spuninst.Removal // nil: the update cannot be removed
	files   table[fileRecord]
	values  table[valueRecord]
	cats    table[catalogRecord]
	listed  map[string]bool
	changed bool
}

// fileRecord is what removal brings back in the place of a file: a backup, or nothing.
type fileRecord struct {
	target  string // portable
	backup  string // name in the backup directory; empty: the file was not there
	version string
	rank    uint32 // 0: the sequence of the update
}

type valueRecord struct {
	spuninst.RegRestore
	absent bool
}

type catalogRecord struct{ name, backup string }

// table keeps records by their subject in the order they came in.
type table[T any] struct {
	list []T
	gone []bool
	at   map[string]int
}

func (t *table[T]) put(id string, r T) {
	if i, ok := t.at[id]; ok {
		t.list[i], t.gone[i] = r, false
		return
	}
	if t.at == nil {
		t.at = map[string]int{}
	}
	t.at[id] = len(t.list)
	t.list, t.gone = append(t.list, r), append(t.gone, false)
}

func (t *table[T]) get(id string) (r T, ok bool) {
	if i, found := t.at[id]; found && !t.gone[i] {
		return t.list[i], true
	}
	return r, false
}

func (t *table[T]) drop(id string) {
	if i, ok := t.at[id]; ok {
		t.gone[i] = true
	}
}

// all calls f for each record; f may drop it.
func (t *table[T]) all(f func(id string, r T)) {
	ids := make([]string, len(t.list))
	for id, i := range t.at {
		ids[i] = id
	}
	for i, id := range ids {
		if !t.gone[i] {
			f(id, t.list[i])
		}
	}
}

// Ledger is every registered update of a machine.
type Ledger struct {
	Roots spuninst.Roots
	// Move plans that the file from comes into o's backup directory, and returns the name it gets there, which is free and
	// may differ from base.
	Move func(from string, o *Owner, base string) (name string, err error)
	// Obsolete are backups that no record names any more once the plan is carried out, absolute.
	Obsolete []string

	owners []*Owner
}

// Add enters an update. removal is nil for one that cannot be removed; it is not changed.
func (l *Ledger) Add(o *Owner, removal *spuninst.Removal) {
	o.removal = removal
	o.listed = map[string]bool{}
	for _, f := range o.Listed {
		o.listed[winpath.Fold(f)] = true
	}
	if removal != nil {
		l.load(o, removal)
	}
	l.owners = append(l.owners, o)
	sort.SliceStable(l.owners, func(i, j int) bool { return l.owners[i].Sequence < l.owners[j].Sequence })
}

func (l *Ledger) load(o *Owner, r *spuninst.Removal) {
	copied := *r
	o.removal = &copied
	ranks := map[string]uint32{}
	for _, f := range r.Ranks {
		ranks[l.fileID(f.Target)] = f.Rank
	}
	for _, f := range r.Restore {
		id := l.fileID(f.Target)
		o.files.put(id, fileRecord{f.Target, f.Backup, f.Version, ranks[id]})
	}
	for _, f := range r.Delete {
		id := l.fileID(f.Target)
		if _, ok := o.files.get(id); !ok { // what was there once is brought back, not deleted
			o.files.put(id, fileRecord{target: f.Target, rank: ranks[id]})
		}
	}
	for _, v := range r.RestoreValues {
		o.values.put(valueID(v.Root, v.Key, v.Name, v.View32), valueRecord{RegRestore: v})
	}
	for _, v := range r.DeleteValues {
		id := valueID(v.Root, v.Key, v.Name, v.View32)
		if _, ok := o.values.get(id); !ok {
			o.values.put(id, valueRecord{spuninst.RegRestore{Root: v.Root, Key: v.Key, Name: v.Name, View32: v.View32}, true})
		}
	}
	for _, c := range r.CatalogsRestore {
		o.cats.put(winpath.Fold(c.Name), catalogRecord{c.Name, c.Backup})
	}
	for _, c := range r.CatalogsDelete {
		if _, ok := o.cats.get(winpath.Fold(c)); !ok {
			o.cats.put(winpath.Fold(c), catalogRecord{name: c})
		}
	}
}

// Removal is the update's records as they are now; nil if it cannot be removed.
func (o *Owner) Removal() *spuninst.Removal {
	if o.removal == nil {
		return nil
	}
	r := *o.removal
	r.Restore, r.Delete, r.Ranks = nil, nil, nil
	o.files.all(func(_ string, f fileRecord) {
		if f.backup != "" {
			r.Restore = append(r.Restore, spuninst.RestoreFile{Target: f.target, Backup: f.backup, Version: f.version})
		} else {
			r.Delete = append(r.Delete, spuninst.DeleteFile{Target: f.target})
		}
		if f.rank != 0 {
			r.Ranks = append(r.Ranks, spuninst.FileRank{Target: f.target, Rank: f.rank})
		}
	})
	r.RestoreValues, r.DeleteValues = nil, nil
	o.values.all(func(_ string, v valueRecord) {
		if v.absent {
			r.DeleteValues = append(r.DeleteValues, spuninst.RegValueRef{Root: v.Root, Key: v.Key, Name: v.Name, View32: v.View32})
		} else {
			r.RestoreValues = append(r.RestoreValues, v.RegRestore)
		}
	})
	r.CatalogsRestore, r.CatalogsDelete = nil, nil
	o.cats.all(func(_ string, c catalogRecord) {
		if c.backup != "" {
			r.CatalogsRestore = append(r.CatalogsRestore, spuninst.CatalogRestore{Name: c.name, Backup: c.backup})
		} else {
			r.CatalogsDelete = append(r.CatalogsDelete, c.name)
		}
	})
	return &r
}

// Changed lists the updates whose records are no longer what spuninst.inf says, by sequence.
func (l *Ledger) Changed() []*Owner {
	var list []*Owner
	for _, o := range l.owners {
		if o.changed {
			list = append(list, o)
		}
	}
	return list
}

// Owners lists every update by sequence.
func (l *Ledger) Owners() []*Owner { return l.owners }

// Drop takes an update off the ledger without a trace.
func (l *Ledger) Drop(me *Owner) {
	for i, o := range l.owners {
		if o == me {
			l.owners = append(l.owners[:i:i], l.owners[i+1:]...)
			return
		}
	}
}

// fileID is the subject of a file: its absolute path without regard to case.
func (l *Ledger) fileID(portable string) string {
	if p, err := spuninst.Resolve(portable, l.Roots); err == nil {
		return winpath.Fold(p)
	}
	return winpath.Fold(portable)
}

func keyID(root, key string, view32 bool) string {
	view := "native"
	if view32 {
		view = "32"
	}
	return strings.ToUpper(root) + "|" + view + "|" + winpath.Fold(strings.Trim(key, `\`))
}

func valueID(root, key, name string, view32 bool) string {
	return keyID(root, key, view32) + "\x00" + winpath.Fold(name)
}

// NextSequence is a number above every sequence and rank in use.
func (l *Ledger) NextSequence() uint32 {
	var top uint32
	for _, o := range l.owners {
		top = max(top, o.Sequence)
		o.files.all(func(_ string, f fileRecord) { top = max(top, f.rank) })
	}
	return top + 1
}
