package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// This file calls functions of a package's own DLL (white paper, Appendix B: CheckCustom, CustomFunction). How Microsoft's
// installer calls them is not public; the signature is that of host.Programs.CallDLL (OURS).

// ErrNoAnswer: a package asks a function of its own DLL, which an image cannot run, and nobody has told the answer.
var ErrNoAnswer = errors.New("the function of the package's DLL runs on a running machine only, and no answer was given for it")

// customTimeout is how long a function may take (OURS).
const customTimeout = time.Minute

// Answer is what a function of a package's DLL gives: a number and, where it finds a directory, that.
type Answer struct {
	Number uint32
	Text   string
}

// AnswerKey is what Request.Answers is asked for: "spcustom.dll,OnACPower", in lower case.
func AnswerKey(dll, function string) string { return strings.ToLower(dll + "," + function) }

// ParseAnswer reads "spcustom.dll,OnACPower=1" or "spcustom.dll,GetRISAdminPathName=1,C:\RIS".
func ParseAnswer(s string) (key string, a Answer, err error) {
	name, value, ok := strings.Cut(s, "=")
	dll, function, two := strings.Cut(name, ",")
	number, text, _ := strings.Cut(value, ",")
	n, nerr := strconv.ParseUint(number, 0, 32)
	if !ok || !two || dll == "" || function == "" || nerr != nil {
		return "", a, fmt.Errorf(`answer %q: write dll,function=number or dll,function=number,text, such as "spcustom.dll,OnACPower=1"`, s)
	}
	return AnswerKey(dll, function), Answer{uint32(n), text}, nil
}

// custom asks a function. The DLL must be in the package and its hash in update.ver, which was checked before.
func (r *run) custom(dll, function string) (Answer, error) {
	if a, ok := r.Answers[AnswerKey(dll, function)]; ok {
		r.logf("%s of %s: %d %q was given as the answer", function, dll, a.Number, a.Text)
		return a, nil
	}
	path, err := r.customDLL(dll)
	if err != nil {
		return Answer{}, err
	}
	if known, ok := r.asked[AnswerKey(dll, function)]; ok {
		return known, nil
	}
	n, text, err := r.Host.CallDLL(path, function, customTimeout)
	if errors.Is(err, host.ErrUnsupported) {
		err = fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	if err != nil {
		return Answer{}, err
	}
	r.logf("%s of %s gives %d %q", function, dll, n, text)
	if r.asked == nil {
		r.asked = map[string]Answer{}
	}
	r.asked[AnswerKey(dll, function)] = Answer{n, text}
	return Answer{n, text}, nil
}

// customDLL is the path of a DLL of the package: in the folder "update" or in the root.
func (r *run) customDLL(dll string) (string, error) {
	for _, name := range []string{`update\` + dll, dll} {
		if !r.Package.Has(name) {
			continue
		}
		if !r.hashed[strings.ToLower(name)] {
			return "", fmt.Errorf("%s is not recorded in update.ver, so it is not known to be the package's own: %w", name, fs.ErrPermission)
		}
		return r.Package.Path(name), nil
	}
	return "", fmt.Errorf("%s is not in the package: %w", dll, fs.ErrNotExist)
}

// checkCustom compares what a function returns; without an operator it must not be 0.
func (p prober) checkCustom(t updateinf.Test) (bool, error) {
	if p.custom == nil {
		return false, fmt.Errorf("%s: %w", t.Kind, host.ErrUnsupported)
	}
	a, err := p.custom(t.Args[1], t.Args[2])
	if err != nil {
		return false, err
	}
	if t.Op == "" {
		return (a.Number != 0) != t.Absent(), nil
	}
	order, err := compareNumber(host.Value{Type: host.RegDWORD, Data: []byte{byte(a.Number), byte(a.Number >> 8), byte(a.Number >> 16), byte(a.Number >> 24)}}, t.Data)
	return satisfied(t.Op, order), err
}

// directories sets the dirids of [DirectoryId.Include] (white paper, Appendix B). A function that gives 0 says that this machine
// has no such directory; what goes there is left out.
func (r *run) directories(c *chosen) error {
	c.placed = nil
	for _, d := range c.update.DirectoryIDs {
		a, err := r.custom(d.CustomDLL, d.CustomFunc)
		if err != nil {
			return status.Wrap(status.UnableToSetDirID, fmt.Errorf("section [%s]: %w", d.Name, err), strconv.Itoa(d.ID))
		}
		if a.Number == 0 {
			r.logf("DirId %d: this computer has no such directory", d.ID)
			continue
		}
		path := winpath.Join(a.Text)
		if len(path) < 3 || path[1] != ':' || path[2] != '\\' {
			return status.Wrap(status.InvalidDirIDPath, fmt.Errorf("section [%s]: %s of %s gives %q, which is no absolute path", d.Name, d.CustomFunc, d.CustomDLL, a.Text), strconv.Itoa(d.ID))
		}
		if err := c.dirs.Set(d.ID, path); err != nil {
			return status.Wrap(status.CantSetDirID, err, strconv.Itoa(d.ID))
		}
		c.placed = append(c.placed, withFlags(d.Files, d.CopyFlags)...)
	}
	return nil
}

// decides evaluates the operation of a conditional section.
func (r *run) decides(c *chosen, cond updateinf.Conditional) (bool, error) {
	if cond.Operation.CustomDLL == "" {
		return r.installs(c, cond), nil
	}
	a, err := r.custom(cond.Operation.CustomDLL, cond.Operation.CustomFunc)
	if err != nil {
		return false, fmt.Errorf("section [%s]: %w", cond.Name, err)
	}
	r.logf("Condition [%s]: %v", cond.Name, a.Number != 0)
	return a.Number != 0, nil
}

// placedFiles takes the inventory of what goes to the directories that functions found.
func placedFiles(scan inventory.Scan, c *chosen) error {
	more, err := scan.Run(&updateinf.Update{Files: c.placed})
	if err != nil {
		return err
	}
	c.items = append(c.items, more...)
	return nil
}
