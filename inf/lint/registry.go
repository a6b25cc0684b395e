package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// registry judges the lines of registry sections.
func (l *linter) registry() {
	for _, name := range l.sections {
		for _, r := range l.roles[fold(name)] {
			for _, line := range l.lines(name) {
				switch r {
				case addReg:
					l.addRegLine(line)
				case delReg:
					l.root(line)
					l.flags(line, 3, delRegFlags)
				case bitReg:
					l.bitRegLine(line)
				case saveReg:
					l.root(line)
				}
			}
		}
	}
}

// root accepts what the typed reader and the engine accept: HKR has no meaning outside the installation of a device.
func (l *linter) root(line inf.Line) {
	switch strings.ToUpper(line.Field(0)) {
	case "HKLM", "HKCR", "HKCU", "HKU":
	case "HKR":
		l.add("registry-root", line.Pos, "HKR means the key of a device, and an update installs none", "write HKLM and the whole key")
	default:
		l.addCode("registry-root", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("%q is no registry root", line.Field(0)), "write HKLM, HKCR, HKCU or HKU")
	}
}

// flags judges a flags field and returns it.
func (l *linter) flags(line inf.Line, field int, known uint32) (uint32, bool) {
	n, err := inf.ParseUint32(line.Field(field))
	if err != nil {
		l.addCode("bad-number", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("flags: %v", err), "")
		return 0, false
	}
	if odd := n &^ known; odd != 0 {
		l.add("unknown-flag", line.Pos, fmt.Sprintf("flags 0x%X: the bits 0x%X mean nothing", n, odd), "take them out")
	}
	return n, true
}

// addRegLine asks Value where the engine would: not if the line deletes, or makes a key only.
func (l *linter) addRegLine(line inf.Line) {
	l.root(line)
	flags, ok := l.flags(line, 3, addRegFlags)
	if !ok {
		return
	}
	v := updateinf.RegLine{Name: line.Field(2), Flags: flags}
	if len(line.Fields) > 4 {
		v.Data = line.Fields[4:]
	}
	for _, d := range v.Data {
		l.dirIDsIn(d, line.Pos)
	}
	const noData = updateinf.FlgAddRegDelVal | updateinf.FlgAddRegKeyOnly | updateinf.FlgAddRegKeyOnlyCommon
	if flags&noData != 0 || v.Name == "" && v.Data == nil {
		return
	}
	if _, _, err := v.Value(); err != nil {
		l.add("registry-data", line.Pos, err.Error(), "")
		return
	}
	appends := flags & updateinf.FlgAddRegTypeMask
	if flags&updateinf.FlgAddRegAppend != 0 && appends != updateinf.FlgAddRegTypeMultiSZ && appends != updateinf.FlgAddRegTypeExpandSZ {
		l.add("odd-value", line.Pos, fmt.Sprintf("flags 0x%X append to a value that is no list", flags), "append to REG_MULTI_SZ (0x00010008) or REG_EXPAND_SZ (0x00020008)")
	}
}

func (l *linter) bitRegLine(line inf.Line) {
	l.root(line)
	l.flags(line, 3, bitRegFlags)
	mask, err1 := strconv.ParseUint(strings.TrimSpace(line.Field(4)), 0, 64)
	_, err2 := strconv.ParseUint(strings.TrimSpace(line.Field(5)), 0, 64)
	if err1 != nil || err2 != nil || mask > 0xFF {
		l.addCode("registry-data", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("mask %q, byte %q", line.Field(4), line.Field(5)), "write a mask of 8 bits and a byte index")
	}
}

// dirIDsIn judges %dirid% in data: numbers of two digits and more, as the INF docs write them.
func (l *linter) dirIDsIn(data string, pos inf.Pos) {
	inf.Expand(data, func(name string) (string, bool) {
		if n, err := strconv.Atoi(name); err == nil && len(name) > 1 {
			l.dirID(int64(n), pos, "%"+name+"%")
		}
		return "", false
	})
}

// dirID judges a directory id; where is how the message names it.
func (l *linter) dirID(n int64, pos inf.Pos, where string) {
	resolved, known := l.knownDirs[int(n)]
	switch {
	case l.dirIDs[n], resolved:
	case known:
		l.add("dirid-unresolved", pos, fmt.Sprintf("%s: this installer does not know where directory id %d is", where, n), "use another, such as 11")
	default:
		l.add("dirid-unknown", pos, fmt.Sprintf("%s: %d is no directory id", where, n), "write one such as 11, or set it in [DirectoryId.Include]")
	}
}

// customDirIDs reads the ids that [DirectoryId.Include] sets.
func (l *linter) customDirIDs() {
	for _, line := range l.lines("DirectoryId.Include") {
		if !strings.EqualFold(line.Key, "AddDirId") {
			continue
		}
		for _, section := range line.Fields {
			for _, part := range l.lines(section) {
				if n, err := inf.ParseNumber(part.Field(0)); err == nil && strings.EqualFold(part.Key, "DirId") {
					l.dirIDs[n] = true
				}
			}
		}
	}
}
