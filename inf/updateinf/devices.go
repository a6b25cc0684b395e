package updateinf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Names of sections.
const (
	secDeviceClasses = "DeviceClassList"
	secDevices       = "DevicesToUpgrade"
	secErrorReport   = "WatsonManifestMode"
)

// ErrorReport is a section [WatsonManifestMode.<Mode>]: what Application Error Reporting says when an installation ends in that
// way (WP appendix B). Texts are for people; empty ones are left out.
type ErrorReport struct {
	Mode          string // Cancel …
	Invoke        bool   // InvokeWatsonManifest
	Version       *uint32
	EventType     string
	Intro         string // Main_Intro_Reg
	DetailsLink   string // Main_DetailsLink
	Button        string // Main_ReportBtn
	DetailsHeader string // Details_Post_Header
	DetailsBody   string // Details_Post_Body
	Unknown       []KeyValue
	Pos           inf.Pos
}

func (e *ErrorReport) texts() []textKey {
	return []textKey{{"EventType", &e.EventType}, {"Main_Intro_Reg", &e.Intro}, {"Main_DetailsLink", &e.DetailsLink},
		{"Main_ReportBtn", &e.Button}, {"Details_Post_Header", &e.DetailsHeader}, {"Details_Post_Body", &e.DetailsBody}}
}

// Report returns the error report of a mode, without regard to case.
func (u *Update) Report(mode string) (ErrorReport, bool) {
	for _, e := range u.ErrorReports {
		if strings.EqualFold(e.Mode, mode) {
			return e, true
		}
	}
	return ErrorReport{}, false
}

func (p *parser) devices() {
	p.u.DeviceClasses = p.assignments(secDeviceClasses)
	p.u.Devices = p.assignments(secDevices)
	for _, section := range p.view.Sections() {
		if mode, ok := cutPrefixFold(section, secErrorReport+"."); ok && mode != "" {
			p.errorReport(section, mode)
		}
	}
}

// assignments reads a section of name=value.
func (p *parser) assignments(section string) []KeyValue {
	var list []KeyValue
	for _, l := range p.lines(section) {
		if !l.HasKey || l.Key == "" {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write name=value", section, l.Describe())
			continue
		}
		list = append(list, KeyValue{l.Key, value(l)})
	}
	return list
}

func (p *parser) errorReport(section, mode string) {
	e := ErrorReport{Mode: mode}
	texts := e.texts()
	seen := map[string]bool{}
next:
	for i, l := range p.lines(section) {
		if i == 0 {
			e.Pos = l.Pos
		}
		if !l.HasKey {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s has no =; write key=value", section, l.Describe())
			continue
		}
		if !first(seen, l.Key) {
			continue
		}
		for _, t := range texts {
			if strings.EqualFold(t.key, l.Key) {
				*t.into = value(l)
				continue next
			}
		}
		switch strings.ToLower(l.Key) {
		case "invokewatsonmanifest":
			e.Invoke = p.number(l, 0) != 0
		case "version":
			n := p.number(l, 0)
			e.Version = &n
		default:
			e.Unknown = append(e.Unknown, KeyValue{l.Key, value(l)})
		}
	}
	p.u.ErrorReports = append(p.u.ErrorReports, e)
}

func (p *printer) devices() {
	keyedLines := func(list []KeyValue) (lines []inf.Line) {
		for _, kv := range list {
			lines = append(lines, keyed(kv.Key, kv.Value))
		}
		return lines
	}
	p.typed(secDeviceClasses, keyedLines(p.u.DeviceClasses))
	p.typed(secDevices, keyedLines(p.u.Devices))
	for _, e := range p.u.ErrorReports {
		if e.Mode == "" {
			p.fault("an error report without a mode; name it, such as Cancel")
			continue
		}
		invoke := "0"
		if e.Invoke {
			invoke = "1"
		}
		lines := []inf.Line{keyed("InvokeWatsonManifest", invoke)}
		if e.Version != nil {
			lines = append(lines, keyed("Version", strconv.FormatUint(uint64(*e.Version), 10)))
		}
		for _, t := range e.texts() {
			if *t.into != "" {
				lines = append(lines, keyed(t.key, *t.into))
			}
		}
		lines = append(lines, keyedLines(e.Unknown)...)
		p.emit(secErrorReport+"."+e.Mode, func(s *inf.Section) { p.lines(s, lines) })
	}
}

// deviceGaps: the engine installs no device drivers.
func (u *Update) deviceGaps() []Gap {
	var list []Gap
	if len(u.Devices) > 0 {
		list = append(list, Gap{Section: secDevices, Refused: true, Why: "no device driver is installed"})
	}
	if len(u.DeviceClasses) > 0 {
		list = append(list, Gap{Section: secDeviceClasses, Why: "no device is configured"})
	}
	return slices.Clip(list)
}
