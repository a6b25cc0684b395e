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

func (b *bench) report(ctx context.Context, w io.Writer) error {
	var s strings.Builder
	fmt.Fprintf(&s, `# Signing, measured

Written by `+"`go run ./internal/bench/signing -o docs/benchmarks-signing.md`"+`; nothing here was typed by hand. All figures are from one run on one
machine, in which the programs took turns: medians of %d rounds, whole processes, wall time and largest resident set. The files were in the disk
cache. "MiB" is 2^20 bytes. The executables are small ones with random bytes behind them, where a package has its cabinet. kbforge reads each
file it signed once more, to verify it before it gets its name, and looks for a cabinet when it verifies; osslsigncode does neither.

| | |
|---|---|
| processor | %s, %d of them |
| system | %s |
| Go | %s |
| kbforge | built from the tree of this file |
| osslsigncode | %s |

`, b.rounds, processor(), runtime.NumCPU(), system(), runtime.Version(), b.version(ctx))
	group := ""
	for _, r := range b.results {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&s, "\n## %s%s\n\n| program | what | time | peak memory |\n|---|---|---|---|\n", strings.ToUpper(group[:1]), group[1:])
		}
		fmt.Fprintf(&s, "| %s | %s | %.2f s | %.0f MiB |\n", r.tool, r.does, r.seconds(), r.peak())
	}
	fmt.Fprintf(&s, "\n## Memory and the size of the file\n\nPeak memory for the executable of %[2]d MiB over that for the one of %[1]d MiB.\n\n| program | what | ratio |\n|---|---|---|\n",
		b.sizes[0]>>20, b.sizes[len(b.sizes)-1]>>20)
	for _, r := range b.results {
		if r.size != b.sizes[len(b.sizes)-1] {
			continue
		}
		for _, small := range b.results {
			if small.size == b.sizes[0] && small.tool == r.tool && small.does == r.does {
				fmt.Fprintf(&s, "| %s | %s | %.1f |\n", r.tool, r.does, r.peak()/small.peak())
			}
		}
	}
	s.WriteString("\nPage hashes are a list of 36 bytes for each page of 4 KiB that is part of the signature; a test (`TestMemoryBounded`) holds that nothing else grows.\n")
	_, err := io.WriteString(w, s.String())
	return err
}

func (b *bench) version(ctx context.Context) string {
	out, _ := exec.CommandContext(ctx, b.ossl, "--version").CombinedOutput()
	return firstMatch(`osslsigncode ([0-9.]+)`, string(out))
}

func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	return firstMatch(`model name\s*:\s*(.+)`, string(b))
}

func system() string {
	b, _ := os.ReadFile("/etc/os-release")
	return firstMatch(`PRETTY_NAME="([^"]+)"`, string(b)) + ", " + runtime.GOARCH
}

func firstMatch(pattern, text string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1])
	}
	return "not known"
}
