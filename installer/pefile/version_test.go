package pefile_test

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]pefile.Version{
		"5.2.3790.4789":           {5, 2, 3790, 4789},
		"7":                       {7, 0, 0, 0},
		"6.1":                     {6, 1, 0, 0},
		"0.0.0.65535":             {0, 0, 0, 65535},
		"05.002.00000000003790.1": {5, 2, 3790, 1},
	} {
		if got, err := pefile.ParseVersion(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                          "part 1 is empty",
		"1.":                        "part 2 is empty",
		"1.2.3.4.5":                 "5 parts; at most 4",
		"1.65536":                   "part 2, 65536, is larger than 65535",
		"1,2":                       `part 1, "1,2", is no decimal number`,
		"+1":                        "no decimal number",
		"1.-2":                      "no decimal number",
		"1.0x10":                    "no decimal number",
		"1.99999999999999999999999": "larger than 65535",
	} {
		if _, err := pefile.ParseVersion(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestVersionForms(t *testing.T) {
	v := pefile.Version{5, 2, 3790, 4789}
	if v.String() != "5.2.3790.4789" || v.Hex() != "000500020ECE12B5" { // ntdll.dll of KB2393802
		t.Errorf("%s, %s", v, v.Hex())
	}
	if got := (pefile.Version{9, 1, 7600, 16385}).Hex(); got != "000900011DB04001" {
		t.Errorf("got %s", got)
	}
	if !(pefile.Version{}).IsZero() || v.IsZero() {
		t.Error("IsZero")
	}
}

func TestVersionCompare(t *testing.T) {
	order := []pefile.Version{{}, {0, 0, 0, 1}, {0, 1}, {5, 2, 3790, 9}, {5, 2, 3790, 10}, {5, 10}, {65535}}
	for i, a := range order {
		for j, b := range order {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%s against %s: %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestBranch(t *testing.T) {
	for text, want := range map[string]string{
		"5.1.2600.2622 (xpsp_sp2_gdr.050301-1519)":                   "SP2GDR",
		"5.1.2600.6010 (xpsp_sp3_qfe.100726-1753)":                   "SP3QFE",
		"5.1.2600.2180 (xpsp_sp2_rtm.040803-2158)":                   "SP2RTM",
		"5.2.3790.100 (srv03_gdr.040101-0000)":                       "RTMGDR",
		"5.2.3790.100 (srv03_qfe.040101-0000)":                       "RTMQFE",
		"5.2.3790.0 (srv03_rtm.030324-2048)":                         "",
		"5.2.3790.4789 (srv03_sp2_gdr.101209-0123)":                  "SP2GDR",
		"5.2.3790.4789 (SRV03_SP2_QFE.101209-0123)":                  "SP2QFE",
		"5.1.2600.5512 (xpsp.080413-2105)":                           "",
		"5.1.2600.1106 (xpsp1.020828-1920)":                          "SP1RTM",
		"5.1.2600.0 (xpclient.010817-1148)":                          "",
		"7.0.0.0 (x64fre) 5.1.0.0 (xpsp_sp3_gdr.080413-2105)":        "SP3GDR",
		"5.1.0.0 (xpsp_sp3_gdr.080413-2105) built by (someone.else)": "SP3GDR",
		"6.1.7601.17514 (win7sp1_rtm.101119-1850)":                   "",
		"5.2.3790.4789": "", "": "", "(": "", "(.)": "", "(srv03_gdr)": "", "(srv03_gdr.040101-000)": "",
		"(srv03_gdr.0401011-000)": "", "1.0 (srv03_gdr.040101-0000": "",
	} {
		if got := pefile.Branch(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	m := pefile.DefaultBranches().With(
		pefile.BranchRule{Token: "win7sp#_ldr", Branch: "SP#QFE"},
		pefile.BranchRule{Token: "srv03_gdr", Branch: "SPECIAL"})
	for text, want := range map[string]string{
		"6.1.7601.1 (win7sp1_ldr.101119-1850)": "SP1QFE",
		"5.2.3790.1 (srv03_gdr.040101-0000)":   "SPECIAL",
		"5.2.3790.1 (srv03_qfe.040101-0000)":   "RTMQFE",
	} {
		if got := m.Branch(text); got != want {
			t.Errorf("extended map, %q: %q, want %q", text, got, want)
		}
	}
}
