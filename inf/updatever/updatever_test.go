package updatever

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// realLines stand in real packages (WinUSB 2.0, KMDF 1.9, UMDF 1.9, a Windows Server 2003 update; the last one, without
// CRC, in Windows Installer 3.1).
const realLines = `sp2gdr\ntdll.dll=64526FEF93246CC1809FD8413D115149,000500020ECE12B5,777216,SP2GDR,3D4A3866
update\mpsyschk.dll=F982F4ED80D98FC1F989560505AA476E,000500020ECE12BB,17408,,0C7E6232
winusb.dll=843D21A20736016E5613E4B51EA60D46,000600011DB04001,16896,,3AE2C1B7
winusb.sys=30FC6E5448D0CBAAA95280EEEF7FEDAE,000600011DB04001,34944,,82E40F43
wdf01000.sys=D918617B46457B9AC28027722E30F647,000100091DB04001,444136,,EDD9DC36
wdfldr.sys=399C974DDA25FD3E59F22BAB787F662B,000100091DB04001,37608,,9169F8BB
wudfhost.exe=C6E7AB7E798167095987EBCCB76DF61B,000600011DB04001,195584,,7823480D
wudfsvc.dll=DDEE3682FE97037C45F4D7AB467CB8B6,000600011DB04001,64512,,323ED25D
msi.dll=1CBC000ECD2DE2E6FD2B19BC9AABCC52,000300010FA00983,2890240,
`

func TestRealLines(t *testing.T) {
	entries, err := Parse([]byte("[SourceFileInfo]\r\n" + strings.ReplaceAll(realLines, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 9 {
		t.Fatalf("%d entries", len(entries))
	}
	ntdll := entries[0]
	if ntdll.Path != `sp2gdr\ntdll.dll` || ntdll.Version != [4]uint16{5, 2, 3790, 4789} || !ntdll.HasVersion || ntdll.Size != 777216 ||
		ntdll.Branch != "SP2GDR" || ntdll.CRC != 0x3D4A3866 || !ntdll.HasCRC || ntdll.MD5[0] != 0x64 || ntdll.MD5[15] != 0x49 {
		t.Errorf("ntdll.dll: %+v", ntdll)
	}
	if msi := entries[8]; msi.HasCRC || msi.Version != [4]uint16{3, 1, 4000, 2435} || msi.Branch != "" {
		t.Errorf("msi.dll: %+v", msi)
	}
	// Every line is printed as it was, sorted.
	out := string(Print(entries))
	for _, l := range strings.Split(strings.TrimSpace(realLines), "\n") {
		if !strings.Contains(out, "\r\n"+l+"\r\n") {
			t.Errorf("no line %q in\n%s", l, out)
		}
	}
	again, err := Parse([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(Print(again), []byte(out)) {
		t.Error("printing what was read back differs")
	}
}

func TestPrint(t *testing.T) {
	entries := []Entry{
		{Path: `B\X.dll`, Size: 1, Branch: "SP2QFE", CRC: 0xA, HasCRC: true},
		{Path: "a.b", Size: 3, HasVersion: true, Version: [4]uint16{1, 2, 3, 0xABCD}},
		{Path: "a", Size: 2, HasCRC: true},
		{Path: "with=equals.txt", HasCRC: true},
	}
	zero := strings.Repeat("0", 32)
	want := "[SourceFileInfo]\r\n" +
		"a=" + zero + ",,2,,00000000\r\n" +
		"a.b=" + zero + ",000100020003ABCD,3,\r\n" +
		"b\\x.dll=" + zero + ",,1,SP2QFE,0000000A\r\n" +
		"with=equals.txt=" + zero + ",,0,,00000000\r\n"
	if got := string(Print(entries)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got, err := Parse([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	if entries[0].Path != `B\X.dll` {
		t.Error("Print changed its argument")
	}
	if got[3].Path != "with=equals.txt" {
		t.Errorf("path %q", got[3].Path)
	}
}

func TestFaults(t *testing.T) {
	zero := strings.Repeat("0", 32)
	src := "\n[SourceFileInfo]\n; fine\na=" + zero + ",,1,,\nno line\nb=12,,1,\nc=" + zero + ",123,1,\nd=" + zero + ",,-1,\ne=" + zero +
		",,1,,12\nf=" + zero + "\nA=" + zero + ",,1,\n=" + zero + ",,1,\n[Other]\nignored\n"
	_, err := Parse([]byte(src))
	if !errors.Is(err, ErrInvalid) {
		t.Fatalf("error %v is no ErrInvalid", err)
	}
	want := []string{
		"update.ver:5: no path before =; write path=MD5,VERSION,SIZE,BRANCH,CRC",
		`update.ver:6: b: the MD5 "12" is not 32 hexadecimal digits`,
		`update.ver:7: c: the version "123" is not 16 hexadecimal digits`,
		`update.ver:8: d: the size "-1" is no decimal number`,
		`update.ver:9: e: the CRC "12" is not 8 hexadecimal digits`,
		"update.ver:10: f has 1 fields; it must have MD5,VERSION,SIZE,BRANCH,CRC",
		"update.ver:11: A is listed on line 4 already; take one line out",
		"update.ver:12: no path before =; write path=MD5,VERSION,SIZE,BRANCH,CRC",
	}
	if got := strings.Split(err.Error(), "\n"); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s", err)
	}
	var line *LineError
	if !errors.As(err, &line) || line.Line != 5 {
		t.Errorf("first line error %+v", line)
	}
	for _, src := range []string{"", "a=b", "[Other]\n"} {
		if _, err := Parse([]byte(src)); !errors.Is(err, ErrInvalid) {
			t.Errorf("Parse(%q): %v", src, err)
		}
	}
	if _, err := Parse(make([]byte, MaxFile+1)); !errors.Is(err, ErrInvalid) {
		t.Errorf("oversize: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[SourceFileInfo]\r\n" + realLines))
	f.Add([]byte("[sourcefileinfo]\na=b=00000000000000000000000000000000,,0,x,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("error %v is no ErrInvalid", err)
			}
			return
		}
		out := Print(entries)
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		if twice := Print(again); !bytes.Equal(twice, out) {
			t.Fatalf("printed %q, then %q", out, twice)
		}
	})
}
