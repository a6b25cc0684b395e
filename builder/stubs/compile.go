package stubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/installer/pefile"
)

// Compiler compiles stubs with the Go toolchain.
type Compiler struct {
	Module   string          // path of the module
	Packages map[Kind]string // folders of the main packages below the module's root, with slashes
	Sources  []string        // folders that hold all of the module that the stubs are made of
	Dir      string          // root of the module's sources; empty: looked for, see docs/stubs.md
	CacheDir string          // where results are kept; empty: nowhere
}

// Default compiles kbforge's own stubs and keeps them below the user's cache directory, in kbforge/stubs.
func Default() Compiler {
	c := Compiler{
		Module:   "github.com/kbforge/kbforge",
		Packages: map[Kind]string{Extractor: "stub/extractor", Runtime: "stub"},
		Sources:  []string{"inf", "installer", "stub"}, // what architecture.md lets a stub import
	}
	if dir, err := os.UserCacheDir(); err == nil {
		c.CacheDir = filepath.Join(dir, "kbforge", "stubs")
	}
	return c
}

// target is what Go calls an architecture.
func target(arch string) (goarch string, machine uint16, ok bool) {
	switch arch {
	case "x86":
		return "386", pefile.MachineX86, true
	case "x64":
		return "amd64", pefile.MachineX64, true
	case "arm64":
		return "arm64", pefile.MachineARM64, true
	}
	return "", 0, false
}

// Flags are those of `go build`, chosen so that the result depends on the sources and the version of Go alone. The stubs
// have no console: started from a desktop they show none, and they attach to the one they are started from. Our functions are
// not inlined into each other in the runtime, which makes it 6 % smaller and whose speed is that of the disk; the extractor's
// is that of its decoder.
func Flags(kind Kind) []string {
	flags := []string{"-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -H windowsgui"}
	if kind == Runtime {
		flags = append(flags, "-gcflags=github.com/kbforge/kbforge/...=-l")
	}
	return flags
}

// Compile returns a stub from the cache, or compiles it.
func (c Compiler) Compile(ctx context.Context, kind Kind, arch string) (Stub, error) {
	goarch, machine, ok := target(arch)
	if !ok {
		return Stub{}, fmt.Errorf("%w %q", ErrArch, arch)
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return Stub{}, fmt.Errorf("%w: this kbforge carries none and no Go toolchain is in PATH to compile them (%v); "+
			"install Go from https://go.dev/dl, or use a release build of kbforge", ErrNoSource, err)
	}
	dir, err := c.sourceDir(ctx, tool)
	if err != nil {
		return Stub{}, err
	}
	version, err := goVersion(ctx, tool, dir)
	if err != nil {
		return Stub{}, err
	}
	origin := "compiled by " + version + " from " + dir
	key, err := c.key(dir, version, kind, arch)
	if err != nil {
		return Stub{}, err
	}
	if b, ok := c.cached(key); ok {
		return Stub{Bytes: b, Origin: origin + " (cached)"}, nil
	}
	b, err := c.build(ctx, tool, dir, kind, goarch)
	if err != nil {
		return Stub{}, fmt.Errorf("compile the %s for %s: %w", kind, arch, err)
	}
	info, err := pefile.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return Stub{}, fmt.Errorf("compile the %s for %s: read the result: %w", kind, arch, err)
	}
	if info.Machine != machine {
		return Stub{}, fmt.Errorf("compile the %s for %s: Go made a file for machine 0x%x", kind, arch, info.Machine)
	}
	if err := c.store(key, b); err != nil {
		origin += fmt.Sprintf(" (not cached: %v)", err)
	}
	return Stub{Bytes: b, Origin: origin}, nil
}

func (c Compiler) build(ctx context.Context, tool, dir string, kind Kind, goarch string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "kbforge-stub-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	exe := filepath.Join(tmp, "stub.exe")
	args := append(append([]string{"build"}, Flags(kind)...), "-o", exe, "./"+c.Packages[kind])
	if _, err := runGo(ctx, tool, dir, []string{"GOOS=windows", "GOARCH=" + goarch}, args...); err != nil {
		return nil, err
	}
	return os.ReadFile(exe)
}

// goVersion asks in the module's directory, since its go.mod may select another toolchain.
func goVersion(ctx context.Context, tool, dir string) (string, error) {
	out, err := runGo(ctx, tool, dir, nil, "env", "GOVERSION")
	if err != nil {
		return "", fmt.Errorf("find the version of Go: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// steering are the variables by which an environment changes what Go makes.
func steering(name string) bool {
	switch name {
	case "GOFLAGS", "GOOS", "GOARCH", "GOARM", "GO386", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GOWORK", "CGO_ENABLED", "GODEBUG":
		return true
	}
	return false
}

// runGo runs the go command in an environment that steers nothing but where modules come from.
func runGo(ctx context.Context, tool, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !steering(strings.ToUpper(name)) {
			cmd.Env = append(cmd.Env, v)
		}
	}
	// Not empty: an empty variable would let the values of `go env -w` through.
	cmd.Env = append(cmd.Env, "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0",
		"GO386=sse2", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off")
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go %s failed: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
		}
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return stdout.Bytes(), nil
}
