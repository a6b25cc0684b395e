package regplan_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
)

const base = `SOFTWARE\Contoso`

func newRegistry(t *testing.T) *imagehost.Host {
	t.Helper()
	m, _ := imagehost.Preset("win2003-sp2")
	h, err := imagehost.Options{NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func put(t *testing.T, h *imagehost.Host, name string, v host.Value) {
	t.Helper()
	k := host.Key{Root: host.HKLM, Path: base}
	if _, err := h.CreateKey(k, false); err != nil {
		t.Fatal(err)
	}
	if err := h.SetValue(k, name, v); err != nil {
		t.Fatal(err)
	}
}

func multi(list ...string) host.Value {
	var b []byte
	for _, s := range list {
		b = append(b, regplan.String(s).Data...)
	}
	return host.Value{Type: host.RegMultiSZ, Data: append(b, 0, 0)}
}

func same(s string) (string, error) { return s, nil }

// AddReg, DelReg and BitReg as the INF documentation has them; the append to REG_EXPAND_SZ as real packages use it.
func TestLines(t *testing.T) {
	line := func(flags uint32, name string, data ...string) updateinf.RegLine {
		return updateinf.RegLine{Root: "HKLM", Key: base, Name: name, HasName: true, Flags: flags, Data: data}
	}
	absent := &host.Value{Type: 99}
	for name, tt := range map[string]struct {
		kind updateinf.RegKind
		line updateinf.RegLine
		old  *host.Value
		want *host.Value // absent: the value must not be there
	}{
		"string":                      {line: line(0, "v", "x"), want: ptr(regplan.String("x"))},
		"dword over string":           {line: line(updateinf.FlgAddRegTypeDWORD, "v", "0x10"), old: ptr(regplan.String("x")), want: ptr(regplan.DWORD(16))},
		"no clobber":                  {line: line(updateinf.FlgAddRegNoClobber, "v", "new"), old: ptr(regplan.String("old")), want: ptr(regplan.String("old"))},
		"no clobber, absent":          {line: line(updateinf.FlgAddRegNoClobber, "v", "new"), want: ptr(regplan.String("new"))},
		"overwrite only, absent":      {line: line(updateinf.FlgAddRegOverwriteOnly, "v", "new"), want: absent},
		"overwrite only":              {line: line(updateinf.FlgAddRegOverwriteOnly, "v", "new"), old: ptr(regplan.String("old")), want: ptr(regplan.String("new"))},
		"delete by flag":              {line: line(updateinf.FlgAddRegDelVal, "v"), old: ptr(regplan.String("old")), want: absent},
		"append to list":              {line: line(updateinf.FlgAddRegTypeMultiSZ|updateinf.FlgAddRegAppend, "v", "b", "A"), old: ptr(multi("a")), want: ptr(multi("a", "b"))},
		"append to expand string":     {line: line(updateinf.FlgAddRegTypeExpandSZ|updateinf.FlgAddRegAppend, "v", ";y"), old: ptr(regplan.ExpandString("x")), want: ptr(regplan.ExpandString("x;y"))},
		"append again":                {line: line(updateinf.FlgAddRegTypeExpandSZ|updateinf.FlgAddRegAppend, "v", ";y"), old: ptr(regplan.ExpandString("x;Y")), want: ptr(regplan.ExpandString("x;Y"))},
		"delete value":                {kind: updateinf.DelReg, line: line(0, "v"), old: ptr(regplan.DWORD(1)), want: absent},
		"delete one string of a list": {kind: updateinf.DelReg, line: line(updateinf.FlgDelRegMultiSZDelString, "v", "B"), old: ptr(multi("a", "b", "c")), want: ptr(multi("a", "c"))},
		"set bits":                    {kind: updateinf.BitReg, line: line(1, "v", "0x81", "1"), old: ptr(host.Value{Type: host.RegBinary, Data: []byte{0, 2}}), want: ptr(host.Value{Type: host.RegBinary, Data: []byte{0, 0x83}})},
		"clear bits":                  {kind: updateinf.BitReg, line: line(0, "v", "0x02", "0"), old: ptr(regplan.DWORD(3)), want: ptr(regplan.DWORD(1))},
		"bits beyond the value":       {kind: updateinf.BitReg, line: line(1, "v", "0x02", "9"), old: ptr(regplan.DWORD(3)), want: ptr(regplan.DWORD(3))},
	} {
		t.Run(name, func(t *testing.T) {
			h := newRegistry(t)
			if tt.old != nil {
				put(t, h, "v", *tt.old)
			}
			o := regplan.New(h)
			if err := o.Apply(updateinf.RegistryGroup{Kind: tt.kind, Section: "X", Lines: []updateinf.RegLine{tt.line}}, same); err != nil {
				t.Fatal(err)
			}
			run(t, h, o.Steps())
			got, err := h.GetValue(host.Key{Root: host.HKLM, Path: base}, "v")
			switch {
			case tt.want == absent && err == nil:
				t.Errorf("the value is there: %v", got)
			case tt.want != absent && (err != nil || got.Type != tt.want.Type || !bytes.Equal(got.Data, tt.want.Data)):
				t.Errorf("got %v, %v; want %v", got, err, *tt.want)
			}
		})
	}
}

func ptr(v host.Value) *host.Value { return &v }

func run(t *testing.T, h host.Host, steps []step.Step) {
	t.Helper()
	for _, s := range steps {
		if _, err := s.Do(step.Env{Host: h}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStepsAreTheDifferenceAndUndoIsExact(t *testing.T) {
	h := newRegistry(t)
	put(t, h, "keep", regplan.String("same"))
	put(t, h, "gone", host.Value{Type: 0x1234, Data: []byte{1, 2, 3}})
	sub := host.Key{Root: host.HKLM, Path: base + `\Sub\Deep`}
	if _, err := h.CreateKey(sub, false); err != nil {
		t.Fatal(err)
	}
	if err := h.SetValue(sub, "", regplan.String("default")); err != nil {
		t.Fatal(err)
	}
	before := dump(t, h, host.Key{Root: host.HKLM, Path: base})
	o := regplan.New(h)
	k := host.Key{Root: host.HKLM, Path: base}
	for _, err := range []error{
		o.Set(k, "keep", regplan.String("same")), // no change: no step
		o.Set(k, "twice", regplan.String("first")), o.Set(k, "twice", regplan.String("second")),
		o.Delete(k, "gone"), o.DeleteKey(host.Key{Root: host.HKLM, Path: base + `\Sub`}),
		o.Create(host.Key{Root: host.HKLM, Path: base + `\New\Child`}, false),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	steps := o.Steps()
	var kinds []string
	for _, s := range steps {
		kinds = append(kinds, string(s.Kind)+" "+s.Name)
	}
	want := "make-key ,make-key ,set-value twice,delete-value gone,delete-value ,delete-key ,delete-key "
	if got := strings.Join(kinds, ","); got != want {
		t.Errorf("steps %s\nwant  %s", got, want)
	}
	run(t, h, steps)
	if ok, _ := h.KeyExists(sub); ok {
		t.Error("the subkey is still there")
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if _, err := steps[i].Undo(step.Env{Host: h}); err != nil {
			t.Fatal(err)
		}
	}
	if after := dump(t, h, host.Key{Root: host.HKLM, Path: base}); after != before {
		t.Errorf("undone:\n%s\nbefore:\n%s", after, before)
	}
}

func dump(t *testing.T, h host.Host, k host.Key) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(k.Path + "\n")
	vals, err := h.Values(k)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vals {
		b.WriteString(v.Name + " " + string(rune(v.Type)) + string(v.Data) + "\n")
	}
	subs, err := h.SubKeys(k)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subs {
		b.WriteString(dump(t, h, host.Key{Root: k.Root, Path: k.Path + `\` + s}))
	}
	return b.String()
}

func TestFaultyLinesAreReportedTogether(t *testing.T) {
	o := regplan.New(newRegistry(t))
	err := o.Apply(updateinf.RegistryGroup{Section: "Bad", Lines: []updateinf.RegLine{
		{Root: "HKR", Key: "x", Name: "v", HasName: true}, {Root: "HKLM", Key: "x", Name: "v", HasName: true, Flags: updateinf.FlgAddRegTypeDWORD, Data: []string{"seven"}}}}, same)
	if err == nil || !strings.Contains(err.Error(), "HKR") || !strings.Contains(err.Error(), "seven") {
		t.Errorf("%v", err)
	}
}
