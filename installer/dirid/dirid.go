// Package dirid resolves directory identifiers (INF documentation, "Using Dirids"; the private numbers of Update.exe where
// the white paper or real packages show them) and %dirid% in values.
package dirid

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Private identifiers of Update.exe.
const (
	DllCache    = 65619 // %windir%\system32\dllcache (white paper, Appendix B)
	DriverCache = 65623 // %windir%\Driver Cache\i386 (seen in real packages; the path is inferred from its use)
	AltOSLoader = 65701 // directory of the alternate OS loader; default the boot drive's root (white paper, Appendix D)
)

// Absolute identifiers mean that the subdirectory is a whole path.
const (
	Absolute    = -1
	AbsoluteAlt = 65535
)

const shellBase = 16384 // 16384 + CSIDL

// Resolver knows one machine's directories.
type Resolver struct {
	host host.Machine
	info host.Info
	// Source is what 01 means: the directory the INF was read from. Empty: not available on this run.
	Source string
	added  map[int]string // by Set
}

// Set says where a dirid is that this package defines itself ([DirectoryId.Include]). The ids of the INF documentation and of
// the shell are taken.
func (r *Resolver) Set(id int, path string) error {
	const first = 32768 // ids below belong to Windows (INF documentation)
	if id < first || id == AbsoluteAlt || id == DllCache || id == DriverCache || id == AltOSLoader {
		return fmt.Errorf("directory id %d is one of Windows and cannot be set", id)
	}
	if r.added == nil {
		r.added = map[int]string{}
	}
	r.added[id] = path
	return nil
}

// New asks nothing of the machine yet.
func New(h host.Machine, info host.Info) *Resolver { return &Resolver{host: h, info: info} }

// Path is the absolute directory of d.
func (r *Resolver) Path(d updateinf.Dir) (string, error) {
	if d.ID == Absolute || d.ID == AbsoluteAlt {
		if len(d.Sub) < 3 || d.Sub[1] != ':' {
			return "", fmt.Errorf("directory id %d needs an absolute path, not %q", d.ID, d.Sub)
		}
		return winpath.Join(d.Sub), nil
	}
	base, err := r.base(d.ID)
	if err != nil {
		return "", err
	}
	return winpath.Join(base, d.Sub), nil
}

func (r *Resolver) base(id int) (string, error) {
	w, s := r.info.WindowsDir, r.info.SystemDir
	fixed := map[int]string{
		10: w, 11: s, 12: winpath.Join(s, "drivers"), 17: winpath.Join(w, "inf"), 18: winpath.Join(w, "help"),
		20: winpath.Join(w, "fonts"), 21: winpath.Join(s, "viewers"), 23: winpath.Join(s, `spool\drivers\color`),
		24: r.info.SystemDrive + `\`, 25: winpath.Join(w, "shared"), 30: r.info.BootDrive + `\`, 50: winpath.Join(w, "system"),
		51: winpath.Join(s, "spool"), 52: winpath.Join(s, `spool\drivers`), 54: r.info.BootDrive + `\`,
		55: winpath.Join(s, `spool\prtprocs`), DllCache: winpath.Join(s, "dllcache"),
		DriverCache: winpath.Join(w, `Driver Cache\i386`), AltOSLoader: r.info.BootDrive + `\`,
		16425: r.info.SystemDirX86,
	}
	if p, ok := fixed[id]; ok && p != "" && p != `\` {
		return p, nil
	}
	if p, ok := r.added[id]; ok {
		return p, nil
	}
	if id == 1 && r.Source != "" {
		return r.Source, nil
	}
	if id >= shellBase && id < shellBase+256 {
		p, err := r.host.Folder(id - shellBase)
		if err != nil {
			return "", fmt.Errorf("directory id %d: %w", id, err)
		}
		return p, nil
	}
	return "", fmt.Errorf("directory id %d is not known", id)
}

// Expand substitutes %dirid% by the directory. Names that are no number stay: they are environment variables, which the
// reader of the value expands (real packages write %SystemRoot% this way). An unknown number is an error.
func (r *Resolver) Expand(s string) (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		j := strings.IndexByte(s[i+1:], '%')
		if j < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		name := s[i+1 : i+1+j]
		b.WriteString(s[:i])
		id, err := strconv.Atoi(name)
		if err != nil || name == "" || len(name) < 2 {
			// %1 is a command's argument, not a directory: real values hold it (INF documentation gives dirids two digits).
			b.WriteString("%" + name)
			s = s[i+1+j:]
			continue
		}
		p, err := r.Path(updateinf.Dir{ID: id})
		if err != nil {
			return "", fmt.Errorf("%%%s%%: %w", name, err)
		}
		b.WriteString(p)
		s = s[i+2+j:]
	}
}
