package spuninst

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// Parse reads spuninst.inf. The error is an *inf.ErrorList with every fault.
func Parse(f *inf.File) (*Removal, error) {
	p := &parser{file: f, r: &Removal{}}
	for _, s := range f.Sections {
		if strings.EqualFold(s.Name, secStrings) {
			for _, l := range s.Lines() {
				p.r.Strings = append(p.r.Strings, KeyValue{l.Key, l.Field(0)})
			}
		}
	}
	for _, s := range f.Sections {
		lines := s.Lines()
		for i := range lines {
			lines[i] = p.substituted(lines[i])
		}
		p.section(s.Name, lines)
	}
	return p.r, p.errs.Err()
}

type parser struct {
	file *inf.File
	r    *Removal
	errs inf.ErrorList
}

func (p *parser) fault(l inf.Line, format string, args ...any) {
	p.errs.Add(p.file.Name, l.Pos, inf.ErrorGeneralSyntax, l.Describe()+": "+format, args...)
}

func (p *parser) substituted(l inf.Line) inf.Line {
	l.Key = inf.Expand(l.Key, p.r.lookup)
	fields := make([]string, len(l.Fields))
	for i, f := range l.Fields {
		fields[i] = inf.Expand(f, p.r.lookup)
	}
	l.Fields = fields
	return l
}

func (p *parser) section(name string, lines []inf.Line) {
	if dir, ok := fileSectionDir(name, sufRestoreFiles); ok {
		p.restoreFiles(dir, lines)
		return
	}
	if dir, ok := fileSectionDir(name, sufDeleteFiles); ok {
		for _, l := range lines {
			p.r.Delete = append(p.r.Delete, DeleteFile{dir + p.text(l, 0)})
		}
		return
	}
	each := func(read func(l inf.Line)) {
		for _, l := range lines {
			read(l)
		}
	}
	switch strings.ToLower(name) {
	case "version", "strings":
	case "configuration":
		each(p.config)
	case "services.stop", "dlls.unregister", "dlls.register", "processes.run", "processes.runafterreboot":
		into := map[string]*[]string{"services.stop": &p.r.StopServices, "dlls.unregister": &p.r.UnregisterDLLs,
			"dlls.register": &p.r.RegisterDLLs, "processes.run": &p.r.Processes, "processes.runafterreboot": &p.r.ProcessesAfterReboot}[strings.ToLower(name)]
		each(func(l inf.Line) { *into = append(*into, p.text(l, 0)) })
	case "dlls.install":
		each(func(l inf.Line) {
			p.r.DLLInstalls = append(p.r.DLLInstalls, DLLInstall{p.text(l, 0), p.number(l, 1) != 0, l.Field(2)})
		})
	case "rename.dirs":
		each(func(l inf.Line) { p.r.RenameDirs = append(p.r.RenameDirs, RenameDir{p.text(l, 0), p.text(l, 1)}) })
	case "files.order":
		each(func(l inf.Line) { p.r.Ranks = append(p.r.Ranks, FileRank{p.text(l, 0), p.number(l, 1)}) })
	case "remove.dirs":
		each(func(l inf.Line) { p.r.RemoveDirs = append(p.r.RemoveDirs, p.text(l, 0)) })
	case "catalogs.delete":
		each(func(l inf.Line) { p.r.CatalogsDelete = append(p.r.CatalogsDelete, p.text(l, 0)) })
	case "catalogs.restore":
		each(func(l inf.Line) {
			p.r.CatalogsRestore = append(p.r.CatalogsRestore, CatalogRestore{p.text(l, 0), p.text(l, 1)})
		})
	case "reg.delete.values", "reg.delete.values.raw":
		each(func(l inf.Line) {
			v := p.regLine(name, l)
			p.r.DeleteValues = append(p.r.DeleteValues, RegValueRef{v.Root, v.Key, v.Name, v.View32})
		})
	case "reg.delete.keys", "reg.delete.keys.raw":
		each(func(l inf.Line) {
			v := p.regLine(name, l)
			p.r.DeleteKeys = append(p.r.DeleteKeys, RegKeyRef{v.Root, v.Key, v.View32})
		})
	case "reg.restore.keys", "reg.restore.keys.raw":
		each(func(l inf.Line) {
			v := p.regLine(name, l)
			p.r.RestoreKeys = append(p.r.RestoreKeys, RegKeyRef{v.Root, v.Key, v.View32})
		})
	case "reg.restore", "reg.restore.raw":
		each(func(l inf.Line) { p.r.RestoreValues = append(p.r.RestoreValues, p.regLine(name, l)) })
	default:
		p.r.Sections = append(p.r.Sections, Section{name, lines})
	}
}

// fileSectionDir returns the directory of a file section, backslash at its end; empty for the section of whole paths.
func fileSectionDir(name, suffix string) (string, bool) {
	i := len(name) - len(suffix)
	if i < 0 || !strings.EqualFold(name[i:], suffix) {
		return "", false
	}
	if i == 0 {
		return "", true
	}
	if i == 1 || name[i-1] != '.' {
		return "", false
	}
	return name[:i-1] + `\`, true
}

// text returns a field that must be there.
func (p *parser) text(l inf.Line, i int) string {
	if l.Field(i) == "" || l.HasKey {
		p.fault(l, "field %d is missing", i+1)
	}
	return l.Field(i)
}

func (p *parser) restoreFiles(dir string, lines []inf.Line) {
	for _, l := range lines {
		p.r.Restore = append(p.r.Restore, RestoreFile{dir + p.text(l, 0), p.text(l, 1), l.Field(2)})
	}
}

func (p *parser) config(l inf.Line) {
	for _, k := range p.r.configKeys() {
		if strings.EqualFold(k.key, l.Key) {
			*k.into = l.Field(0)
		}
	}
}

func (p *parser) number(l inf.Line, i int) uint32 {
	n, err := inf.ParseUint32(l.Field(i))
	if err != nil {
		p.fault(l, "%v", err)
	}
	return n
}

// regLine reads a line of a registry section, of either form.
func (p *parser) regLine(section string, l inf.Line) RegRestore {
	if !validRoot(l.Field(0)) || l.HasKey {
		p.fault(l, "%q is no registry root", l.Field(0))
	}
	if strings.HasSuffix(strings.ToLower(section), strings.ToLower(sufRaw)) {
		return p.rawLine(l)
	}
	v := RegRestore{Root: l.Field(0), Key: l.Field(1), Name: l.Field(2)}
	flags := p.number(l, 3)
	v.View32 = flags&view32 != 0
	if !strings.EqualFold(section, secRestore) {
		return v
	}
	r := updateinf.RegLine{Name: v.Name, Flags: flags}
	if len(l.Fields) > 4 {
		r.Data = l.Fields[4:]
	}
	var err error
	if v.Type, v.Data, err = r.Value(); err != nil {
		p.fault(l, "%v", err)
	}
	v.Data = orNil(v.Data)
	return v
}

func orNil(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func (p *parser) rawLine(l inf.Line) RegRestore {
	v := RegRestore{Root: l.Field(0), View32: p.number(l, 1)&view32 != 0, Type: p.number(l, 2)}
	var err error
	rest := l.Fields[min(3, len(l.Fields)):]
	if v.Key, rest, err = cutAnyText(rest); err == nil {
		v.Name, rest, err = cutAnyText(rest)
	}
	if err == nil {
		v.Data, err = hex.DecodeString(strings.Join(rest, ""))
		v.Data = orNil(v.Data)
	}
	if err != nil {
		p.fault(l, "%v", err)
	}
	return v
}

// cutAnyText takes a text of either form off the fields.
func cutAnyText(fields []string) (string, []string, error) {
	if len(fields) < 2 {
		return "", nil, fmt.Errorf("a name is missing")
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil || n < 0 || n > len(fields)-1 {
		return "", nil, fmt.Errorf("%q is no number of fields", fields[0])
	}
	if n == 0 {
		return fields[1], fields[2:], nil
	}
	b, err := hex.DecodeString(strings.Join(fields[1:1+n], ""))
	if err != nil {
		return "", nil, err
	}
	s, ok := fromUTF16(b)
	if !ok {
		return "", nil, fmt.Errorf("the name is cut off")
	}
	return s, fields[1+n:], nil
}
