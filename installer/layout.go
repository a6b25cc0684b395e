package installer

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updatever"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Dual-mode packages (white paper table 9; "Migration"). The root has the dispatcher, common\ what all service pack levels
// share, and SPn\ an update for machines on which service pack n, which will contain it, is not installed yet.
const (
	dispatcherEXE = `xpsp1hfm.exe`
	commonFolder  = `common\`
	commonVER     = `common\update.ver`
	dualCache     = "$xpsp1hfm$"   // below %windir%: the update for later service packs
	dualLog       = "xpsp1hfm.log" // below %windir%
)

// dualMode is what the dispatcher decided.
type dualMode struct {
	level  int   // n of the folder SPn that is installed
	levels []int // of all folders
}

func levelFolder(n int) string { return "sp" + strconv.Itoa(n) + `\` }

// arrange makes the package look as the standard or the multi-branch layout: a service pack's files lie below a folder named
// after the architecture (white paper table 21), and in a dual-mode package the machine's service pack decides.
func (r *run) arrange() error {
	if r.Package.Has(updateBrINF) || r.Package.Has(plainINF) {
		return nil
	}
	if levels := levelsOf(r.Package.Names()); len(levels) > 0 && (r.Package.Has(dispatcherEXE) || r.Package.Has(commonFolder+"update.exe")) {
		return r.dispatch(levels)
	}
	if folder := packFolder(r.Package.Names()); folder != "" {
		r.Package = r.Package.View(func(name string) (string, bool) { return strings.CutPrefix(name, folder) })
	}
	return nil
}

// packFolder is the one folder that has an update\update.inf; names are in lower case.
func packFolder(names []string) string {
	found := ""
	for _, n := range names {
		folder, ok := strings.CutSuffix(n, `\`+plainINF)
		if !ok || strings.Contains(folder, `\`) {
			continue
		}
		if found != "" {
			return ""
		}
		found = folder + `\`
	}
	return found
}

func levelsOf(names []string) []int {
	var levels []int
	for _, name := range names {
		folder, ok := strings.CutSuffix(name, `\`+plainINF)
		if n, err := strconv.Atoi(strings.TrimPrefix(folder, "sp")); ok && err == nil && n > 0 && folder+`\` == levelFolder(n) {
			levels = append(levels, n)
		}
	}
	slices.Sort(levels)
	return levels
}

// dispatch is what xpsp1hfm.exe does: it chooses by the installed service pack. The folder and common\ together are then a
// package of the standard layout.
func (r *run) dispatch(levels []int) error {
	want := int(r.info.ServicePack) + 1
	r.logf("Dual-mode package: service pack %d is installed, the update for %s is needed", r.info.ServicePack, strings.ToUpper(strings.Trim(levelFolder(want), `\`)))
	if !slices.Contains(levels, want) {
		err := fmt.Errorf("service pack %d is installed; the package is for machines before service pack %s", r.info.ServicePack, join(levels))
		switch {
		case want > levels[len(levels)-1]: // the service pack contains the update
			return status.Wrap(status.SPVersionGreater2, err)
		case want < levels[0]:
			return status.Wrap(status.SPVersionLesser, err, number(uint32(levels[0]-1)))
		}
		return status.Wrap(status.NoBranchAvailable, err)
	}
	if err := r.verifyCommon(); err != nil {
		return err
	}
	folder := levelFolder(want)
	r.dual = &dualMode{level: want, levels: levels}
	r.Package = r.Package.View(func(name string) (string, bool) {
		if rest, ok := strings.CutPrefix(name, folder); ok {
			return rest, true
		}
		return commonName(name)
	})
	return nil
}

// commonName is the name in the standard layout (white paper table 8) of a file of common\ (table 9).
func commonName(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, commonFolder)
	switch {
	case !ok || name == commonVER:
		return "", false
	case rest == spuninstEXE || rest == "spmsg.dll" || rest == "spupdsvc.exe":
		return rest, true
	}
	return `update\` + rest, true
}

func join(levels []int) string {
	texts := make([]string, len(levels))
	for i, n := range levels {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, " or ")
}

// verifyCommon compares the files of common\ with common\update.ver, where there is one.
func (r *run) verifyCommon() error {
	data, err := r.Package.ReadFile(commonVER, maxINF)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := updatever.Parse(data)
	if err != nil {
		return status.Wrap(status.InvalidVerFile, err)
	}
	r.cover(`update\`, entries)
	for _, e := range entries {
		e.Path = commonFolder + e.Path
		if err := r.checkCommon(e); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) checkCommon(e updatever.Entry) error {
	f, err := r.Package.Open(e.Path)
	if err != nil {
		return fmt.Errorf("files are missing from the extracted package: %w", err)
	}
	defer f.Close()
	sum := md5.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("read %s: %w", e.Path, err)
	}
	if f.Size() != e.Size || [md5.Size]byte(sum.Sum(nil)) != e.MD5 {
		return status.Wrap(status.InvalidVerFile, fmt.Errorf("the package is damaged: %s is not what %s says", e.Path, commonVER))
	}
	return nil
}

// dualFiles plans %windir%\$xpsp1hfm$\KB######: the update for later service packs, with what installs it (white paper,
// "Migration"). It is a dual-mode package of its own (OURS: its xpsp1hfm.exe can be run as it is).
func (p *installPlan) dualFiles() error {
	if p.r.dual == nil {
		return nil
	}
	names := p.r.cachedNames()
	if len(names) == 0 {
		return nil
	}
	root := winpath.Join(p.r.info.WindowsDir, dualCache, p.r.res.KB)
	if err := p.dir(winpath.Dir(root), host.AttrHidden); err != nil {
		return err
	}
	for _, n := range names {
		if err := p.cache(winpath.Join(root, n), n); err != nil {
			return err
		}
	}
	return nil
}

// cachedNames are the files that the cache keeps; none if no later service pack has an update here.
func (r *run) cachedNames() []string {
	var later, shared []string
	for _, n := range r.Package.Names() {
		for _, level := range r.dual.levels {
			if level > r.dual.level && strings.HasPrefix(n, levelFolder(level)) {
				later = append(later, n)
			}
		}
		if strings.HasPrefix(n, commonFolder) || n == dispatcherEXE {
			shared = append(shared, n)
		}
	}
	if len(later) == 0 {
		return nil
	}
	return append(shared, later...)
}

// logDual writes the dispatcher's own log, once its work is done.
func (r *run) logDual() {
	if r.dual == nil {
		return
	}
	w := r.logWriter(winpath.Join(r.info.WindowsDir, dualLog), false)
	fresh := dualLog
	if w.existed {
		fresh = ""
	}
	log := instlog.New(w, r.Start, r.Host.Now, fresh)
	log.Start(instlog.Run{Kind: instlog.Hotfix, Image: r.Image, Version: r.Version, CommandLine: r.Options.CommandLine})
	log.Info("%s: the update for service pack %d was installed", r.res.KB, r.dual.level)
	for _, n := range r.cachedNames() {
		log.Info("Cached %s", winpath.Join(r.info.WindowsDir, dualCache, r.res.KB, n))
	}
}
