package winhost

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// advapi32 holds the registry calls that x/sys/windows/registry has not: raw types, views when deleting, volatile keys.
type advapi32 struct {
	regCreateKeyEx *windows.LazyProc
	regDeleteKeyEx *windows.LazyProc
	regSetValueEx  *windows.LazyProc
	regFlushKey    *windows.LazyProc
}

func loadAdvapi32() (*advapi32, error) {
	dll := windows.NewLazySystemDLL("advapi32.dll")
	a := &advapi32{
		regCreateKeyEx: dll.NewProc("RegCreateKeyExW"),
		regDeleteKeyEx: dll.NewProc("RegDeleteKeyExW"),
		regSetValueEx:  dll.NewProc("RegSetValueExW"),
		regFlushKey:    dll.NewProc("RegFlushKey"),
	}
	for _, p := range []*windows.LazyProc{a.regCreateKeyEx, a.regDeleteKeyEx, a.regSetValueEx, a.regFlushKey} {
		if err := p.Find(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func status(r uintptr) error {
	if r == 0 {
		return nil
	}
	return syscall.Errno(r)
}

const (
	regOptionVolatile = 1
	regCreatedNewKey  = 1
)

// CreateKey makes or opens a key; options is REG_OPTION_*.
func (a *advapi32) CreateKey(root windows.Handle, path *uint16, options, access uint32) (key windows.Handle, created bool, err error) {
	var disposition uint32
	r, _, _ := a.regCreateKeyEx.Call(uintptr(root), uintptr(unsafe.Pointer(path)), 0, 0, uintptr(options), uintptr(access), 0,
		uintptr(unsafe.Pointer(&key)), uintptr(unsafe.Pointer(&disposition)))
	return key, disposition == regCreatedNewKey, status(r)
}

// DeleteKey deletes a key in the view that access names.
func (a *advapi32) DeleteKey(root windows.Handle, path *uint16, access uint32) error {
	r, _, _ := a.regDeleteKeyEx.Call(uintptr(root), uintptr(unsafe.Pointer(path)), uintptr(access), 0)
	return status(r)
}

// SetValue writes any type and exactly data. RegSetValueEx takes a NUL that follows the data of a string type in memory
// for a terminator that the caller forgot to count, and adds it; so something else must follow.
func (a *advapi32) SetValue(key windows.Handle, name *uint16, typ uint32, data []byte) error {
	buf := append(data[:len(data):len(data)], 0xff, 0xff)
	r, _, _ := a.regSetValueEx.Call(uintptr(key), uintptr(unsafe.Pointer(name)), 0, uintptr(typ),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(len(data)))
	return status(r)
}

func (a *advapi32) FlushKey(key windows.Handle) error {
	r, _, _ := a.regFlushKey.Call(uintptr(key))
	return status(r)
}
