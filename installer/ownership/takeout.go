package ownership

import (
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/winpath"
)

// TakeOut prepares that me goes: records whose subject another update has touched since go to the lowest update above.
// What stays in me.Removal is what the machine gets back.
func (l *Ledger) TakeOut(me *Owner) error {
	if me.removal == nil {
		return nil
	}
	if err := l.takeFiles(me); err != nil {
		return err
	}
	l.takeValues(me)
	if err := l.takeCatalogs(me); err != nil {
		return err
	}
	l.takeKeys(me)
	l.takeDirs(me)
	l.takeDLLs(me)
	return nil
}

// higher lists the updates that came after me and can be removed.
func (l *Ledger) higher(me *Owner) []*Owner {
	var list []*Owner
	for _, o := range l.owners {
		if o != me && o.Sequence > me.Sequence && o.removal != nil {
			list = append(list, o)
		}
	}
	return list
}

func (l *Ledger) takeValues(me *Owner) {
	above := l.higher(me)
	me.values.all(func(id string, v valueRecord) {
		for _, o := range above {
			if _, ok := o.values.get(id); ok {
				o.values.put(id, v)
				o.changed = true
				me.values.drop(id)
				me.changed = true
				return
			}
		}
	})
}

func (l *Ledger) takeCatalogs(me *Owner) error {
	above := l.higher(me)
	var fault error
	me.cats.all(func(id string, c catalogRecord) {
		for _, o := range above {
			old, ok := o.cats.get(id)
			if !ok || fault != nil {
				continue
			}
			next := catalogRecord{name: c.name}
			if c.backup != "" {
				next.backup, fault = l.Move(winpath.Join(me.Dir, c.backup), o, c.name)
				l.obsolete(me, c.backup)
			}
			if old.backup != "" {
				l.obsolete(o, old.backup)
			}
			o.cats.put(id, next)
			o.changed = true
			me.cats.drop(id)
			me.changed = true
			return
		}
	})
	return fault
}

// takeKeys: a key that me made stays while a later update holds something in it; that update will remove it. A key that me
// deleted comes back with me, unless a later update has said something about it.
func (l *Ledger) takeKeys(me *Owner) {
	above := l.higher(me)
	keep := func(keys []spuninst.RegKeyRef, give func(o *Owner, k spuninst.RegKeyRef) bool) []spuninst.RegKeyRef {
		var mine []spuninst.RegKeyRef
		for _, k := range keys {
			given := false
			for _, o := range above {
				if given = give(o, k); given {
					o.changed, me.changed = true, true
					break
				}
			}
			if !given {
				mine = append(mine, k)
			}
		}
		return mine
	}
	me.removal.DeleteKeys = keep(me.removal.DeleteKeys, func(o *Owner, k spuninst.RegKeyRef) bool {
		switch {
		case hasKey(o.removal.DeleteKeys, k):
			return true
		case hasKey(o.removal.RestoreKeys, k):
			o.removal.RestoreKeys = withoutKey(o.removal.RestoreKeys, k)
		case !o.uses(k):
			return false
		}
		o.removal.DeleteKeys = deepestFirst(append(clip(o.removal.DeleteKeys), k))
		return true
	})
	me.removal.RestoreKeys = keep(me.removal.RestoreKeys, func(o *Owner, k spuninst.RegKeyRef) bool {
		switch {
		case hasKey(o.removal.RestoreKeys, k):
			return true
		case hasKey(o.removal.DeleteKeys, k):
			o.removal.DeleteKeys = withoutKey(o.removal.DeleteKeys, k)
			return true
		case !o.uses(k):
			return false
		}
		o.removal.RestoreKeys = parentsFirst(append(clip(o.removal.RestoreKeys), k))
		return true
	})
}

func clip[T any](s []T) []T { return s[:len(s):len(s)] }

func hasKey(list []spuninst.RegKeyRef, k spuninst.RegKeyRef) bool {
	for _, o := range list {
		if keyID(o.Root, o.Key, o.View32) == keyID(k.Root, k.Key, k.View32) {
			return true
		}
	}
	return false
}

func withoutKey(list []spuninst.RegKeyRef, k spuninst.RegKeyRef) []spuninst.RegKeyRef {
	var kept []spuninst.RegKeyRef
	for _, o := range list {
		if keyID(o.Root, o.Key, o.View32) != keyID(k.Root, k.Key, k.View32) {
			kept = append(kept, o)
		}
	}
	return kept
}

// uses tells whether the update has a record in the key or below it.
func (o *Owner) uses(k spuninst.RegKeyRef) bool {
	id := keyID(k.Root, k.Key, k.View32)
	below := func(other string) bool {
		other, _, _ = strings.Cut(other, "\x00")
		return other == id || strings.HasPrefix(other, id+`\`)
	}
	found := false
	o.values.all(func(vid string, _ valueRecord) { found = found || below(vid) })
	for _, list := range [][]spuninst.RegKeyRef{o.removal.DeleteKeys, o.removal.RestoreKeys} {
		for _, r := range list {
			found = found || below(keyID(r.Root, r.Key, r.View32))
		}
	}
	return found
}

func depth(path string) int { return strings.Count(path, `\`) }

func deepestFirst(list []spuninst.RegKeyRef) []spuninst.RegKeyRef {
	sort.SliceStable(list, func(i, j int) bool { return depth(list[i].Key) > depth(list[j].Key) })
	return list
}

func parentsFirst(list []spuninst.RegKeyRef) []spuninst.RegKeyRef {
	sort.SliceStable(list, func(i, j int) bool { return depth(list[i].Key) < depth(list[j].Key) })
	return list
}

// takeDirs: a directory that me made stays while another update has a file in it, and goes with that one.
func (l *Ledger) takeDirs(me *Owner) {
	var mine []string
	for _, d := range me.removal.RemoveDirs {
		if o := l.usesDir(me, l.fileID(d)); o == nil {
			mine = append(mine, d)
		} else {
			if !containsFold(o.removal.RemoveDirs, d) {
				o.removal.RemoveDirs = append(clip(o.removal.RemoveDirs), d)
				sort.SliceStable(o.removal.RemoveDirs, func(i, j int) bool {
					return depth(o.removal.RemoveDirs[i]) > depth(o.removal.RemoveDirs[j])
				})
			}
			o.changed, me.changed = true, true
		}
	}
	me.removal.RemoveDirs = mine
}

func (l *Ledger) usesDir(me *Owner, dir string) *Owner {
	for _, o := range l.owners {
		if o == me || o.removal == nil {
			continue
		}
		found := false
		o.files.all(func(id string, _ fileRecord) { found = found || strings.HasPrefix(id, dir+`\`) })
		if found {
			return o
		}
	}
	return nil
}

// takeDLLs: registration of a DLL goes with its file. Where the file stays, the update that holds it now unregisters it one day,
// if it was not there before me; or registers the previous one again.
func (l *Ledger) takeDLLs(me *Owner) {
	give := func(list []string, unregister bool) []string {
		var mine []string
		for _, d := range list {
			id := l.fileID(d)
			if _, top := me.files.get(id); top {
				mine = append(mine, d)
				continue
			}
			o := l.lowest(me, id)
			if o == nil {
				mine = append(mine, d)
				continue
			}
			me.changed = true
			if o.removal == nil {
				continue
			}
			o.removal.UnregisterDLLs, o.removal.RegisterDLLs = withoutFold(o.removal.UnregisterDLLs, d), withoutFold(o.removal.RegisterDLLs, d)
			if unregister {
				o.removal.UnregisterDLLs = append(o.removal.UnregisterDLLs, d)
			} else {
				o.removal.RegisterDLLs = append(o.removal.RegisterDLLs, d)
			}
			o.changed = true
		}
		return mine
	}
	me.removal.UnregisterDLLs = give(me.removal.UnregisterDLLs, true)
	me.removal.RegisterDLLs = give(me.removal.RegisterDLLs, false)
}

// lowest is the owner of the lowest layer of a file that is not me's. After takeFiles it is the one that got me's record.
func (l *Ledger) lowest(me *Owner, id string) *Owner {
	for _, ly := range l.File(id) {
		if ly.Owner != me && (ly.Final || ly.rank > me.Sequence) {
			return ly.Owner
		}
	}
	return nil
}

func containsFold(list []string, s string) bool {
	for _, t := range list {
		if strings.EqualFold(t, s) {
			return true
		}
	}
	return false
}

func withoutFold(list []string, s string) []string {
	var kept []string
	for _, t := range list {
		if !strings.EqualFold(t, s) {
			kept = append(kept, t)
		}
	}
	return kept
}
