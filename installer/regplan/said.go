package regplan

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Said is a value about which the plan says what the machine has already.
type Said struct {
	Key   host.Key
	Name  string
	Value *host.Value // nil: there is none
}

// Touch makes a value count as planned as it is.
func (o *Overlay) Touch(k host.Key, name string) error {
	s, err := o.state(k)
	if err != nil {
		return err
	}
	v, err := o.value(s, name)
	if err == nil {
		v.said = true
	}
	return err
}

// Unchanged lists the values that were written or deleted without effect, sorted: another update may have made them so.
func (o *Overlay) Unchanged() []Said {
	var list []Said
	for _, s := range o.keys {
		for _, v := range s.values {
			same := v.prev == nil && v.cur == nil ||
				v.prev != nil && v.cur != nil && v.prev.Type == v.cur.Type && bytes.Equal(v.prev.Data, v.cur.Data)
			if v.said && same {
				list = append(list, Said{s.key, v.name, v.cur})
			}
		}
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if c := strings.Compare(id(a.Key), id(b.Key)); c != 0 {
			return c < 0
		}
		return winpath.Fold(a.Name) < winpath.Fold(b.Name)
	})
	return list
}

// DeletedKeys lists the keys whose deletion was planned, whether or not they were there.
func (o *Overlay) DeletedKeys() []host.Key { return slices.Clone(o.deleted) }
