// Package regplan computes registry changes before any is made. An Overlay answers reads from the machine and keeps writes
// to itself; its Steps are the difference between the two, with the previous state that undoes each. So several lines that
// touch one value become one step, a line that changes nothing becomes none, and a plan can be shown without effect.
package regplan

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Overlay is a registry with planned changes.
type Overlay struct {
	reg     host.Registry
	keys    map[string]*keyState
	deleted []host.Key // asked to be deleted, in order
}

type keyState struct {
	key      host.Key
	existed  bool
	exists   bool
	volatile bool
	values   map[string]*valueState
}

type valueState struct {
	name string
	prev *host.Value
	cur  *host.Value
	said bool // a write or a deletion was planned, whether or not it changes anything
}

// New starts with no changes.
func New(reg host.Registry) *Overlay { return &Overlay{reg: reg, keys: map[string]*keyState{}} }

func id(k host.Key) string {
	return string(k.Root) + "|" + string('0'+byte(k.View)) + "|" + winpath.Fold(k.Path)
}

func clean(k host.Key) host.Key {
	k.Path = strings.Trim(k.Path, `\`)
	return k
}

func (o *Overlay) state(k host.Key) (*keyState, error) {
	k = clean(k)
	if s, ok := o.keys[id(k)]; ok {
		return s, nil
	}
	ok, err := o.reg.KeyExists(k)
	if err != nil {
		return nil, fmt.Errorf("look for key %s\\%s: %w", k.Root, k.Path, err)
	}
	s := &keyState{key: k, existed: ok, exists: ok, values: map[string]*valueState{}}
	o.keys[id(k)] = s
	return s, nil
}

func (o *Overlay) value(s *keyState, name string) (*valueState, error) {
	f := winpath.Fold(name)
	if v, ok := s.values[f]; ok {
		return v, nil
	}
	v := &valueState{name: name}
	if s.existed {
		got, err := o.reg.GetValue(s.key, name)
		switch {
		case err == nil:
			v.prev = &got
			cur := got
			v.cur = &cur
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("read value %q of %s\\%s: %w", name, s.key.Root, s.key.Path, err)
		}
	}
	s.values[f] = v
	return v, nil
}

// Exists reports whether the key will exist.
func (o *Overlay) Exists(k host.Key) (bool, error) {
	s, err := o.state(k)
	if err != nil {
		return false, err
	}
	return s.exists, nil
}

// Get is the value as it will be; ok is false when there will be none.
func (o *Overlay) Get(k host.Key, name string) (v host.Value, ok bool, err error) {
	s, err := o.state(k)
	if err != nil || !s.exists {
		return v, false, err
	}
	vs, err := o.value(s, name)
	if err != nil || vs.cur == nil {
		return v, false, err
	}
	return *vs.cur, true, nil
}

// Create plans the key and its missing parents.
func (o *Overlay) Create(k host.Key, volatile bool) error {
	k = clean(k)
	if k.Path == "" {
		return nil
	}
	if i := strings.LastIndexByte(k.Path, '\\'); i > 0 {
		parent := k
		parent.Path = k.Path[:i]
		if err := o.Create(parent, volatile); err != nil {
			return err
		}
	}
	s, err := o.state(k)
	if err != nil {
		return err
	}
	if !s.exists {
		s.exists, s.volatile = true, volatile
	}
	return nil
}

// Set plans a value; its key is created if need be.
func (o *Overlay) Set(k host.Key, name string, v host.Value) error {
	if err := o.Create(k, false); err != nil {
		return err
	}
	s, err := o.state(k)
	if err != nil {
		return err
	}
	vs, err := o.value(s, name)
	if err != nil {
		return err
	}
	vs.cur, vs.said = &v, true
	return nil
}

// Delete plans the deletion of a value.
func (o *Overlay) Delete(k host.Key, name string) error {
	s, err := o.state(k)
	if err != nil {
		return err
	}
	vs, err := o.value(s, name)
	if err != nil {
		return err
	}
	vs.cur, vs.said = nil, true
	return nil
}

// DeleteKey plans the deletion of a key with everything below it.
func (o *Overlay) DeleteKey(k host.Key) error {
	o.deleted = append(o.deleted, clean(k))
	s, err := o.state(k)
	if err != nil || !s.exists {
		return err
	}
	if err := o.loadTree(s); err != nil {
		return err
	}
	prefix := id(s.key)
	for i, ks := range o.keys {
		if i == prefix || strings.HasPrefix(i, prefix+`\`) {
			ks.exists = false
			for _, v := range ks.values {
				v.cur = nil
			}
		}
	}
	return nil
}

// DeleteKeyIfEmpty plans the deletion of a key that will have neither values nor subkeys.
func (o *Overlay) DeleteKeyIfEmpty(k host.Key) error {
	s, err := o.state(k)
	if err != nil || !s.exists {
		return err
	}
	if err := o.loadTree(s); err != nil {
		return err
	}
	for _, v := range s.values {
		if v.cur != nil {
			return nil
		}
	}
	prefix := id(s.key) + `\`
	for i, ks := range o.keys {
		if ks.exists && strings.HasPrefix(i, prefix) {
			return nil
		}
	}
	s.exists = false
	return nil
}

// loadTree brings the key, its values and its subkeys into the overlay.
func (o *Overlay) loadTree(s *keyState) error {
	if !s.existed {
		return nil
	}
	vals, err := o.reg.Values(s.key)
	if err != nil {
		return fmt.Errorf("list values of %s\\%s: %w", s.key.Root, s.key.Path, err)
	}
	for _, v := range vals {
		if _, err := o.value(s, v.Name); err != nil {
			return err
		}
	}
	subs, err := o.reg.SubKeys(s.key)
	if err != nil {
		return fmt.Errorf("list subkeys of %s\\%s: %w", s.key.Root, s.key.Path, err)
	}
	for _, name := range subs {
		k := s.key
		k.Path += `\` + name
		sub, err := o.state(k)
		if err == nil {
			err = o.loadTree(sub)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Steps is the difference: keys are made parents first, values written, values deleted, keys deleted children first.
func (o *Overlay) Steps() []step.Step {
	ids := make([]string, 0, len(o.keys))
	for i := range o.keys {
		ids = append(ids, i)
	}
	sort.Strings(ids)
	var makes, sets, dels, drops []step.Step
	for _, i := range ids {
		s := o.keys[i]
		if s.exists && !s.existed {
			makes = append(makes, step.Step{Kind: step.MakeKey, Key: s.key, Volatile: s.volatile})
		}
		st, dl := s.valueSteps()
		sets, dels = append(sets, st...), append(dels, dl...)
		if s.existed && !s.exists {
			drops = append([]step.Step{{Kind: step.DeleteKey, Key: s.key}}, drops...)
		}
	}
	return append(append(append(makes, sets...), dels...), drops...)
}

func (s *keyState) valueSteps() (sets, dels []step.Step) {
	names := make([]string, 0, len(s.values))
	for n := range s.values {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		v := s.values[n]
		switch {
		case v.cur != nil && (v.prev == nil || v.prev.Type != v.cur.Type || !bytes.Equal(v.prev.Data, v.cur.Data)):
			sets = append(sets, step.Step{Kind: step.SetValue, Key: s.key, Name: v.name, Value: *v.cur, Prev: v.prev,
				Existed: v.prev != nil})
		case v.cur == nil && v.prev != nil:
			dels = append(dels, step.Step{Kind: step.DeleteValue, Key: s.key, Name: v.name, Prev: v.prev, Existed: true})
		}
	}
	return sets, dels
}
