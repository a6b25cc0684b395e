package ownership

import (
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/winpath"
)

// OwnsFile tells whether an update has a layer for the file.
func (l *Ledger) OwnsFile(path string) bool { return len(l.File(path)) > 0 }

// OwnsValue tells whether an update has a record of the value.
func (l *Ledger) OwnsValue(root, key, name string, view32 bool) bool {
	id := valueID(root, key, name, view32)
	for _, o := range l.owners {
		if _, ok := o.values.get(id); ok {
			return true
		}
	}
	return false
}

// OwnsCatalog tells whether an update has a record of the catalog.
func (l *Ledger) OwnsCatalog(name string) bool {
	for _, o := range l.owners {
		if _, ok := o.cats.get(winpath.Fold(name)); ok {
			return true
		}
	}
	return false
}

// ValuesBelow lists the values in a key and below it of which an update has a record, sorted.
func (l *Ledger) ValuesBelow(root, key string, view32 bool) []spuninst.RegValueRef {
	id := keyID(root, key, view32)
	found := map[string]spuninst.RegValueRef{}
	for _, o := range l.owners {
		o.values.all(func(vid string, v valueRecord) {
			k, _, _ := strings.Cut(vid, "\x00")
			if k == id || strings.HasPrefix(k, id+`\`) {
				found[vid] = spuninst.RegValueRef{Root: v.Root, Key: v.Key, Name: v.Name, View32: v.View32}
			}
		})
	}
	ids := make([]string, 0, len(found))
	for i := range found {
		ids = append(ids, i)
	}
	sort.Strings(ids)
	list := make([]spuninst.RegValueRef, len(ids))
	for i, vid := range ids {
		list[i] = found[vid]
	}
	return list
}

// ForgetFile drops the records of a file: an update that cannot be removed has deleted it for good.
func (l *Ledger) ForgetFile(path string) {
	for _, ly := range l.File(path) {
		if ly.Backup != "" {
			l.Obsolete = append(l.Obsolete, ly.Backup)
		}
		if !ly.Final {
			ly.Owner.files.drop(winpath.Fold(path))
			ly.Owner.changed = true
		}
	}
}

// Forget drops the records of a value: an update that cannot be removed has set it for good.
func (l *Ledger) Forget(root, key, name string, view32 bool) {
	id := valueID(root, key, name, view32)
	for _, o := range l.owners {
		if _, ok := o.values.get(id); ok {
			o.values.drop(id)
			o.changed = true
		}
	}
}
