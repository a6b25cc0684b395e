package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kbforge/kbforge/sign"
)

// signableFile is a file that can be signed.
type signableFile struct {
	path   string
	format sign.Format
	signed bool // it has a signature that can be read
}

// signable looks at all files before the first is touched, and names everything that is wrong.
func signable(args []string, appendSig bool) ([]signableFile, error) {
	paths, err := expand(args)
	errs := []error{err}
	var files []signableFile
	for _, p := range paths {
		f, err := lookAt(p)
		if err == nil && appendSig && f.signed && f.format != sign.FormatPE {
			err = fmt.Errorf("%s: only an executable can have two signatures; without --append the one that is there is replaced", p)
		}
		errs = append(errs, err)
		files = append(files, f)
	}
	return files, errors.Join(errs...)
}

func lookAt(path string) (signableFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return signableFile{}, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return signableFile{}, errors.Join(err, fmt.Errorf("%s is not a regular file; name files or a pattern such as %s", path, filepath.Join(path, "*.exe")))
	}
	format, err := sign.Detect(file)
	if err != nil {
		return signableFile{}, fmt.Errorf("sign %s: %w", path, err)
	}
	_, err = sign.Extract(path)
	return signableFile{path: path, format: format, signed: err == nil}, nil
}

// expand resolves patterns (package path/filepath, Match). The order is the command line's, and sorted within a pattern; a
// file that is named twice comes once.
func expand(args []string) ([]string, error) {
	var paths []string
	var errs []error
	seen := map[string]bool{}
	for _, arg := range args {
		found := []string{arg}
		if _, err := os.Lstat(arg); err != nil && strings.ContainsAny(arg, "*?[") {
			if found, err = filepath.Glob(arg); err != nil {
				errs = append(errs, fmt.Errorf("pattern %s: %w", arg, err))
			} else if len(found) == 0 {
				errs = append(errs, fmt.Errorf("pattern %s: no file matches", arg))
			}
		}
		for _, p := range found {
			if key := filepath.Clean(p); !seen[key] {
				seen[key] = true
				paths = append(paths, p)
			}
		}
	}
	return paths, errors.Join(errs...)
}

// signersOf names who signed a file, whether it holds or not.
func signersOf(path string, at time.Time) []string {
	r, _ := sign.Verify(path, sign.VerifyOptions{At: at}) // only names are asked for; that nobody here trusts them is no fault
	var names []string
	for _, s := range r.Signatures {
		names = append(names, s.Signer.Subject)
	}
	return names
}

func mustBeDir(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no directory", path)
	}
	return err
}
