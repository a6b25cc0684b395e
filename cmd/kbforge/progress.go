package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Progress of what takes over a second: a bar on a terminal, lines elsewhere.
const (
	progressAfter = time.Second      // nothing is shown of what is quicker
	progressTick  = time.Second / 10 // how often a bar moves
	progressLine  = 10 * time.Second // how often a line comes where nothing else happens
	barWidth      = 24
)

// progress shows how far jobs that run side by side are.
type progress struct {
	w    io.Writer
	bar  bool
	now  func() time.Time
	stop func()

	mu      sync.Mutex
	start   time.Time
	jobs    []*progressJob
	drawn   int    // runes on the line of the bar
	last    string // what was said last
	lastAt  time.Time
	stopped bool
}

type progressJob struct {
	p           *progress
	name, now   string
	done, total int64
	ended       bool
}

// progress begins; finish ends it.
func (a *app) progress() *progress {
	p := &progress{w: a.stderr, bar: isTerminal(a.stderr), now: a.now, start: a.now()}
	ticker, done := time.NewTicker(progressTick), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-ticker.C:
				p.show()
			case <-done:
				return
			}
		}
	})
	p.stop = sync.OnceFunc(func() { ticker.Stop(); close(done); wg.Wait() })
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// job adds something to wait for.
func (p *progress) job(name string) *progressJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	j := &progressJob{p: p, name: name}
	p.jobs = append(p.jobs, j)
	return j
}

// stage names what is done now; an empty one ends the job.
func (j *progressJob) stage(stage string) {
	j.p.mu.Lock()
	defer j.p.mu.Unlock()
	j.now, j.done, j.total, j.ended = stage, 0, 0, stage == ""
}

func (j *progressJob) count(done, total int64) {
	j.p.mu.Lock()
	defer j.p.mu.Unlock()
	j.done, j.total = done, total
}

// finish takes the bar away. It may be called again.
func (p *progress) finish() {
	if p.stop != nil {
		p.stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.clear()
}

func (p *progress) clear() {
	if p.drawn > 0 {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

// show brings what is seen up to date.
func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped || p.now().Sub(p.start) < progressAfter {
		return
	}
	what, part := p.text()
	if what == "" {
		return
	}
	if p.bar {
		line := what
		if part >= 0 {
			full := barWidth * part / 100
			line = fmt.Sprintf("[%s%s] %3d %%  %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), part, what)
		}
		p.clear()
		p.drawn = len([]rune(line))
		fmt.Fprint(p.w, "\r"+line)
		return
	}
	if what == p.last && p.now().Sub(p.lastAt) < progressLine {
		return
	}
	line := "kbforge: " + what
	if part >= 0 && what == p.last {
		line += fmt.Sprintf(", %d %%", part)
	}
	p.last, p.lastAt = what, p.now()
	fmt.Fprintln(p.w, line)
}

// text says what is going on, and how much of it is done in percent; -1 where that is not known.
func (p *progress) text() (string, int) {
	var done, total int64
	var current []string
	counted := ""
	ended := 0
	for _, j := range p.jobs {
		switch {
		case j.ended:
			ended++
		case j.now != "":
			what := j.now + " " + j.name
			if done, total = done+j.done, total+j.total; j.total > 0 && counted == "" {
				counted = what
			}
			current = append(current, what)
		}
	}
	if len(current) == 0 {
		return "", -1
	}
	what := cmp.Or(counted, current[0]) // the percentage is that of what is counted
	if n := len(p.jobs); n > 1 {
		what += fmt.Sprintf(" (%d of %d)", ended+1, n)
	}
	if total == 0 {
		return what, -1
	}
	return what, int(100 * done / total)
}
