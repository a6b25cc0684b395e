package installer

import (
	"strconv"

	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/winpath"
)

// CabBuildLog is the name, in the Windows directory, of the log that /verbose makes.
const CabBuildLog = "CabBuild.log"

// cabBuild writes what /verbose asks for: "complete details about the installation target files and source files" (white
// paper, "Cabbuild.log"). It is begun anew by each run; the shape of its lines is OURS.
func (r *run) cabBuild(c *chosen) {
	if !r.Options.Verbose {
		return
	}
	w := r.logWriter(winpath.Join(r.info.WindowsDir, CabBuildLog), true)
	log := instlog.New(w, r.Start, r.Host.Now, CabBuildLog)
	log.Start(instlog.Run{Kind: kindOf(c.update), Image: r.Image, Version: r.Version, CommandLine: r.Options.CommandLine})
	log.Info("Update: %s, INF: %s, branch: %s", r.res.KB, c.inf, first(c.branch, "none"))
	copies := 0
	for _, it := range c.items {
		verb := map[inventory.Action]string{inventory.Keep: "Keep", inventory.Copy: "Copy", inventory.Delete: "Delete", inventory.Rename: "Rename"}[it.Action]
		log.Info("%s: %s", verb, it.Target)
		log.Info("    Reason: it %s", it.Reason)
		if it.Old.Exists {
			log.Info("    On this computer: %s", factsText(it.Old))
		}
		if it.Pending != "" {
			log.Info("    Waits for the restart: %s", it.Pending)
		}
		if it.Source != "" && it.Action != inventory.Rename {
			log.Info("    Source: %s, section [%s], flags 0x%x, %s", it.Source, it.Section, it.Flags, factsText(it.New))
		}
		if it.NewPath != "" {
			log.Info("    New name: %s", it.NewPath)
		}
		if it.Action == inventory.Copy {
			copies++
		}
	}
	log.Info("CabinetBuild complete: %d of %d files are copied", copies, len(c.items))
}

func factsText(f inventory.Facts) string {
	return first(f.VersionText(), "no version") + ", " + strconv.FormatInt(f.Size, 10) + " bytes, MD5 " + hexUpper(f.MD5[:])
}
