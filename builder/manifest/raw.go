package manifest

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/inf"
)

// MaxRaw is the longest raw INF text, in bytes (OURS).
const MaxRaw = 1 << 20

// raw resolves [raw].
func (r *resolver) raw(d rawDoc) {
	r.m.RawINF = r.rawINF("raw.inf", d.INF)
	seen := map[string]bool{}
	for i, f := range d.File {
		at := index("raw.file", i)
		if !r.written(at + ".source") {
			r.fault(at+".source", "%s.source is missing; name the file", at)
		}
		path := strings.ReplaceAll(f.Path, "/", `\`)
		switch {
		case !r.written(at + ".path"):
			r.fault(at+".path", `%s.path is missing; say where in the package the file lies, such as 'update\custom.dll'`, at)
		case r.failed(at + ".path"):
		case seen[strings.ToLower(path)]:
			r.fault(at+".path", "%s already lies in the package by another [[raw.file]]; give each its own path", path)
		default:
			for _, elem := range strings.Split(path, `\`) {
				if err := CheckName(elem); err != nil {
					r.fault(at+".path", "path %q: %v", f.Path, err)
					break
				}
			}
		}
		seen[strings.ToLower(path)] = true
		if r.written(at + ".source") {
			r.m.RawFiles = append(r.m.RawFiles, RawFile{Source: r.source(at+".source", f.Source), Path: path, Key: at})
		}
	}
}

// rawINF checks the language of raw INF text; what its sections mean is checked with the whole INF, by builder.
func (r *resolver) rawINF(at, text string) string {
	if !r.written(at) || r.failed(at) {
		return ""
	}
	if len(text) > MaxRaw {
		r.fault(at, "%s is %d bytes long; at most %d", at, len(text), MaxRaw)
		return ""
	}
	f, err := ParseRaw(text)
	var list *inf.ErrorList
	if errors.As(err, &list) {
		for _, e := range *list {
			r.faults = append(r.faults, r.m.WarnText(at, e.Line, e.Col, e.Msg))
		}
		return ""
	}
	for _, s := range f.Sections {
		said := func(what string, pos inf.Pos) {
			r.faults = append(r.faults, r.m.WarnText(at, pos.Line, pos.Col, what+" is written from the other keys; use those"))
		}
		if _, local := inf.StringsLanguage(s.Name); local {
			said("["+s.Name+"]", s.Pos)
		}
		for _, l := range s.Lines() {
			if slices.ContainsFunc(append(writtenKeys(s.Name), r.saidKeys(s.Name)...), func(k string) bool { return strings.EqualFold(k, l.Key) }) {
				said("["+s.Name+"] "+l.Key, l.Pos)
			}
		}
	}
	if len(f.Sections) == 0 {
		r.fault(at, "%s has no section; begin with one, such as [LinkItems.Create]", at)
	}
	return text
}

// writtenKeys are the keys of [Version] and [Configuration] that every build writes, or that a key of the manifest means.
func writtenKeys(section string) []string {
	switch strings.ToLower(section) {
	case "version":
		return []string{"Signature", "LanguageType", "CatalogFile", "RebootRequired", "NtBuildToUpdate", "MaxNtBuildToUpdate", "NtMajorVersionToUpdate",
			"MaxNtMajorVersionToUpdate", "NtMinorVersionToUpdate", "MaxNtMinorVersionToUpdate", "MinNtServicePackVersion", "MaxNtServicePackVersion",
			"ThisServicePackVersion"}
	case "configuration":
		return []string{"InstallationType", "InstallLogFileName", "UnInstallLogFileName", "UnInstallDirName", "EventLogKeyName", "EventLogDllName",
			"UpdateRegKey", "noPNPfiles"}
	}
	return nil
}

// saidKeys are the keys of [Configuration] that raw text may write unless keys of the manifest say them.
func (r *resolver) saidKeys(section string) (keys []string) {
	if !strings.EqualFold(section, "Configuration") {
		return nil
	}
	for _, k := range []struct{ path, key string }{{"services.wait", "WaitTimeForServiceStop"}, {"install.detect-services", "ServiceFileInUseDetect"},
		{"install.detect-apps", "AppFileInUseDetect"}, {"install.device-class-info", "DeviceClassInfo"}} {
		if r.written(k.path) {
			keys = append(keys, k.key)
		}
	}
	for i := 0; r.written(index("custom-dll", i)); i++ {
		if r.written(index("custom-dll", i) + ".customizes") {
			return append(keys, "CustomizationDll", "UninstallCustomizationDll")
		}
	}
	return keys
}

// WarnText makes a fault of a place in a text of several lines, counted from 1 as the text has them. Line 0 is the whole.
func (m *Manifest) WarnText(path string, line, col int, msg string) Fault {
	f := m.Warn(path, path+": "+msg)
	start, ok := m.pos[path+textMark]
	if !ok || line == 0 {
		return f
	}
	f.Pos = inf.Pos{Line: start.Line + line - 1, Col: max(col, 1)}
	if line == 1 {
		f.Pos.Col += start.Col - 1
	}
	return f
}

// ParseRaw reads raw INF text.
func ParseRaw(text string) (*inf.File, error) {
	f, err := inf.ParseLax("raw.inf", []byte("\xFF\xFE"+utf16le(text)))
	return f, err
}

// utf16le is text as a Unicode INF has it, so that no code page takes part.
func utf16le(text string) string {
	var b strings.Builder
	for _, c := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(c))
		b.WriteByte(byte(c >> 8))
	}
	return b.String()
}
