package report

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

func TestReportNamesNobody(t *testing.T) {
	f := Failure{KB: "KB1", Title: "Update", Version: "7.0.0.0", Windows: "10.0.19045 x64", Code: 0xf00d,
		Error: `copy C:\Users\Jane Doe\AppData\x: access denied`, User: `CONTOSO\jdoe`, Computer: "PC-17", Time: time.Unix(1e9, 0).UTC(),
		Log:   []byte("c:\\users\\jane doe\\a.dll\r\nD:\\Documents and Settings\\J. Doe\\b\r\n\\\\?\\C:\\Users\\x\\y on pc-17 by CONTOSO\\JDOE, jdoe jdoe; jdoeish\r\n"),
		Steps: `put-file C:\Users\Jane Doe\c.dll from PC-17`,
	}
	b := f.Zip()
	if !bytes.Equal(b, f.Zip()) {
		t.Error("two reports of one failure differ")
	}
	files := open(t, b)
	all := strings.ToLower(files["summary.txt"] + files["log.txt"] + files["steps.txt"])
	for _, private := range []string{"jane", "doe\\", "contoso", "pc-17", "jdoe ", "jdoe;", `users\x`, "j. doe"} {
		if strings.Contains(all, private) {
			t.Errorf("%q is in the report:\n%s", private, all)
		}
	}
	for _, kept := range []string{"kb1", "0xf00d", "access denied", `\a.dll`, `\c.dll`, "jdoeish", "10.0.19045 x64"} {
		if !strings.Contains(all, kept) {
			t.Errorf("%q is missing in the report:\n%s", kept, all)
		}
	}
}

func TestReportKeepsTheEndOfALongLog(t *testing.T) {
	b := Failure{Log: append(bytes.Repeat([]byte("x"), MaxLog), "the end"...), User: "x", Computer: ""}.Zip()
	if log := open(t, b)["log.txt"]; len(log) != MaxLog || !strings.HasSuffix(log, "the end") {
		t.Errorf("%d bytes, ending in %q", len(log), log[max(0, len(log)-10):])
	}
}

func FuzzScrub(f *testing.F) {
	f.Add(`C:\Users\jane\x`, `A\jane`, "PC")
	f.Fuzz(func(t *testing.T, s, user, computer string) {
		open(t, Failure{Log: []byte(s), User: user, Computer: computer}.Zip())
	})
}
