package builder

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

func (p *Plan) textHead(w io.Writer) {
	m := p.Manifest
	fmt.Fprintln(w, p.FileName)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %s\t%s\n", name, value)
		}
	}
	line("title", m.Title)
	line("kind", m.Kind.Title())
	line("product", m.Product)
	line("publisher", m.Publisher)
	line("version", m.Version.String())
	line("built", p.BuildTime.Format("2006-01-02 15:04:05 UTC"))
	line("layout", string(m.Layout))
	line("for", m.Arch)
	line("from", m.Target.Min.String())
	line("up to", m.Target.Max.String())
	line("language", languageText(m.Language))
	line("contains", strings.Join(m.Contains, ", "))
}

func languageText(l manifest.Language) string {
	if l.Neutral() {
		return "any"
	}
	return fmt.Sprintf("%s (0x%04X)", l.Tag, l.LCID)
}

// textBranches lists the whole hierarchy; what only branches.inf knows is in there, too.
func (p *Plan) textBranches(w io.Writer) {
	for _, b := range p.Manifest.Branches {
		if !b.Payload {
			fmt.Fprintf(w, "  %s\tin the hierarchy only\t-\n", b.Name)
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t%s%s\n", orDash(b.Name), p.defaultText(b), p.infPath(b.Name), p.targetText(b))
	}
}

func (p *Plan) defaultText(b manifest.Branch) string {
	if len(b.DefaultFor) == 0 {
		return "-"
	}
	levels := make([]string, len(b.DefaultFor))
	for i, n := range b.DefaultFor {
		levels[i] = "SP" + strconv.Itoa(n)
	}
	if p.Manifest.Layout == manifest.DualMode {
		return "for machines with " + strings.Join(levels, ", ")
	}
	return "default for " + strings.Join(levels, ", ")
}

// targetText says the versions of Windows that a branch has of its own.
func (p *Plan) targetText(b manifest.Branch) string {
	m, text := p.Manifest.Target, ""
	if s := b.Target.Min.String(); s != "" && s != m.Min.String() {
		text += "  from " + s
	}
	if s := b.Target.Max.String(); s != "" && s != m.Max.String() {
		text += "  up to " + s
	}
	return text
}

// Registration is what the installer keeps about the update on the machine (WP "Registry Entries for Software Updates", tables 1
// to 4 and 20).
type Registration struct {
	UpdatesKeys []string `json:"updatesKeys"` // one, or in the dual-mode layout one for each folder
	ARPKey      string   `json:"arpKey"`
	HotfixKey   string   `json:"hotfixKey"`
	FileList    bool     `json:"fileList"` // below the Updates key
	BackupDir   string   `json:"backupDir"`
	Logs        []string `json:"logs"` // of installation and removal
	Catalog     string   `json:"catalog"`
	Caches      []string `json:"caches,omitempty"` // directories that keep files for later
}

func (p *Plan) registration() Registration {
	m := p.Manifest
	r := Registration{ARPKey: `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\` + m.KB,
		HotfixKey: `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\` + m.KB, FileList: !m.Kind.IsServicePack(),
		BackupDir: `%windir%\` + m.BackupDir, Logs: []string{`%windir%\` + m.Log.Install, `%windir%\` + m.Log.Uninstall}, Catalog: m.KB + ".cat"}
	for _, b := range m.Branches {
		key := `HKLM\` + m.UpdatesRegKey
		if n := p.packNumber(b.Name); n >= 0 {
			key += `\SP` + strconv.Itoa(n)
		}
		if key += `\` + m.KB; !slices.Contains(r.UpdatesKeys, key) {
			r.UpdatesKeys = append(r.UpdatesKeys, key)
		}
	}
	switch {
	case m.Layout == manifest.DualMode && len(p.Branches) > 1:
		r.Caches = []string{`%windir%\$xpsp1hfm$\` + m.KB}
	case m.Layout == manifest.MultiBranch && len(p.Branches) > 1:
		r.Caches = []string{`%windir%\$hf_mig$\` + m.KB}
	}
	if m.Kind.IsServicePack() {
		r.Caches = append(r.Caches, `%windir%\ServicePackFiles\`+manifest.ArchFolder(m.Arch))
	}
	return r
}

func (p *Plan) textRegistration(w *tabwriter.Writer) {
	r := p.registration()
	fmt.Fprintln(w, "\nregistered as")
	for _, k := range r.UpdatesKeys {
		fmt.Fprintf(w, "  %s\n", k)
	}
	fmt.Fprintf(w, "  %s\n  %s\n", r.ARPKey, r.HotfixKey)
	fmt.Fprintf(w, "  backup\t%s\n  logs\t%s\n", r.BackupDir, strings.Join(r.Logs, ", "))
	if len(r.Caches) > 0 {
		fmt.Fprintf(w, "  caches\t%s\n", strings.Join(r.Caches, ", "))
	}
}

// registryFlags says in words what the flags of a line add.
func registryFlags(g manifest.Registry) string {
	var words []string
	for _, f := range []struct {
		bit  uint32
		word string
	}{{updateinf.FlgAddRegNoClobber, "unless it is there"}, {updateinf.FlgAddRegOverwriteOnly, "only if it is there"},
		{updateinf.FlgAddReg32BitKey, "in the 32-bit view"}, {updateinf.FlgAddReg64BitKey, "in the 64-bit view"}} {
		if g.Flags&f.bit != 0 && (f.bit == updateinf.FlgAddReg32BitKey || !g.Delete && !g.Bits) { // the others mean that in AddReg alone
			words = append(words, f.word)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "  " + strings.Join(words, ", ")
}
