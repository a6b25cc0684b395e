package imagehost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-ini/ini"

	"github.com/kbforge/kbforge/installer/host"
)

// Machine is the facts of a machine that Create puts into image.ini and, where Windows keeps them there, into the
// registry.
type Machine struct {
	Major, Minor, Build uint32 // 5, 2, 3790
	ServicePack         uint16 // 2 for SP2
	Product             host.ProductType
	Suite               uint16 // VER_SUITE_* mask
	Arch                host.Arch
	Language            uint16 // LANGID; 0: 0x0409
	Processors          int    // 0: 1
	SafeMode            bool
	ComputerName        string // "": IMAGE
	ProductName         string // "Microsoft Windows XP"
	SystemDrive         string // "": C:
	WindowsDir          string // "": C:\WINDOWS, C:\Windows from version 6
	BootDrive           string // "": the system drive
	Drives              []host.Drive
	// Drives lists what Drives() reports. None: the system drive with 20 GiB free of 40. Further drives get a folder under
	// drive/.
}

const (
	defaultFree    = 20 << 30
	defaultTotal   = 40 << 30
	defaultCluster = 4096
)

// withDefaults fills what may be left out.
func (m Machine) withDefaults() Machine {
	m.Language = def(m.Language, 0x0409)
	m.Processors = def(m.Processors, 1)
	m.ComputerName = def(m.ComputerName, "IMAGE")
	m.SystemDrive = strings.ToUpper(def(m.SystemDrive, "C:"))
	m.BootDrive = strings.ToUpper(def(m.BootDrive, m.SystemDrive))
	m.Product = def(m.Product, host.Workstation)
	m.Arch = def(m.Arch, host.X86)
	dir := `\WINDOWS`
	if m.Major >= 6 {
		dir = `\Windows`
	}
	m.WindowsDir = def(m.WindowsDir, m.SystemDrive+dir)
	if len(m.Drives) == 0 {
		m.Drives = []host.Drive{{Root: m.SystemDrive + `\`}}
	}
	drives := make([]host.Drive, len(m.Drives))
	for i, d := range m.Drives {
		d.Root = strings.ToUpper(d.Root)
		if d.TotalBytes == 0 {
			d.TotalBytes = defaultTotal
			d.FreeBytes = def(d.FreeBytes, defaultFree)
		}
		d.Cluster = def(d.Cluster, defaultCluster)
		drives[i] = d
	}
	m.Drives = drives
	return m
}

func def[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// check reports every fault of m at once.
func (m Machine) check() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if m.Major == 0 || m.Build == 0 {
		bad("version: want major.minor.build, as in 5.2.3790")
	}
	if m.Product > host.Server {
		bad("product-type: want workstation, domain-controller or server")
	}
	switch m.Arch {
	case host.X86, host.X64, host.ARM64, host.IA64:
	default:
		bad("arch: %q is none of x86, x64, arm64, ia64", m.Arch)
	}
	if m.Processors < 1 {
		bad("processors: want at least 1")
	}
	roots := map[string]bool{}
	for _, d := range m.Drives {
		if len(d.Root) != 3 || !isRoot(d.Root) {
			bad(`drive %q: want a root such as C:\`, d.Root)
		}
		if d.FreeBytes < 0 || d.TotalBytes < d.FreeBytes || d.Cluster < 1 {
			bad("drive %s: free-bytes, total-bytes and cluster do not fit together", d.Root)
		}
		if roots[d.Root] {
			bad("drive %s: listed twice", d.Root)
		}
		roots[d.Root] = true
	}
	if !roots[m.SystemDrive+`\`] {
		bad("system-drive: there is no drive %s", m.SystemDrive)
	}
	if !roots[m.BootDrive+`\`] {
		bad("boot-drive: there is no drive %s", m.BootDrive)
	}
	if drive, elems, err := host.SplitPath(m.WindowsDir); err != nil {
		bad("windows-dir: %w", err)
	} else if drive != m.SystemDrive || len(elems) == 0 {
		bad("windows-dir: %s is no directory on %s", m.WindowsDir, m.SystemDrive)
	}
	return errors.Join(faults...)
}

func isRoot(s string) bool {
	_, elems, err := host.SplitPath(s)
	return err == nil && len(elems) == 0
}

// info gives the directories and names that follow from m.
func (m Machine) info(user string) host.Info {
	i := host.Info{
		Major: m.Major, Minor: m.Minor, Build: m.Build, ServicePack: m.ServicePack, Product: m.Product, Suite: m.Suite,
		Arch: m.Arch, Language: m.Language, Processors: m.Processors, SafeMode: m.SafeMode, ComputerName: m.ComputerName,
		ProductName: m.ProductName, WindowsDir: m.WindowsDir, SystemDrive: m.SystemDrive, BootDrive: m.BootDrive,
		SystemDir: m.WindowsDir + `\system32`, TempDir: m.WindowsDir + `\Temp`,
		User: def(user, m.ComputerName+`\Administrator`),
	}
	i.SystemDirX86 = i.SystemDir
	if m.Arch != host.X86 {
		i.SystemDirX86 = m.WindowsDir + `\SysWOW64`
	}
	return i
}

func productName(p host.ProductType) string {
	switch p {
	case host.DomainController:
		return "domain-controller"
	case host.Server:
		return "server"
	}
	return "workstation"
}

const iniHead = "An offline image of kbforge; see docs/image.md.\n; Where the registry holds a fact too (version, service pack, product type, " +
	"language, names), the registry counts."

// write makes image.ini at path.
func (m Machine) write(path string) error {
	f := ini.Empty(loadOptions())
	s, err := f.NewSection("machine")
	if err != nil {
		return fmt.Errorf("write image.ini: %w", err)
	}
	s.Comment = iniHead
	put := func(s *ini.Section, key, value string) {
		if _, e := s.NewKey(key, value); e != nil && err == nil {
			err = e
		}
	}
	put(s, "version", fmt.Sprintf("%d.%d.%d", m.Major, m.Minor, m.Build))
	put(s, "service-pack", strconv.Itoa(int(m.ServicePack)))
	put(s, "product-type", productName(m.Product))
	put(s, "suite", fmt.Sprintf("0x%04x", m.Suite))
	put(s, "arch", string(m.Arch))
	put(s, "language", fmt.Sprintf("0x%04x", m.Language))
	put(s, "processors", strconv.Itoa(m.Processors))
	put(s, "safe-mode", strconv.FormatBool(m.SafeMode))
	put(s, "computer-name", m.ComputerName)
	put(s, "product-name", m.ProductName)
	put(s, "system-drive", m.SystemDrive)
	put(s, "windows-dir", m.WindowsDir)
	put(s, "boot-drive", m.BootDrive)
	for _, d := range m.Drives {
		ds, e := f.NewSection("drive " + d.Root[:1])
		if e != nil {
			return fmt.Errorf("write image.ini: %w", e)
		}
		put(ds, "total-bytes", strconv.FormatInt(d.TotalBytes, 10))
		put(ds, "free-bytes", strconv.FormatInt(d.FreeBytes, 10))
		put(ds, "cluster", strconv.FormatInt(d.Cluster, 10))
	}
	if err == nil {
		err = f.SaveTo(path)
	}
	if err != nil {
		return fmt.Errorf("write image.ini: %w", err)
	}
	return nil
}

// loadOptions turn off what would change a Windows path: a backslash at the end of a line, quotes, inline comments.
func loadOptions() ini.LoadOptions {
	return ini.LoadOptions{
		IgnoreContinuation: true, IgnoreInlineComment: true, PreserveSurroundedQuote: true, KeyValueDelimiters: "=",
		Insensitive: true,
	}
}

// readMachine reads image.ini, reporting every fault of it at once.
func readMachine(dir string) (Machine, error) {
	path := filepath.Join(dir, "image.ini")
	text, err := os.ReadFile(path)
	if err != nil {
		return Machine{}, fmt.Errorf("open image: %w", err)
	}
	f, err := ini.LoadSources(loadOptions(), text)
	if err != nil {
		return Machine{}, fmt.Errorf("%s: %w", path, err)
	}
	r := iniReader{}
	m := r.machine(f)
	if len(r.faults) == 0 {
		m = m.withDefaults()
		if err := m.check(); err != nil {
			r.faults = append(r.faults, err)
		}
	}
	if err := errors.Join(r.faults...); err != nil {
		return Machine{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// iniReader collects faults while it reads.
type iniReader struct{ faults []error }

func (r *iniReader) bad(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

func (r *iniReader) machine(f *ini.File) Machine {
	var m Machine
	for _, s := range f.Sections() {
		switch name := s.Name(); {
		case name == "machine":
			r.section(s, &m)
		case strings.HasPrefix(name, "drive ") && len(name) == len("drive c"):
			m.Drives = append(m.Drives, r.drive(s, name[len("drive "):]))
		case len(s.Keys()) > 0 || strings.ToLower(name) != "default":
			r.bad("[%s]: unknown section; known are [machine] and [drive X]", name)
		}
	}
	return m
}

func (r *iniReader) section(s *ini.Section, m *Machine) {
	for _, k := range s.Keys() {
		v := k.Value()
		switch k.Name() {
		case "version":
			if n, err := fmt.Sscanf(v+"\n", "%d.%d.%d\n", &m.Major, &m.Minor, &m.Build); err != nil || n != 3 {
				r.bad("version: %q is not major.minor.build", v)
			}
		case "service-pack":
			m.ServicePack = uint16(r.number(k.Name(), v, 16))
		case "product-type":
			m.Product = r.product(v)
		case "suite":
			m.Suite = uint16(r.number(k.Name(), v, 16))
		case "arch":
			m.Arch = host.Arch(v)
		case "language":
			m.Language = uint16(r.number(k.Name(), v, 16))
		case "processors":
			m.Processors = int(r.number(k.Name(), v, 16))
		case "safe-mode":
			b, err := strconv.ParseBool(v)
			if m.SafeMode = b; err != nil {
				r.bad("safe-mode: %q is not true or false", v)
			}
		case "computer-name":
			m.ComputerName = v
		case "product-name":
			m.ProductName = v
		case "system-drive":
			m.SystemDrive = v
		case "windows-dir":
			m.WindowsDir = v
		case "boot-drive":
			m.BootDrive = v
		default:
			r.bad("[machine] %s: unknown key", k.Name())
		}
	}
}

func (r *iniReader) drive(s *ini.Section, letter string) host.Drive {
	d := host.Drive{Root: strings.ToUpper(letter) + `:\`}
	for _, k := range s.Keys() {
		n := int64(r.number(k.Name(), k.Value(), 63))
		switch k.Name() {
		case "total-bytes":
			d.TotalBytes = n
		case "free-bytes":
			d.FreeBytes = n
		case "cluster":
			d.Cluster = n
		default:
			r.bad("[%s] %s: unknown key", s.Name(), k.Name())
		}
	}
	return d
}

func (r *iniReader) number(key, v string, bits int) uint64 {
	n, err := strconv.ParseUint(v, 0, bits)
	if err != nil {
		r.bad("%s: %q is no number of %d bits", key, v, bits)
	}
	return n
}

func (r *iniReader) product(v string) host.ProductType {
	for p := host.Workstation; p <= host.Server; p++ {
		if v == productName(p) {
			return p
		}
	}
	r.bad("product-type: %q is none of workstation, domain-controller, server", v)
	return 0
}
