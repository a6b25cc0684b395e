package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// shapeAll judges the lines of every section by the shapes of its roles.
func (l *linter) shapeAll() {
	for _, name := range l.sections {
		for _, r := range l.roles[fold(name)] {
			l.shape(name, l.shapes[r], r)
		}
	}
}

func (l *linter) shape(section string, s shape, r role) {
	seen := map[string]inf.Pos{}
	for _, line := range l.lines(section) {
		switch {
		case s.form == anyForm:
		case s.form == bare:
			l.bareLine(section, s, line)
		case !line.HasKey:
			write := s.write
			if s.form == keyed {
				write = "key=value"
			}
			l.lineForm(section, line, "has no =", write)
		case s.form == open:
			l.repeated(section, line, seen)
		default:
			l.keyedLine(section, s, line, seen, r)
		}
	}
}

func (l *linter) lineForm(section string, line inf.Line, what, write string) {
	l.add("line-form", line.Pos, fmt.Sprintf("[%s]: %s %s", section, line.Describe(), what), "write "+write)
}

func (l *linter) bareLine(section string, s shape, line inf.Line) {
	switch {
	case line.HasKey:
		l.lineForm(section, line, "has a key", s.write+"; quote a = that is data")
	case len(line.Fields) < s.fields || line.Field(0) == "":
		l.lineForm(section, line, "lacks fields", s.write)
	}
}

func (l *linter) repeated(section string, line inf.Line, seen map[string]inf.Pos) {
	f := fold(line.Key)
	if first, ok := seen[f]; ok {
		l.add("duplicate-key", line.Pos, fmt.Sprintf("[%s]: %s stands already on line %d, which counts", section, line.Key, first.Line), "take one of the lines out")
		return
	}
	seen[f] = line.Pos
}

func (l *linter) keyedLine(section string, s shape, line inf.Line, seen map[string]inf.Pos, r role) {
	k, ok := keyOf(s, line.Key)
	if !ok {
		var list []string
		for _, k := range s.keys {
			list = append(list, k.name)
		}
		remedy := "take it out"
		if near := nearest(line.Key, list); near != "" {
			remedy = fmt.Sprintf("did you mean %s?", near)
		}
		if line.Key != "" || line.Field(0) != "" {
			l.add("unknown-key", line.Pos, fmt.Sprintf("%s is no key of [%s]", orQuotes(line.Key), section), remedy)
		}
		return
	}
	if !k.repeat {
		l.repeated(section, line, seen)
	}
	l.value(section, k, line)
	if r == configuration && strings.EqualFold(k.name, "InstallationType") && !slices.Contains([]string{"hotfix", "servicepack"}, fold(line.Field(0))) {
		l.add("odd-value", line.Pos, fmt.Sprintf("InstallationType is %q", line.Field(0)), "write Hotfix or ServicePack")
	}
}

func orQuotes(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

// value judges what a key holds. Sections it names are judged in refer.
func (l *linter) value(section string, k key, line inf.Line) {
	v := line.Field(0)
	switch k.value {
	case number, level, language:
		n, err := inf.ParseUint32(v)
		if err != nil {
			l.addCode("bad-number", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("%s in [%s]: %v", k.name, section, err), "")
			return
		}
		if k.value == level && n%256 != 0 {
			l.add("odd-value", line.Pos, fmt.Sprintf("%s is %d, which is no service pack level times 256", k.name, n), fmt.Sprintf("write %d for service pack %d", n*256, n))
		}
		if k.value == language && n > 0xFFFF {
			l.addCode("bad-number", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("%s is %s, which is no language id", k.name, v), "write 0x0409, 9, or 0 for any language")
		}
	case flagNames:
		l.flagNames(line)
	case function:
		l.function(line)
	}
}

func (l *linter) flagNames(line inf.Line) {
	text := strings.Join(line.Fields, ",")
	if strings.TrimSpace(text) == "" {
		return
	}
	for _, name := range strings.Split(text, "|") {
		name = strings.TrimSpace(name)
		rest, ok := strings.CutPrefix(strings.ToUpper(name), "SP_COPY_")
		if !ok || !slices.Contains(copyFlagNames(), rest) {
			l.addCode("copy-flag-name", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("CopyFlags: %q is no flag", name), "write names such as SP_COPY_REPLACEONLY, joined by |")
		}
	}
}

func (l *linter) function(line inf.Line) {
	op := fold(line.Field(0))
	if op != "customfunction" && op != "checkinstall" || line.Field(1) == "" || line.Field(2) == "" {
		l.addCode("condition", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("%s is no operation", line.Describe()), "write Operation=CustomFunction,dll,function or CheckInstall,file,file")
	}
}
