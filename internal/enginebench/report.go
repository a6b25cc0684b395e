package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

func (r *report) write(w io.Writer) error {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# Benchmarks of the engine\n\nWritten by `go run ./internal/enginebench -o docs/benchmarks-engine.md`; do not edit. All figures of one run on one machine, in seconds.\n\n")
	p("Each package replaces files of about %d KiB, half random, with backup and registration; afterwards every file was compared with the original.\n", r.o.bytes>>10)
	p("\"copy + SHA-256\" reads the same new files, hashes and writes them, and does nothing else. Medians of %d rounds that take turns.\n\n## In an image\n\n", r.o.rounds)
	p("| files | copy + SHA-256 | the same, each file flushed | inventory | install | install without flushing | cost of durability | remove | remove without flushing |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, x := range r.rows {
		p("| %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |\n", x.c.files, x.sync.plain, x.sync.plainSync, x.sync.inventory, x.sync.install, x.noSync.install,
			x.sync.install-x.noSync.install, x.sync.remove, x.noSync.remove)
	}
	p("\n\"inventory\" is a run with /dryrun: the package is checked against update.ver and catalog (MD5, SHA-1 and SHA-256 of every file), the files of the machine\n")
	p("are compared, the plan is made. \"install\" does that again, copies every old file to the backup, replaces it, and registers. \"without flushing\" leaves out\n")
	p("fsync, so the difference is what surviving a power cut costs.\n\n")
	for _, x := range r.rows {
		p("- %d files (%.1f MiB): an installation takes %.1f times a flushed copy with SHA-256, %.1f times an unflushed one without flushing.\n", x.c.files,
			float64(x.c.content)/(1<<20), x.sync.install/x.sync.plainSync, x.noSync.install/x.sync.plain)
	}
	r.wine(p)
	p("\n## Memory\n\nThe largest resident set of a process that installs and removes one file, twice (old and new have this size).\n\n| file, MiB | peak, MiB |\n|---|---|\n")
	for _, m := range r.mem {
		p("| %d | %.1f |\n", m.megabytes, m.peak)
	}
	p("\n## Machine\n\n| | |\n|---|---|\n| processors | %d |\n| system | %s |\n| Go | %s |\n", runtime.NumCPU(), system(), runtime.Version())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *report) wine(p func(string, ...any)) {
	if r.o.wine == 0 {
		return
	}
	p("\n## Under Wine\n\nThe real package, /quiet; the times are those of the program's log, without the start of Wine and the extraction. One round.\n\n")
	p("| files | copy + SHA-256 (native) | inventory | install, in all | remove |\n|---|---|---|---|---|\n")
	for _, x := range r.rows {
		if x.wine != nil {
			p("| %d | %.3f | %.3f | %.3f | %.3f |\n", x.c.files, x.sync.plain, x.wine.inventory, x.wine.install, x.wine.remove)
		}
	}
}

// system is the kernel's own description, without names of this machine.
func system() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(b))
}
