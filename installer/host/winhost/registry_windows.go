package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/kbforge/kbforge/installer/host"
)

// hive is the part of the registry that FlushRegistry flushes as one.
type hive struct {
	root host.Root
	name string
}

func rootHandle(r host.Root) registry.Key {
	switch r {
	case host.HKLM:
		return registry.LOCAL_MACHINE
	case host.HKCR:
		return registry.CLASSES_ROOT
	case host.HKCU:
		return registry.CURRENT_USER
	}
	return registry.USERS
}

// view gives the KEY_WOW64_* bit. A 32-bit Windows ignores it.
func view(v host.View) uint32 {
	if v == host.View32 {
		return registry.WOW64_32KEY
	}
	return registry.WOW64_64KEY
}

func openKey(k host.Key, access uint32) (registry.Key, error) {
	if _, err := host.SplitKey(k); err != nil {
		return 0, err
	}
	key, err := registry.OpenKey(rootHandle(k.Root), k.Path, access|view(k.View))
	return key, mapped(err)
}

func keyError(op string, k host.Key, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", op, k, err)
}

func valueError(op string, k host.Key, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s, value %q: %w", op, k, name, err)
}

// KeyExists implements host.Registry.
func (h *Host) KeyExists(k host.Key) (bool, error) {
	ok, err := exists(k)
	return ok, keyError("look for", k, err)
}

func exists(k host.Key) (bool, error) {
	key, err := openKey(k, registry.QUERY_VALUE)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, key.Close()
}

// CreateKey implements host.Registry.
func (h *Host) CreateKey(k host.Key, volatile bool) (made []host.Key, err error) {
	if made, err = h.createKey(k, volatile); err != nil {
		return nil, keyError("create key", k, err)
	}
	if len(made) > 0 && !volatile {
		h.touched(k)
	}
	return made, nil
}

func (h *Host) createKey(k host.Key, volatile bool) ([]host.Key, error) {
	elems, err := host.SplitKey(k)
	if err != nil {
		return nil, err
	}
	there := len(elems)
	for ; there > 0; there-- {
		ok, err := exists(host.Key{Root: k.Root, Path: strings.Join(elems[:there], `\`), View: k.View})
		if err != nil {
			return nil, err
		}
		if ok {
			break
		}
	}
	options := uint32(0)
	if volatile {
		options = regOptionVolatile
	}
	var made []host.Key
	for i := there; i < len(elems); i++ {
		next := host.Key{Root: k.Root, Path: strings.Join(elems[:i+1], `\`), View: k.View}
		key, created, err := h.advapi32.CreateKey(windows.Handle(rootHandle(k.Root)), wide(next.Path), options, registry.QUERY_VALUE|view(k.View))
		if err != nil {
			for _, m := range slices.Backward(made) {
				_ = h.advapi32.DeleteKey(windows.Handle(rootHandle(m.Root)), wide(m.Path), view(m.View))
			}
			return nil, mapped(err)
		}
		registry.Key(key).Close()
		if created {
			made = append(made, next)
		}
	}
	return made, nil
}

// DeleteKey implements host.Registry.
func (h *Host) DeleteKey(k host.Key) error {
	err := h.deleteKey(k)
	if err == nil {
		h.touched(k)
	}
	return keyError("delete key", k, err)
}

func (h *Host) deleteKey(k host.Key) error {
	key, err := openKey(k, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return err
	}
	i, err := key.Stat()
	key.Close()
	switch {
	case err != nil:
		return mapped(err)
	case i.SubKeyCount > 0:
		return host.ErrNotEmpty
	case k.Path == "":
		return fmt.Errorf("a root: %w", fs.ErrPermission)
	}
	return mapped(h.advapi32.DeleteKey(windows.Handle(rootHandle(k.Root)), wide(k.Path), view(k.View)))
}

// SubKeys implements host.Registry.
func (h *Host) SubKeys(k host.Key) ([]string, error) {
	names, err := subKeys(k)
	return names, keyError("list subkeys of", k, err)
}

func subKeys(k host.Key) ([]string, error) {
	key, err := openKey(k, registry.ENUMERATE_SUB_KEYS|registry.QUERY_VALUE)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return nil, mapped(err)
	}
	sortNames(names)
	return names, nil
}

func sortNames(names []string) {
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(host.Fold(a), host.Fold(b)) })
}

// Values implements host.Registry.
func (h *Host) Values(k host.Key) ([]host.NamedValue, error) {
	list, err := values(k)
	return list, keyError("list values of", k, err)
}

func values(k host.Key) ([]host.NamedValue, error) {
	key, err := openKey(k, registry.QUERY_VALUE)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	if err != nil {
		return nil, mapped(err)
	}
	sortNames(names)
	var list []host.NamedValue
	for _, n := range names {
		v, err := readValue(key, n)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("value %q: %w", n, err)
		}
		list = append(list, host.NamedValue{Name: n, Value: v})
	}
	return list, nil
}

// readValue reads raw data, again if it grows meanwhile.
func readValue(key registry.Key, name string) (host.Value, error) {
	buf := make([]byte, 256)
	for {
		n, typ, err := key.GetValue(name, buf)
		if errors.Is(err, registry.ErrShortBuffer) && n > len(buf) {
			buf = make([]byte, n)
			continue
		}
		if err != nil {
			return host.Value{}, mapped(err)
		}
		return host.Value{Type: typ, Data: buf[:n:n]}, nil
	}
}

// GetValue implements host.Registry.
func (h *Host) GetValue(k host.Key, name string) (host.Value, error) {
	v, err := getValue(k, name)
	return v, valueError("read", k, name, err)
}

func getValue(k host.Key, name string) (host.Value, error) {
	if err := host.CheckValueName(name); err != nil {
		return host.Value{}, err
	}
	key, err := openKey(k, registry.QUERY_VALUE)
	if err != nil {
		return host.Value{}, err
	}
	defer key.Close()
	return readValue(key, name)
}

// SetValue implements host.Registry.
func (h *Host) SetValue(k host.Key, name string, v host.Value) error {
	err := h.withValue(k, name, func(key registry.Key) error {
		return h.advapi32.SetValue(windows.Handle(key), wide(name), v.Type, v.Data)
	})
	return valueError("write", k, name, err)
}

// DeleteValue implements host.Registry.
func (h *Host) DeleteValue(k host.Key, name string) error {
	err := h.withValue(k, name, func(key registry.Key) error { return key.DeleteValue(name) })
	return valueError("delete", k, name, err)
}

func (h *Host) withValue(k host.Key, name string, change func(key registry.Key) error) error {
	if err := host.CheckValueName(name); err != nil {
		return err
	}
	key, err := openKey(k, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer key.Close()
	if err := change(key); err != nil {
		return mapped(err)
	}
	h.touched(k)
	return nil
}

// touched remembers which hive to flush.
func (h *Host) touched(k host.Key) {
	id := hive{root: k.Root}
	if k.Root == host.HKLM || k.Root == host.HKU {
		first, _, _ := strings.Cut(k.Path, `\`)
		id.name = host.Fold(first)
	}
	h.mu.Lock()
	h.hives[id] = true
	h.mu.Unlock()
}

// FlushRegistry implements host.Registry: RegFlushKey on each hive written to since the last call.
func (h *Host) FlushRegistry() error {
	h.mu.Lock()
	list := make([]hive, 0, len(h.hives))
	for id := range h.hives {
		list = append(list, id)
	}
	h.mu.Unlock()
	slices.SortFunc(list, func(a, b hive) int { return strings.Compare(string(a.root)+a.name, string(b.root)+b.name) })
	for _, id := range list {
		k := host.Key{Root: id.root, Path: id.name}
		if id.root == host.HKCR {
			k = host.Key{Root: host.HKLM, Path: "SOFTWARE"} // the machine's part of the merged view
		}
		key, err := openKey(k, registry.QUERY_VALUE)
		if err == nil {
			err = mapped(h.advapi32.FlushKey(windows.Handle(key)))
			key.Close()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return keyError("flush", k, err)
		}
		h.mu.Lock()
		delete(h.hives, id)
		h.mu.Unlock()
	}
	return nil
}
