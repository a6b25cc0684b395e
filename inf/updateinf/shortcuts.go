package updateinf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Attributes of a ProfileItems section (INF documentation).
const (
	ProfileItemCurrentUser uint32 = 0x1 // in the start menu of the current user, not of all
	ProfileItemDelete      uint32 = 0x2 // the shortcut is deleted
	ProfileItemGroup       uint32 = 0x4 // a folder, not a shortcut
)

// Shortcut is a section that ProfileItems names (INF documentation, ProfileItems directive).
type Shortcut struct {
	When       When
	SKU        string
	Section    string
	Name       string // without .lnk
	Attributes uint32 // ProfileItem*
	Target     DirFile
	SubDir     string // below the folder "Programs" of the start menu
	WorkingDir *Dir
	Icon       DirFile // empty: that of the target
	IconIndex  uint32
	HotKey     uint32
	InfoTip    string
	Pos        inf.Pos
}

// DirFile is a file in a directory by its id.
type DirFile struct {
	Dir  Dir
	File string
}

// profileItems reads a section that ProfileItems names; false: it says no shortcut.
func (p *parser) profileItems(when When, sku, section string, at inf.Line) bool {
	if p.missing(section, at) {
		return true
	}
	if !slices.ContainsFunc(p.view.Lines(section), func(l inf.Line) bool { return strings.EqualFold(l.Key, "Name") }) {
		return false
	}
	s := Shortcut{When: when, SKU: sku, Section: section, Pos: at.Pos}
	file := func(l inf.Line) DirFile {
		if l.Field(2) == "" {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write %s=dirid,subdirectory,file", section, l.Describe(), l.Key)
		}
		return DirFile{p.dirIn("["+section+"]", l), l.Field(2)}
	}
	for _, l := range p.lines(section) {
		switch strings.ToLower(l.Key) {
		case "name":
			s.Name, s.Attributes = l.Field(0), p.number(l, 1)
		case "cmdline":
			s.Target = file(l)
		case "subdir":
			s.SubDir = strings.Trim(value(l), `\`)
		case "workingdir":
			d := p.dirIn("["+section+"]", l)
			s.WorkingDir = &d
		case "iconpath":
			s.Icon = file(l)
		case "iconindex":
			s.IconIndex = p.number(l, 0)
		case "hotkey":
			s.HotKey = p.number(l, 0)
		case "infotip":
			s.InfoTip = value(l)
		default:
			p.unknownKey(section, l, "Name, CmdLine, SubDir, WorkingDir, IconPath, IconIndex, HotKey, InfoTip")
		}
	}
	if s.Name == "" || s.Target.File == "" && s.Attributes&(ProfileItemDelete|ProfileItemGroup) == 0 || strings.ContainsAny(s.Name, `\/`) {
		p.fault(at, inf.ErrorLineNotFound, "[%s] needs Name=shortcut and CmdLine=dirid,subdirectory,file", section)
	}
	p.u.Shortcuts = append(p.u.Shortcuts, s)
	return true
}

func (p *printer) shortcuts() {
	for _, s := range p.u.Shortcuts {
		name := []string{s.Name}
		if s.Attributes != 0 {
			name = append(name, strconv.FormatUint(uint64(s.Attributes), 10))
		}
		lines := []inf.Line{keyed("Name", name...)}
		file := func(key string, f DirFile) {
			if f.File != "" {
				lines = append(lines, keyed(key, strconv.Itoa(f.Dir.ID), f.Dir.Sub, f.File))
			}
		}
		file("CmdLine", s.Target)
		if s.SubDir != "" {
			lines = append(lines, keyed("SubDir", s.SubDir))
		}
		if d := s.WorkingDir; d != nil {
			fields := []string{fmt.Sprint(d.ID)}
			if d.Sub != "" {
				fields = append(fields, d.Sub)
			}
			lines = append(lines, keyed("WorkingDir", fields...))
		}
		file("IconPath", s.Icon)
		for _, n := range []struct {
			key   string
			value uint32
		}{{"IconIndex", s.IconIndex}, {"HotKey", s.HotKey}} {
			if n.value != 0 {
				lines = append(lines, keyed(n.key, strconv.FormatUint(uint64(n.value), 10)))
			}
		}
		if s.InfoTip != "" {
			lines = append(lines, keyed("InfoTip", s.InfoTip))
		}
		p.typed(s.Section, lines)
	}
}
