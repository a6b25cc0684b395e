package imagehost

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost/regtext"
)

// Long names of the two trees an image has; the other roots are places in them.
const (
	machineRoot = "HKEY_LOCAL_MACHINE"
	usersRoot   = "HKEY_USERS"
)

// registry is the two trees in memory.
type registry struct {
	top   regKey // its subkeys are the two roots
	views bool   // a 64-bit machine
	dirty bool
}

type regKey struct {
	name     string
	parent   *regKey
	subs     map[string]*regKey         // by folded name
	values   map[string]host.NamedValue // by folded name
	volatile bool
}

func newRegistry() *registry {
	r := &registry{}
	for _, root := range []string{machineRoot, usersRoot} {
		r.top.sub(root, false).parent = nil
	}
	return r
}

// sub gives the subkey, made if it is not there.
func (k *regKey) sub(name string, volatile bool) *regKey {
	id := host.Fold(name)
	if s := k.subs[id]; s != nil {
		return s
	}
	if k.subs == nil {
		k.subs = map[string]*regKey{}
	}
	s := &regKey{name: name, parent: k, volatile: volatile}
	k.subs[id] = s
	return s
}

func (k *regKey) set(name string, v host.Value) {
	if k.values == nil {
		k.values = map[string]host.NamedValue{}
	}
	k.values[host.Fold(name)] = host.NamedValue{Name: name, Value: v}
}

// path gives the elements from the root's long name on.
func (k *regKey) path() []string {
	var p []string
	for ; k != nil; k = k.parent {
		p = append(p, k.name)
	}
	slices.Reverse(p)
	return p
}

func (k *regKey) text() string { return joinKey(k.path()) }

func (k *regKey) sortedSubs() []*regKey {
	ids := make([]string, 0, len(k.subs))
	for id := range k.subs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([]*regKey, len(ids))
	for i, id := range ids {
		list[i] = k.subs[id]
	}
	return list
}

func (k *regKey) sortedValues() []host.NamedValue {
	ids := make([]string, 0, len(k.values))
	for id := range k.values {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([]host.NamedValue, len(ids))
	for i, id := range ids {
		list[i] = k.values[id]
	}
	return list
}

func joinKey(elems []string) string { return strings.Join(elems, `\`) }

// find gives the key at a path that begins with the root's long name, or nil.
func (r *registry) find(at []string) *regKey {
	k, missing := r.deepest(at)
	if missing > 0 {
		return nil
	}
	return k
}

// deepest gives the deepest key on the way that is there, and how many elements are missing below it.
func (r *registry) deepest(at []string) (k *regKey, missing int) {
	k = &r.top
	for i, name := range at {
		s := k.subs[host.Fold(name)]
		if s == nil {
			return k, len(at) - i
		}
		k = s
	}
	return k, 0
}

func (r *registry) make(at []string, volatile bool) *regKey {
	k := r.top.subs[host.Fold(at[0])]
	for _, name := range at[1:] {
		k = k.sub(name, volatile)
	}
	return k
}

// load applies a text. Deleting what is not there is no fault, so that a journal may be applied twice.
func (r *registry) load(text []byte, volatile, fragment bool) error {
	parse := regtext.Parse
	if fragment {
		parse = regtext.ParseFragment
	}
	entries, err := parse(text)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if r.top.subs[host.Fold(e.Path[0])] == nil {
			return fmt.Errorf("[%s]: unknown root; known are %s and %s", joinKey(e.Path), machineRoot, usersRoot)
		}
		if e.Delete {
			if k := r.find(e.Path); k != nil && k.parent != nil {
				delete(k.parent.subs, host.Fold(k.name))
			}
			continue
		}
		k := r.make(e.Path, volatile)
		for _, v := range e.Values {
			if v.Delete {
				delete(k.values, host.Fold(v.Name))
			} else {
				k.set(v.Name, host.Value{Type: v.Type, Data: v.Data})
			}
		}
	}
	r.dirty = r.dirty || fragment
	return nil
}

// text prints the stable or the volatile keys of a root; "" if there are none besides the root.
func (r *registry) text(root string, volatile bool) []byte {
	k := r.top.subs[root]
	body := appendTree(nil, k, k.path(), volatile)
	if len(body) == 0 {
		return nil
	}
	return append(regtext.AppendHeader(nil), body...)
}

// appendTree prints each key, parents first, with an empty line between. The root itself holds no values.
func appendTree(b []byte, k *regKey, path []string, volatile bool) []byte {
	if k.volatile == volatile && len(path) > 1 {
		e := regtext.Entry{Path: path}
		for _, v := range k.sortedValues() {
			e.Values = append(e.Values, regtext.Value{Name: v.Name, Type: v.Type, Data: v.Data})
		}
		b = append(regtext.AppendEntry(b, e), '\n')
	}
	for _, s := range k.sortedSubs() {
		b = appendTree(b, s, append(path[:len(path):len(path)], s.name), volatile)
	}
	return b
}

// dropVolatile takes the volatile keys out and gives their paths, topmost only.
func (k *regKey) dropVolatile() [][]string {
	var gone [][]string
	for _, s := range k.sortedSubs() {
		if s.volatile {
			gone = append(gone, s.path())
			delete(k.subs, host.Fold(s.name))
		} else {
			gone = append(gone, s.dropVolatile()...)
		}
	}
	return gone
}

func (r *registry) volatileText() []byte {
	var body []byte
	for _, root := range []string{machineRoot, usersRoot} {
		k := r.top.subs[root]
		body = appendTree(body, k, k.path(), true)
	}
	if len(body) == 0 {
		return nil
	}
	return append(regtext.AppendHeader(nil), body...)
}
