package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// goal is a ratio that the project promises, and what was measured.
type goal struct {
	text  string
	ratio func(b *bench) (float64, bool)
	holds func(float64) bool
	want  string
}

func goals() []goal {
	atLeast := func(x float64) func(float64) bool { return func(r float64) bool { return r >= x } }
	atMost := func(x float64) func(float64) bool { return func(r float64) bool { return r <= x } }
	time := func(corpus, other, shape string) func(*bench) (float64, bool) {
		return func(b *bench) (float64, bool) {
			a, ok := b.find(corpus, "kbforge build", natural)
			o, ok2 := b.find(corpus, other, shape)
			if !ok || !ok2 {
				return 0, false
			}
			return o.seconds() / a.seconds(), true
		}
	}
	size := func(corpus, other, shape string) func(*bench) (float64, bool) {
		return func(b *bench) (float64, bool) {
			a, ok := b.payload(corpus, "kbforge build", natural)
			o, ok2 := b.payload(corpus, other, shape)
			return float64(a) / float64(o), ok && ok2
		}
	}
	return []goal{
		{"rollup: build time of makensis / kbforge", time("rollup", "makensis, lzma solid", natural), atLeast(10), "≥ 10"},
		{"rollup: build time of gcab / kbforge", time("rollup", "gcab, MSZIP", natural), atLeast(1), "≥ 1"},
		{"rollup: build time of 7z -mx9 / kbforge", time("rollup", "7z -mx9", natural), nil, ""},
		{"hotfix: build time of makensis / kbforge", time("hotfix", "makensis, lzma solid", natural), nil, ""},
		{"hotfix: build time of gcab / kbforge", time("hotfix", "gcab, MSZIP", natural), atLeast(1), "≥ 1"},
		{"rollup: payload of kbforge / makensis, as commonly given", size("rollup", "makensis, lzma solid", natural), atMost(0.85), "≤ 0.85"},
		{"rollup: payload of kbforge / makensis, both in twin order", size("rollup", "makensis, lzma solid", twins), atMost(1.35), "≤ 1.35"},
		{"rollup: payload of kbforge / 7z -mx9, both in twin order", size("rollup", "7z -mx9", twins), nil, ""},
		{"hotfix: payload of kbforge / makensis, both in twin order", size("hotfix", "makensis, lzma solid", twins), nil, ""},
		{"rollup: peak memory of kbforge build, MiB", func(b *bench) (float64, bool) {
			r, ok := b.find("rollup", "kbforge build", natural)
			return r.peak(), ok
		}, atMost(256), "≤ 256"},
		{"rollup: extraction time of kbforge / cabextract", func(b *bench) (float64, bool) {
			a, ok := find(b.unpacked, "rollup", "kbforge extract", "")
			o, ok2 := find(b.unpacked, "rollup", "cabextract", "")
			if !ok || !ok2 {
				return 0, false
			}
			return a.seconds() / o.seconds(), true
		}, atMost(2), "≤ 2"},
	}
}

func find(rows []row, corpus, name, shape string) (row, bool) {
	for _, r := range rows {
		if r.corpus == corpus && r.name == name && r.shape == shape && len(r.runs) > 0 {
			return r, true
		}
	}
	return row{}, false
}

func (b *bench) find(corpus, name, shape string) (row, bool) {
	return find(b.built, corpus, name, shape)
}

// payload is the size of a package less what the same tool makes of nearly nothing.
func (b *bench) payload(corpus, name, shape string) (int64, bool) {
	r, ok := b.find(corpus, name, shape)
	empty, ok2 := b.find(overhead, name, shape)
	return r.size - empty.size, ok && ok2
}

// report writes the whole report, ratios first.
func (b *bench) report(ctx context.Context, w io.Writer) error {
	var s strings.Builder
	s.WriteString("# Benchmarks\n\nWritten by `go run ./internal/bench -o docs/benchmarks.md`; do not edit. All figures of one run on one machine.\n\n")
	s.WriteString("| ratio | measured | goal |\n|---|---|---|\n")
	for _, g := range goals() {
		r, ok := g.ratio(b)
		got := "not measured"
		if ok {
			got = fmt.Sprintf("%.2f", r)
		}
		want := g.want
		if ok && g.holds != nil && !g.holds(r) {
			want += " **missed**"
		}
		fmt.Fprintf(&s, "| %s | %s | %s |\n", g.text, got, want)
	}
	fmt.Fprintf(&s, method, b.rounds, b.warm)
	if err := b.machine(ctx, &s); err != nil {
		return err
	}
	if err := b.tables(&s); err != nil {
		return err
	}
	_, err := io.WriteString(w, s.String())
	return err
}

const method = `
"Payload" is the size of the package less the size of the same tool's package of two tiny files: stubs, runtime and
headers are taken off all contenders alike. "natural" is a folder a branch, sorted by name, as a packager is commonly given
files; "twins" has each file next to its counterpart of the other branch, which a user of the other tools would have to
arrange. kbforge orders twins itself whatever it is given. Order is a merit of the builder, not of the codec: the same codec
in both orders is the row "LZX cabinet". LZMA is the stronger codec; kbforge's cabinets are what Windows and every cabinet
tool can open.

The corpora are Wine's DLLs for amd64 without debug data; the QFE file of each pair is a simulated small rebuild (code moved,
operands, tables and version mended), not a real one.

Times are medians of whole processes, wall clock; the contenders take turns (%d counted rounds after %d that do not count). Peak memory
is the largest resident set that the kernel saw, of one process; figures below about 10 MiB are the measuring process's own.
`

// machine describes where this ran.
func (b *bench) machine(ctx context.Context, s *strings.Builder) error {
	s.WriteString("\n## Machine\n\n| | |\n|---|---|\n")
	line := func(name, value string) { fmt.Fprintf(s, "| %s | %s |\n", name, strings.TrimSpace(value)) }
	line("processor", fmt.Sprintf("%d × %s", runtime.NumCPU(), grep("/proc/cpuinfo", `model name\s*:\s*(.*)`)))
	line("memory", grep("/proc/meminfo", `MemTotal:\s*(.*)`))
	line("system", grep("/etc/os-release", `PRETTY_NAME="(.*)"`)+", Linux "+firstLine(ctx, "uname", "-r"))
	line("Go", runtime.Version())
	line("makensis", firstLine(ctx, "makensis", "-VERSION"))
	line("7zz", firstLine(ctx, "7zz"))
	line("gcab", firstLine(ctx, "gcab", "--version"))
	line("cabextract", firstLine(ctx, "cabextract", "--version"))
	for _, c := range b.corpora {
		names, size, err := c.files(natural)
		if err != nil {
			return err
		}
		line("corpus "+c.name, fmt.Sprintf("%d files, %d bytes", len(names), size))
	}
	if len(b.missing) > 0 {
		line("left out, not installed", strings.Join(b.missing, ", "))
	}
	return nil
}

func grep(path, pattern string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	if m := regexp.MustCompile(pattern).FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return "unknown"
}

// firstLine is the first line of text that a command prints.
func firstLine(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	for l := range strings.Lines(string(out)) {
		if l = strings.TrimSpace(l); l != "" {
			return l
		}
	}
	return fmt.Sprint(err)
}

func (b *bench) tables(s *strings.Builder) error {
	for _, c := range b.corpora {
		fmt.Fprintf(s, "\n## Building: %s\n\n| contender | order | seconds | longest / shortest run | peak MiB | bytes | payload bytes |\n|---|---|---|---|---|---|---|\n", c.name)
		for _, r := range b.built {
			if r.corpus != c.name {
				continue
			}
			payload, _ := b.payload(c.name, r.name, r.shape)
			order := r.shape
			if r.note != "" {
				order += "; " + r.note
			}
			fmt.Fprintf(s, "| %s | %s | %.2f | %.2f | %.0f | %d | %d |\n", r.name, order, r.seconds(), r.spread(), r.peak(), r.size, payload)
		}
	}
	s.WriteString("\n## Extracting kbforge's package to disk\n\n| corpus | with | seconds | longest / shortest run | peak MiB | bytes written |\n|---|---|---|---|---|---|\n")
	for _, r := range b.unpacked {
		fmt.Fprintf(s, "| %s | %s | %.2f | %.2f | %.0f | %d |\n", r.corpus, r.name, r.seconds(), r.spread(), r.peak(), r.size)
	}
	return nil
}
