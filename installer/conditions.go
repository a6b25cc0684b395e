package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// prober answers the tests of conditions about one machine (white paper, Appendix B, [Prerequisite]; forms seen in real
// packages).
type prober struct {
	host host.Host
	info host.Info
	dirs *dirid.Resolver
	u    *updateinf.Update
	// queue holds the pending file renames: a file that waits to take a place counts as if it had, as the inventory has it,
	// so that updates can be chained with one restart.
	queue []pfr.Pair
	// custom asks a function of the package's DLL; nil where there is none.
	custom func(dll, function string) (Answer, error)
}

// prerequisites checks [Prerequisite] before anything is changed. What fails is told with the package's own words; all
// failures together.
func (r *run) prerequisites(c *chosen) error {
	p := prober{r.Host, r.info, c.dirs, c.update, c.queue, r.custom}
	var failed []string
	for _, cond := range c.update.Prerequisites {
		ok, err := p.holds(cond)
		if err != nil {
			return conditionError(err, c.inf)
		}
		if ok {
			r.logf("Prerequisite [%s] holds", cond.Section)
			continue
		}
		text := first(cond.Display, "the condition ["+cond.Section+"] does not hold")
		r.log.Error("Prerequisite [%s] failed: %s", cond.Section, text)
		failed = append(failed, text)
	}
	if len(failed) == 0 {
		return nil
	}
	return status.Wrap(status.PrerequisiteFailed, errors.New(strings.Join(failed, "; ")), r.res.Title, first(r.res.LogPath, "of this run"))
}

// holds evaluates a condition. SingleOp has one test, which is all of them.
func (p prober) holds(c updateinf.Condition) (bool, error) {
	all, some := true, false
	for _, t := range c.Tests {
		ok, err := p.test(t)
		if err != nil {
			return false, fmt.Errorf("section [%s], line %d: %w", c.Section, t.Pos.Line, err)
		}
		all, some = all && ok, some || ok
	}
	if c.Combiner == updateinf.OrOp {
		return some, nil
	}
	return all, nil
}

func (p prober) test(t updateinf.Test) (bool, error) {
	switch {
	case t.Kind == updateinf.CheckReg && len(t.Args) == 4:
		return p.checkReg(t)
	case t.Kind == updateinf.CheckFileVer && len(t.Args) == 2:
		return p.checkFileVer(t)
	case t.Kind == updateinf.CheckCustom && len(t.Args) == 4:
		return p.checkCustom(t)
	case t.Kind == updateinf.VersionCheck:
		i := p.info
		have := []uint32{i.Major, i.Minor, i.Build, uint32(i.ServicePack)}
		order, err := compareNumbers(have, t.Data)
		return satisfied(t.Op, order), err
	}
	return false, fmt.Errorf("%s: %w", t.Kind, host.ErrUnsupported)
}

// found decides tests that only ask whether something is there, and those about something that is not: what is missing
// differs from everything and is neither less nor greater (OURS).
func found(t updateinf.Test, there bool) (result, decided bool) {
	switch {
	case t.Op == "":
		return there != t.Absent(), true
	case !there:
		return t.Op == "!=", true
	}
	return false, false
}

// satisfied applies an operator to the outcome of a comparison.
func satisfied(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return false
}

// checkReg looks at a value, or without a name and an operator at a key.
func (p prober) checkReg(t updateinf.Test) (bool, error) {
	k := host.Key{Root: host.Root(strings.ToUpper(t.Args[0])), Path: strings.Trim(t.Args[1], `\`)}
	if t.Args[3] != "" {
		flags, err := strconv.ParseUint(t.Args[3], 0, 32)
		if err != nil {
			return false, fmt.Errorf("%q are no flags: %w", t.Args[3], err)
		}
		if uint32(flags)&updateinf.FlgAddReg32BitKey != 0 {
			k.View = host.View32
		}
	}
	if t.Args[2] == "" && t.Op == "" {
		there, err := p.host.KeyExists(k)
		result, _ := found(t, there)
		return result, err
	}
	v, err := p.host.GetValue(k, t.Args[2])
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if result, decided := found(t, err == nil); decided {
		return result, nil
	}
	order, err := compareValue(v, t.Data)
	if err != nil {
		return false, fmt.Errorf("%s, value %q: %w", k, t.Args[2], err)
	}
	return satisfied(t.Op, order), nil
}

// compareValue compares data with the text of a test: numbers as numbers; strings as versions where both are (OURS: "5.10"
// comes after "5.9"), else without regard to case; a list of strings equals each of its strings.
func compareValue(v host.Value, text string) (int, error) {
	switch v.Type {
	case host.RegDWORD, host.RegQWORD:
		return compareNumber(v, text)
	case host.RegSZ, host.RegExpandSZ:
		s, ok := v.Text()
		if !ok {
			return 0, errors.New("its data is no text")
		}
		return compareText(s, text), nil
	case host.RegMultiSZ:
		list, _ := v.Strings()
		if containsFold(list, text) {
			return 0, nil
		}
		return -1, nil
	}
	return 0, fmt.Errorf("type %d cannot be compared; test a number or a text: %w", v.Type, host.ErrUnsupported)
}

func compareNumber(v host.Value, text string) (int, error) {
	want, err := strconv.ParseUint(strings.TrimSpace(text), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number, which the value is", text)
	}
	var have uint64
	for i := min(len(v.Data), 8) - 1; i >= 0; i-- {
		have = have<<8 | uint64(v.Data[i])
	}
	switch {
	case have < want:
		return -1, nil
	case have > want:
		return 1, nil
	}
	return 0, nil
}

func compareText(a, b string) int {
	va, erra := pefile.ParseVersion(a)
	vb, errb := pefile.ParseVersion(b)
	if erra == nil && errb == nil {
		return va.Compare(vb)
	}
	return strings.Compare(winpath.Fold(a), winpath.Fold(b))
}

// checkFileVer compares a file's version; a file without one has 0.0.0.0 (OURS).
func (p prober) checkFileVer(t updateinf.Test) (bool, error) {
	d, ok := p.u.SectionDir(t.Args[0])
	if !ok {
		return false, fmt.Errorf("section [%s] has no directory in [DestinationDirs]", t.Args[0])
	}
	dir, err := p.dirs.Path(d)
	if errors.Is(err, fs.ErrNotExist) {
		result, _ := found(t, false)
		return result, nil // a folder that this machine does not have
	}
	if err != nil {
		return false, err
	}
	path := winpath.Join(dir, t.Args[1])
	facts, err := inventory.OfHost(p.host, first(pfr.Pending(p.queue, path), path))
	if err != nil {
		return false, err
	}
	if result, decided := found(t, facts.Exists); decided {
		return result, nil
	}
	want, err := pefile.ParseVersion(t.Data)
	if err != nil {
		return false, err
	}
	return satisfied(t.Op, facts.Version.Compare(want)), nil
}

// compareNumbers compares as many numbers as the text has.
func compareNumbers(have []uint32, text string) (int, error) {
	for i, s := range strings.Split(text, ".") {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || i >= len(have) {
			return 0, fmt.Errorf("%q is not major.minor.build.servicepack", text)
		}
		if have[i] != uint32(n) {
			if have[i] < uint32(n) {
				return -1, nil
			}
			return 1, nil
		}
	}
	return 0, nil
}
