package installer_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

var (
	scenarioSeeds = flag.Int("scenario-seeds", 2, "how many scenarios of 200 operations")
	scenarioSeed  = flag.Int64("scenario-seed", 1, "the first seed")
)

// change is what one update wants of one file or value.
type change struct {
	version int // of a file; 0: it is deleted
	variant int // files of one version may differ
	number  int // of a value; -1: it is deleted
}

// update is one generation of one package of the scenario.
type update struct {
	kb     string
	gen    int
	files  map[string]change
	values map[string]change
	tree   *source.Tree
}

const (
	scenarioPackages = 12
	scenarioFiles    = 9
	scenarioValues   = 6
)

// Files 0 to 3 are there before, 4 and 5 come with updates, 6 to 8 are there and may be deleted.
func fileName(i int) string { return fmt.Sprintf("f%d.dll", i) }

func scenarioContent(t *testing.T, name string, c change) []byte {
	return samplepe1(t, fmt.Sprintf("5.2.3790.%d", c.version), "srv03_sp2_gdr", fmt.Sprintf("%s %d", name, c.variant))
}

// generation makes an update's content; later generations have higher versions.
func generation(t *testing.T, rng *rand.Rand, kb string, gen int, before *update) *update {
	u := &update{kb: kb, gen: gen, files: map[string]change{}, values: map[string]change{}}
	p := pkg{kb: kb, gdr: map[string][]byte{}, qfe: map[string][]byte{}, always: map[string]bool{}}
	pick := func(i int) change {
		c := change{version: 200 + 10*rng.Intn(12), variant: rng.Intn(2)}
		if before != nil {
			c.version = before.files[fileName(i)].version + 10*rng.Intn(3)
		}
		return c
	}
	var gone []string
	for i := range scenarioFiles {
		name := fileName(i)
		has := rng.Intn(3) == 0
		if before != nil {
			_, has = before.files[name]
		}
		if !has {
			continue
		}
		c := pick(i)
		if i >= 6 && (before == nil && rng.Intn(2) == 0 || before != nil && before.files[name].version == 0) {
			u.files[name] = change{}
			gone = append(gone, name)
			continue
		}
		u.files[name] = c
		p.gdr[name] = scenarioContent(t, name, c)
		p.qfe[name] = p.gdr[name]
		p.always[name] = i == 4 || i == 5
	}
	if len(u.files) == 0 { // every package has something
		u.files[fileName(0)] = pick(0)
		p.gdr[fileName(0)] = scenarioContent(t, fileName(0), u.files[fileName(0)])
		p.qfe[fileName(0)] = p.gdr[fileName(0)]
	}
	if gone != nil {
		p.extra = "[ProductInstall.CopyFilesAlways]\r\nDelFiles=Gone.files\r\n[DestinationDirs]\r\nGone.files=11\r\n[Gone.files]\r\n" + strings.Join(gone, "\r\n") + "\r\n"
	}
	for i := range scenarioValues {
		name := fmt.Sprintf("v%d", i)
		has := rng.Intn(3) == 0
		if before != nil {
			_, has = before.values[name]
		}
		if !has {
			continue
		}
		key := `HKLM,"SOFTWARE\Contoso\Scenario` + strconv.Itoa(i%2) + `","` + name + `"`
		if c := before; c == nil && rng.Intn(3) == 0 || c != nil && c.values[name].number < 0 {
			u.values[name] = change{number: -1}
			p.delReg += key + "\r\n"
			continue
		}
		u.values[name] = change{number: rng.Intn(3)}
		p.addReg += fmt.Sprintf("%s,0x00010001,%d\r\n", key, u.values[name].number)
	}
	u.tree = p.tree(t)
	return u
}

// scenario is a machine beside the model of it: the updates in the order of their installation.
type scenario struct {
	t         *testing.T
	rng       *rand.Rand
	m         *machine
	base      map[string]change
	baseVal   map[string]change
	installed []*update
	final     map[string]bool // installed without backup
	packages  [][]*update     // by number, then by generation
	log       []string
}

// want replays the installed updates on what the machine held first. That is the whole model: what remains decides, in the order in
// which it came, with the version rule of the white paper.
func (s *scenario) want(list []*update) (files, values map[string]change) {
	files, values = map[string]change{}, map[string]change{}
	for n, c := range s.base {
		files[n] = c
	}
	for n, c := range s.baseVal {
		values[n] = c
	}
	for _, u := range list {
		for n, c := range u.files {
			old, there := files[n]
			switch {
			case c.version == 0:
				delete(files, n)
			case there && old.version > c.version:
			case !there && n != fileName(4) && n != fileName(5):
			default:
				files[n] = c
			}
		}
		for n, c := range u.values {
			if c.number < 0 {
				delete(values, n)
			} else {
				values[n] = c
			}
		}
	}
	return files, values
}

// effective is the content that a file has once the pending renames are done; nil: there is none.
func (s *scenario) effective(path string) []byte {
	queue, err := pfr.Read(s.m.h)
	if err != nil {
		s.t.Fatal(err)
	}
	moved := map[string]string{} // folded path: where its content is now; empty: nowhere
	at := func(p string) string {
		if src, ok := moved[winpath.Fold(p)]; ok {
			return src
		}
		return p
	}
	for _, q := range queue {
		src := at(q.Source())
		if src == "" || src == q.Source() && !s.m.has(src) {
			continue
		}
		if q.Dest() != "" {
			moved[winpath.Fold(q.Dest())] = src
		}
		moved[winpath.Fold(q.Source())] = ""
	}
	src := at(path)
	if src == "" || !s.m.has(src) {
		return nil
	}
	return s.m.read(src)
}

// differs tells how the machine differs from the model.
func (s *scenario) differs(list []*update) string {
	var faults []string
	files, values := s.want(list)
	for i := range scenarioFiles {
		name := fileName(i)
		got := s.effective(sys + name)
		c, there := files[name]
		var want []byte
		if there {
			want = scenarioContent(s.t, name, c)
		}
		if !bytes.Equal(got, want) {
			faults = append(faults, fmt.Sprintf("%s is not %+v (%v)", name, c, there))
		}
	}
	for i := range scenarioValues {
		name := fmt.Sprintf("v%d", i)
		v, err := s.m.h.GetValue(host.Key{Root: host.HKLM, Path: `SOFTWARE\Contoso\Scenario` + strconv.Itoa(i%2)}, name)
		c, there := values[name]
		n, _ := regplan.Number(v)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			s.t.Fatal(err)
		case (err == nil) != there || there && int(n) != c.number:
			faults = append(faults, fmt.Sprintf("%s is %d (%v), not %d (%v)", name, n, err, c.number, there))
		}
	}
	reg, err := register.List(s.m.h)
	if err != nil {
		s.t.Fatal(err)
	}
	var have, want []string
	for _, u := range reg {
		have = append(have, u.KB)
	}
	for _, u := range list {
		want = append(want, u.kb)
	}
	if !slices.Equal(have, want) {
		faults = append(faults, fmt.Sprintf("registered are %v, not %v", have, want))
	}
	return strings.Join(faults, "; ")
}

// yes is a person who agrees to everything.
type yes struct{}

func (yes) Progress(ui.Stage, int64, int64)                  {}
func (yes) Message(ui.Kind, string)                          {}
func (yes) Ask(ctx context.Context, q ui.Question) ui.Answer { return ui.Yes }

func without(list []*update, kb string) []*update {
	var kept []*update
	for _, u := range list {
		if u.kb != kb {
			kept = append(kept, u)
		}
	}
	return kept
}

// step does one random operation and returns its name and what the machine must be like then.
func (s *scenario) step() {
	what, after, run := s.choose()
	if run == nil {
		return
	}
	hold := s.hold()
	crash := s.rng.Intn(5) == 0
	if crash {
		what += " with a power cut"
	}
	s.log = append(s.log, what+hold)
	if !crash {
		err := run(s.m.h)
		switch {
		case status.Code(err) == status.MustRestartFirst: // a removal's deletion waits, and no update owns the file any more
			s.log[len(s.log)-1] += " refused: restart first"
		case err != nil:
			s.fail("%v", err)
		default:
			s.installed = after
		}
	} else {
		s.crash(run, after)
	}
	if s.rng.Intn(3) == 0 {
		s.log = append(s.log, "restart")
		if _, err := s.m.h.SimulateRestart(); err != nil {
			s.t.Fatal(err)
		}
	}
	if d := s.differs(s.installed); d != "" {
		s.fail("%s", d)
	}
}

func (s *scenario) choose() (what string, after []*update, run func(host.Host) error) {
	n := s.rng.Intn(len(s.packages))
	gens := s.packages[n]
	cur := -1
	for i, g := range gens {
		if slices.Contains(s.installed, g) {
			cur = i
		}
	}
	u := gens[0]
	switch {
	case cur >= 0 && s.rng.Intn(4) == 0 && cur+1 < len(gens):
		u, what = gens[cur+1], "upgrade "
	case cur >= 0 && s.rng.Intn(6) == 0:
		u, what = gens[cur], "reinstall "
	case cur >= 0 && s.final[u.kb]:
		return "", nil, nil
	case cur >= 0:
		run := func(h host.Host) error {
			_, err := installer.Remove(t0(), installer.Request{Host: h, UninstallDir: `C:\WINDOWS\$NtUninstall` + u.kb + `$`,
				UI: yes{}, Options: cmdline.Options{}, Version: "7.0.0.0", Start: testNow})
			return err
		}
		return "remove " + u.kb, without(s.installed, u.kb), run
	default:
		what = "install "
	}
	o := cmdline.Options{Quiet: true}
	if s.final[u.kb] {
		o.NoBackup = true
	}
	return what + fmt.Sprintf("%s.%d", u.kb, u.gen), append(without(s.installed, u.kb), u), installOn(u.tree, o)
}

// hold lets a program use one of the files for a while.
func (s *scenario) hold() string {
	if s.rng.Intn(2) == 0 {
		return ""
	}
	name := fileName(s.rng.Intn(scenarioFiles))
	if !s.m.has(sys + name) {
		return ""
	}
	if _, err := s.m.h.HoldOpen(sys+name, imagehost.HoldMapped); err != nil {
		return "" // held already
	}
	return ", " + name + " in use"
}

// crash cuts the power somewhere in the run; the next start recovers.
func (s *scenario) crash(run func(host.Host) error, after []*update) {
	h := faulthost.New(s.m.h)
	h.CutPower(faulthost.Effect(1+s.rng.Intn(150)), faulthost.Place(s.rng.Intn(3)))
	err := run(h)
	if !h.Dead() {
		if status.Code(err) == status.MustRestartFirst {
			return
		}
		if err != nil {
			s.fail("%v", err)
		}
		s.installed = after
		return
	}
	s.m = s.m.reboot()
	if _, err := s.m.h.SimulateRestart(); err != nil {
		s.t.Fatal(err)
	}
	lines, err := installer.Recover(s.m.h)
	if err != nil {
		s.fail("recover: %v", err)
	}
	if len(lines) > 0 {
		s.log[len(s.log)-1] += " (" + strings.Join(lines, "; ") + ")"
	}
	if d := s.differs(after); d == "" {
		s.installed = after
	} else if b := s.differs(s.installed); b != "" {
		s.fail("after the power cut (%v) the machine is neither as before (%s) nor done (%s)", lastCall(h), b, d)
	}
}

func (s *scenario) fail(format string, args ...any) {
	s.t.Helper()
	n := min(len(s.log), 25)
	var now []string
	for _, u := range s.installed {
		now = append(now, fmt.Sprintf("%s.%d files %v values %v", u.kb, u.gen, u.files, u.values))
	}
	s.t.Fatalf("%s\nafter %d operations, the last:\n%s\ninstalled:\n%s", fmt.Sprintf(format, args...), len(s.log),
		strings.Join(s.log[len(s.log)-n:], "\n"), strings.Join(now, "\n"))
}

// 200 random operations over 12 packages with overlapping files and values, against the model; at the end everything is removed and
// the machine is what it was, to the last key and directory.
func TestScenario(t *testing.T) {
	for seed := *scenarioSeed; seed < *scenarioSeed+int64(*scenarioSeeds); seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { runScenario(t, seed) })
	}
}

func runScenario(t *testing.T, seed int64) {
	s := &scenario{t: t, rng: rand.New(rand.NewSource(seed)), base: map[string]change{}, baseVal: map[string]change{}, final: map[string]bool{}}
	files := map[string][]byte{}
	for i := range scenarioFiles {
		if i == 4 || i == 5 {
			continue
		}
		c := change{version: 100 + 20*s.rng.Intn(8)}
		s.base[fileName(i)] = c
		files[sys+fileName(i)] = scenarioContent(t, fileName(i), c)
	}
	s.m = newMachine(t, files)
	for i := range scenarioValues {
		k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Contoso\Scenario` + strconv.Itoa(i%2)}
		if s.rng.Intn(2) == 0 && i%2 == 0 {
			name := fmt.Sprintf("v%d", i)
			s.baseVal[name] = change{number: 9}
			_, err := s.m.h.CreateKey(k, false)
			if err == nil {
				err = s.m.h.SetValue(k, name, regplan.DWORD(9))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := range scenarioPackages {
		var gens []*update
		kb := fmt.Sprintf("KB9001%02d", n)
		for g := range 3 {
			var before *update
			if g > 0 {
				before = gens[g-1]
			}
			gens = append(gens, generation(t, s.rng, kb, g, before))
		}
		s.packages = append(s.packages, gens)
		s.final[kb] = seed%3 == 0 && n%5 == 0
	}
	before := s.m.snapshot()
	for range 200 {
		s.step()
	}
	if len(s.final) > 0 && seed%3 == 0 {
		return // an update without backup stays
	}
	for len(s.installed) > 0 {
		u := s.installed[s.rng.Intn(len(s.installed))]
		s.log = append(s.log, "at last, remove "+u.kb)
		if _, err := installer.Remove(t0(), installer.Request{Host: s.m.h, UninstallDir: `C:\WINDOWS\$NtUninstall` + u.kb + `$`,
			UI: yes{}, Version: "7.0.0.0", Start: testNow}); err != nil {
			s.fail("%v", err)
		}
		s.installed = without(s.installed, u.kb)
		if d := s.differs(s.installed); d != "" {
			s.fail("%s", d)
		}
	}
	if _, err := s.m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	// A key that holds the restart flags when the last update goes stays behind empty.
	after := strings.Replace(s.m.snapshot(), "[HKLM\\SOFTWARE\\Microsoft\\Updates]\n", "", 1)
	if d := diffLines(strings.Replace(before, "[HKLM\\SOFTWARE\\Microsoft\\Updates]\n", "", 1), after); d != "" {
		s.fail("with nothing installed the machine differs:\n%s", d)
	}
	if err := s.m.h.Close(); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(filepath.Clean(s.m.dir))
}
