package winhost

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// Keys the facts are read from.
const (
	ntCurrentVersion = `SOFTWARE\Microsoft\Windows NT\CurrentVersion`
	currentVersion   = `SOFTWARE\Microsoft\Windows\CurrentVersion`
	control          = `SYSTEM\CurrentControlSet\Control`
)

// regText reads a string of HKLM's native view; "" if there is none.
func regText(path, name string) string {
	v, err := getValue(host.Key{Root: host.HKLM, Path: path}, name)
	if err != nil {
		return ""
	}
	s, _ := v.Text()
	return s
}

// Info implements host.Machine. It is read once.
func (h *Host) Info() (host.Info, error) { return h.facts() }

func (h *Host) readFacts() (host.Info, error) {
	v := windows.RtlGetVersion()
	dir, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return host.Info{}, fmt.Errorf("describe the machine: Windows directory: %w", err)
	}
	computer, err := windows.ComputerName()
	if err != nil {
		return host.Info{}, fmt.Errorf("describe the machine: name: %w", err)
	}
	user, err := userName()
	if err != nil {
		return host.Info{}, fmt.Errorf("describe the machine: user: %w", err)
	}
	system := h.kernel32.NativeSystemInfo()
	i := host.Info{
		Major: v.MajorVersion, Minor: v.MinorVersion, Build: v.BuildNumber,
		ServicePack: v.ServicePackMajor, Product: host.ProductType(v.ProductType), Suite: v.SuiteMask,
		Arch: h.arch(system), Language: language(), Processors: max(int(system.processors), 1),
		SafeMode: safeMode(), ComputerName: computer, User: user, ProductName: regText(ntCurrentVersion, "ProductName"),
		WindowsDir: dir, SystemDir: dir + `\system32`, SystemDirX86: dir + `\system32`,
		SystemDrive: strings.ToUpper(dir[:2]), TempDir: dir + `\Temp`,
	}
	if i.Arch != host.X86 {
		i.SystemDirX86 = dir + `\SysWOW64`
	}
	i.BootDrive = bootDrive(i.SystemDrive)
	return i, nil
}

// arch is the system's, not this process's.
func (h *Host) arch(s systemInfo) host.Arch {
	switch machine, ok := h.kernel32.NativeMachine(); {
	case ok && machine == 0xaa64: // IMAGE_FILE_MACHINE_ARM64; to an emulated x64 process GetNativeSystemInfo says AMD64
		return host.ARM64
	case ok && machine == 0x8664:
		return host.X64
	case ok && machine == 0x014c:
		return host.X86
	}
	switch s.arch { // PROCESSOR_ARCHITECTURE_*
	case 9:
		return host.X64
	case 12:
		return host.ARM64
	case 6:
		return host.IA64
	}
	return host.X86
}

// language is the LANGID Windows was installed with.
func language() uint16 {
	for _, name := range []string{"InstallLanguage", "Default"} {
		if n, err := strconv.ParseUint(regText(control+`\Nls\Language`, name), 16, 16); err == nil && n != 0 {
			return uint16(n)
		}
	}
	return 0x0409
}

// safeMode: Windows makes this key when it starts in safe mode (SM_CLEANBOOT without loading user32).
func safeMode() bool {
	ok, err := exists(host.Key{Root: host.HKLM, Path: control + `\SafeBoot\Option`})
	return err == nil && ok
}

func userName() (string, error) {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return "", err
	}
	name, domain, _, err := user.User.Sid.LookupAccount("")
	if err != nil {
		return "", err
	}
	return domain + `\` + name, nil
}

// bootDrive finds the letter of the system partition; on most machines of today it has none, and the INF's "boot drive"
// is where Windows is.
func bootDrive(systemDrive string) string {
	partition := regText(`SYSTEM\Setup`, "SystemPartition")
	if partition == "" {
		return systemDrive
	}
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return systemDrive
	}
	for n := range 26 {
		drive := string(rune('A'+n)) + ":"
		var target [windows.MAX_PATH]uint16
		if mask&(1<<n) == 0 {
			continue
		}
		if _, err := windows.QueryDosDevice(wide(drive), &target[0], uint32(len(target))); err != nil {
			continue
		}
		if strings.EqualFold(windows.UTF16ToString(target[:]), partition) {
			return drive
		}
	}
	return systemDrive
}
