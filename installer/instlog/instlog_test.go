package instlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

func clock(start time.Time, ms ...int) func() time.Time {
	i := 0
	return func() time.Time {
		d := ms[min(i, len(ms)-1)]
		i++
		return start.Add(time.Duration(d) * time.Millisecond)
	}
}

var began = time.Date(2004, 11, 1, 6, 44, 23, 828_000_000, time.Local)

// The sample of WP Appendix D, with the separator that the paper's print lost.
func TestInstallationHeader(t *testing.T) {
	var b bytes.Buffer
	l := New(&b, began, clock(began, 1578, 1578, 1578, 1578, 1578, 3031), "KB834707.log")
	l.Start(Run{Image: `c:\17e19c52d072613ef9ce60500ef9612d\update\update.exe`, Version: "6.1.16.0", CommandLine: "/q"})
	l.Printf("DoInstallation: CleanPFR failed: 0x%x", 2)
	want := "[KB834707.log]\r\n" +
		"1.578: " + strings.Repeat("=", 80) + "\r\n" +
		"1.578: 2004/11/01 06:44:25.406 (local)\r\n" +
		"1.578: c:\\17e19c52d072613ef9ce60500ef9612d\\update\\update.exe (version 6.1.16.0)\r\n" +
		"1.578: Hotfix started with following command line: /q\r\n" +
		"3.031: DoInstallation: CleanPFR failed: 0x2\r\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOtherHeaders(t *testing.T) {
	for _, c := range []struct {
		run  Run
		want []string
	}{
		{Run{Kind: ServicePack, Image: "x", CommandLine: "/u"}, []string{"0.000: x\r\n", "0.000: Service Pack started with following command line: /u\r\n"}},
		{Run{Kind: Removal, Image: "y", Version: "5.5.31.0", CommandLine: "/u", From: `C:\WINDOWS\$NtUninstallKB834707$`}, []string{
			"0.000: y (version 5.5.31.0)\r\n",
			"0.000: Spuninst.exe was run with the following arguments:  /u\r\n" +
				"0.000: Spuninst.exe is being run from the following location: C:\\WINDOWS\\$NtUninstallKB834707$\r\n"}},
	} {
		var b bytes.Buffer
		New(&b, began, clock(began, 0), "").Start(c.run)
		if strings.HasPrefix(b.String(), "[") {
			t.Errorf("a continued log got a name line:\n%s", &b)
		}
		for _, w := range c.want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("no %q in\n%s", w, &b)
			}
		}
	}
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	l := New(&b, began, clock(began, -5, 59_999, 3_600_000), "")
	l.Info(`100%done C:\a%d`)
	l.Warn("a\r\nb\nc\td\x00e\x7f %d\r\n", 7)
	l.Error("ü")
	want := "0.000: 100%done C:\\a%d\r\n59.999: a b c d?e? 7\r\n3600.000: ü\r\n"
	if got := b.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONTwinSaysTheSame(t *testing.T) {
	var text, twin bytes.Buffer
	l := New(&text, began, clock(began, 1, 20, 300), "KB1.log")
	l.TwinJSON(&twin)
	l.Info(`Copied file:  C:\WINDOWS\"x"`)
	l.Warn("odd \xff byte")
	l.Error("failed: %d", 5)
	type line struct {
		MS       int64
		Severity string
		Text     string
	}
	want := []line{{1, "info", `Copied file:  C:\WINDOWS\"x"`}, {20, "warning", "odd \uFFFD byte"}, {300, "error", "failed: 5"}}
	rows := strings.Split(strings.TrimSuffix(twin.String(), "\n"), "\n")
	if len(rows) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(rows), len(want), &twin)
	}
	for i, row := range rows {
		var got line
		if err := json.Unmarshal([]byte(row), &got); err != nil || got != want[i] {
			t.Errorf("line %d: %s: got %+v (%v), want %+v", i, row, got, err, want[i])
		}
	}
}

func TestJSONAlone(t *testing.T) {
	var twin bytes.Buffer
	l := New(nil, began, clock(began, 0), "KB1.log")
	l.TwinJSON(&twin)
	l.Start(Run{Image: "x"})
	if n := strings.Count(twin.String(), "\n"); n != 4 {
		t.Errorf("%d lines, want 4:\n%s", n, &twin)
	}
}

func TestNothingToWriteTo(t *testing.T) {
	var none *Log
	for _, l := range []*Log{none, Discard(), {}} {
		l.Info("x %d", 1)
		l.Start(Run{})
		if l.Err() != nil {
			t.Error("an error out of nothing")
		}
	}
}

type failing struct{ n int }

func (f *failing) Write([]byte) (int, error) { f.n++; return 0, errors.New("no space") }

func TestWriteErrorIsKeptAndHarmless(t *testing.T) {
	f := &failing{}
	l := New(f, began, clock(began, 0), "x")
	l.Info("a")
	l.Info("b")
	if err := l.Err(); err == nil || !strings.Contains(err.Error(), "no space") || f.n != 3 {
		t.Errorf("err %v after %d writes", err, f.n)
	}
}

type countWrites struct {
	mu    sync.Mutex
	lines []string
}

func (c *countWrites) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, string(p))
	return len(p), nil
}

// Each entry is one Write, whole, whoever else writes.
func TestConcurrentLinesStayWhole(t *testing.T) {
	c := &countWrites{}
	l := New(c, began, func() time.Time { return began }, "")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				l.Info("the %s line", "same")
			}
		})
	}
	wg.Wait()
	if len(c.lines) != 400 {
		t.Fatalf("%d writes, want 400", len(c.lines))
	}
	for _, line := range c.lines {
		if line != "0.000: the same line\r\n" {
			t.Fatalf("got %q", line)
		}
	}
}
