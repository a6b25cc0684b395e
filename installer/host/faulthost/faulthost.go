// Package faulthost wraps a host.Host, records its calls and makes chosen ones fail. Crash matrices are written with it:
// run once to count the effects, then once for each effect and each place where it may break.
//
//	h := faulthost.New(machine)
//	run(h)
//	for n := 1; n <= h.Effects(); n++ {
//		for _, at := range []faulthost.Place{faulthost.Before, faulthost.Half, faulthost.After} {
//			h := faulthost.New(newMachine())
//			h.CutPower(faulthost.Effect(n), at)
//			...
//		}
//	}
package faulthost

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/kbforge/kbforge/installer/host"
)

// ErrPowerCut is what every call gives from a power cut on.
var ErrPowerCut = errors.New("the power is cut")

// PowerCut is the value of the panic that CutPowerAndPanic raises: the code under test gets no chance to clean up.
type PowerCut struct{ Call Call }

// Call is one call of a method.
type Call struct {
	Number int    // from 1, all calls counted
	Effect int    // from 1, calls that change the machine counted; 0: this one only reads
	Method string // "WriteFile"
	Object string // the path, key, value or name it is about; "from -> to" for two paths
}

func (c Call) String() string { return fmt.Sprintf("%d %s %s", c.Number, c.Method, c.Object) }

// Place is where a call breaks.
type Place uint8

const (
	Before Place = iota // nothing has happened
	Half                // WriteFile: its source breaks after half of what it would read at once; AppendFile: half is written; others: as Before
	After               // it has happened, and still gives the error
)

// When chooses calls.
type When func(Call) bool

// Number chooses the nth call, Effect the nth one that changes the machine, Method all calls of a method.
func Number(n int) When { return func(c Call) bool { return c.Number == n } }

// Effect: see Number.
func Effect(n int) When { return func(c Call) bool { return c.Effect == n } }

// Method: see Number.
func Method(name string) When { return func(c Call) bool { return c.Method == name } }

type fault struct {
	when   When
	place  Place
	err    error
	cut    bool
	panics bool
	left   int // how often it may still strike; < 0: always
}

// Host is a host with faults. Its methods may be called from several goroutines.
type Host struct {
	under host.Host

	mu      sync.Mutex
	calls   []Call
	effects int
	faults  []*fault
	dead    bool
}

var _ host.Host = (*Host)(nil)

// New wraps a host. Without faults it passes every call on.
func New(under host.Host) *Host { return &Host{under: under} }

// Under is the host it wraps.
func (h *Host) Under() host.Host { return h.under }

// Fail makes the calls that when chooses break with err at place, times times; times < 0: always.
func (h *Host) Fail(when When, place Place, err error, times int) {
	h.add(&fault{when: when, place: place, err: err, left: times})
}

// CutPower makes the first call that when chooses, and every call after it, fail with ErrPowerCut. At Half and After that
// call has changed the machine by a part or wholly.
func (h *Host) CutPower(when When, place Place) {
	h.add(&fault{when: when, place: place, err: ErrPowerCut, cut: true, left: 1})
}

// CutPowerAndPanic is CutPower that raises a panic with a PowerCut, also for every call after it.
func (h *Host) CutPowerAndPanic(when When, place Place) {
	h.add(&fault{when: when, place: place, err: ErrPowerCut, cut: true, panics: true, left: 1})
}

func (h *Host) add(f *fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, f)
}

// Calls lists the calls so far.
func (h *Host) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Call(nil), h.calls...)
}

// Effects is the number of calls so far that change the machine.
func (h *Host) Effects() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.effects
}

// Dead reports whether the power is cut.
func (h *Host) Dead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

// strike is what befalls one call: nothing if f is nil.
type strike struct {
	f    *fault
	call Call
}

// begin counts a call and finds what befalls it.
func (h *Host) begin(effect bool, method, object string) strike {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := Call{Number: len(h.calls) + 1, Method: method, Object: object}
	if effect {
		h.effects++
		c.Effect = h.effects
	}
	h.calls = append(h.calls, c)
	for _, f := range h.faults {
		if f.cut && f.left == 0 { // the power went earlier
			return strike{&fault{place: Before, err: ErrPowerCut, panics: f.panics}, c}
		}
	}
	for _, f := range h.faults {
		if f.left != 0 && f.when(c) {
			if f.left > 0 {
				f.left--
			}
			h.dead = h.dead || f.cut
			return strike{f, c}
		}
	}
	return strike{call: c}
}

// run does a call, or what is left of it.
func (s strike) run(do func() error) error {
	if s.f == nil {
		return do()
	}
	if s.f.place == After {
		if err := do(); err != nil {
			return err
		}
	}
	return s.broken()
}

func (s strike) broken() error {
	if s.f.panics {
		panic(PowerCut{s.call})
	}
	return fmt.Errorf("%s %s: %w", s.call.Method, s.call.Object, s.f.err)
}

func (s strike) half() bool { return s.f != nil && s.f.place == Half }

// halfReader breaks after half of the first read.
type halfReader struct {
	src  io.Reader
	err  error
	done bool
}

func (r *halfReader) Read(p []byte) (int, error) {
	if r.done {
		return 0, r.err
	}
	r.done = true
	n, err := r.src.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, err
	}
	return n / 2, nil
}

// effect does a method that changes the machine.
func (h *Host) effect(method, object string, do func() error) error {
	return h.begin(true, method, object).run(do)
}

// read does a method with a result that only looks at the machine.
func read[T any](h *Host, method, object string, do func() (T, error)) (T, error) {
	var out T
	err := h.begin(false, method, object).run(func() (err error) { out, err = do(); return err })
	if err != nil {
		var zero T
		return zero, err
	}
	return out, nil
}

// change does a method with a result that changes the machine.
func change[T any](h *Host, method, object string, do func() (T, error)) (T, error) {
	var out T
	err := h.effect(method, object, func() (err error) { out, err = do(); return err })
	if err != nil {
		var zero T
		return zero, err
	}
	return out, nil
}
