package imagehost

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

func splitPath(key string) []string { return strings.Split(key, `\`) }

// newValue is one value of a new image's registry.
type newValue struct {
	root, key, name string
	value           host.Value
}

// valueList builds values key by key.
type valueList struct {
	key  string
	list []newValue
}

func (l *valueList) add(name string, v host.Value) {
	l.list = append(l.list, newValue{machineRoot, l.key, name, v})
}
func (l *valueList) sz(name, s string)           { l.add(name, host.StringValue(s, false)) }
func (l *valueList) expand(name, s string)       { l.add(name, host.StringValue(s, true)) }
func (l *valueList) dword(name string, n uint32) { l.add(name, host.DWORDValue(n)) }

// newValues are what an installed Windows of that version holds and installers read.
func (h *Host) newValues() []newValue {
	l := &valueList{}
	h.versionValues(l)
	h.setupValues(l)
	h.environmentValues(l)
	h.controlValues(l)
	return l.list
}

func (h *Host) versionValues(l *valueList) {
	i := h.facts
	build := strconv.Itoa(int(i.Build))
	l.key = ntCurrentVersion
	version := fmt.Sprintf("%d.%d", i.Major, i.Minor)
	if i.Major >= 10 {
		version = "6.3" // where Windows 8.1 left it; the numbers below are the truth
		l.dword("CurrentMajorVersionNumber", i.Major)
		l.dword("CurrentMinorVersionNumber", i.Minor)
		l.dword("UBR", 1)
	}
	l.sz("CurrentVersion", version)
	l.sz("CurrentBuild", build)
	l.sz("CurrentBuildNumber", build)
	l.sz("CurrentType", map[bool]string{false: "Uniprocessor Free", true: "Multiprocessor Free"}[i.Processors > 1])
	l.sz("ProductName", i.ProductName)
	l.sz("SystemRoot", i.WindowsDir)
	l.sz("PathName", i.WindowsDir)
	l.sz("RegisteredOwner", "Image")
	l.sz("RegisteredOrganization", "")
	if i.ServicePack > 0 {
		l.sz("CSDVersion", fmt.Sprintf("Service Pack %d", i.ServicePack))
	}
	if i.Major >= 6 {
		l.sz("InstallationType", map[bool]string{false: "Server", true: "Client"}[i.Product == host.Workstation])
	}
}

func (h *Host) setupValues(l *valueList) {
	i := h.facts
	folder := func(name string, csidl int) {
		if dir, ok := h.folder(csidl); ok {
			l.sz(name, dir)
		}
	}
	l.key = currentVersion
	folder("ProgramFilesDir", csidlProgramFiles)
	folder("CommonFilesDir", csidlCommonFiles)
	if h.reg.views {
		folder("ProgramFilesDir (x86)", csidlProgramFilesX86)
		folder("CommonFilesDir (x86)", csidlCommonFilesX86)
	}
	l.expand("DevicePath", `%SystemRoot%\inf`)
	l.expand("ProgramFilesPath", `%ProgramFiles%`)
	l.key = currentVersion + `\Setup`
	l.sz("SourcePath", i.WindowsDir+`\`)
	l.sz("ServicePackSourcePath", i.WindowsDir+`\`)
	l.sz("BootDir", i.BootDrive+`\`)
	l.dword("LogLevel", 0)
	l.key = `SYSTEM\Setup`
	l.dword("SetupType", 0)
	l.dword("SystemSetupInProgress", 0)
	l.sz("CmdLine", "")
	l.sz("OsLoaderPath", `\`)
	l.sz("SystemPartition", `\Device\HarddiskVolume1`)
	if h.reg.views {
		l.key = `SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion`
		folder("ProgramFilesDir", csidlProgramFilesX86)
		folder("CommonFilesDir", csidlCommonFilesX86)
	}
}

func (h *Host) environmentValues(l *valueList) {
	i := h.facts
	l.key = environmentKey
	l.expand("ComSpec", `%SystemRoot%\system32\cmd.exe`)
	l.expand("Path", `%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem`)
	l.expand("TEMP", `%SystemRoot%\TEMP`)
	l.expand("TMP", `%SystemRoot%\TEMP`)
	l.expand("windir", `%SystemRoot%`)
	l.sz("OS", "Windows_NT")
	l.sz("PATHEXT", ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH")
	l.sz("NUMBER_OF_PROCESSORS", strconv.Itoa(i.Processors))
	arch := "x86"
	switch i.Arch {
	case host.X64:
		arch = "AMD64"
	case host.ARM64:
		arch = "ARM64"
	case host.IA64:
		arch = "IA64"
	}
	l.sz("PROCESSOR_ARCHITECTURE", arch)
}

// Suite names as Windows keeps them beside the VER_SUITE_* mask of OSVERSIONINFOEX.
func suiteNames(suite uint16) []string {
	var names []string
	for _, s := range []struct {
		bit  uint16
		name string
	}{
		{0x0001, "Small Business"}, {0x0002, "Enterprise"}, {0x0010, "Terminal Server"}, {0x0020, "Small Business(Restricted)"},
		{0x0040, "EmbeddedNT"}, {0x0080, "DataCenter"}, {0x0200, "Personal"}, {0x0400, "Blade"}, {0x2000, "Storage Server"},
		{0x4000, "Compute Server"},
	} {
		if suite&s.bit != 0 {
			names = append(names, s.name)
		}
	}
	return names
}

func (h *Host) controlValues(l *valueList) {
	i := h.facts
	l.key = control + `\Windows`
	l.dword("CSDVersion", uint32(i.ServicePack)<<8)
	l.expand("Directory", `%SystemRoot%`)
	l.expand("SystemDirectory", `%SystemRoot%\system32`)
	l.key = control + `\ProductOptions`
	product := "WinNT"
	switch i.Product {
	case host.DomainController:
		product = "LanmanNT"
	case host.Server:
		product = "ServerNT"
	}
	l.sz("ProductType", product)
	l.add("ProductSuite", host.MultiValue(suiteNames(i.Suite)))
	l.key = control + `\Nls\Language`
	l.sz("Default", fmt.Sprintf("%04X", i.Language))
	l.sz("InstallLanguage", fmt.Sprintf("%04X", i.Language))
	for _, k := range []string{computerNameKey, control + `\ComputerName\ActiveComputerName`} {
		l.key = k
		l.sz("ComputerName", i.ComputerName)
	}
	l.key = sessionManager
	l.dword("ProtectionMode", 1)
	l.key = `SYSTEM\Select`
	for _, name := range []string{"Current", "Default", "LastKnownGood"} {
		l.dword(name, 1)
	}
	l.dword("Failed", 0)
}
