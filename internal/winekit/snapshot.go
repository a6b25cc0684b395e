package winekit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Snapshot is the state of something, by name: files with size and hash, or registry values with their data.
type Snapshot map[string]string

// Without returns the snapshot less the names that drop accepts.
func (s Snapshot) Without(drop func(name string) bool) Snapshot {
	kept := maps.Clone(s)
	maps.DeleteFunc(kept, func(name, _ string) bool { return drop(name) })
	return kept
}

// Diff lists what changed from s to after, sorted by name: "+ name: new", "- name: old", "~ name: old -> new".
func (s Snapshot) Diff(after Snapshot) []string {
	all := maps.Clone(s)
	maps.Copy(all, after)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, was := s[name]
		now, is := after[name]
		switch {
		case !was:
			out = append(out, fmt.Sprintf("+ %s: %s", name, now))
		case !is:
			out = append(out, fmt.Sprintf("- %s: %s", name, old))
		case old != now:
			out = append(out, fmt.Sprintf("~ %s: %s -> %s", name, old, now))
		}
	}
	return out
}

// SnapshotTree takes the files and folders below Windows paths, all of C: without any: name (a Windows path in the case
// it has on disk) to "dir", or size and SHA-256. A root that does not exist has no entries.
func (p *Prefix) SnapshotTree(t testing.TB, roots ...string) Snapshot {
	t.Helper()
	if len(roots) == 0 {
		roots = []string{`C:\`}
	}
	s := Snapshot{}
	for _, root := range roots {
		err := filepath.WalkDir(p.Path(root), func(path string, e fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			name := p.WinPath(path)
			switch {
			case e.IsDir():
				s[name] = "dir"
			case e.Type().IsRegular():
				b, err := os.ReadFile(path)
				if os.IsNotExist(err) { // a program of the machine deleted it meanwhile
					return nil
				}
				if err != nil {
					return err
				}
				s[name] = fmt.Sprintf("%d bytes, sha256 %x", len(b), sha256.Sum256(b))
			default:
				s[name] = e.Type().String()
			}
			return nil
		})
		if err != nil {
			t.Fatalf("winekit: snapshot of %s: %v", root, err)
		}
	}
	return s
}

// SnapshotRegistry restarts the machine and takes its whole registry: `HKLM\Key` to "key" and `HKLM\Key|Value` to the
// value as Wine writes it. Volatile keys and times are not in it, nor is what a restart itself changes.
func (p *Prefix) SnapshotRegistry(t testing.TB) Snapshot {
	t.Helper()
	stopServer(p.in, p.Dir)
	s := Snapshot{}
	for file, root := range map[string]string{"system.reg": "HKLM", "user.reg": "HKCU"} {
		b, err := os.ReadFile(filepath.Join(p.Dir, file))
		if err != nil {
			t.Fatalf("winekit: %v", err)
		}
		if err := parseWineReg(b, root, s); err != nil {
			t.Fatalf("winekit: %s: %v", file, err)
		}
	}
	p.boot(t)
	return s
}

// parseWineReg reads Wine's registry text. A key is a line `[Software\\X] 1700000000`, followed by values `"name"=data` or
// `@=data` that a trailing backslash continues, and by lines with # that hold times and classes.
func parseWineReg(b []byte, root string, s Snapshot) error {
	key, pending := "", ""
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, len(b)+1)
	for sc.Scan() {
		line := pending + strings.TrimLeft(sc.Text(), " ")
		pending = ""
		if rest, more := strings.CutSuffix(line, `\`); more && !strings.HasPrefix(line, "[") {
			pending = rest
			continue
		}
		switch {
		case strings.HasPrefix(line, "["):
			end := strings.LastIndexByte(line, ']')
			key = root + `\` + strings.ReplaceAll(line[1:end], `\\`, `\`)
			s[key] = "key"
		case strings.HasPrefix(line, "@="):
			s[key+"|"] = line[2:]
		case strings.HasPrefix(line, `"`):
			end := nameEnd(line)
			if end < 0 {
				return fmt.Errorf("key %s: no value name in %q", key, line)
			}
			s[key+"|"+line[1:end]] = line[end+2:]
		}
	}
	return sc.Err()
}

// nameEnd finds the quote that ends the name in `"name"=data`; a backslash escapes the byte after it.
func nameEnd(line string) int {
	for i := 1; i+1 < len(line); i++ {
		switch {
		case line[i] == '\\':
			i++
		case line[i] == '"' && line[i+1] == '=':
			return i
		}
	}
	return -1
}

// IsDisplay reports whether an entry of a registry snapshot is what Wine itself notes about the display when a program makes
// its first window.
func IsDisplay(name string) bool {
	const classes = `HKLM\System\CurrentControlSet\Control\Class\`
	return strings.HasPrefix(name, classes+"{4D36E968-E325-11CE-BFC1-08002BE10318}") || // display adapters
		strings.HasPrefix(name, classes+"{4D36E96E-E325-11CE-BFC1-08002BE10318}") // monitors
}
