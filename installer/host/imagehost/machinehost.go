package imagehost

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// Keys the facts are read from.
const (
	ntCurrentVersion = `SOFTWARE\Microsoft\Windows NT\CurrentVersion`
	currentVersion   = `SOFTWARE\Microsoft\Windows\CurrentVersion`
	control          = `SYSTEM\CurrentControlSet\Control`
	sessionManager   = control + `\Session Manager`
	environmentKey   = sessionManager + `\Environment`
	computerNameKey  = control + `\ComputerName\ComputerName`
)

func hklm(path string) host.Key { return host.Key{Root: host.HKLM, Path: path} }

func (h *Host) regText(path, name string) string {
	_, v, err := h.value(hklm(path), name)
	if err != nil {
		return ""
	}
	s, _ := v.Text()
	return s
}

func (h *Host) regNumber(path, name string) (uint32, bool) {
	_, v, err := h.value(hklm(path), name)
	if err != nil {
		return 0, false
	}
	return v.Uint32()
}

// regFacts is image.ini with what the registry knows better: a service pack changes the registry and nothing else.
func (h *Host) regFacts() host.Info {
	m := h.machine
	if major, ok := h.regNumber(ntCurrentVersion, "CurrentMajorVersionNumber"); ok {
		m.Major = major
		m.Minor, _ = h.regNumber(ntCurrentVersion, "CurrentMinorVersionNumber")
	} else if a, b, ok := strings.Cut(h.regText(ntCurrentVersion, "CurrentVersion"), "."); ok {
		setNumber(&m.Major, a)
		setNumber(&m.Minor, b)
	}
	setNumber(&m.Build, h.regText(ntCurrentVersion, "CurrentBuildNumber"))
	if n, ok := h.regNumber(control+`\Windows`, "CSDVersion"); ok {
		m.ServicePack = uint16(n >> 8 & 0xff)
	}
	switch host.Fold(h.regText(control+`\ProductOptions`, "ProductType")) {
	case "WINNT":
		m.Product = host.Workstation
	case "LANMANNT":
		m.Product = host.DomainController
	case "SERVERNT":
		m.Product = host.Server
	}
	if n, err := strconv.ParseUint(h.regText(control+`\Nls\Language`, "InstallLanguage"), 16, 16); err == nil {
		m.Language = uint16(n)
	}
	m.ProductName = def(h.regText(ntCurrentVersion, "ProductName"), m.ProductName)
	m.ComputerName = def(h.regText(computerNameKey, "ComputerName"), m.ComputerName)
	return m.info(h.opt.User)
}

func setNumber(n *uint32, s string) {
	if v, err := strconv.ParseUint(s, 10, 32); err == nil {
		*n = uint32(v)
	}
}

// Info implements host.Machine. The facts are read at Open and at SimulateRestart.
func (h *Host) Info() (host.Info, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.facts, nil
}

// ExpandEnv implements host.Machine: the system's environment from the registry, and what Windows adds to it.
func (h *Host) ExpandEnv(s string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return host.ExpandEnv(s, func(name string) (string, bool) { return h.env(name, 0) })
}

// env looks a variable up. REG_EXPAND_SZ values name others; depth bounds a circle.
func (h *Host) env(name string, depth int) (string, bool) {
	id := host.Fold(name)
	for _, v := range h.builtinEnv() {
		if host.Fold(v.name) == id {
			return v.value, true
		}
	}
	_, v, err := h.value(hklm(environmentKey), name)
	if err != nil || name == "" {
		return "", false
	}
	text, ok := v.Text()
	if !ok || v.Type != host.RegExpandSZ || depth > 8 {
		return text, ok
	}
	return host.ExpandEnv(text, func(name string) (string, bool) { return h.env(name, depth+1) }), true
}

type variable struct{ name, value string }

// builtinEnv is what Windows sets at start and keeps in no Environment key.
func (h *Host) builtinEnv() []variable {
	list := []variable{
		{"SystemDrive", h.facts.SystemDrive},
		{"SystemRoot", h.facts.WindowsDir},
		{"COMPUTERNAME", h.facts.ComputerName},
	}
	add := func(name string, csidl int) {
		if dir, ok := h.folder(csidl); ok {
			list = append(list, variable{name, dir})
		}
	}
	add("ProgramFiles", csidlProgramFiles)
	add("CommonProgramFiles", csidlCommonFiles)
	if h.facts.Arch != host.X86 {
		add("ProgramFiles(x86)", csidlProgramFilesX86)
		add("CommonProgramFiles(x86)", csidlCommonFilesX86)
	}
	if h.facts.Arch != host.X86 && h.facts.Major >= 6 {
		add("ProgramW6432", csidlProgramFiles)
		add("CommonProgramW6432", csidlCommonFiles)
	}
	if h.facts.Major >= 6 {
		add("ProgramData", csidlCommonAppData)
		add("ALLUSERSPROFILE", csidlCommonAppData)
		return append(list, variable{"PUBLIC", h.facts.SystemDrive + `\Users\Public`})
	}
	return append(list, variable{"ALLUSERSPROFILE", h.facts.SystemDrive + `\Documents and Settings\All Users`})
}

// Drives implements host.Machine.
func (h *Host) Drives() ([]host.Drive, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := slices.Clone(h.machine.Drives)
	for i, d := range list {
		if n, ok := h.free[d.Root[:2]]; ok {
			list[i].FreeBytes = n
			list[i].TotalBytes = max(n, d.TotalBytes)
		}
	}
	slices.SortFunc(list, func(a, b host.Drive) int { return strings.Compare(a.Root, b.Root) })
	return list, nil
}

// Now implements host.Machine.
func (h *Host) Now() time.Time { return h.now() }

// Lock implements host.Machine. Only one process has the image at a time, so the lock is known to this Host alone.
func (h *Host) Lock(name string) (release func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := host.CheckName(name); err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if h.locks[name] {
		return nil, fmt.Errorf("lock %s: %w", name, host.ErrBusy)
	}
	h.locks[name] = true
	held := true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if held {
			delete(h.locks, name)
			held = false
		}
	}, nil
}

// catalogDir: the subsystem of driver and system catalogs (DRIVER_ACTION_VERIFY).
const catalogDir = `\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}`

// CatalogPath implements host.Machine.
func (h *Host) CatalogPath(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.catalogPath(name)
}

func (h *Host) catalogPath(name string) string {
	return h.facts.SystemDir + catalogDir + `\` + name
}

// AddCatalog implements host.Machine.
func (h *Host) AddCatalog(path, name string) error {
	err := host.CheckName(name)
	var f *file
	if err == nil {
		h.mu.Lock()
		if f, _, err = h.open(path); err == nil {
			f.Close()
			_, err = h.mkdirAll(h.facts.SystemDir+catalogDir, 0)
		}
		h.mu.Unlock()
	}
	if err == nil {
		err = h.copyFile(path, h.CatalogPath(name))
	}
	if err != nil {
		return fmt.Errorf("install catalog %s as %s: %w", path, name, err)
	}
	return nil
}

// RemoveCatalog implements host.Machine.
func (h *Host) RemoveCatalog(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := host.CheckName(name)
	if err == nil {
		err = h.remove(h.catalogPath(name))
	}
	if err != nil {
		return fmt.Errorf("remove catalog %s: %w", name, err)
	}
	return nil
}

func eventName(t host.EventType) string {
	switch t {
	case host.EventError:
		return "Error"
	case host.EventWarning:
		return "Warning"
	}
	return "Information"
}

// ReportEvent implements host.Machine: a line of eventlog.txt with tabs between time, severity, source, id and message;
// control characters and backslashes in the last are written as Go does.
func (h *Host) ReportEvent(source string, id uint32, t host.EventType, message string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fmt.Errorf("report event %d of %s: %w", id, source, errClosed)
	}
	line := fmt.Sprintf("%s\t%s\t%s\t%d\t%s\n", h.now().Format("2006-01-02T15:04:05"), eventName(t), oneLine(source), id, oneLine(message))
	f, err := h.root.OpenFile(eventsName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err == nil {
		_, err = f.WriteString(line)
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("report event %d of %s: %w", id, source, osError(err))
	}
	return nil
}

// oneLine escapes as a Go string does, without the quotes.
func oneLine(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// MissingPrivileges implements host.Machine.
func (h *Host) MissingPrivileges(names []string) ([]string, error) {
	var missing []string
	for _, n := range names {
		if !slices.Contains(privileges(), n) || slices.Contains(h.opt.MissingPrivileges, n) {
			missing = append(missing, n)
		}
	}
	return missing, nil
}

// privileges are the constants of "Privilege Constants" in the Win32 documentation.
func privileges() []string {
	return []string{
		"SeAssignPrimaryTokenPrivilege", "SeAuditPrivilege", "SeBackupPrivilege", "SeChangeNotifyPrivilege",
		"SeCreateGlobalPrivilege", "SeCreatePagefilePrivilege", "SeCreatePermanentPrivilege", "SeCreateSymbolicLinkPrivilege",
		"SeCreateTokenPrivilege", "SeDebugPrivilege", "SeDelegateSessionUserImpersonatePrivilege",
		"SeEnableDelegationPrivilege", "SeImpersonatePrivilege", "SeIncreaseBasePriorityPrivilege", "SeIncreaseQuotaPrivilege",
		"SeIncreaseWorkingSetPrivilege", "SeLoadDriverPrivilege", "SeLockMemoryPrivilege", "SeMachineAccountPrivilege",
		"SeManageVolumePrivilege", "SeProfileSingleProcessPrivilege", "SeRelabelPrivilege", "SeRemoteShutdownPrivilege",
		"SeRestorePrivilege", "SeSecurityPrivilege", "SeShutdownPrivilege", "SeSyncAgentPrivilege",
		"SeSystemEnvironmentPrivilege", "SeSystemProfilePrivilege", "SeSystemtimePrivilege", "SeTakeOwnershipPrivilege",
		"SeTcbPrivilege", "SeTimeZonePrivilege", "SeTrustedCredManAccessPrivilege", "SeUndockPrivilege",
		"SeUnsolicitedInputPrivilege",
	}
}

// Restart implements host.Machine: host.ErrUnsupported. Tests and kbforge use SimulateRestart.
func (h *Host) Restart(bool) error {
	return fmt.Errorf("restart an offline image: %w", host.ErrUnsupported)
}

// Folder implements host.Machine.
func (h *Host) Folder(csidl int) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if dir, ok := h.folder(csidl); ok {
		return dir, nil
	}
	return "", fmt.Errorf("folder %d: %w", csidl, fs.ErrNotExist)
}
