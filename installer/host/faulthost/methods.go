package faulthost

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// Stat implements host.Host.
func (h *Host) Stat(path string) (host.FileInfo, error) {
	return read(h, "Stat", path, func() (host.FileInfo, error) { return h.under.Stat(path) })
}

// ReadDir implements host.Host.
func (h *Host) ReadDir(path string) ([]host.FileInfo, error) {
	return read(h, "ReadDir", path, func() ([]host.FileInfo, error) { return h.under.ReadDir(path) })
}

// Open implements host.Host. Reading from the file fails once the power is cut.
func (h *Host) Open(path string) (host.File, error) {
	f, err := read(h, "Open", path, func() (host.File, error) { return h.under.Open(path) })
	if err != nil {
		return nil, err
	}
	return &file{f, h}, nil
}

type file struct {
	host.File
	h *Host
}

func (f *file) Read(p []byte) (int, error) {
	if f.h.Dead() {
		return 0, ErrPowerCut
	}
	return f.File.Read(p)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if f.h.Dead() {
		return 0, ErrPowerCut
	}
	return f.File.ReadAt(p, off)
}

// MkdirAll implements host.Host.
func (h *Host) MkdirAll(path string, attr host.Attr) ([]string, error) {
	return change(h, "MkdirAll", path, func() ([]string, error) { return h.under.MkdirAll(path, attr) })
}

// WriteFile implements host.Host.
func (h *Host) WriteFile(path string, src io.Reader, meta host.FileMeta) error {
	s := h.begin(true, "WriteFile", path)
	if s.half() {
		if err := h.under.WriteFile(path, &halfReader{src: src, err: s.f.err}, meta); err == nil {
			return nil // an empty source cannot break
		}
		return s.broken()
	}
	return s.run(func() error { return h.under.WriteFile(path, src, meta) })
}

// AppendFile implements host.Host.
func (h *Host) AppendFile(path string, data []byte, sync bool) error {
	s := h.begin(true, "AppendFile", path)
	if s.half() {
		if err := h.under.AppendFile(path, data[:len(data)/2], sync); err != nil {
			return err
		}
		return s.broken()
	}
	return s.run(func() error { return h.under.AppendFile(path, data, sync) })
}

// CopyFile implements host.Host.
func (h *Host) CopyFile(from, to string) error {
	return h.effect("CopyFile", from+" -> "+to, func() error { return h.under.CopyFile(from, to) })
}

// Rename implements host.Host.
func (h *Host) Rename(from, to string, replace bool) error {
	return h.effect("Rename", from+" -> "+to, func() error { return h.under.Rename(from, to, replace) })
}

// Remove implements host.Host.
func (h *Host) Remove(path string) error {
	return h.effect("Remove", path, func() error { return h.under.Remove(path) })
}

// SetMeta implements host.Host.
func (h *Host) SetMeta(path string, meta host.FileMeta) error {
	return h.effect("SetMeta", path, func() error { return h.under.SetMeta(path, meta) })
}

// KeyExists implements host.Host.
func (h *Host) KeyExists(k host.Key) (bool, error) {
	return read(h, "KeyExists", k.String(), func() (bool, error) { return h.under.KeyExists(k) })
}

// CreateKey implements host.Host.
func (h *Host) CreateKey(k host.Key, volatile bool) ([]host.Key, error) {
	return change(h, "CreateKey", k.String(), func() ([]host.Key, error) { return h.under.CreateKey(k, volatile) })
}

// DeleteKey implements host.Host.
func (h *Host) DeleteKey(k host.Key) error {
	return h.effect("DeleteKey", k.String(), func() error { return h.under.DeleteKey(k) })
}

// SubKeys implements host.Host.
func (h *Host) SubKeys(k host.Key) ([]string, error) {
	return read(h, "SubKeys", k.String(), func() ([]string, error) { return h.under.SubKeys(k) })
}

// Values implements host.Host.
func (h *Host) Values(k host.Key) ([]host.NamedValue, error) {
	return read(h, "Values", k.String(), func() ([]host.NamedValue, error) { return h.under.Values(k) })
}

// GetValue implements host.Host.
func (h *Host) GetValue(k host.Key, name string) (host.Value, error) {
	return read(h, "GetValue", value(k, name), func() (host.Value, error) { return h.under.GetValue(k, name) })
}

// SetValue implements host.Host.
func (h *Host) SetValue(k host.Key, name string, v host.Value) error {
	return h.effect("SetValue", value(k, name), func() error { return h.under.SetValue(k, name, v) })
}

// DeleteValue implements host.Host.
func (h *Host) DeleteValue(k host.Key, name string) error {
	return h.effect("DeleteValue", value(k, name), func() error { return h.under.DeleteValue(k, name) })
}

// FlushRegistry implements host.Host.
func (h *Host) FlushRegistry() error {
	return h.effect("FlushRegistry", "", h.under.FlushRegistry)
}

func value(k host.Key, name string) string { return k.String() + ", " + strconv.Quote(name) }

// Info implements host.Host.
func (h *Host) Info() (host.Info, error) { return read(h, "Info", "", h.under.Info) }

// Folder implements host.Host.
func (h *Host) Folder(csidl int) (string, error) {
	return read(h, "Folder", strconv.Itoa(csidl), func() (string, error) { return h.under.Folder(csidl) })
}

// ExpandEnv implements host.Host. It cannot fail and is not counted.
func (h *Host) ExpandEnv(s string) string { return h.under.ExpandEnv(s) }

// Drives implements host.Host.
func (h *Host) Drives() ([]host.Drive, error) { return read(h, "Drives", "", h.under.Drives) }

// Now implements host.Host. It cannot fail and is not counted.
func (h *Host) Now() time.Time { return h.under.Now() }

// Lock implements host.Host. It changes nothing that outlives the process, so it counts as a look.
func (h *Host) Lock(name string) (release func(), err error) {
	s := h.begin(false, "Lock", name)
	err = s.run(func() error { release, err = h.under.Lock(name); return err })
	if err != nil {
		if release != nil {
			release()
		}
		return nil, err
	}
	return release, nil
}

// AddCatalog implements host.Host.
func (h *Host) AddCatalog(path, name string) error {
	return h.effect("AddCatalog", path+" -> "+name, func() error { return h.under.AddCatalog(path, name) })
}

// RemoveCatalog implements host.Host.
func (h *Host) RemoveCatalog(name string) error {
	return h.effect("RemoveCatalog", name, func() error { return h.under.RemoveCatalog(name) })
}

// CatalogPath implements host.Host. It cannot fail and is not counted.
func (h *Host) CatalogPath(name string) string { return h.under.CatalogPath(name) }

// ReportEvent implements host.Host.
func (h *Host) ReportEvent(source string, id uint32, t host.EventType, message string) error {
	return h.effect("ReportEvent", source+" "+strconv.Itoa(int(id)), func() error { return h.under.ReportEvent(source, id, t, message) })
}

// MissingPrivileges implements host.Host.
func (h *Host) MissingPrivileges(names []string) ([]string, error) {
	return read(h, "MissingPrivileges", "", func() ([]string, error) { return h.under.MissingPrivileges(names) })
}

// Restart implements host.Host.
func (h *Host) Restart(force bool) error {
	return h.effect("Restart", strconv.FormatBool(force), func() error { return h.under.Restart(force) })
}

// RunProcess implements host.Host.
func (h *Host) RunProcess(commandLine string, timeout time.Duration) (uint32, error) {
	return change(h, "RunProcess", commandLine, func() (uint32, error) { return h.under.RunProcess(commandLine, timeout) })
}

// RegisterDLL implements host.Host.
func (h *Host) RegisterDLL(path string, unregister bool, timeout time.Duration) error {
	return h.effect("RegisterDLL", path, func() error { return h.under.RegisterDLL(path, unregister, timeout) })
}

// InstallDLL implements host.Host.
func (h *Host) InstallDLL(path string, remove bool, argument string, timeout time.Duration) error {
	return h.effect("InstallDLL", path, func() error { return h.under.InstallDLL(path, remove, argument, timeout) })
}

// CallDLL implements host.Host. What the function does is no effect of the installer's.
func (h *Host) CallDLL(path, function string, timeout time.Duration) (result uint32, text string, err error) {
	result, err = read(h, "CallDLL", path, func() (n uint32, err error) {
		n, text, err = h.under.CallDLL(path, function, timeout)
		return n, err
	})
	return result, text, err
}

// ServiceState implements host.Host.
func (h *Host) ServiceState(name string) (host.ServiceState, error) {
	return read(h, "ServiceState", name, func() (host.ServiceState, error) { return h.under.ServiceState(name) })
}

// StopService implements host.Host.
func (h *Host) StopService(name string, timeout time.Duration) error {
	return h.effect("StopService", name, func() error { return h.under.StopService(name, timeout) })
}

// StartService implements host.Host.
func (h *Host) StartService(name string, timeout time.Duration) error {
	return h.effect("StartService", name, func() error { return h.under.StartService(name, timeout) })
}

// Defer implements host.Host.
func (h *Host) Defer(t host.Task) error {
	return h.effect("Defer", t.ID, func() error { return h.under.Defer(t) })
}

// CancelDeferred implements host.Host.
func (h *Host) CancelDeferred(id string) error {
	return h.effect("CancelDeferred", id, func() error { return h.under.CancelDeferred(id) })
}

// Deferred implements host.Host.
func (h *Host) Deferred() ([]host.Task, error) { return read(h, "Deferred", "", h.under.Deferred) }

// Holders implements host.Host.
func (h *Host) Holders(paths []string) ([]host.Application, error) {
	return read(h, "Holders", strings.Join(paths, ", "), func() ([]host.Application, error) { return h.under.Holders(paths) })
}

// CloseHolders implements host.Host.
func (h *Host) CloseHolders(paths []string, force bool) (func() error, error) {
	reopen := func() error { return nil }
	err := h.effect("CloseHolders", strconv.FormatBool(force), func() (err error) {
		reopen, err = h.under.CloseHolders(paths, force)
		return err
	})
	return reopen, err
}
