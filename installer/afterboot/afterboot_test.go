package afterboot

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPrintedIsReadBack(t *testing.T) {
	list := []Task{
		{Command: `"C:\Program Files\Contoso\fix it.exe" /p:"""x""" 100%`, KB: "KB1", Phase: Install, Timeout: time.Hour},
		{Command: `%SystemRoot%\system32\sfc.exe /scannow; echo`, KB: "KB2", Phase: Remove, Timeout: 90 * time.Second},
		{Command: "Grüße.exe", KB: "KB3", Phase: Install, Timeout: time.Second},
	}
	b, err := Print(list)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(FileName, b)
	if err != nil || !reflect.DeepEqual(got, list) {
		t.Errorf("%v\n got %+v\nwant %+v\n%s", err, got, list, b)
	}
	if rest := Without(got, "kb2"); len(rest) != 2 || rest[0].KB != "KB1" || rest[1].KB != "KB3" {
		t.Errorf("without KB2: %+v", rest)
	}
}

func TestParse(t *testing.T) {
	got, err := Parse("x", []byte("[Version]\r\nSignature=$Chicago$\r\n[ProcessesToRunAfterReboot]\r\n\"a.exe b\"\r\nc.exe,KB1,INSTALL,5 ; why\r\n"))
	want := []Task{{Command: "a.exe b", Timeout: DefaultTimeout}, {Command: "c.exe", KB: "KB1", Phase: Install, Timeout: 5 * time.Second}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %+v", err, got)
	}
	_, err = Parse("x", []byte("[Version]\r\nSignature=$Chicago$\r\n[ProcessesToRunAfterReboot]\r\na=b\r\n,KB1\r\nc,KB1,now\r\nd,KB1,install,0\r\ne,KB1,install,99999999\r\n"))
	for _, line := range []string{"x:4", "x:5", "x:6", "x:7", "x:8"} {
		if err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%s is not refused: %v", line, err)
		}
	}
	if _, err := Print([]Task{{Command: "a\r\nb"}}); err == nil {
		t.Error("a line end is printed")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[Version]\r\nSignature=$Chicago$\r\n[ProcessesToRunAfterReboot]\r\n\"a.exe %b%\",KB1,install,5\r\n"))
	f.Add([]byte("\xff\xfe[\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Parse("x", data)
		if err != nil {
			return
		}
		b, err := Print(list)
		if err != nil {
			return
		}
		again, err := Parse("x", b)
		if err != nil || !reflect.DeepEqual(again, list) {
			t.Fatalf("%v\n%+v\n%+v", err, list, again)
		}
	})
}
