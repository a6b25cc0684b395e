package installer_test

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
)

const registryForms = `
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=Forms.Add.Reg,Install.Add.Reg
DelReg=Forms.Del.Reg
BitReg=Forms.Bit.Reg
[ProductInstall.GlobalRegistryChanges.ReInstall]
AddReg=ReInstall.Add.Reg
[ProductInstall.GlobalRegistryChanges.Install.Server]
AddReg=Server.Add.Reg
[ProductInstall.GlobalRegistryChanges.Install.Professional]
AddReg=Never.Add.Reg
[Forms.Add.Reg]
HKLM,"SOFTWARE\Forms","List",0x00010008,"b","c"
HKLM,"SOFTWARE\Forms","Kept",0x00000002,"new"
HKLM,"SOFTWARE\Forms","Absent",0x00000020,"new"
HKLM,"SOFTWARE\Forms","Path",0x00020008,";%%b%%"
HKLM,"SOFTWARE\Forms","Gone",0x00000004
HKLM,"SOFTWARE\Forms","Odd",0x00090001,01,02
HKLM,"SOFTWARE\Forms","Quad",0x000B0001,1,0,0,0,0,0,0,0x80
HKLM,"SOFTWARE\Forms\Only","x",0x00000010,"y"
HKLM,"SOFTWARE\Forms\Common","x",0x00002000,"y"
HKLM,"SOFTWARE\Forms\Old",,0x00000004
[Forms.Del.Reg]
HKLM,"SOFTWARE\Forms","Strings",0x00018002,"two"
HKLM,"SOFTWARE\Forms\Whole","named",0x00002000
[Forms.Bit.Reg]
HKLM,"SOFTWARE\Forms","Mask",1,0x80,1
HKLM,"SOFTWARE\Forms","Mask",0,0x01,0
[Install.Add.Reg]
HKLM,"SOFTWARE\Forms","First",0x00010001,1
[ReInstall.Add.Reg]
HKLM,"SOFTWARE\Forms","Second",0x00010001,1
[Server.Add.Reg]
HKLM,"SOFTWARE\Forms","Edition",,"server"
[Never.Add.Reg]
HKLM,"SOFTWARE\Forms","Edition",,"professional"
[Save.Reg.For.Uninstall]
HKLM,"SOFTWARE\Forms\State"
[UninstallSections]
GlobalRegistryChanges, GlobalRegistryChanges.UnInstall, Bit.Reg, Bit.Reg.Uninstall
[GlobalRegistryChanges.UnInstall]
BitReg=Bit.Reg
[Bit.Reg.Uninstall]
HKLM,"SOFTWARE\Forms","Mask",1,0x40,0
`

// Each form of the registry directives does what the INF documentation says, at the installation it is for, and removal
// restores what was there, but for what the author wants changed then.
func TestRegistryForms(t *testing.T) {
	p, files := standard(t)
	p.extra = crlf(registryForms)
	m := newMachine(t, files)
	k := func(sub string) host.Key {
		return host.Key{Root: host.HKLM, Path: strings.TrimSuffix(`SOFTWARE\Forms\`+sub, `\`)}
	}
	text := func(list ...string) []byte {
		var b []byte
		for _, s := range list {
			for _, c := range s {
				b = append(b, byte(c), 0)
			}
			b = append(b, 0, 0)
		}
		return b
	}
	set := func(sub, name string, typ uint32, data []byte) {
		t.Helper()
		if _, err := m.h.CreateKey(k(sub), false); err != nil {
			t.Fatal(err)
		}
		if err := m.h.SetValue(k(sub), name, host.Value{Type: typ, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	set("", "List", host.RegMultiSZ, text("a", "b", ""))
	set("", "Strings", host.RegMultiSZ, text("one", "two", ""))
	set("", "Kept", host.RegSZ, text("old"))
	set("", "Path", host.RegExpandSZ, text("%a%"))
	set("", "Gone", host.RegSZ, text("x"))
	set("", "Mask", host.RegBinary, []byte{0x03, 0x00})
	set("Old", "x", host.RegSZ, text("x"))
	set("Whole", "named", host.RegSZ, text("x"))
	set("Whole", "other", host.RegSZ, text("y"))
	set("State", "count", host.RegDWORD, []byte{1, 0, 0, 0})
	before := m.snapshot()
	want := func(when string, values map[string]string) {
		t.Helper()
		got := m.snapshot()
		for name, data := range values {
			found := ""
			for _, l := range strings.Split(got, "\n") {
				if rest, ok := strings.CutPrefix(l, `HKLM\SOFTWARE\Forms "`+name+`" `); ok {
					found = rest
				}
			}
			if found != data {
				t.Errorf("%s: %s is %q, want %q", when, name, found, data)
			}
		}
	}
	hexOf := func(typ string, b []byte) string {
		var s strings.Builder
		for _, c := range b {
			s.WriteString(string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		}
		return typ + " " + s.String()
	}
	mustRun(t)(m.install(p.tree(t)))
	want("installed", map[string]string{
		"List": hexOf("7", text("a", "b", "c", "")), "Strings": hexOf("7", text("one", "")), "Kept": hexOf("1", text("old")), "Absent": "",
		"Path": hexOf("2", text("%a%;%b%")), "Gone": "", "Odd": "9 0102", "Quad": "11 0100000000000080", "Mask": "3 0280",
		"First": "4 01000000", "Second": "", "Edition": hexOf("1", text("server")),
	})
	for sub, there := range map[string]bool{"Only": true, "Common": true, "Old": false, "Whole": false} {
		if ok, err := m.h.KeyExists(k(sub)); err != nil || ok != there {
			t.Errorf("key %s: %v, %v", sub, ok, err)
		}
	}
	set("State", "count", host.RegDWORD, []byte{9, 0, 0, 0}) // as a program of the update may
	mustRun(t)(m.install(p.tree(t)))
	want("installed again", map[string]string{"First": "4 01000000", "Second": "4 01000000"})
	mustRun(t)(m.remove(p.kb))
	want("removed", map[string]string{"Mask": "3 4300"})
	d := diffLines(before, m.snapshot())
	if strings.Count(d, "\n+")+strings.Count(d, "\n-") > 1 || !strings.Contains(d, `"Mask"`) {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
}
