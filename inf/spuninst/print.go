package spuninst

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// Print returns spuninst.inf. Parse of it gives the same Removal, whatever names and data the registry held; positions of
// lines aside. The error names what the file cannot say, such as a file name with a line end.
func (r *Removal) Print() ([]byte, error) {
	p := &printer{r: r, file: inf.New()}
	p.file.Name = "spuninst.inf"
	p.head()
	p.files()
	for _, f := range r.Ranks {
		p.section(secRanks).AddFields(bare(f.Target), inf.Bare(strconv.FormatUint(uint64(f.Rank), 10)))
	}
	p.list(secRemoveDirs, r.RemoveDirs)
	p.registry()
	p.list(secCatDelete, r.CatalogsDelete)
	for _, c := range r.CatalogsRestore {
		p.section(secCatRestore).AddFields(bare(c.Name), bare(c.Backup))
	}
	p.list(secStop, r.StopServices)
	p.list(secUnregister, r.UnregisterDLLs)
	p.list(secRegister, r.RegisterDLLs)
	for _, d := range r.DLLInstalls {
		fields := []inf.Field{bare(d.Path), inf.Bare(map[bool]string{false: "0", true: "1"}[d.Install])}
		if d.Argument != "" {
			fields = append(fields, quoted(d.Argument))
		}
		p.section(secDLLInstall).AddFields(fields...)
	}
	for _, d := range r.RenameDirs {
		p.section(secRenameDirs).AddFields(bare(d.From), bare(d.To))
	}
	p.list(secProcesses, r.Processes)
	p.list(secAfterReboot, r.ProcessesAfterReboot)
	p.sections()
	p.strings()
	b, err := p.file.Encode()
	if err != nil {
		return nil, fmt.Errorf("print spuninst.inf: %w", err)
	}
	if err := p.errs.Err(); err != nil {
		return nil, fmt.Errorf("print spuninst.inf: %w", err)
	}
	return b, nil
}

type printer struct {
	r    *Removal
	file *inf.File
	last *inf.Section
	errs inf.ErrorList
}

func (p *printer) fault(format string, args ...any) {
	p.errs.Add(p.file.Name, inf.Pos{}, inf.ErrorGeneralSyntax, format, args...)
}

// section returns the section in hand if it has that name, else begins it.
func (p *printer) section(name string) *inf.Section {
	if p.last == nil || p.last.Name != name {
		p.newSection(name)
	}
	return p.last
}

func (p *printer) newSection(name string) {
	if p.last != nil {
		p.last.AddBlank()
	}
	p.last = p.file.AddSection(name)
}

// escape doubles percent signs: nothing here is a string's name.
func escape(s string) string { return strings.ReplaceAll(s, "%", "%%") }

func bare(s string) inf.Field   { return inf.Bare(escape(s)) }
func quoted(s string) inf.Field { return inf.Quoted(escape(s)) }

func (p *printer) list(section string, items []string) {
	for _, s := range items {
		p.section(section).AddFields(bare(s))
	}
}

func (p *printer) head() {
	p.section(secVersion).AddKeyed("Signature", inf.Quoted("$Windows NT$"))
	for _, k := range p.r.configKeys() {
		if *k.into != "" {
			const width = 20
			p.section(secConfig).AddKeyed(k.key, inf.Field{Text: escape(*k.into), Quote: strings.Contains(*k.into, " ")}).Align(width)
		}
	}
}

func (p *printer) files() {
	for _, f := range p.r.Restore {
		s, name := p.fileSection(f.Target, sufRestoreFiles)
		fields := []inf.Field{bare(name), bare(f.Backup)}
		if f.Version != "" {
			fields = append(fields, bare(f.Version))
		}
		s.AddFields(fields...)
	}
	for _, f := range p.r.Delete {
		s, name := p.fileSection(f.Target, sufDeleteFiles)
		s.AddFields(bare(name))
	}
}

// fileSection returns the section for a file and the file's name in it.
func (p *printer) fileSection(target, suffix string) (*inf.Section, string) {
	i := strings.LastIndexByte(target, '\\')
	if i <= 0 || i+1 == len(target) || strings.ContainsAny(target[:i], "]\r\n\x00\x1a") || !utf8.ValidString(target) ||
		utf8.RuneCountInString(target[:i])+1+len(suffix) > inf.MaxSectionName {
		return p.section(suffix), target
	}
	return p.section(target[:i] + "." + suffix), target[i+1:]
}

const view32 = updateinf.FlgAddReg32BitKey

func viewFlags(is32 bool) uint32 {
	if is32 {
		return view32
	}
	return 0
}

func flagField(flags uint32) inf.Field { return inf.Bare(fmt.Sprintf("0x%08X", flags)) }

func (p *printer) registry() {
	for _, v := range p.r.DeleteValues {
		p.root(v.Root, v.Key)
		if !asText(v.Key) || !asText(v.Name) {
			p.raw(secDeleteValues, v.Root, v.Key, v.Name, viewFlags(v.View32), 0, nil)
			continue
		}
		fields := []inf.Field{inf.Bare(v.Root), quoted(v.Key), quoted(v.Name)}
		if v.View32 {
			fields = append(fields, flagField(view32))
		}
		p.section(secDeleteValues).AddFields(fields...)
	}
	p.keys(secDeleteKeys, p.r.DeleteKeys)
	p.keys(secRestoreKeys, p.r.RestoreKeys)
	for _, v := range p.r.RestoreValues {
		p.root(v.Root, v.Key)
		flags, data, ok := addRegForm(v.Type, v.Data)
		if !ok || !asText(v.Key) || !asText(v.Name) {
			p.raw(secRestore, v.Root, v.Key, v.Name, viewFlags(v.View32), v.Type, v.Data)
			continue
		}
		fields := []inf.Field{inf.Bare(v.Root), quoted(v.Key), quoted(v.Name), flagField(flags | viewFlags(v.View32))}
		n := p.section(secRestore).AddFields(append(fields, data...)...)
		if flags&updateinf.FlgAddRegBinValueType != 0 {
			wrap(n)
		}
	}
}

func (p *printer) keys(section string, keys []RegKeyRef) {
	for _, k := range keys {
		p.root(k.Root, k.Key)
		if !asText(k.Key) {
			p.raw(section, k.Root, k.Key, "", viewFlags(k.View32), 0, nil)
			continue
		}
		fields := []inf.Field{inf.Bare(k.Root), quoted(k.Key)}
		if k.View32 {
			fields = append(fields, inf.Bare(""), flagField(view32))
		}
		p.section(section).AddFields(fields...)
	}
}

func wrap(n *inf.Node) {
	const perLine = 24
	if len(n.Line.Fields) > perLine {
		n.Wrap(perLine)
	}
}

func (p *printer) root(root, key string) {
	if !validRoot(root) {
		p.fault("%q is no registry root (key %q)", root, key)
	}
}

func validRoot(root string) bool {
	switch root {
	case "HKLM", "HKCR", "HKCU", "HKU":
		return true
	}
	return false
}

// asText tells whether a field of INF text, percent signs doubled, says s exactly.
func asText(s string) bool {
	n := 0
	for _, c := range s {
		if c < ' ' || c == utf8.RuneError {
			return false
		}
		n++
		if c == '%' {
			n++
		}
	}
	return n <= inf.MaxField
}

// raw prints an entry of a ".Raw" section.
func (p *printer) raw(section, root, key, name string, flags, typ uint32, data []byte) {
	fields := []inf.Field{inf.Bare(root), flagField(flags), inf.Bare(strconv.FormatUint(uint64(typ), 10))}
	fields = append(fields, p.anyText(key)...)
	fields = append(fields, p.anyText(name)...)
	for _, b := range data {
		fields = append(fields, inf.Bare(fmt.Sprintf("%02x", b)))
	}
	wrap(p.section(section + sufRaw).AddFields(fields...))
}

// anyText is "0,text", or "n" and n fields of hexadecimal digits.
func (p *printer) anyText(s string) []inf.Field {
	if asText(s) {
		return []inf.Field{inf.Bare("0"), quoted(s)}
	}
	if !utf8.ValidString(s) {
		p.fault("the registry name %q is no UTF-8", s)
	}
	digits := hex.EncodeToString(utf16le(s))
	var chunks []inf.Field
	for len(digits) > 0 {
		n := min(len(digits), 4000)
		chunks = append(chunks, inf.Bare(digits[:n]))
		digits = digits[n:]
	}
	return append([]inf.Field{inf.Bare(strconv.Itoa(len(chunks)))}, chunks...)
}

func (p *printer) sections() {
	lookup := p.r.lookup
	for _, sec := range p.r.Sections {
		if reserved(sec.Name) {
			p.fault("section [%s] of the update INF has a name that spuninst.inf needs for itself; rename it in [UninstallSections]", sec.Name)
		}
		p.newSection(sec.Name)
		for _, l := range sec.Lines {
			if !l.HasKey && len(l.Fields) == 0 {
				p.fault("section [%s] has a line without text", sec.Name)
				continue
			}
			var fields []inf.Field
			for _, f := range l.Fields {
				fields = append(fields, inf.Field{Text: inf.Escape(f, lookup), Quote: strings.Contains(f, " ")})
			}
			n := p.last.AddFields(fields...)
			n.Line.Key, n.Line.HasKey = inf.Escape(l.Key, lookup), l.HasKey
		}
	}
}

// lookup finds a string; the first of a name counts.
func (r *Removal) lookup(name string) (string, bool) {
	for _, kv := range r.Strings {
		if strings.EqualFold(kv.Key, name) {
			return kv.Value, true
		}
	}
	return "", false
}

func (p *printer) strings() {
	for _, kv := range p.r.Strings {
		p.section(secStrings).AddKeyed(kv.Key, inf.Quoted(kv.Value))
	}
}
