package branches

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
)

func file(t testing.TB, body string) *inf.File {
	t.Helper()
	f, err := inf.Parse("b.inf", []byte("\r\n[Version]\r\nSignature=\"$Windows NT$\"\r\n"+body))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// server2003 is the order of Windows Server 2003, as a real package has it: 14 branches, display names that differ from the
// keys, the last one pointing at itself.
const server2003 = `FileVersion=5.2.1.7
[FileBranchInfo]
RTMGDR="%RTMGDR_NAME%",RTMQFE
RTMQFE="%RTMQFE_NAME%",SP1BTA
SP1BTA="%SP1BTA_NAME%",SP1RC1
SP1RC1="%SP1RC1_NAME%",SP1RC2
SP1RC2="%SP1RC2_NAME%",SP1RTM
SP1RTM="%SP1RTM_NAME%",SP1GDR
SP1GDR="%SP1GDR_NAME%",SP1QFE
SP1QFE="%SP1QFE_NAME%",SP2BTA
SP2BTA="%SP2BTA_NAME%",SP2IDX
SP2IDX="%SP2IDX_NAME%",SP2RC1
SP2RC1="%SP2RC1_NAME%",SP2RTM
SP2RTM="%SP2RTM_NAME%",SP2GDR
SP2GDR="%SP2GDR_NAME%",SP2QFE
SP2QFE="%SP2QFE_NAME%",SP2QFE
[Strings]
BUILDTIMESTAMP="20261121.031500"
SP1BTA_NAME="SP1BETA"
SP2GDR_NAME="SP2 GDR"
`

func TestChain(t *testing.T) {
	c, err := ParseChain(file(t, server2003))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Branches) != 14 || c.Branches[0].Name != "RTMGDR" || c.Branches[13].Next != "SP2QFE" {
		t.Errorf("branches %+v", c.Branches)
	}
	if c.FileVersion != [4]uint16{5, 2, 1, 7} || c.BuildTimestamp != "20261121.031500" {
		t.Errorf("version %v, time stamp %q", c.FileVersion, c.BuildTimestamp)
	}
	if b := c.Branches[2]; b.Display != "SP1BETA" {
		t.Errorf("display name %q", b.Display)
	}
	if b := c.Branches[0]; b.Display != "%RTMGDR_NAME%" {
		t.Errorf("a missing string is left as it is: %q", b.Display)
	}
	for _, tt := range []struct {
		a, b string
		want int
	}{{"SP1QFE", "sp1gdr", 1}, {"sp1gdr", "SP1QFE", -1}, {"SP2QFE", "SP2QFE", 0}, {"RTMGDR", "SP2QFE", -1}} {
		if got, err := c.Compare(tt.a, tt.b); err != nil || (got > 0) != (tt.want > 0) || (got < 0) != (tt.want < 0) {
			t.Errorf("Compare(%s, %s) = %d, %v", tt.a, tt.b, got, err)
		}
	}
	if _, err := c.Compare("SP2QFE", "SP9QFE"); !errors.Is(err, ErrUnknownBranch) {
		t.Errorf("unknown branch: %v", err)
	}
	checkChain(t, c)
}

func checkChain(t testing.TB, c *Chain) {
	t.Helper()
	out := c.Print()
	f, err := inf.Parse("printed", out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again, err := ParseChain(f)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !reflect.DeepEqual(again, c) {
		t.Errorf("read back %+v\nwas %+v\n%s", again, c, out)
	}
}

// TestChainOrder: the lines may stand in any order.
func TestChainOrder(t *testing.T) {
	c, err := ParseChain(file(t, "[FileBranchInfo]\nC=c,c\nA=a,B\nB=b,C\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Index("A"), c.Index("b"), c.Index("C"), c.Index("D")); got != "0 1 2 -1" {
		t.Errorf("order %s", got)
	}
}

func TestChainFaults(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", "", "[FileBranchInfo] is missing or empty"},
		{"unknown next", "[FileBranchInfo]\nA=a,B\nB=b,X\nC=c,C\n", "b.inf:6:1: branch B: its next branch X is not listed"},
		{"two ends", "[FileBranchInfo]\nA=a,A\nB=b,B\n", "branches A and B both end the chain"},
		{"no end", "[FileBranchInfo]\nA=a,B\nB=b,A\n", "the chain has no end"},
		{"two heads", "[FileBranchInfo]\nA=a,C\nB=b,C\nC=c,C\n", "branches A and B both begin a chain"},
		{"circle apart", "[FileBranchInfo]\nA=a,A\nB=b,C\nC=c,B\n", "2 of 3 branches are in a circle apart from the chain"},
		{"circle only beside the end", "[FileBranchInfo]\nA=a,B\nB=b,C\nC=c,A\nD=d,D\n", "3 of 4 branches are in a circle"},
		{"twice", "[FileBranchInfo]\nA=a,A\na=b,A\n", "b.inf:6:1: branch a is listed twice"},
		{"no next", "[FileBranchInfo]\nA=a\n", "write BRANCH="},
		{"bare line", "[FileBranchInfo]\nA,B\n", "write BRANCH="},
		{"version", "FileVersion=5.x\n[FileBranchInfo]\nA=a,A\n", `"5.x" is no version`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ParseChain(file(t, tt.body))
			if !errors.Is(err, ErrInvalidBranches) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("chain %+v, error %v, want %q in it", c, err, tt.want)
			}
			var list *inf.ErrorList
			if !errors.As(err, &list) {
				t.Error("no *inf.ErrorList underneath")
			}
		})
	}
}

func TestMerge(t *testing.T) {
	old, newer := &Chain{FileVersion: [4]uint16{5, 2, 1, 7}}, &Chain{FileVersion: [4]uint16{5, 2, 2, 0}}
	same := &Chain{FileVersion: old.FileVersion}
	for _, tt := range []struct{ a, b, want *Chain }{{old, newer, newer}, {newer, old, newer}, {old, same, old}, {nil, old, old}, {old, nil, old}, {nil, nil, nil}} {
		if got := Merge(tt.a, tt.b); got != tt.want {
			t.Errorf("Merge(%v, %v) = %v", tt.a, tt.b, got)
		}
	}
}

// TestDefaults holds the choice of the default branch on the shapes that real packages have.
func TestDefaults(t *testing.T) {
	kmdf := "[DefaultBranchesServicePacks.WinNt50]\n0=Win2k\n[DefaultBranchesServicePacks.WinNt51]\n0=WinXP\n" +
		"[DefaultBranchesServicePacks.WinNt52]\n0=Srv2k3\n[SourceInfsBranches]\nWinXP=update\\update_WinXP.inf\nSrv2k3=\"update\\update_Srv2k3.inf\"\n"
	msi := "[DefaultBranchesServicePacks]\n3=Win2k\n4=Win2kSP4\n[DefaultBranchesServicePacks.WinNt51]\n0=WinXP\n" +
		"[SourceInfsBranches]\nWin2k=a.inf\n"
	tests := []struct {
		name, body       string
		major, minor, sp uint32
		want             string
		ok               bool
	}{
		{"key 0 serves SP3", kmdf, 5, 1, 3, "WinXP", true},
		{"decorated", kmdf, 5, 2, 2, "Srv2k3", true},
		{"a default without INF", kmdf, 5, 0, 4, "Win2k", true},
		{"no section for the version", kmdf, 6, 0, 0, "", false},
		{"undecorated is the fallback", msi, 5, 0, 4, "Win2kSP4", true},
		{"highest level not above", msi, 5, 2, 9, "Win2kSP4", true},
		{"below the lowest level", msi, 5, 0, 2, "", false},
		{"decorated wins", msi, 5, 1, 0, "WinXP", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := ParseUpdateBR(file(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := u.Default(tt.major, tt.minor, tt.sp); got != tt.want || ok != tt.ok {
				t.Errorf("got %q, %v", got, ok)
			}
			checkUpdateBR(t, u)
		})
	}
	u, err := ParseUpdateBR(file(t, kmdf))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := u.INF("Win2k"); ok {
		t.Error("Win2k has no INF")
	}
	if path, ok := u.INF("winxp"); !ok || path != `update\update_WinXP.inf` {
		t.Errorf("WinXP: %q, %v", path, ok)
	}
}

func checkUpdateBR(t testing.TB, u *UpdateBR) {
	t.Helper()
	out := u.Print()
	f, err := inf.Parse("printed", out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again, err := ParseUpdateBR(f)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !reflect.DeepEqual(again, u) {
		t.Errorf("read back %+v\nwas %+v\n%s", again, u, out)
	}
}

func TestUpdateBR(t *testing.T) {
	u, err := ParseUpdateBR(file(t, `CatalogFile=KB900001.cat
[DefaultBranchesServicePacks]
2=SP2GDR
[SourceInfsBranches]
SP2GDR="update\update_SP2GDR.inf"
SP2QFE=update\update_SP2QFE.inf
[SetupFiles.Common]
spuninst.exe
update\update.exe
[SetupFiles.SP2GDR]
update\update_SP2GDR.inf
[SetupFiles.SP2QFE]
update\update_SP2QFE.inf
[defaultbranchesservicepacks]
1=SP1GDR
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &UpdateBR{CatalogFile: "KB900001.cat",
		Defaults:  []DefaultSet{{"", []Level{{1, "SP1GDR"}, {2, "SP2GDR"}}}},
		INFs:      []BranchINF{{"SP2GDR", `update\update_SP2GDR.inf`}, {"SP2QFE", `update\update_SP2QFE.inf`}},
		Common:    []string{"spuninst.exe", `update\update.exe`},
		PerBranch: []SetupFiles{{"SP2GDR", []string{`update\update_SP2GDR.inf`}}, {"SP2QFE", []string{`update\update_SP2QFE.inf`}}}}
	if !reflect.DeepEqual(u, want) {
		t.Errorf("got %+v\nwant %+v", u, want)
	}
	if got := u.SetupFiles("sp2qfe"); len(got) != 3 || got[2] != `update\update_SP2QFE.inf` {
		t.Errorf("SetupFiles %q", got)
	}
	checkUpdateBR(t, u)
}

func TestUpdateBRFaults(t *testing.T) {
	_, err := ParseUpdateBR(file(t, "[DefaultBranchesServicePacks]\nx=A\n[SourceInfsBranches]\nA\n[SetupFiles.Common]\na,b\n"))
	if !errors.Is(err, ErrInvalidUpdateBR) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"b.inf:5:1: ", "b.inf:7:1: ", "b.inf:9:1: ", "[SourceInfsBranches] is missing or empty"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func FuzzParseChain(f *testing.F) {
	f.Add([]byte("[Version]\nSignature=$chicago$\n" + server2003))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := inf.ParseLax("f", data)
		if err != nil {
			return
		}
		c, err := ParseChain(file)
		if err == nil && printable(c) {
			checkChain(t, c)
		}
	})
}

// printable leaves out names that a fuzzer thinks of and that would be a string's name: %A_NAME% of branch "A%".
func printable(c *Chain) bool {
	for _, b := range c.Branches {
		if strings.ContainsAny(b.Name+b.Next, "%\x00") || strings.EqualFold(b.Name+"_NAME", "BUILDTIMESTAMP") ||
			len(b.Name)+len(b.Display) > 4000 {
			return false
		}
	}
	return true
}

func FuzzParseUpdateBR(f *testing.F) {
	f.Add([]byte("[Version]\nSignature=$chicago$\n[DefaultBranchesServicePacks.WinNt51]\n0=WinXP\n[SourceInfsBranches]\nWinXP=u.inf\n[SetupFiles.Common]\na\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := inf.ParseLax("f", data)
		if err != nil {
			return
		}
		u, err := ParseUpdateBR(file)
		if err != nil {
			return
		}
		if _, err := inf.Parse("printed", u.Print()); err != nil {
			t.Fatalf("%v\n%q", err, u.Print())
		}
	})
}
