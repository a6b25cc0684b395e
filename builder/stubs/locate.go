package stubs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// SourceVariable names the environment variable with the folder of kbforge's sources; it comes before all other places.
const SourceVariable = "KBFORGE_SRC"

// sourceDir finds the root of the module's sources. In this order: Dir; $KBFORGE_SRC; the place this file was compiled
// from; the module cache, by the version recorded in this executable (go install module@version); a checkout around the
// working directory.
func (c Compiler) sourceDir(ctx context.Context, tool string) (string, error) {
	if c.Dir != "" {
		return c.Dir, c.checkModule(c.Dir)
	}
	if dir := os.Getenv(SourceVariable); dir != "" {
		if err := c.checkModule(dir); err != nil {
			return "", fmt.Errorf("%w: %s: %w", ErrNoSource, SourceVariable, err)
		}
		return filepath.Abs(dir)
	}
	var tried []error
	for _, find := range []func(context.Context, string) (string, error){c.compiledFrom, c.moduleCache, c.aroundWorkingDir} {
		dir, err := find(ctx, tool)
		if err == nil {
			return dir, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		tried = append(tried, err)
	}
	return "", fmt.Errorf("%w: this kbforge carries none, and the sources to compile them from are not found; set %s to a checkout of %s, "+
		"or use a release build of kbforge\n%w", ErrNoSource, SourceVariable, c.Module, errors.Join(tried...))
}

func (c Compiler) compiledFrom(context.Context, string) (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", errors.New("this executable does not record where it was compiled (-trimpath)")
	}
	dir := filepath.Join(filepath.Dir(file), "..", "..")
	return dir, c.checkModule(dir)
}

// moduleCache has the go command find the module's version, and download it where it is missing. The build then runs in
// the module's own folder, which gives the same bytes as a checkout does.
func (c Compiler) moduleCache(ctx context.Context, tool string) (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", errors.New("this executable records no module version")
	}
	m, ok := ownModule(info, c.Module)
	if !ok {
		return "", fmt.Errorf("this executable was not built from a version of %s that can be downloaded", c.Module)
	}
	return c.download(ctx, tool, m.Version, m.Sum)
}

// ownModule finds a module among those of an executable; ok is false where its version names a working tree.
func ownModule(info *debug.BuildInfo, path string) (debug.Module, bool) {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != path {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		return *m, m.Path == path && strings.HasPrefix(m.Version, "v") && !strings.Contains(m.Version, "+dirty")
	}
	return debug.Module{}, false
}

// download returns the folder of a module version in the module cache. sum, where it is known, is what the version must be.
func (c Compiler) download(ctx context.Context, tool, version, sum string) (string, error) {
	name := c.Module + "@" + version
	outside, err := os.MkdirTemp("", "kbforge-mod-") // no go.mod around it
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(outside)
	out, err := runGo(ctx, tool, outside, nil, "mod", "download", "-json", name)
	if err != nil {
		return "", fmt.Errorf("%s is not in the module cache and cannot be downloaded: %w", name, err)
	}
	var m struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &m); err != nil {
		return "", fmt.Errorf("find %s: read the answer of go mod download: %w", name, err)
	}
	if sum != "" && m.Sum != sum {
		return "", fmt.Errorf("%s has the sum %s, this kbforge was built from %s", name, m.Sum, sum)
	}
	return m.Dir, c.checkModule(m.Dir)
}

func (c Compiler) aroundWorkingDir(context.Context, string) (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if c.checkModule(dir) == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", fmt.Errorf("%s is not inside a checkout of %s", start, c.Module)
		}
	}
}

// checkModule reports an error unless dir is the root of the module.
func (c Compiler) checkModule(dir string) error {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return fmt.Errorf("%s is no root of a Go module: %w", dir, err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) >= 2 && fields[0] == "module" {
			if fields[1] == c.Module {
				return nil
			}
			return fmt.Errorf("%s holds the module %s, not %s", dir, fields[1], c.Module)
		}
	}
	return fmt.Errorf("%s: its go.mod names no module", dir)
}
