package main

import (
	"strings"
	"testing"
	"time"
)

// TestProgress: nothing of what is quick; a bar that is taken away again; elsewhere a line for each stage, and now and then how
// far it is.
func TestProgress(t *testing.T) {
	for _, bar := range []bool{false, true} {
		var out strings.Builder
		at := time.Unix(1e9, 0)
		p := &progress{w: &out, bar: bar, now: func() time.Time { return at }, start: at}
		one, two := p.job("one.exe"), p.job("two.exe")
		p.show()
		one.stage("compressing")
		at = at.Add(900 * time.Millisecond)
		p.show()
		if out.Len() > 0 {
			t.Errorf("after less than a second: %q", out.String())
		}
		at = at.Add(time.Second)
		one.count(25, 100)
		two.stage("signing")
		p.show()
		at = at.Add(11 * time.Second)
		one.count(50, 100)
		p.show()
		at = at.Add(time.Second)
		one.stage("")
		p.show()
		p.finish()
		p.finish()
		p.show()
		bar1, bar2 := "[######..................]  25 %  compressing one.exe (1 of 2)", "[############............]  50 %  compressing one.exe (1 of 2)"
		clear1, clear2 := "\r"+strings.Repeat(" ", len(bar1))+"\r", "\r"+strings.Repeat(" ", len("signing two.exe (2 of 2)"))+"\r"
		want := "\r" + bar1 + clear1 + "\r" + bar2 + clear1 + "\rsigning two.exe (2 of 2)" + clear2
		if !bar {
			want = "kbforge: compressing one.exe (1 of 2)\nkbforge: compressing one.exe (1 of 2), 50 %\nkbforge: signing two.exe (2 of 2)\n"
		}
		if out.String() != want {
			t.Errorf("bar %v: got\n%q\nwant\n%q", bar, out.String(), want)
		}
	}
}
