package winhost

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// wintrust is the catalog database.
type wintrust struct {
	acquire, release, add, releaseCatalog, remove *windows.LazyProc
}

func loadWintrust() (*wintrust, error) {
	dll := windows.NewLazySystemDLL("wintrust.dll")
	w := &wintrust{
		acquire:        dll.NewProc("CryptCATAdminAcquireContext"),
		release:        dll.NewProc("CryptCATAdminReleaseContext"),
		add:            dll.NewProc("CryptCATAdminAddCatalog"),
		releaseCatalog: dll.NewProc("CryptCATAdminReleaseCatalogContext"),
		remove:         dll.NewProc("CryptCATAdminRemoveCatalog"),
	}
	for _, p := range []*windows.LazyProc{w.acquire, w.release, w.add, w.releaseCatalog, w.remove} {
		if err := p.Find(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// driverActionVerify is DRIVER_ACTION_VERIFY (softpub.h), the subsystem of system catalogs.
func driverActionVerify() windows.GUID {
	return windows.GUID{Data1: 0xf750e6c3, Data2: 0x38ee, Data3: 0x11d1, Data4: [8]byte{0x85, 0xe5, 0, 0xc0, 0x4f, 0xc2, 0x95, 0xee}}
}

// with runs f with a context of the database.
func (w *wintrust) with(f func(admin uintptr) error) error {
	guid := driverActionVerify()
	var admin uintptr
	r, _, e := w.acquire.Call(uintptr(unsafe.Pointer(&admin)), uintptr(unsafe.Pointer(&guid)), 0)
	if err := failed(r, e); err != nil {
		return err
	}
	defer w.release.Call(admin, 0)
	return f(admin)
}

func (w *wintrust) Add(path, name *uint16) error {
	return w.with(func(admin uintptr) error {
		cat, _, e := w.add.Call(admin, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(name)), 0)
		if err := failed(cat, e); err != nil {
			return err
		}
		w.releaseCatalog.Call(admin, cat, 0)
		return nil
	})
}

func (w *wintrust) Remove(name *uint16) error {
	return w.with(func(admin uintptr) error {
		r, _, e := w.remove.Call(admin, uintptr(unsafe.Pointer(name)), 0)
		return failed(r, e)
	})
}
