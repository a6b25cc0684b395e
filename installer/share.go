package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// share is a copy of the Windows source files, into which /integrate puts an update.
type share struct {
	host    host.Host
	dir     string         // ...\i386 or ...\amd64
	info    host.Info      // of the Windows that is installed from it
	codes   map[string]int // folded directory below %windir% -> its number in [WinntDirectories]
	dosnet  *inf.File
	txt     *inf.File
	svcpack *inf.File // nil: none yet
	drvidx  *inf.File // nil: none
}

// openShare finds the source files at a path: its folder amd64, ia64 or i386 (in this order: a 64-bit tree has an i386 beside
// it), or the path itself. Without dosnet.inf, txtsetup.sif and the kernel it is none: 61480 (package-format.md 13).
func openShare(h host.Host, path string) (*share, error) {
	incomplete := func(format string, args ...any) error {
		return status.Wrap(status.NecessaryFilesNotPresent, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
	}
	if _, _, err := host.SplitPath(path); err != nil {
		return nil, err
	}
	s := &share{host: h}
	arch := host.X86
	for _, c := range []struct {
		folder string
		arch   host.Arch
	}{{"amd64", host.X64}, {"ia64", host.IA64}, {"i386", host.X86}, {"", archOfFolder(path)}} {
		dir := winpath.Join(path, c.folder)
		if there, err := s.exists(winpath.Join(dir, "txtsetup.sif")); err != nil {
			return nil, err
		} else if there {
			s.dir, arch = dir, c.arch
			break
		}
	}
	if s.dir == "" {
		return nil, incomplete("txtsetup.sif is neither there nor in a folder i386, amd64 or ia64")
	}
	kernel := false
	for _, name := range []string{"ntoskrnl.ex_", "ntoskrnl.exe"} {
		there, err := s.exists(winpath.Join(s.dir, name))
		if err != nil {
			return nil, err
		}
		kernel = kernel || there
	}
	if !kernel {
		return nil, incomplete("ntoskrnl.ex_ is not in %s", s.dir)
	}
	for _, f := range []struct {
		name     string
		into     **inf.File
		required bool
	}{{"dosnet.inf", &s.dosnet, true}, {"txtsetup.sif", &s.txt, true}, {"svcpack.inf", &s.svcpack, false}, {"drvindex.inf", &s.drvidx, false}} {
		full := winpath.Join(s.dir, f.name)
		data, err := readHost(h, full, maxINF)
		if errors.Is(err, fs.ErrNotExist) {
			if f.required {
				return nil, incomplete("%s is not in %s", f.name, s.dir)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if *f.into, err = inf.Parse(full, data); err != nil {
			return nil, status.Wrap(status.InvalidINFFile, err, "setup", full)
		}
	}
	return s, s.describe(path, arch, incomplete)
}

func archOfFolder(path string) host.Arch {
	switch strings.ToLower(winpath.Base(path)) {
	case "amd64":
		return host.X64
	case "ia64":
		return host.IA64
	}
	return host.X86
}

func (s *share) exists(path string) (bool, error) {
	_, err := s.host.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// describe learns which Windows the files are of: version from [SetupData] of txtsetup.sif, service pack from the tag files
// beside the folder (WIN51IP.SP2), directories from [WinntDirectories]. OURS where txtsetup.sif is silent: the build is that of
// the version, the product a workstation.
func (s *share) describe(path string, arch host.Arch, incomplete func(string, ...any) error) error {
	v := s.txt.View(0)
	number := func(key string) (uint32, bool) {
		text, ok := v.Value("SetupData", key)
		n, err := strconv.ParseUint(strings.TrimSpace(text), 0, 32)
		return uint32(n), ok && err == nil
	}
	major, ok := number("MajorVersion")
	minor, ok2 := number("MinorVersion")
	if !ok || !ok2 {
		return incomplete("[SetupData] of txtsetup.sif does not say MajorVersion and MinorVersion")
	}
	build := map[[2]uint32]uint32{{5, 0}: 2195, {5, 1}: 2600, {5, 2}: 3790}[[2]uint32{major, minor}]
	if n, ok := number("BuildNumber"); ok {
		build = n
	}
	s.info = host.Info{Major: major, Minor: minor, Build: build, Arch: arch, Product: host.Workstation, Processors: 1, SystemDrive: "C:", BootDrive: "C:",
		WindowsDir: `C:\WINDOWS`, SystemDir: `C:\WINDOWS\system32`, SystemDirX86: `C:\WINDOWS\system32`}
	if arch != host.X86 {
		s.info.SystemDirX86 = `C:\WINDOWS\SysWOW64`
	}
	if n, ok := number("ProductType"); ok && n != 0 {
		s.info.Product = host.Server
	}
	root := path
	if winpath.Equal(s.dir, path) {
		root = winpath.Dir(path)
	}
	entries, err := s.host.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name)
		i := strings.LastIndex(name, ".SP")
		if i < 0 || !strings.HasPrefix(name, "WIN") || e.IsDir() {
			continue
		}
		if n, err := strconv.ParseUint(name[i+3:], 10, 8); err == nil {
			s.info.ServicePack = max(s.info.ServicePack, uint16(n))
		}
	}
	s.codes = map[string]int{}
	for _, l := range v.Lines("WinntDirectories") {
		n, err := strconv.Atoi(strings.TrimSpace(l.Key))
		if err != nil || len(l.Fields) == 0 {
			continue
		}
		s.codes[host.Fold(strings.Trim(l.Fields[0], `\`))] = n
	}
	return nil
}

// updates lists the programs that setup runs at its end: updates integrated before.
func (s *share) updates() []string {
	var list []string
	if s.svcpack != nil {
		for _, l := range s.svcpack.Lines("SetupHotfixesToRun") {
			if len(l.Fields) > 0 {
				list = append(list, strings.Join(l.Fields, ","))
			}
		}
	}
	return list
}

// listed reports whether setup copies a file of that name: it has a line in [SourceDisksFiles] of txtsetup.sif.
func (s *share) listed(name string) bool {
	for _, l := range s.txt.Lines("SourceDisksFiles") {
		if strings.EqualFold(strings.TrimSpace(l.Key), name) {
			return true
		}
	}
	return false
}

// shareName is the name under which the share has a file: where a line of [SourceDisksFiles] gives another target name in its
// eleventh field, that of the line.
func (s *share) shareName(name string) string {
	const target = 10
	for _, l := range s.txt.Lines("SourceDisksFiles") {
		if len(l.Fields) > target && strings.EqualFold(strings.TrimSpace(l.Fields[target]), name) {
			return strings.TrimSpace(l.Key)
		}
	}
	return name
}

// compressedName is what makecab calls a compressed file: its extension ends in an underscore.
func compressedName(name string) string {
	i := strings.LastIndexByte(name, '.')
	switch {
	case i < 0:
		return name + "._"
	case len(name)-i > 3:
		return name[:len(name)-1] + "_"
	}
	return name + "_"
}

// shortName makes an 8.3 name out of a longer one that no other file of the share has (OURS: letters and digits, numbered).
func (s *share) shortName(name string, taken func(string) bool) (string, error) {
	base, ext, _ := strings.Cut(name, ".")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		base, ext = name[:i], name[i+1:]
	}
	if isShort(base, 8) && isShort(ext, 3) || isShort(base, 8) && ext == "" {
		return name, nil
	}
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(base))
	ext = strings.ToLower(ext[:min(len(ext), 3)])
	for i := 1; i < 1000; i++ {
		n := strconv.Itoa(i)
		short := clean[:min(len(clean), 8-len(n))] + n
		if ext != "" {
			short += "." + ext
		}
		if !taken(short) {
			return short, nil
		}
	}
	return "", fmt.Errorf("no free 8.3 name for %s", name)
}

func isShort(s string, n int) bool {
	return s != "" && len(s) <= n && !strings.ContainsAny(s, " .+,;=[]")
}
