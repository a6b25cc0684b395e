package installer

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// byVersion compares files of the machine by what is on disk, not by what is loaded (KB 815062).
func (r *run) byVersion(a, b string) (cmp int, comparable, found bool, err error) {
	fa, err := inventory.OfHost(r.Host, a)
	if err != nil || !fa.Exists {
		return 0, false, false, err
	}
	fb, err := inventory.OfHost(r.Host, b)
	if err != nil || !fb.Exists {
		return 0, false, true, err
	}
	if fa.MD5 == fb.MD5 && fa.Size == fb.Size {
		return 0, true, true, nil
	}
	if !fa.HasVersion || !fb.HasVersion {
		return 0, false, true, nil
	}
	c := fa.Version.Compare(fb.Version)
	return c, c != 0, true, nil
}

// cleanBefore applies the QChain rule to what earlier installations left waiting, before the inventory looks at it. The plan
// takes the pairs out, so that a roll back puts them back.
func (r *run) cleanBefore(queue []pfr.Pair) (kept []pfr.Pair, dropped []pfr.Dropped, err error) {
	if len(queue) == 0 {
		r.logf("DoInstallation: CleanPFR failed: 0x2 ") // white paper, Appendix D: nothing waits
		return nil, nil, nil
	}
	kept, dropped, err = pfr.Clean(queue, r.byVersion)
	for _, d := range dropped {
		r.logf("CleanPFR: %s is not put in the place of %s: %s", d.Source(), d.Dest(), d.Reason)
	}
	return kept, dropped, err
}

// chain plans what cleanBefore decided.
func (p *installPlan) chain() error {
	for _, d := range p.c.dropped {
		s := step.Step{Kind: step.CancelPending, Path: d.Dest(), Temp: d.Source()}
		there, err := p.exists(d.Source())
		if err == nil && there {
			s.Backup, err = p.save(d.Source(), "", "")
		}
		if err != nil {
			return err
		}
		p.add(s)
	}
	return nil
}

// cleanAfter resolves conflicts once more, as "the package installer checks the Pending File Rename queue for any file
// conflicts, and resolves them after each installation" (white paper, "Chained Installation"). The plan leaves none; another
// installer may have, meanwhile.
func (r *run) cleanAfter() error {
	queue, err := pfr.Read(r.Host)
	if err != nil || len(queue) == 0 {
		return err
	}
	r.logQueueAs("---- Old Information In The Registry ------", queue)
	kept, dropped, err := pfr.Clean(queue, r.byVersion)
	if err != nil {
		return err
	}
	for _, d := range dropped {
		r.logf("%s is not put in the place of %s: %s", d.Source(), d.Dest(), d.Reason)
		if _, err := pfr.Drop(r.Host, d.Source()); err != nil {
			return err
		}
		if err := gone(r.Host.Remove(d.Source())); err != nil {
			return err
		}
	}
	r.logQueueAs("---- New Information In The Registry ------", kept)
	return nil
}

// logQueueAs lists pairs as the white paper's installation log does: each file with its version.
func (r *run) logQueueAs(title string, queue []pfr.Pair) {
	r.logf("%s", title)
	named := func(path string) string {
		if path == "" {
			return ""
		}
		facts, err := inventory.OfHost(r.Host, path)
		if err != nil || !facts.HasVersion {
			return path
		}
		return path + " (" + facts.VersionText() + ")"
	}
	for _, q := range queue {
		r.logf("Source:%s", named(q.Source()))
		r.logf("Destination:%s", named(q.Dest()))
	}
}

// deliberate reserves a name uninst<n>.tmp in the target's directory, for what must come whatever the versions: a pending
// file of that name is not subject to the QChain rule (package-format.md section 3.2 has the name, its use is OURS).
func (d *draft) deliberate(target string) (string, error) {
	return d.tempNamed(target, "uninst", func(n int) string { return strconv.Itoa(n) })
}

// temp reserves a name SET<n>.tmp in the target's directory, n hexadecimal (white paper, Appendix D).
func (d *draft) temp(target string) (string, error) {
	return d.tempNamed(target, "SET", func(n int) string { return strings.ToUpper(strconv.FormatInt(int64(n), 16)) })
}

func (d *draft) tempNamed(target, prefix string, text func(int) string) (string, error) {
	dir := winpath.Dir(target)
	for n := 1; ; n++ {
		p := winpath.Join(dir, prefix+text(n)+".tmp")
		used, err := d.taken(p)
		if err == nil && !used {
			used, err = d.taken(step.RollBackTemp(p))
		}
		if err != nil {
			return "", err
		}
		if !used && !d.queued(p) {
			d.names[winpath.Fold(p)] = true
			return p, nil
		}
	}
}

func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
