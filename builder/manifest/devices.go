package manifest

import (
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// devices resolves [[device-class]] and [[device]].
func (r *resolver) devices(doc *document) {
	for i, d := range doc.DeviceClass {
		at := index("device-class", i)
		name := r.long(at+".name", d.Name, `the name of the class, such as "bluetooth"`)
		switch {
		case !r.written(at + ".guid"):
			r.fault(at, "%s.guid is missing; give the class's GUID, such as \"{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}\"", at)
		case !GUIDOK(d.GUID) && !r.failed(at+".guid"):
			r.fault(at+".guid", "%s.guid %q is no GUID in braces", at, d.GUID)
		}
		r.m.DeviceClasses = r.assignment(at+".name", r.m.DeviceClasses, name, d.GUID)
	}
	for i, d := range doc.Device {
		at := index("device", i)
		id := r.long(at+".id", d.ID, `the hardware id of the device, such as 'PCI\VEN_1022&DEV_7451'`)
		file := r.long(at+".inf", d.INF, `the INF that installs it, such as "machine.inf"`)
		r.m.Devices = r.assignment(at+".id", r.m.Devices, id, file)
	}
}

// assignment adds name=value, once, with a name that an INF can have in front of the equals sign.
func (r *resolver) assignment(at string, list []updateinf.KeyValue, name, value string) []updateinf.KeyValue {
	if !AssignmentOK(name) && !r.failed(at) {
		r.fault(at, "%s %q holds an equals sign, semicolon, comma, quote or percent sign, which a name in front of = cannot have", at, name)
	}
	for _, kv := range list {
		if name != "" && strings.EqualFold(kv.Key, name) && !r.failed(at) {
			r.fault(at, "%s: %q is named twice; once is enough", at, name)
		}
	}
	return append(list, updateinf.KeyValue{Key: name, Value: value})
}

// errorReports resolves [[error-report]] (WP appendix B, [WatsonManifestMode.Cancel]).
func (r *resolver) errorReports(docs []errorReportDoc) {
	for i, d := range docs {
		at := index("error-report", i)
		modes := map[string]string{"cancel": "Cancel", "failure": "Failure"}
		e := updateinf.ErrorReport{Mode: modes[d.Mode], Invoke: d.Ask == nil || *d.Ask,
			EventType: r.text(at+".event-type", d.EventType, "Update"+modes[d.Mode]), Intro: r.text(at+".intro", d.Intro, ""),
			DetailsLink: r.text(at+".details-link", d.DetailsLink, ""), Button: r.text(at+".button", d.Button, ""),
			DetailsHeader: r.text(at+".details-header", d.DetailsHeader, ""), DetailsBody: r.text(at+".details-body", d.DetailsBody, "")}
		switch {
		case !r.written(at + ".mode"):
			r.fault(at, `%s.mode is missing; say when it is asked: "cancel" or "failure"`, at)
		case e.Mode == "":
			r.choice(at+".mode", d.Mode, []string{"cancel", "failure"})
		}
		version := uint32(131072) // as WP appendix B has it
		if d.Version != nil {
			version = uint32(r.number(at+".version", d.Version, 0, 1<<31-1))
		}
		e.Version = &version
		for _, o := range r.m.ErrorReports {
			if o.Mode == e.Mode && e.Mode != "" {
				r.fault(at, "%s has the mode %q of another; one report for each is enough", at, d.Mode)
			}
		}
		r.m.ErrorReports = append(r.m.ErrorReports, e)
	}
}
