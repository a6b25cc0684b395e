package builder

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// WriteText prints the plan for people. The text depends on the manifest and the payload only, not on the machine.
func (p *Plan) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	p.textHead(t)
	fmt.Fprintln(t, "\nbranches")
	p.textBranches(t)
	t.Flush()
	if len(p.Files) > 0 {
		fmt.Fprintln(t, "\nfiles")
	}
	for _, f := range p.Files {
		p.textFile(t, f)
	}
	if len(p.Manifest.Registry) > 0 {
		fmt.Fprintln(t, "\nregistry")
	}
	for _, g := range p.Manifest.Registry {
		fmt.Fprintf(t, "  %s%s\n", registryText(g), conditionNumber(g.Condition))
	}
	if lines := actionLines(p.Manifest); len(lines) > 0 {
		fmt.Fprintf(t, "\nactions\n  %s\n", strings.Join(lines, "\n  "))
	}
	if lines := translationLines(p.Manifest); len(lines) > 0 {
		fmt.Fprintf(t, "\ntranslations\n  %s\n", strings.Join(lines, "\n  "))
	}
	t.Flush()
	p.textRegistration(t)
	t.Flush()
	fmt.Fprintln(t, "\npackage")
	for _, c := range p.Contents {
		fmt.Fprintf(t, "  %s\t%s\n", c.Path, c.Role)
	}
	return t.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (p *Plan) textFile(w *tabwriter.Writer, f PlannedFile) {
	condition := map[updateinf.When]string{updateinf.ReplaceIfExist: "if present", updateinf.CopyAlways: "always",
		updateinf.DontDelay: "at once", updateinf.Uniprocessor: "one processor", updateinf.Multiprocessor: "several processors", updateinf.SKUFiles: "with the edition"}[f.When]
	if f.Condition != 0 {
		condition = strings.TrimSpace(conditionNumber(f.Condition))
	}
	if f.Directory != 0 {
		condition = "always"
	}
	for _, d := range f.To {
		fmt.Fprintf(w, "  %s\\%s  %s%s", manifest.DirString(d.Dir), f.Name, condition, editionText(f.Editions))
		if f.Flags != 0 {
			fmt.Fprintf(w, "  flags 0x%X", f.Flags)
		}
		fmt.Fprintln(w)
	}
	w.Flush() // each file is a table of its own
	for _, v := range f.Versions {
		fmt.Fprintf(w, "    %s\t%s\t%d bytes\t%s\n", v.Path, orDash(v.Version), v.Size, v.Source)
	}
	w.Flush()
}

func registryText(g manifest.Registry) string {
	text := registryWhat(g) + registryFlags(g) + editionText(g.Editions)
	switch g.When {
	case updateinf.GlobalInstall:
		text += "  first installation"
	case updateinf.GlobalReinstall:
		text += "  repeated installation"
	case updateinf.SKUFiles:
		text += "  with the files of the edition"
	case updateinf.GlobalAppend:
		text += "  by product build type"
	}
	return text
}

func registryWhat(g manifest.Registry) string {
	switch {
	case g.Bits:
		word := "clear  bits "
		if g.Flags&updateinf.FlgBitRegSetBits != 0 {
			word = "set    bits "
		}
		return word + g.Data[0] + " of byte " + g.Data[1] + " of " + g.String()
	case g.Delete && len(g.Data) > 0:
		return "remove " + strings.Join(g.Data, ", ") + " from " + g.String()
	case g.Delete:
		return "delete " + g.String()
	case !g.HasName:
		return "create " + g.String()
	case g.Flags&updateinf.FlgAddRegAppend != 0:
		return fmt.Sprintf("append %s to %s", strings.Join(g.Data, ","), g)
	}
	return fmt.Sprintf("set    %s = %s %s", g, regTypeName(g.Type), strings.Join(g.Data, ","))
}

func regTypeName(t uint32) string {
	name, ok := map[uint32]string{0: "REG_NONE", 1: "REG_SZ", 2: "REG_EXPAND_SZ", 3: "REG_BINARY", 4: "REG_DWORD", 7: "REG_MULTI_SZ", 11: "REG_QWORD"}[t]
	if !ok {
		return "type " + strconv.FormatUint(uint64(t), 10)
	}
	return name
}

// planJSON is the machine-readable form: the plan, and what it takes from the manifest.
type planJSON struct {
	KB        string         `json:"kb"`
	Title     string         `json:"title"`
	Kind      string         `json:"kind"`
	Product   string         `json:"product"`
	Publisher string         `json:"publisher"`
	Version   string         `json:"version"`
	Arch      string         `json:"arch"`
	Language  string         `json:"language,omitempty"`
	Layout    string         `json:"layout"`
	From      string         `json:"from,omitempty"`
	UpTo      string         `json:"upTo,omitempty"`
	Contains  []string       `json:"contains,omitempty"`  // updates that a service pack contains
	Hierarchy []string       `json:"hierarchy,omitempty"` // all branches, less cumulative first
	Plan      *Plan          `json:"plan"`
	Registry  []registryJSON `json:"registry,omitempty"`
	Actions   []string       `json:"actions,omitempty"` // as in the text

	Translations []translationJSON `json:"translations,omitempty"`
	Registration Registration      `json:"registration"`

	Warnings []string `json:"warnings,omitempty"`
}

type registryJSON struct {
	Action string   `json:"action"` // set, create, delete, remove-strings, set-bits, clear-bits
	Key    string   `json:"key"`
	Name   *string  `json:"name,omitempty"`
	Type   string   `json:"type,omitempty"`
	Flags  string   `json:"flags,omitempty"`
	Data   []string `json:"data,omitempty"`

	Condition int      `json:"condition,omitempty"`
	When      string   `json:"when,omitempty"` // install, reinstall, edition, append
	Editions  []string `json:"editions,omitempty"`
}

// WriteText prints plans for people, one after the other.
func WriteText(w io.Writer, plans []*Plan) error {
	for i, p := range plans {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := p.WriteText(w); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON prints plans for machines: one as an object, several as a list.
func WriteJSON(w io.Writer, plans []*Plan) error {
	if len(plans) == 1 {
		return plans[0].WriteJSON(w)
	}
	list := make([]planJSON, len(plans))
	for i, p := range plans {
		list[i] = p.json()
	}
	return encodeJSON(w, list)
}

// WriteJSON prints the plan for machines.
func (p *Plan) WriteJSON(w io.Writer) error { return encodeJSON(w, p.json()) }

func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (p *Plan) json() planJSON {
	m := p.Manifest
	out := planJSON{KB: m.KB, Title: m.Title, Kind: m.Kind.Name, Product: m.Product, Publisher: m.Publisher, Version: m.Version.String(),
		Arch: m.Arch, Language: m.Language.Tag, Layout: string(m.Layout), From: m.Target.Min.String(), UpTo: m.Target.Max.String(), Plan: p}
	for _, g := range m.Registry {
		out.Registry = append(out.Registry, registryOf(g))
	}
	out.Actions = actionLines(m)
	out.Contains, out.Registration, out.Translations = m.Contains, p.registration(), translationsJSON(m)
	if m.Layout == manifest.MultiBranch {
		for _, b := range m.Branches {
			out.Hierarchy = append(out.Hierarchy, b.Name)
		}
	}
	for _, f := range p.Warnings {
		out.Warnings = append(out.Warnings, f.String())
	}
	return out
}

func registryOf(g manifest.Registry) registryJSON {
	j := registryJSON{Action: "set", Key: g.Root + `\` + g.Path, Data: g.Data, Condition: g.Condition}
	if g.HasName {
		j.Name, j.Type = &g.Name, regTypeName(g.Type)
	} else {
		j.Action = "create"
	}
	if g.Delete || g.Bits {
		j.Action, j.Type = "delete", ""
	}
	switch {
	case g.Bits && g.Flags&updateinf.FlgBitRegSetBits != 0:
		j.Action = "set-bits"
	case g.Bits:
		j.Action = "clear-bits"
	case g.Delete && len(g.Data) > 0:
		j.Action = "remove-strings"
	}
	j.Editions = g.Editions
	j.When = map[updateinf.When]string{updateinf.GlobalInstall: "install", updateinf.GlobalReinstall: "reinstall",
		updateinf.SKUFiles: "edition", updateinf.GlobalAppend: "append"}[g.When]
	if g.Flags != 0 {
		j.Flags = fmt.Sprintf("0x%08X", g.Flags)
	}
	return j
}
