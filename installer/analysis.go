package installer

import (
	"fmt"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Lines of the installation log in the words of the white paper's Appendix D. What only looks like an error there (table 21)
// is not written.

// buildType is the product build type as logs name it (white paper, Appendix D: IP for Professional; the others are seen as
// decorations of sections in real INFs).
func buildType(i host.Info) string {
	for _, sku := range []string{"ID", "IB", "IA", "IS"} {
		if inventory.Applies(updateinf.CopyAlways, sku, i) {
			return "BuildType." + sku
		}
	}
	return "BuildType.IP"
}

// logAnalysis tells what is found out before the inventory, and what of the white paper's analysis has nothing to do here.
func (r *run) logAnalysis(c *chosen) {
	r.logf("SetProductTypes: InfProductBuildType=%s", buildType(r.info))
	loader := false
	for _, g := range c.update.Files {
		loader = loader || g.Dir.ID == dirid.AltOSLoader
	}
	if !loader {
		r.logf("SetAltOsLoaderPath: No section uses DirId 65701; done.")
	}
	r.logf("Windows %d.%d.%d service pack %d, %s, language 0x%04x: %s applies%s", r.info.Major, r.info.Minor, r.info.Build, r.info.ServicePack,
		r.info.Arch, r.info.Language, c.inf, branchText(c.branch))
	for _, q := range c.queue {
		if !pfr.Ours(q) {
			r.logf("Waits for the restart, not ours: %s -> %s", q.Source(), first(q.Dest(), "(deleted)"))
		}
	}
}

func branchText(branch string) string {
	if branch == "" {
		return ""
	}
	return ", branch " + branch
}

func (r *run) logInventory(c *chosen) {
	r.logAnalysis(c)
	r.logf("Starting AnalyzeComponents")
	for _, it := range c.items {
		switch it.Action {
		case inventory.Keep:
			r.logf("%s will not be changed: it %s", it.Target, it.Reason)
		default:
			r.logf("%s will be changed: it %s", it.Target, it.Reason)
		}
	}
	r.logf("AnalyzeComponents: Hotpatching is disabled.")
	r.logf("Downloading 0 files")
	r.logf("bPatchMode = FALSE")
	r.logf("Inventory complete: ReturnStatus=0, %d ticks", r.Host.Now().Sub(r.Start)/time.Millisecond)
}

// logDelayed names the files of this update that wait for the restart.
func (r *run) logDelayed(c *chosen) {
	queue, err := pfr.Read(r.Host)
	if err != nil {
		r.log.Warn("%v", err)
		return
	}
	said := false
	for _, it := range c.items {
		if it.Action == inventory.Keep || pfr.Pending(queue, it.Target) == "" {
			continue
		}
		if !said {
			r.logf("IsRebootRequiredForFileQueue: At least one file operation was delayed; reboot is required.")
			said = true
		}
		r.logf("IsRebootRequiredForFileQueue: %s was delayed; reboot is required.", strings.ToLower(it.Target))
	}
}

// SetupLog is the log, in the Windows directory, of what the Setup API does for other installers: reading INF files and
// establishing the trust of catalogs (white paper, "Setupapi.log and Updspapi.log"). The shape is that of setupapi.log, a
// header in brackets and lines "#<severity> text"; which lines there are is OURS.
const SetupLog = "updspapi.log"

func (r *run) setupf(severity, format string, args ...any) {
	r.setup = append(r.setup, "#"+severity+" "+strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " "))
}

func (r *run) setupINF(name string, f *inf.File, err error) {
	if err != nil {
		r.setupf("E", "INF %s cannot be read: %v", name, err)
		return
	}
	r.setupf("I", "INF %s was read: %d sections", name, len(f.Sections))
	for _, w := range f.Warnings {
		r.setupf("W", "%v", w)
	}
}

func (r *run) setupCatalog(name string, t catalog.Trust) {
	severity := map[catalog.State]string{catalog.Trusted: "I", catalog.Bad: "E"}[t.State]
	r.setupf(first(severity, "W"), "Catalog %s: %s", name, trustText(t))
}

// flushSetupLog appends the lines of this run at once.
func (r *run) flushSetupLog() {
	if len(r.setup) == 0 || r.Options.DryRun {
		return
	}
	head := fmt.Sprintf("[%s]", r.Host.Now().Format("2006/01/02 15:04:05"))
	run := fmt.Sprintf("#I Executing %q with command line: %s", r.Image, r.Options.CommandLine)
	text := strings.Join(append([]string{head, run}, r.setup...), "\r\n") + "\r\n"
	_ = r.Host.AppendFile(winpath.Join(r.info.WindowsDir, SetupLog), []byte(text), false) // as with every log, see openLog
	r.setup = nil
}
