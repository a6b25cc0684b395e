package imagehost

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost/regtext"
)

// regOp finds the key and names the operation in its error.
func regError(op string, k host.Key, name string, err error) error {
	if err == nil {
		return nil
	}
	if name != "" {
		return fmt.Errorf("%s %s, value %q: %w", op, k, name, err)
	}
	return fmt.Errorf("%s %s: %w", op, k, err)
}

// key finds a key that must be there.
func (h *Host) key(k host.Key) (*regKey, error) {
	if h.closed {
		return nil, errClosed
	}
	at, err := h.reg.locate(k)
	if err != nil {
		return nil, err
	}
	key := h.reg.find(at)
	if key == nil {
		return nil, fs.ErrNotExist
	}
	return key, nil
}

// KeyExists implements host.Registry.
func (h *Host) KeyExists(k host.Key) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false, errClosed
	}
	at, err := h.reg.locate(k)
	if err != nil {
		return false, regError("look for", k, "", err)
	}
	return h.reg.find(at) != nil, nil
}

// CreateKey implements host.Registry.
func (h *Host) CreateKey(k host.Key, volatile bool) (made []host.Key, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	made, err = h.createKey(k, volatile)
	return made, regError("create key", k, "", err)
}

func (h *Host) createKey(k host.Key, volatile bool) ([]host.Key, error) {
	if h.closed {
		return nil, errClosed
	}
	at, err := h.reg.locate(k)
	if err != nil {
		return nil, err
	}
	deepest, missing := h.reg.deepest(at)
	if missing == 0 {
		return nil, nil
	}
	if deepest.parent == nil {
		return nil, fmt.Errorf("a key directly under a root: %w", fs.ErrPermission)
	}
	if deepest.volatile && !volatile {
		return nil, fmt.Errorf("a stable key under the volatile %s (Win32 1021): %w", deepest.text(), fs.ErrInvalid)
	}
	kind := recReg
	if volatile {
		kind = recVolatile
	}
	if err := h.journal.add(kind, regtext.AppendEntry(nil, regtext.Entry{Path: at})); err != nil {
		return nil, err
	}
	h.reg.make(at, volatile)
	h.reg.dirty = true
	elems, err := host.SplitKey(k)
	if err != nil {
		return nil, err
	}
	var made []host.Key
	for i := max(0, len(elems)-missing); i < len(elems); i++ {
		made = append(made, host.Key{Root: k.Root, Path: joinKey(elems[:i+1]), View: k.View})
	}
	return made, nil
}

// DeleteKey implements host.Registry.
func (h *Host) DeleteKey(k host.Key) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, err := h.key(k)
	switch {
	case err != nil:
	case key.parent == nil || key.parent.parent == nil:
		err = fmt.Errorf("a root or a hive: %w", fs.ErrPermission)
	case len(key.subs) > 0:
		err = host.ErrNotEmpty
	default:
		err = h.journal.add(recReg, regtext.AppendEntry(nil, regtext.Entry{Path: key.path(), Delete: true}))
	}
	if err != nil {
		return regError("delete key", k, "", err)
	}
	delete(key.parent.subs, host.Fold(key.name))
	h.reg.dirty = true
	return nil
}

// SubKeys implements host.Registry.
func (h *Host) SubKeys(k host.Key) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, err := h.key(k)
	if err != nil {
		return nil, regError("list subkeys of", k, "", err)
	}
	var names []string
	for _, sub := range key.sortedSubs() {
		names = append(names, sub.name)
	}
	return names, nil
}

// Values implements host.Registry.
func (h *Host) Values(k host.Key) ([]host.NamedValue, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, err := h.key(k)
	if err != nil {
		return nil, regError("list values of", k, "", err)
	}
	list := key.sortedValues()
	for i := range list {
		list[i].Data = bytes.Clone(list[i].Data)
	}
	return list, nil
}

// GetValue implements host.Registry.
func (h *Host) GetValue(k host.Key, name string) (host.Value, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, v, err := h.value(k, name)
	if err != nil {
		return host.Value{}, regError("read", k, name, err)
	}
	return host.Value{Type: v.Type, Data: bytes.Clone(v.Data)}, nil
}

func (h *Host) value(k host.Key, name string) (*regKey, host.NamedValue, error) {
	if err := host.CheckValueName(name); err != nil {
		return nil, host.NamedValue{}, err
	}
	key, err := h.key(k)
	if err != nil {
		return nil, host.NamedValue{}, err
	}
	v, ok := key.values[host.Fold(name)]
	if !ok {
		return nil, host.NamedValue{}, fs.ErrNotExist
	}
	return key, v, nil
}

// SetValue implements host.Registry.
func (h *Host) SetValue(k host.Key, name string, v host.Value) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return regError("write", k, name, h.setValue(k, name, v))
}

func (h *Host) setValue(k host.Key, name string, v host.Value) error {
	if err := host.CheckValueName(name); err != nil {
		return err
	}
	if len(v.Data) > regtext.MaxData {
		return fmt.Errorf("%d bytes; an image takes %d: %w", len(v.Data), regtext.MaxData, fs.ErrInvalid)
	}
	key, err := h.key(k)
	if err != nil {
		return err
	}
	if old, ok := key.values[host.Fold(name)]; ok {
		name = old.Name
	}
	line := regtext.Value{Name: name, Type: v.Type, Data: v.Data}
	if err := h.journal.add(recReg, regtext.AppendEntry(nil, regtext.Entry{Path: key.path(), Values: []regtext.Value{line}})); err != nil {
		return err
	}
	key.set(name, host.Value{Type: v.Type, Data: bytes.Clone(v.Data)})
	h.reg.dirty = true
	return nil
}

// DeleteValue implements host.Registry.
func (h *Host) DeleteValue(k host.Key, name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, v, err := h.value(k, name)
	if err == nil {
		line := regtext.Value{Name: v.Name, Delete: true}
		err = h.journal.add(recReg, regtext.AppendEntry(nil, regtext.Entry{Path: key.path(), Values: []regtext.Value{line}}))
	}
	if err != nil {
		return regError("delete", k, name, err)
	}
	delete(key.values, host.Fold(name))
	h.reg.dirty = true
	return nil
}

// FlushRegistry implements host.Registry: the journal is on disk; the text files follow at Close.
func (h *Host) FlushRegistry() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fmt.Errorf("flush the registry: %w", errClosed)
	}
	if h.journal.size > compactAt {
		return h.compact()
	}
	return h.journal.flush()
}
