package imagehost

import (
	"slices"

	"github.com/kbforge/kbforge/installer/host"
)

// VER_SUITE_* bits (OSVERSIONINFOEX).
const (
	suiteTerminal       = 0x0010
	suiteSingleUserTS   = 0x0100
	suiteServerDefaults = suiteTerminal | suiteSingleUserTS
)

type preset struct {
	name    string
	machine Machine
}

// presets lists the usual systems, oldest first.
func presets() []preset {
	client := func(major, minor, build uint32, sp uint16, arch host.Arch, product string) Machine {
		return Machine{Major: major, Minor: minor, Build: build, ServicePack: sp, Arch: arch, Product: host.Workstation,
			Suite: suiteSingleUserTS, ProductName: product, Processors: 2}
	}
	server := func(major, minor, build uint32, sp uint16, arch host.Arch, product string) Machine {
		return Machine{Major: major, Minor: minor, Build: build, ServicePack: sp, Arch: arch, Product: host.Server,
			Suite: suiteServerDefaults, ProductName: product, Processors: 4}
	}
	const w2003 = "Microsoft Windows Server 2003"
	return []preset{
		{"win2000-sp4", client(5, 0, 2195, 4, host.X86, "Microsoft Windows 2000")},
		{"winxp", client(5, 1, 2600, 0, host.X86, "Microsoft Windows XP")},
		{"winxp-sp1", client(5, 1, 2600, 1, host.X86, "Microsoft Windows XP")},
		{"winxp-sp2", client(5, 1, 2600, 2, host.X86, "Microsoft Windows XP")},
		{"winxp-sp3", client(5, 1, 2600, 3, host.X86, "Microsoft Windows XP")},
		{"winxp-x64-sp2", client(5, 2, 3790, 2, host.X64, "Microsoft Windows XP")},
		{"win2003", server(5, 2, 3790, 0, host.X86, w2003)},
		{"win2003-sp1", server(5, 2, 3790, 1, host.X86, w2003)},
		{"win2003-sp2", server(5, 2, 3790, 2, host.X86, w2003)},
		{"win2003-x64-sp2", server(5, 2, 3790, 2, host.X64, w2003)},
		{"win2003-ia64-sp2", server(5, 2, 3790, 2, host.IA64, w2003)},
		{"vista-sp2", client(6, 0, 6002, 2, host.X86, "Windows Vista (TM) Business")},
		{"win2008-sp2", server(6, 0, 6002, 2, host.X64, "Windows Server (R) 2008 Standard")},
		{"win7-sp1-x86", client(6, 1, 7601, 1, host.X86, "Windows 7 Professional")},
		{"win7-sp1", client(6, 1, 7601, 1, host.X64, "Windows 7 Professional")},
		{"win2008r2-sp1", server(6, 1, 7601, 1, host.X64, "Windows Server 2008 R2 Standard")},
		{"win81-x64", client(6, 3, 9600, 0, host.X64, "Windows 8.1 Pro")},
		{"win2012r2-x64", server(6, 3, 9600, 0, host.X64, "Windows Server 2012 R2 Standard")},
		{"win10-x86", client(10, 0, 19045, 0, host.X86, "Windows 10 Pro")},
		{"win10-x64", client(10, 0, 19045, 0, host.X64, "Windows 10 Pro")},
		{"win10-arm64", client(10, 0, 19045, 0, host.ARM64, "Windows 10 Pro")},
		{"win2016-x64", server(10, 0, 14393, 0, host.X64, "Windows Server 2016 Standard")},
		{"win2019-x64", server(10, 0, 17763, 0, host.X64, "Windows Server 2019 Standard")},
		{"win2022-x64", server(10, 0, 20348, 0, host.X64, "Windows Server 2022 Standard")},
		{"win11-x64", client(10, 0, 22631, 0, host.X64, "Windows 10 Pro")}, // the registry of Windows 11 says 10
		{"win11-arm64", client(10, 0, 22631, 0, host.ARM64, "Windows 10 Pro")},
		{"win2025-x64", server(10, 0, 26100, 0, host.X64, "Windows Server 2025 Standard")},
	}
}

// Presets names the systems Preset knows, oldest first.
func Presets() []string {
	var names []string
	for _, p := range presets() {
		names = append(names, p.name)
	}
	return names
}

// Preset gives the facts of a usual system: "winxp-sp2", "win2003-sp2", "win10-x64" and so on. ok is false for others.
func Preset(name string) (m Machine, ok bool) {
	all := presets()
	i := slices.IndexFunc(all, func(p preset) bool { return p.name == name })
	if i < 0 {
		return Machine{}, false
	}
	return all[i].machine, true
}
