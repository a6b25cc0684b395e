//go:build windows

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/kbforge/kbforge/internal/winekit/wire"
)

var regSetValueEx = windows.NewLazySystemDLL("advapi32.dll").NewProc("RegSetValueExW")

func regRequest(path string) error {
	var req wire.RegRequest
	if err := readJSON(path, &req); err != nil {
		return err
	}
	answers := make([]wire.RegAnswer, len(req.Ops))
	for i, op := range req.Ops {
		a, err := regOp(op)
		switch {
		case errors.Is(err, registry.ErrNotExist):
			a = wire.RegAnswer{}
		case err != nil:
			a = wire.RegAnswer{Error: err.Error()}
		default:
			a.Found = true
		}
		answers[i] = a
	}
	return writeJSON(req.Result, answers)
}

func regOp(op wire.RegOp) (wire.RegAnswer, error) {
	root, path, view, err := splitKey(op.Key)
	if err != nil {
		return wire.RegAnswer{}, err
	}
	switch op.Op {
	case "dump":
		var keys []wire.RegKey
		err := dump(root, path, view, op.Key, &keys)
		return wire.RegAnswer{Keys: keys}, err
	case "set":
		k, _, err := registry.CreateKey(root, path, registry.SET_VALUE|view)
		if err != nil {
			return wire.RegAnswer{}, err
		}
		defer k.Close()
		return wire.RegAnswer{}, setRaw(k, op.Name, op.Value)
	case "delete-tree":
		return wire.RegAnswer{}, deleteTree(root, path, view)
	}
	k, err := registry.OpenKey(root, path, registry.QUERY_VALUE|registry.SET_VALUE|view)
	if err != nil {
		return wire.RegAnswer{}, err
	}
	defer k.Close()
	switch op.Op {
	case "get":
		v, err := getRaw(k, op.Name)
		return wire.RegAnswer{Value: v}, err
	case "delete-value":
		return wire.RegAnswer{}, k.DeleteValue(op.Name)
	}
	return wire.RegAnswer{}, fmt.Errorf("unknown registry operation %q", op.Op)
}

func splitKey(key string) (root registry.Key, path string, view uint32, err error) {
	name, path, _ := strings.Cut(key, `\`)
	bare, is32 := strings.CutSuffix(name, "32")
	view = registry.WOW64_64KEY
	if is32 {
		view = registry.WOW64_32KEY
	}
	switch bare {
	case "HKLM":
		return registry.LOCAL_MACHINE, path, view, nil
	case "HKCU":
		return registry.CURRENT_USER, path, view, nil
	case "HKCR":
		return registry.CLASSES_ROOT, path, view, nil
	case "HKU":
		return registry.USERS, path, view, nil
	}
	return 0, "", 0, fmt.Errorf("registry key %q: the root must be HKLM, HKCU, HKCR or HKU", key)
}

func dump(root registry.Key, path string, view uint32, show string, keys *[]wire.RegKey) error {
	k, err := registry.OpenKey(root, path, registry.READ|view)
	if err != nil {
		return err
	}
	defer k.Close()
	names, err := k.ReadValueNames(-1)
	if err != nil {
		return fmt.Errorf("values of %s: %w", show, err)
	}
	slices.SortFunc(names, foldCompare)
	out := wire.RegKey{Path: show, Names: names}
	for _, n := range names {
		v, err := getRaw(k, n)
		if err != nil {
			return fmt.Errorf("value %q of %s: %w", n, show, err)
		}
		out.Values = append(out.Values, v)
	}
	*keys = append(*keys, out)
	subs, err := k.ReadSubKeyNames(-1)
	if err != nil {
		return fmt.Errorf("keys below %s: %w", show, err)
	}
	slices.SortFunc(subs, foldCompare)
	for _, s := range subs {
		err := dump(root, below(path, s), view, show+`\`+s, keys)
		if err != nil && !errors.Is(err, registry.ErrNotExist) { // a key may go away under us
			return err
		}
	}
	return nil
}

func foldCompare(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

func getRaw(k registry.Key, name string) (wire.RegValue, error) {
	n, typ, err := k.GetValue(name, nil)
	if err != nil {
		return wire.RegValue{}, err
	}
	b := make([]byte, n)
	if n > 0 {
		if n, typ, err = k.GetValue(name, b); err != nil {
			return wire.RegValue{}, err
		}
	}
	return wire.RegValue{Type: typ, Data: b[:n]}, nil
}

func setRaw(k registry.Key, name string, v wire.RegValue) error {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	r, _, _ := regSetValueEx.Call(uintptr(k), uintptr(unsafe.Pointer(p)), 0, uintptr(v.Type),
		uintptr(unsafe.Pointer(unsafe.SliceData(v.Data))), uintptr(len(v.Data)))
	if r != 0 {
		return fmt.Errorf("set value %q: %w", name, syscall.Errno(r))
	}
	return nil
}

func deleteTree(root registry.Key, path string, view uint32) error {
	k, err := registry.OpenKey(root, path, registry.READ|view)
	if err != nil {
		return err
	}
	subs, err := k.ReadSubKeyNames(-1)
	k.Close()
	if err != nil {
		return err
	}
	for _, s := range subs {
		if err := deleteTree(root, below(path, s), view); err != nil {
			return err
		}
	}
	parent, name := "", path
	if i := strings.LastIndexByte(path, '\\'); i >= 0 {
		parent, name = path[:i], path[i+1:]
	}
	p, err := registry.OpenKey(root, parent, registry.READ|registry.WRITE|view)
	if err != nil {
		return err
	}
	defer p.Close()
	return registry.DeleteKey(p, name)
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + `\` + name
}
