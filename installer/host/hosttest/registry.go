package hosttest

import (
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

func (e *env) create(path string) host.Key {
	e.Helper()
	_, err := e.h.CreateKey(e.k(path), false)
	e.ok(err)
	return e.k(path)
}

func (e *env) set(k host.Key, name, text string) {
	e.Helper()
	e.ok(e.h.SetValue(k, name, host.StringValue(text, false)))
}

func (e *env) text(k host.Key, name string) string {
	e.Helper()
	v, err := e.h.GetValue(k, name)
	e.ok(err)
	s, ok := v.Text()
	if !ok {
		e.Errorf("%s, %s: type %d", k, name, v.Type)
	}
	return s
}

func (e *env) exists(k host.Key) bool {
	e.Helper()
	ok, err := e.h.KeyExists(k)
	e.ok(err)
	return ok
}

func (e *env) subKeys(k host.Key) []string {
	e.Helper()
	names, err := e.h.SubKeys(k)
	e.ok(err)
	return names
}

// in gives the same path under another root or in another view.
func in(k host.Key, root host.Root, view host.View) host.Key {
	return host.Key{Root: root, Path: k.Path, View: view}
}

func registryCases() []testCase {
	return []testCase{
		{"CreateKey", func(e *env) {
			made, err := e.h.CreateKey(e.k(`a\B\c`), false)
			e.ok(err)
			e.equal("made", made, []host.Key{e.k("a"), e.k(`a\B`), e.k(`a\B\c`)})
			made, err = e.h.CreateKey(e.k(`a\B\d`), false)
			e.ok(err)
			e.equal("made", made, []host.Key{e.k(`a\B\d`)})
			made, err = e.h.CreateKey(e.k(`A\b`), false)
			e.ok(err)
			e.equal("made", made, []host.Key(nil))
			e.equal("names keep their case", e.subKeys(e.k("a")), []string{"B"})
			if !e.exists(e.k(`A\b\C`)) || e.exists(e.k(`a\x`)) || e.exists(e.k(`x\y\z`)) {
				e.Error("KeyExists is wrong")
			}
		}},
		{"SubKeys sorts by upper-cased name", func(e *env) {
			for _, n := range []string{"b", "A", "_", "Z", "a.b", "10", "9", "é"} {
				e.create(n)
			}
			e.equal("names", e.subKeys(e.k("")), []string{"10", "9", "A", "a.b", "b", "Z", "_", "é"})
			_, err := e.h.SubKeys(e.k("none"))
			e.is(err, fs.ErrNotExist, "none")
			e.equal("no subkeys", e.subKeys(e.k("b")), []string(nil))
		}},
		{"DeleteKey", func(e *env) {
			k := e.create(`a\b`)
			e.set(k, "v", "x")
			e.unchanged(func() {
				e.is(e.h.DeleteKey(e.k("a")), host.ErrNotEmpty, "a")
				e.is(e.h.DeleteKey(e.k("none")), fs.ErrNotExist, "none")
				e.is(e.h.DeleteKey(e.k(`none\b`)), fs.ErrNotExist, "b")
			})
			e.ok(e.h.DeleteKey(e.k(`A\B`)))
			e.ok(e.h.DeleteKey(e.k("a")))
			e.equal("names", e.subKeys(e.k("")), []string(nil))
			values, err := e.h.Values(e.create(`a\b`))
			e.ok(err)
			e.equal("values of a key made anew", len(values), 0)
		}},
		{"bad keys", func(e *env) {
			bad := []host.Key{
				{Root: "HKLM", Path: `\` + e.key}, {Root: "HKLM", Path: e.key + `\`}, {Root: "HKLM", Path: `SOFTWARE\\x`},
				{Root: "HKXX", Path: e.key}, {Root: "", Path: e.key}, {Root: "HKLM", Path: e.key, View: 7},
				{Root: "HKLM", Path: e.key + `\` + strings.Repeat("n", 256)}, {Root: "HKLM", Path: e.key + "\\a\x00b"},
				{Root: "HKLM", Path: e.key + "\\\xff"},
			}
			e.unchanged(func() {
				for _, k := range bad {
					calls := []error{
						func() error { _, err := e.h.KeyExists(k); return err }(),
						func() error { _, err := e.h.CreateKey(k, false); return err }(),
						e.h.DeleteKey(k),
						func() error { _, err := e.h.SubKeys(k); return err }(),
						func() error { _, err := e.h.Values(k); return err }(),
						func() error { _, err := e.h.GetValue(k, ""); return err }(),
						e.h.SetValue(k, "", host.DWORDValue(1)),
						e.h.DeleteValue(k, ""),
					}
					for i, err := range calls {
						if !isInvalid(err) {
							e.Errorf("call %d with %q: %v", i, k, err)
						}
					}
				}
			})
		}},
		{"names at the limits", func(e *env) {
			for _, n := range []string{strings.Repeat("n", host.MaxNameUnits), " a ", "a]b", "[a", "a;b", `"q"`, "a.", "NUL", "a:b*?"} {
				k := e.create(n)
				e.set(k, "v", n)
				e.equal("text", e.text(k, "v"), n)
			}
		}},
		{"roots", func(e *env) {
			users := host.Key{Root: host.HKU}
			if len(e.subKeys(users)) == 0 {
				e.Error("HKU has no subkeys")
			}
			k := in(e.k("user"), host.HKCU, host.ViewNative)
			_, err := e.h.CreateKey(k, false)
			e.ok(err)
			e.set(k, "v", "x")
			e.equal("HKCU", e.text(k, "v"), "x")
			if e.exists(e.k("user")) {
				e.Error("HKCU is HKLM")
			}
			class := host.Key{Root: host.HKCR, Path: ".kbforge-hosttest"}
			_, err = e.h.CreateKey(class, false)
			e.ok(err)
			defer func() { e.ok(e.h.DeleteKey(class)) }()
			e.set(class, "", "kbforge.test")
			e.equal("HKCR in HKLM", e.text(host.Key{Root: host.HKLM, Path: `SOFTWARE\Classes\.KBFORGE-hosttest`}, ""), "kbforge.test")
		}},
		{"views", func(e *env) {
			i, err := e.h.Info()
			e.ok(err)
			k32 := in(e.k("view"), host.HKLM, host.View32)
			_, err = e.h.CreateKey(k32, false)
			e.ok(err)
			e.set(k32, "v", "32")
			native := e.k("view")
			if i.Arch == host.X86 {
				e.equal("on a 32-bit machine the view is ignored", e.text(native, "v"), "32")
				return
			}
			if e.exists(native) {
				e.Error("the 32-bit key shows in the native view")
			}
			path := strings.Replace(k32.Path, `SOFTWARE\`, `SOFTWARE\Wow6432Node\`, 1)
			e.equal("Wow6432Node", e.text(host.Key{Root: host.HKLM, Path: path}, "v"), "32")
			_, err = e.h.CreateKey(native, false)
			e.ok(err)
			e.set(native, "v", "native")
			e.equal("32", e.text(k32, "v"), "32")
			e.equal("native", e.text(native, "v"), "native")
			e.ok(e.h.DeleteKey(k32))
			if !e.exists(native) || e.exists(k32) {
				e.Error("DeleteKey took the key of the other view")
			}
		}},
		{"views share what is not redirected", func(e *env) {
			k := host.Key{Root: host.HKLM, Path: `SYSTEM\CurrentControlSet\Control\ProductOptions`}
			e.equal("ProductType", e.text(in(k, host.HKLM, host.View32), "ProductType"), e.text(k, "ProductType"))
		}},
		{"volatile", func(e *env) {
			made, err := e.h.CreateKey(e.k(`vol\sub`), true)
			e.ok(err)
			e.equal("made", made, []host.Key{e.k("vol"), e.k(`vol\sub`)})
			e.set(e.k(`vol\sub`), "v", "x")
			e.equal("text", e.text(e.k(`VOL\sub`), "v"), "x")
			e.unchanged(func() {
				if _, err := e.h.CreateKey(e.k(`vol\stable`), false); err == nil {
					e.Error("a stable key under a volatile one was made")
				}
			})
			made, err = e.h.CreateKey(e.k(`vol`), false)
			e.ok(err)
			e.equal("made of what is there", made, []host.Key(nil))
		}},
	}
}
