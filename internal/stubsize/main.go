// Command stubsize tells how large the two executables of a package are for each processor, and what each package that is
// linked into them adds. Run it from the top of the repository:
//
//	go run ./internal/stubsize -o docs/stub-size.md
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/builder/stubs"
)

// Executable is one that goes into packages.
type Executable struct {
	Name, Package string
	Kind          stubs.Kind
	Limit         int64 // bytes, for the largest processor; a test holds it
}

// Executables are the extractor in front of the cabinet and the runtime in it.
func Executables() []Executable {
	return []Executable{
		{"extractor", "github.com/kbforge/kbforge/stub/extractor", stubs.Extractor, 1_750_000},
		{"runtime", "github.com/kbforge/kbforge/stub", stubs.Runtime, 5_100_000},
	}
}

// Arches are the processors packages are made for.
func Arches() []string { return []string{"amd64", "386", "arm64"} }

// build builds an executable as packages carry it; with symbols it can be taken apart.
func build(e Executable, arch, to string, symbols bool) error {
	args := []string{"build", "-o", to}
	for _, flag := range stubs.Flags(e.Kind) {
		if symbols {
			flag = strings.ReplaceAll(flag, "-s -w ", "")
		}
		args = append(args, flag)
	}
	cmd := exec.Command("go", append(args, e.Package)...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s: %w\n%s", e.Package, arch, err, out)
	}
	return nil
}

// Size builds the executable as packages carry it and returns its size in bytes.
func Size(e Executable, arch, dir string) (int64, error) {
	exe := filepath.Join(dir, "x.exe")
	if err := build(e, arch, exe, false); err != nil {
		return 0, err
	}
	st, err := os.Stat(exe)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// Part is what one package adds.
type Part struct {
	Package string
	Bytes   int64 // of its functions and data; tables of the linker are counted as "(tables)"
}

// Parts takes an executable apart, the largest part first.
func Parts(e Executable, arch, dir string) ([]Part, error) {
	exe := filepath.Join(dir, "symbols.exe")
	if err := build(e, arch, exe, true); err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "tool", "nm", "-size", exe).Output()
	if err != nil {
		return nil, fmt.Errorf("go tool nm: %w", err)
	}
	sum := map[string]int64{}
	for _, line := range bytes.Split(out, []byte{'\n'}) {
		f := strings.Fields(string(line))
		if len(f) < 4 || strings.EqualFold(f[2], "b") { // zeroed data takes no room in the file
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		const zeroed = 1 << 20 // a symbol as large is zeroed memory too, which PE files keep in .data by name only
		if err != nil || n > zeroed && !strings.HasPrefix(f[3], "runtime.") {
			continue
		}
		sum[owner(f[3])] += n
	}
	var list []Part
	for p, n := range sum {
		list = append(list, Part{p, n})
	}
	sort.Slice(list, func(i, j int) bool {
		return list[i].Bytes > list[j].Bytes || list[i].Bytes == list[j].Bytes && list[i].Package < list[j].Package
	})
	return list, nil
}

// owner is the package of a symbol: what is before the first dot behind the last slash.
func owner(symbol string) string {
	for _, prefix := range []string{"go:", "type:", "runtime.pclntab", "runtime.etypes", "runtime.types", "$"} {
		if strings.HasPrefix(symbol, prefix) {
			return "(tables)"
		}
	}
	slash := strings.LastIndex(symbol, "/")
	dot := strings.Index(symbol[slash+1:], ".")
	if dot < 0 {
		return "(tables)"
	}
	return symbol[:slash+1+dot]
}

func main() {
	to := flag.String("o", "", "write the report to this file instead of standard output")
	flag.Parse()
	text, err := report()
	if err == nil && *to != "" {
		err = os.WriteFile(*to, []byte(text), 0o644)
	} else if err == nil {
		_, err = os.Stdout.WriteString(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stubsize:", err)
		os.Exit(1)
	}
}

func report() (string, error) {
	dir, err := os.MkdirTemp("", "stubsize-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	var b strings.Builder
	b.WriteString("# How large the stub is\n\nWritten by `go run ./internal/stubsize -o docs/stub-size.md`; a test holds the limits. Bytes.\n\n| | " +
		strings.Join(Arches(), " | ") + " | limit |\n|---|---|---|---|---|\n")
	for _, e := range Executables() {
		fmt.Fprintf(&b, "| %s |", e.Name)
		for _, arch := range Arches() {
			n, err := Size(e, arch, dir)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		fmt.Fprintf(&b, " %d |\n", e.Limit)
	}
	for _, e := range Executables() {
		parts, err := Parts(e, "amd64", dir)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\n## What is in the %s\n\nFor amd64, functions and data by package; the rest of the file is what the linker adds.\n\n| package | bytes |\n|---|---|\n", e.Name)
		const small = 4096
		rest := int64(0)
		for _, p := range parts {
			if p.Bytes < small {
				rest += p.Bytes
				continue
			}
			fmt.Fprintf(&b, "| %s | %d |\n", p.Package, p.Bytes)
		}
		fmt.Fprintf(&b, "| all others | %d |\n", rest)
	}
	return b.String(), nil
}
