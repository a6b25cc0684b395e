// Package journal carries plans out so that a machine always ends in one of two states: the plan is done, or everything
// is as it was before.
//
// The plan, with what undoes each step, is on disk before the first step is taken. A short record is added when a step
// begins and when the plan is committed. After a crash the next run reads the journal: committed plans are finished (their
// cleanup is repeated), others are undone from the last step to the first. Because undoing is harmless for a step that was
// never begun, correctness rests on the plan alone; the records of begun steps only shorten the work and explain it.
//
// Layout on disk (OURS): %windir%\$UpdateJournal$\<name>\ holds `journal`, and beside it what the steps need: content made
// for this run and previous content that no uninstall directory keeps. The directory goes at the end.
package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Folder is the name of the journal directory below %windir%.
const Folder = "$UpdateJournal$"

// FileName is the journal's name in its directory.
const FileName = "journal"

// MaxSize is the largest journal in bytes that is read.
const MaxSize = 256 << 20

const magic = "kbforge journal 1"

// Plan is what a run does. Steps are undone together on failure; Cleanup follows the commit and is only ever repeated.
type Plan struct {
	Operation string // "install" or "remove"
	Name      string // KB123456
	Steps     []step.Step
	Cleanup   []step.Step
}

// String prints the plan, one step a line.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d steps\n", p.Operation, p.Name, len(p.Steps))
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "%4d %s\n", i+1, s)
	}
	if len(p.Cleanup) > 0 {
		b.WriteString("then, after the commit:\n")
		for _, s := range p.Cleanup {
			fmt.Fprintf(&b, "     %s\n", s)
		}
	}
	return b.String()
}

// encode is the journal file before any record.
func (p Plan) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\noperation %s\nname %s\nsteps %d\n", magic, p.Operation, strconv.QuoteToASCII(p.Name), len(p.Steps))
	for _, s := range p.Steps {
		b.WriteString(s.Encode() + "\n")
	}
	fmt.Fprintf(&b, "cleanup %d\n", len(p.Cleanup))
	for _, s := range p.Cleanup {
		b.WriteString(s.Encode() + "\n")
	}
	fmt.Fprintf(&b, "sum %08x\n", crc32.ChecksumIEEE(b.Bytes()))
	return b.Bytes()
}

// State is what the records after the plan say.
type State struct {
	Begun     int // highest step begun, counted from 1; 0: none
	Delayed   bool
	Committed bool
}

// Decode reads a journal. A journal whose plan part is incomplete or damaged gives ErrDamaged: it was never begun, because
// the plan is written in one atomic step before the first record.
func Decode(data []byte) (Plan, State, error) {
	if len(data) > MaxSize {
		return Plan{}, State{}, fmt.Errorf("%w: %d bytes, the limit is %d", ErrDamaged, len(data), MaxSize)
	}
	d := decoder{rest: data}
	p, err := d.plan()
	if err != nil {
		if whole(data) {
			return Plan{}, State{}, fmt.Errorf("%w: %w", ErrForeign, err)
		}
		return Plan{}, State{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	sum, err := strconv.ParseUint(d.value("sum "), 16, 32)
	if err != nil || uint32(sum) != crc32.ChecksumIEEE(data[:d.sumAt]) {
		return Plan{}, State{}, fmt.Errorf("%w: the sum does not match", ErrDamaged)
	}
	return p, d.records(), nil
}

// ErrDamaged marks a journal that cannot be read.
var ErrDamaged = errors.New("damaged journal")

// ErrForeign marks a journal that is whole but says what this version does not understand: a later version wrote it. It must
// stay until that version, or a later one, has settled it.
var ErrForeign = errors.New("journal of another version of the installer")

// whole tells whether the data has the sum of a plan, whatever the plan says.
func whole(data []byte) bool {
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("\nsum "))
		if i < 0 {
			return false
		}
		at += i + 1
		line, _, ended := bytes.Cut(data[at+len("sum "):], []byte("\n"))
		sum, err := strconv.ParseUint(string(line), 16, 32)
		if ended && err == nil && uint32(sum) == crc32.ChecksumIEEE(data[:at]) {
			return true
		}
	}
}

type decoder struct {
	rest  []byte
	pos   int
	sumAt int
}

func (d *decoder) line() (string, bool) {
	i := bytes.IndexByte(d.rest, '\n')
	if i < 0 {
		return "", false
	}
	s := string(d.rest[:i])
	d.rest = d.rest[i+1:]
	d.pos += i + 1
	return s, true
}

// value reads a line that starts with the prefix; anything else gives an empty text, which no caller accepts.
func (d *decoder) value(prefix string) string {
	d.sumAt = d.pos
	s, _ := d.line()
	v, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return ""
	}
	return v
}

func (d *decoder) plan() (Plan, error) {
	var p Plan
	if s, _ := d.line(); s != magic {
		return p, fmt.Errorf("it starts with %.40q", s)
	}
	p.Operation = d.value("operation ")
	name, err := strconv.Unquote(d.value("name "))
	if err != nil {
		return p, fmt.Errorf("name: %w", err)
	}
	p.Name = name
	if p.Steps, err = d.steps("steps "); err != nil {
		return p, err
	}
	p.Cleanup, err = d.steps("cleanup ")
	return p, err
}

func (d *decoder) steps(prefix string) ([]step.Step, error) {
	n, err := strconv.Atoi(d.value(prefix))
	if err != nil || n < 0 || n > len(d.rest) {
		return nil, fmt.Errorf("no count of %s", prefix)
	}
	list := make([]step.Step, 0, min(n, 4096))
	for i := 0; i < n; i++ {
		l, ok := d.line()
		if !ok {
			return nil, fmt.Errorf("it ends at step %d of %d", i+1, n)
		}
		s, err := step.Decode(l)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// records reads what follows the plan. A torn last record is ignored: its step counts as begun by the one before or is
// undone anyway.
func (d *decoder) records() State {
	var st State
	for {
		l, ok := d.line()
		if !ok {
			return st
		}
		word, arg, _ := strings.Cut(l, " ")
		n, _ := strconv.Atoi(arg)
		switch word {
		case "begin":
			st.Begun = max(st.Begun, n)
		case "delayed":
			st.Delayed = true
		case "commit":
			st.Committed = true
		}
	}
}

// Dir is the directory of one journal.
func Dir(windowsDir, name string) string { return winpath.Join(windowsDir, Folder, name) }

// Open is a journal on disk.
type Open struct {
	Dir   string
	Plan  Plan
	State State
	Err   error // ErrDamaged: nothing was begun, the directory only needs to go; ErrForeign: it must stay
}

// List finds the journals that earlier runs left behind, sorted by name.
func List(h host.Host, windowsDir string) ([]Open, error) {
	entries, err := h.ReadDir(winpath.Join(windowsDir, Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for interrupted installations: %w", err)
	}
	var list []Open
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		o := Open{Dir: Dir(windowsDir, e.Name)}
		data, err := readAll(h, winpath.Join(o.Dir, FileName))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			o.Err = fmt.Errorf("%w: %s has no journal", ErrDamaged, o.Dir)
		case err != nil:
			return nil, fmt.Errorf("read the journal in %s: %w", o.Dir, err)
		default:
			o.Plan, o.State, o.Err = Decode(data)
		}
		list = append(list, o)
	}
	return list, nil
}

func readAll(h host.Host, path string) ([]byte, error) {
	f, err := h.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > MaxSize {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, MaxSize)
	}
	return io.ReadAll(f)
}

// write puts the plan on disk, durable, before anything else happens. A plan that recovery could not read is never begun.
func write(h host.Host, dir string, p Plan, now time.Time) error {
	data := p.encode()
	if _, _, err := Decode(data); err != nil {
		return err
	}
	return h.WriteFile(winpath.Join(dir, FileName), bytes.NewReader(data), host.FileMeta{ModTime: now})
}
