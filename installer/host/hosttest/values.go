package hosttest

import (
	"bytes"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// oddValues must survive byte for byte.
func oddValues() []host.NamedValue {
	wide := func(s string) []byte { return host.EncodeUTF16(s) }
	v := func(name string, t uint32, data []byte) host.NamedValue {
		return host.NamedValue{Name: name, Value: host.Value{Type: t, Data: data}}
	}
	return []host.NamedValue{
		v("sz", host.RegSZ, wide("text\x00")), v("sz without end", host.RegSZ, wide("text")), v("sz empty", host.RegSZ, wide("\x00")),
		v("sz no bytes", host.RegSZ, nil), v("sz odd", host.RegSZ, []byte{'a', 0, 'b'}), v("sz with more", host.RegSZ, wide("a\x00b\x00")),
		v("sz surrogate", host.RegSZ, []byte{0, 0xd8, 0, 0}), v("sz astral", host.RegSZ, wide("\U0001F600\x00")),
		v("sz lines", host.RegSZ, wide("a\r\nb\t\\\"\x00")), v("sz mark", host.RegSZ, wide("\ufeffa\u2028\u0085\x00")),
		v("expand", host.RegExpandSZ, wide("%SystemRoot%\\x\x00")), v("expand raw", host.RegExpandSZ, wide("%x")),
		v("none", host.RegNone, []byte{1, 2}), v("none empty", host.RegNone, nil),
		v("binary", host.RegBinary, []byte{0, 1, 2, 0xff}), v("binary empty", host.RegBinary, nil),
		v("binary big", host.RegBinary, bytes.Repeat([]byte("0123456789abcdef"), 1<<16)),
		v("dword", host.RegDWORD, []byte{1, 2, 3, 4}), v("dword short", host.RegDWORD, []byte{1}), v("dword long", host.RegDWORD, []byte{1, 2, 3, 4, 5}),
		v("big endian", 5, []byte{1, 2, 3, 4}), v("link", 6, wide("x")), v("resources", 8, []byte{9}), v("full", 9, nil), v("requirements", 10, []byte{1}),
		v("qword", host.RegQWORD, []byte{1, 2, 3, 4, 5, 6, 7, 8}), v("qword short", host.RegQWORD, []byte{1, 2}),
		v("unknown type", 0x20001, []byte{7}), v("highest type", 0xffffffff, []byte{8}),
		v("multi", host.RegMultiSZ, wide("a\x00b\x00\x00")), v("multi empty", host.RegMultiSZ, wide("\x00")),
		v("multi of one empty", host.RegMultiSZ, wide("\x00\x00")), v("multi no bytes", host.RegMultiSZ, nil),
		v("multi without end", host.RegMultiSZ, wide("a\x00b")),
		// Pairs of source and destination; an empty destination deletes the source.
		v("PendingFileRenameOperations", host.RegMultiSZ, wide(`\??\C:\a.tmp`+"\x00\x00"+`\??\C:\b.tmp`+"\x00"+`!\??\C:\b.dll`+"\x00"+`\??\C:\c`+"\x00\x00\x00")),
	}
}

func valueCases() []testCase {
	return []testCase{
		{"raw data of every type", func(e *env) {
			k := e.create("odd")
			for _, v := range oddValues() {
				e.ok(e.h.SetValue(k, v.Name, v.Value))
			}
			e.checkOdd(e.h, k)
		}},
		{"names", func(e *env) {
			k := e.create("names")
			names := []string{`C:\WINDOWS\system32\ntdll.dll`, `\`, " ", " a ", `"`, "=", "@", "a=b", "a;b", "[x]", "%x%", "é", "\U0001F600",
				"a\nb", "\t", strings.Repeat("n", 1000)}
			for _, n := range names {
				e.set(k, n, n)
			}
			for _, n := range names {
				e.equal("value "+n, e.text(k, n), n)
				e.ok(e.h.DeleteValue(k, n))
			}
		}},
		{"names without regard to case, which is kept", func(e *env) {
			k := e.create("case")
			e.set(k, "Name", "1")
			e.set(k, "NAME", "2")
			e.equal("text", e.text(k, "name"), "2")
			list, err := e.h.Values(k)
			e.ok(err)
			if len(list) != 1 || list[0].Name != "Name" {
				e.Errorf("got %v", list)
			}
			e.ok(e.h.DeleteValue(k, "nAME"))
		}},
		{"Values sorts by upper-cased name, the default value first", func(e *env) {
			k := e.create("sorted")
			for _, n := range []string{"b", "A", "_", "Z", "", "a.b", "10", "9"} {
				e.set(k, n, n)
			}
			list, err := e.h.Values(k)
			e.ok(err)
			var names []string
			for _, v := range list {
				names = append(names, v.Name)
			}
			e.equal("names", names, []string{"", "10", "9", "A", "a.b", "b", "Z", "_"})
			e.ok(e.h.DeleteValue(k, ""))
			_, err = e.h.GetValue(k, "")
			e.is(err, fs.ErrNotExist, "sorted")
		}},
		{"a value may change its type and size", func(e *env) {
			k := e.create("type")
			for _, v := range []host.Value{host.DWORDValue(7), host.StringValue(strings.Repeat("long ", 1000), false),
				{Type: host.RegNone}, host.MultiValue([]string{"a", "", "b"})} {
				e.ok(e.h.SetValue(k, "v", v))
				got, err := e.h.GetValue(k, "v")
				e.ok(err)
				e.equal("value", got, host.Value{Type: v.Type, Data: append([]byte{}, v.Data...)})
			}
		}},
		{"what is missing", func(e *env) {
			k := e.create("k")
			e.set(k, "there", "x")
			none := e.k("none")
			e.unchanged(func() {
				_, err := e.h.GetValue(k, "gone")
				e.is(err, fs.ErrNotExist, "gone")
				_, err = e.h.GetValue(k, "")
				e.is(err, fs.ErrNotExist, "k")
				_, err = e.h.GetValue(none, "v")
				e.is(err, fs.ErrNotExist, "none")
				_, err = e.h.Values(none)
				e.is(err, fs.ErrNotExist, "none")
				e.is(e.h.SetValue(none, "v", host.DWORDValue(1)), fs.ErrNotExist, "none")
				e.is(e.h.DeleteValue(k, "gone"), fs.ErrNotExist, "gone")
				e.is(e.h.DeleteValue(none, "v"), fs.ErrNotExist, "none")
			})
		}},
		{"bad value names", func(e *env) {
			k := e.create("k")
			e.unchanged(func() {
				for _, n := range []string{"a\x00b", "\xff", strings.Repeat("n", host.MaxValueNameUnits+1)} {
					for i, err := range []error{
						e.h.SetValue(k, n, host.DWORDValue(1)), e.h.DeleteValue(k, n),
						func() error { _, err := e.h.GetValue(k, n); return err }(),
					} {
						if !isInvalid(err) {
							e.Errorf("call %d with %.20q: %v", i, n, err)
						}
					}
				}
			})
		}},
		{"data belongs to the caller", func(e *env) {
			k := e.create("k")
			data := []byte{1, 2, 3}
			e.ok(e.h.SetValue(k, "v", host.Value{Type: host.RegBinary, Data: data}))
			data[0] = 9
			for range 2 {
				v, err := e.h.GetValue(k, "v")
				e.ok(err)
				e.equal("data", v.Data, []byte{1, 2, 3})
				v.Data[1] = 9
			}
			list, err := e.h.Values(k)
			e.ok(err)
			e.equal("data", list[0].Data, []byte{1, 2, 3})
		}},
	}
}

// checkOdd compares what GetValue and Values tell with oddValues.
func (e *env) checkOdd(h host.Host, k host.Key) {
	e.Helper()
	list, err := h.Values(k)
	e.ok(err)
	got := map[string]host.Value{}
	for _, v := range list {
		got[v.Name] = v.Value
	}
	for _, want := range oddValues() {
		single, err := h.GetValue(k, want.Name)
		e.ok(err)
		for _, v := range []host.Value{single, got[want.Name]} {
			if v.Type != want.Type || !bytes.Equal(v.Data, want.Data) {
				e.Errorf("%s: got type %d, %d bytes %.40x; want type %d, %d bytes %.40x", want.Name, v.Type, len(v.Data), v.Data,
					want.Type, len(want.Data), want.Data)
			}
		}
	}
	if len(list) != len(oddValues()) {
		e.Errorf("%d values, want %d", len(list), len(oddValues()))
	}
}
