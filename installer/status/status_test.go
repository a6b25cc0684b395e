package status

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
)

func TestTablesAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for what, table := range map[string][]Entry{"extended": Extended(), "setup": SetupAPI(), "standard": Standard(), "win32": Win32()} {
		for i, e := range table {
			if names[e.Name] {
				t.Errorf("%s: name %s stands twice", what, e.Name)
			}
			names[e.Name] = true
			if i > 0 && e.Code < table[i-1].Code {
				t.Errorf("%s: %d after %d", what, e.Code, table[i-1].Code)
			}
			if what != "setup" && e.Message == "" {
				t.Errorf("%s: %s has no message", what, e.Name)
			}
		}
	}
	// The counts and the borders of the white paper's tables.
	if got := len(Extended()); got != 94 {
		t.Errorf("table 24 has %d lines, want 94", got)
	}
	if got := len(SetupAPI()); got != 78 {
		t.Errorf("table 25 has %d lines, want 78", got)
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		template string
		args     []string
		want     string
	}{
		{"You do not have permission to update %1.", []string{"Windows XP"}, "You do not have permission to update Windows XP."},
		{"The %1 %2 file is not correct.", []string{"KB1", "update.inf"}, "The KB1 update.inf file is not correct."},
		{"on Build %d to Build %d.", []string{"2600", "3790"}, "on Build 2600 to Build 3790."},
		{"space on %%s to install %1. At least %%d or %%d", []string{"KB1", "C:", "12", "30"}, "space on C: to install KB1. At least 12 or 30"},
		{"100% of %1%", []string{"x"}, "100% of x%"},
		{"%1 Setup canceled.", nil, "Setup canceled."},
		{"%1", []string{"%1 %d"}, "%1 %d"},
		{"%", nil, "%"},
	} {
		if got := Fill(c.template, c.args...); got != c.want {
			t.Errorf("Fill(%q, %q) = %q, want %q", c.template, c.args, got, c.want)
		}
	}
}

func TestFillOfTable24(t *testing.T) {
	got := Text(NotEnoughSpace, "KB123456", "C:", "12", "30")
	if !strings.HasPrefix(got, "There is not enough disk space on C: to install KB123456. Setup requires a minimum of 12 ") ||
		!strings.Contains(got, "requires 30 additional") {
		t.Errorf("Text(NotEnoughSpace) = %q", got)
	}
	for _, e := range Extended() {
		if got := Fill(e.Message, "a", "b", "c", "d", "e"); strings.Contains(got, "%") {
			t.Errorf("%s: %q still holds a mark", e.Name, got)
		}
	}
}

func TestExit(t *testing.T) {
	path := func(err error) error { return &fs.PathError{Op: "open", Path: `C:\x`, Err: err} }
	for _, c := range []struct {
		name    string
		err     error
		restart bool
		er      bool
		want    uint32
	}{
		{"success", nil, false, false, 0},
		{"success with /ER", nil, false, true, 0},
		{"restart needed", nil, true, false, 3010},
		{"restart needed with /ER", nil, true, true, 3010},
		{"failure is masked", New(InvalidSwitches, "/bogus"), false, false, 1603},
		{"failure needs no restart code", New(InvalidSwitches), true, false, 1603},
		{"extended", New(InvalidSwitches, "/bogus"), false, true, 61686},
		{"wrapped", fmt.Errorf("install KB1: %w", New(NoBranchAvailable)), false, true, 61677},
		{"outermost wins", Wrap(PrerequisiteFailed, New(InvalidINFFile)), false, true, 61684},
		{"Win32 code in an Error", Wrap(2, errors.New("payload")), false, true, 2},
		{"not exist", path(fs.ErrNotExist), false, true, 2},
		{"permission", path(fs.ErrPermission), false, true, 5},
		{"exist", path(fs.ErrExist), false, true, 183},
		{"disk full", fmt.Errorf("back up x: %w", host.ErrDiskFull), false, true, 112},
		{"in use", host.ErrInUse, false, true, 32},
		{"locked", host.ErrBusy, false, true, 61957},
		{"cancelled", fmt.Errorf("x: %w", context.Canceled), false, true, 61453},
		{"timeout", context.DeadlineExceeded, false, true, 1460},
		{"joined", errors.Join(errors.New("a"), New(WrongPlatform)), false, true, 61549},
		{"unknown", errors.New("odd"), false, true, 61552},
		{"unknown masked", errors.New("odd"), false, false, 1603},
	} {
		if got := Exit(c.err, Result{RestartNeeded: c.restart}, c.er); got != c.want {
			t.Errorf("%s: Exit = %d, want %d", c.name, got, c.want)
		}
	}
}

func TestMappedCodesHaveNames(t *testing.T) {
	for _, m := range mappings() {
		if _, ok := Find(m.code); !ok {
			t.Errorf("code %d of %v is in no table", m.code, m.target)
		}
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("disk on fire")
	err := error(&Error{Code: InvalidVerFile, Err: cause})
	if got, want := err.Error(), "The update.ver file is not correct: disk on fire"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, cause) || !errors.Is(err, New(InvalidVerFile)) || errors.Is(err, New(InvalidINFFile)) {
		t.Error("Is does not follow the cause and the code")
	}
	if Wrap(InvalidVerFile, nil) != nil {
		t.Error("Wrap of nil is not nil")
	}
	if got, want := Text(87), "error 87 (0x57)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Text(LineNotFound), "ERROR_LINE_NOT_FOUND (0xe0000102)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHRESULT(t *testing.T) {
	for in, want := range map[uint32]uint32{
		0: 0, 2: 0x80070002, 3010: 0x80070bc2, 0xf117: 0x8007f117,
		0x80070005: 0x80070005, 0xe0000100: 0x800f0100,
	} {
		if got := HRESULT(in); got != want {
			t.Errorf("HRESULT(%#x) = %#x, want %#x", in, got, want)
		}
	}
	if got := Hex(0xf117); got != "0xf117" {
		t.Errorf("Hex = %s", got)
	}
}
