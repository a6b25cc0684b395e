package spuninst

import (
	"fmt"
	"strings"
)

// Roots are the directories that portable paths are said by. Absolute, without a backslash at the end; empty ones are not used.
type Roots struct {
	SystemRoot      string // C:\WINDOWS
	SystemDrive     string // C:
	ProgramFiles    string // C:\Program Files
	ProgramFilesX86 string // C:\Program Files (x86)
}

type root struct{ name, path string }

// list has the roots with their portable names. SystemRoot is seen in a real package ("SystemRoot\system32\drivers");
// the others follow it (OURS).
func (r Roots) list() []root {
	return []root{
		{"SystemRoot", r.SystemRoot},
		{"ProgramFiles(x86)", r.ProgramFilesX86},
		{"ProgramFiles", r.ProgramFiles},
		{"SystemDrive", r.SystemDrive},
	}
}

// Portable says an absolute path by the longest root it is in: C:\WINDOWS\system32\x.dll is SystemRoot\system32\x.dll.
// Other paths stay as they are.
func Portable(path string, roots Roots) string {
	best, length := path, 0
	for _, r := range roots.list() {
		dir := strings.TrimRight(r.path, `\`)
		if len(dir) <= length || len(path) < len(dir) || !strings.EqualFold(path[:len(dir)], dir) {
			continue
		}
		if rest := path[len(dir):]; rest == "" || rest[0] == '\\' {
			best, length = r.name+rest, len(dir)
		}
	}
	return best
}

// Resolve is the inverse of Portable. It refuses what is neither absolute nor in a root that roots knows, and "..".
func Resolve(portable string, roots Roots) (string, error) {
	for _, part := range strings.FieldsFunc(portable, func(c rune) bool { return c == '\\' || c == '/' }) {
		if part == ".." {
			return "", fmt.Errorf("resolve %q: a path of spuninst.inf must not lead out of its folder by \"..\" elements", portable)
		}
	}
	if len(portable) >= 3 && portable[1] == ':' && portable[2] == '\\' || strings.HasPrefix(portable, `\\`) {
		return portable, nil
	}
	name, rest, deeper := strings.Cut(portable, `\`)
	for _, r := range roots.list() {
		if !strings.EqualFold(r.name, name) {
			continue
		}
		if r.path == "" {
			return "", fmt.Errorf("resolve %q: this machine has no %s", portable, r.name)
		}
		if !deeper {
			return r.path, nil
		}
		return strings.TrimRight(r.path, `\`) + `\` + rest, nil
	}
	return "", fmt.Errorf(`resolve %q: write an absolute path, or one that begins with SystemRoot\, SystemDrive\ or ProgramFiles\`, portable)
}

// Text returns spuninst.txt, which the Recovery Console runs line by line to bring the files back (WP, "Removing a Software
// Update"; the commands are OURS): absolute paths, no wildcards, each line harmless when repeated, 8-bit text, CRLF. A path
// that is not ASCII is left out: the console's code page is unknown, and a wrong character could name another file.
func (r *Removal) Text(roots Roots) []byte {
	var out []byte
	backups := strings.TrimRight(roots.SystemRoot, `\`) + `\` + r.UnInstallDirName
	if r.BackupDir != "" {
		dir, err := Resolve(r.BackupDir, roots)
		if err != nil {
			return nil // nobody knows where the backups are
		}
		backups = dir
	}
	line := func(command string, paths ...string) {
		text := command
		for _, p := range paths {
			for _, c := range p {
				if c < ' ' || c > '~' || strings.ContainsRune(`"*?`, c) {
					return
				}
			}
			if strings.Contains(p, " ") {
				p = `"` + p + `"`
			}
			text += " " + p
		}
		out = append(out, text+"\r\n"...)
	}
	for _, f := range r.Restore {
		if target, err := Resolve(f.Target, roots); err == nil {
			line("copy", backups+`\`+f.Backup, target)
		}
	}
	for _, f := range r.Delete {
		if target, err := Resolve(f.Target, roots); err == nil {
			line("del", target)
		}
	}
	return out
}
