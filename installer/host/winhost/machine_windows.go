package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// CSIDL numbers (shlobj.h) whose directory depends on who asks.
const (
	csidlSystem          = 37
	csidlProgramFiles    = 38
	csidlSystemX86       = 41
	csidlProgramFilesX86 = 42
	csidlCommonFiles     = 43
	csidlCommonFilesX86  = 44
)

// Folder implements host.Machine. What SHGetFolderPath answers a 32-bit program differently comes from the native registry.
func (h *Host) Folder(csidl int) (string, error) {
	i, err := h.Info()
	if err != nil {
		return "", err
	}
	dir := ""
	switch csidl {
	case csidlSystem:
		dir = i.SystemDir
	case csidlSystemX86:
		dir = i.SystemDirX86
	case csidlProgramFiles:
		dir = regText(currentVersion, "ProgramFilesDir")
	case csidlCommonFiles:
		dir = regText(currentVersion, "CommonFilesDir")
	case csidlProgramFilesX86:
		dir = regText(currentVersion, x86Name("ProgramFilesDir", i.Arch))
	case csidlCommonFilesX86:
		dir = regText(currentVersion, x86Name("CommonFilesDir", i.Arch))
	default:
		dir, err = h.shell32.FolderPath(csidl)
	}
	if err == nil && dir != "" { // a virtual folder has no path, or one that names no directory
		_, _, err = host.SplitPath(dir)
	}
	if err != nil || dir == "" {
		return "", fmt.Errorf("folder %d: %w (%v)", csidl, fs.ErrNotExist, err)
	}
	return dir, nil
}

func x86Name(name string, arch host.Arch) string {
	if arch == host.X86 {
		return name
	}
	return name + " (x86)"
}

// ExpandEnv implements host.Machine.
func (h *Host) ExpandEnv(s string) string {
	env, err := h.environ()
	if err != nil {
		return s
	}
	i, err := h.facts()
	if err != nil {
		return s
	}
	return host.ExpandEnv(s, func(name string) (string, bool) {
		switch host.Fold(name) {
		case "SYSTEMROOT":
			return i.WindowsDir, true
		case "SYSTEMDRIVE":
			return i.SystemDrive, true
		case "PROGRAMFILES": // a 32-bit process would be given the other one
			if dir, err := h.Folder(csidlProgramFiles); err == nil {
				return dir, true
			}
		case "COMMONPROGRAMFILES":
			if dir, err := h.Folder(csidlCommonFiles); err == nil {
				return dir, true
			}
		}
		v, ok := env[host.Fold(name)]
		return v, ok && name != ""
	})
}

// readEnviron reads the system's environment, without the user's, by folded names.
func readEnviron() (map[string]string, error) {
	var block *uint16
	if err := windows.CreateEnvironmentBlock(&block, 0, false); err != nil {
		return nil, fmt.Errorf("read the system's environment: %w", err)
	}
	defer windows.DestroyEnvironmentBlock(block)
	env := map[string]string{}
	for p := block; *p != 0; {
		entry := windows.UTF16PtrToString(p)
		if i := strings.IndexByte(entry, '='); i > 0 {
			env[host.Fold(entry[:i])] = entry[i+1:]
		}
		for *p != 0 {
			p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2))
		}
		p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2))
	}
	return env, nil
}

// Drives implements host.Machine.
func (h *Host) Drives() ([]host.Drive, error) {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, fmt.Errorf("list the drives: %w", err)
	}
	var list []host.Drive
	for n := range 26 {
		if mask&(1<<n) == 0 {
			continue
		}
		d := host.Drive{Root: string(rune('A'+n)) + `:\`}
		if windows.GetDriveType(wide(d.Root)) != windows.DRIVE_FIXED {
			continue
		}
		var free, total uint64
		if windows.GetDiskFreeSpaceEx(wide(d.Root), &free, &total, nil) != nil {
			continue // locked by encryption, or without a file system
		}
		d.FreeBytes, d.TotalBytes = int64(free), int64(total)
		if d.Cluster, err = h.kernel32.Cluster(wide(d.Root)); err != nil || d.Cluster < 1 {
			continue
		}
		list = append(list, d)
	}
	return list, nil
}

// Now implements host.Machine.
func (h *Host) Now() time.Time { return time.Now() }

// Lock implements host.Machine: a mutex in the global namespace, which goes with the process.
func (h *Host) Lock(name string) (release func(), err error) {
	if err := host.CheckName(name); err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	m, err := windows.CreateMutex(nil, false, wide(`Global\`+name))
	switch {
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		windows.CloseHandle(m)
		err = host.ErrBusy
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		err = fmt.Errorf("%w (%w)", host.ErrBusy, err) // another user's
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return sync.OnceFunc(func() { windows.CloseHandle(m) }), nil
}

const catalogDir = `\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}`

// CatalogPath implements host.Machine.
func (h *Host) CatalogPath(name string) string {
	i, err := h.Info()
	if err != nil {
		return ""
	}
	return i.SystemDir + catalogDir + `\` + name
}

// AddCatalog implements host.Machine. Windows replaces a catalog of that name.
func (h *Host) AddCatalog(path, name string) error {
	err := host.CheckName(name)
	if err == nil {
		_, err = h.Stat(path)
	}
	if err == nil {
		err = mapped(h.wintrust.Add(wide(path), wide(name)))
	}
	if err != nil {
		return fmt.Errorf("install catalog %s as %s: %w", path, name, err)
	}
	return nil
}

// RemoveCatalog implements host.Machine.
func (h *Host) RemoveCatalog(name string) error {
	err := host.CheckName(name)
	if err == nil {
		_, err = h.Stat(h.CatalogPath(name))
	}
	if err == nil {
		err = mapped(h.wintrust.Remove(wide(name)))
	}
	if err != nil {
		return fmt.Errorf("remove catalog %s: %w", name, err)
	}
	return nil
}

// ReportEvent implements host.Machine.
func (h *Host) ReportEvent(source string, id uint32, t host.EventType, message string) error {
	src, err1 := windows.UTF16PtrFromString(source)
	msg, err2 := windows.UTF16PtrFromString(message)
	err := errors.Join(err1, err2)
	if err == nil {
		err = reportEvent(src, id, t, msg)
	}
	if err != nil {
		return fmt.Errorf("report event %d of %s: %w", id, source, mapped(err))
	}
	return nil
}

func reportEvent(source *uint16, id uint32, t host.EventType, message *uint16) error {
	log, err := windows.RegisterEventSource(nil, source)
	if err != nil {
		return err
	}
	defer windows.DeregisterEventSource(log)
	return windows.ReportEvent(log, uint16(t), 0, id, 0, 1, 0, &message, nil)
}

// MissingPrivileges implements host.Machine. It enables the others for this process.
func (h *Host) MissingPrivileges(names []string) ([]string, error) {
	var missing []string
	for _, n := range names {
		ok, err := enablePrivilege(n)
		if err != nil {
			return nil, fmt.Errorf("privilege %s: %w", n, err)
		}
		if !ok {
			missing = append(missing, n)
		}
	}
	return missing, nil
}

// enablePrivilege enables one that the process's token holds; false: it does not hold it, or there is none of that name.
func enablePrivilege(name string) (bool, error) {
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_QUERY|windows.TOKEN_ADJUST_PRIVILEGES, &token); err != nil {
		return false, err
	}
	defer token.Close()
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return false, err
	}
	want := windows.Tokenprivileges{PrivilegeCount: 1}
	err = windows.LookupPrivilegeValue(nil, p, &want.Privileges[0].Luid)
	if errors.Is(err, windows.ERROR_NO_SUCH_PRIVILEGE) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// AdjustTokenPrivileges succeeds also for a privilege the token does not hold, so look before.
	var size uint32
	err = windows.GetTokenInformation(token, windows.TokenPrivileges, nil, 0, &size)
	if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) {
		return false, err
	}
	buf := make([]byte, size+16)
	if err := windows.GetTokenInformation(token, windows.TokenPrivileges, &buf[0], uint32(len(buf)), &size); err != nil {
		return false, err
	}
	held := (*windows.Tokenprivileges)(unsafe.Pointer(&buf[0])).AllPrivileges()
	if !slices.ContainsFunc(held, func(l windows.LUIDAndAttributes) bool { return l.Luid == want.Privileges[0].Luid }) {
		return false, nil
	}
	want.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	return true, windows.AdjustTokenPrivileges(token, false, &want, 0, nil, nil)
}

// Restart implements host.Machine.
func (h *Host) Restart(force bool) error {
	missing, err := h.MissingPrivileges([]string{"SeShutdownPrivilege"})
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("SeShutdownPrivilege: %w", fs.ErrPermission)
	}
	if err == nil {
		const reason = windows.SHTDN_REASON_MAJOR_OPERATINGSYSTEM | windows.SHTDN_REASON_MINOR_HOTFIX | windows.SHTDN_REASON_FLAG_PLANNED
		err = windows.InitiateSystemShutdownEx(nil, nil, 0, force, true, reason)
	}
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}
