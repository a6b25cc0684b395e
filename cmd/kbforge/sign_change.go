package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/sign"
)

// changeFlags are the ways to change signatures without a key.
type changeFlags struct {
	remove          bool
	extract, attach string
	stamp           []string
}

func changeWays() []string { return []string{"remove", "extract", "attach", "add-timestamp"} }

func (f *changeFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.BoolVar(&f.remove, "remove", false, "take the signatures off")
	fl.StringVar(&f.extract, "extract", "", "write the signature of FILE (DER) to this new file; FILE stays as it is")
	fl.StringVar(&f.attach, "attach", "", "put the signature in this file on FILE, which must have the signed content")
	fl.StringArrayVar(&f.stamp, "add-timestamp", nil, "stamp what is signed, by the RFC 3161 server at this address; may be repeated")
}

func (f *changeFlags) any() bool {
	return f.remove || f.extract != "" || f.attach != "" || len(f.stamp) > 0
}

// changeSignatures does one of the changes to every file.
func (a *app) changeSignatures(ctx context.Context, args []string, f signFlags) error {
	paths, err := expand(args)
	if err != nil {
		return err
	}
	if len(paths) > 1 && (f.change.extract != "" || f.change.attach != "") {
		return usageError{errors.New("--extract and --attach are for one file")}
	}
	list := make([]signed, len(paths))
	var errs []error
	for i, p := range paths {
		list[i] = signed{Path: p, Action: "signed"}
		file, err := lookAt(p)
		if err == nil {
			list[i].Format = file.format
			list[i].Action, err = a.changeOne(ctx, p, f.change)
		}
		if err != nil {
			list[i].Action, list[i].Error = "failed", err.Error()
			errs = append(errs, err)
		}
	}
	if f.asJSON {
		if err := writeJSON(a.stdout, list); err != nil {
			return err
		}
	} else {
		for _, s := range list {
			if s.Action != "failed" {
				fmt.Fprintln(a.stdout, made(s.Path, f.change))
			}
		}
	}
	return partly(list, errs)
}

// made is the path that was written.
func made(path string, f changeFlags) string {
	if f.extract != "" {
		return f.extract
	}
	return path
}

func (a *app) changeOne(ctx context.Context, path string, f changeFlags) (action string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	switch {
	case f.remove:
		return "removed", sign.Remove(path, path)
	case f.extract != "":
		blob, err := sign.Extract(path)
		if err != nil {
			return "", err
		}
		return "extracted", writeNew(f.extract, blob)
	case f.attach != "":
		blob, err := readSignature(f.attach)
		if err != nil {
			return "", err
		}
		return "attached", sign.Attach(path, path, blob, a.now())
	}
	return "stamped", sign.AddTimestamp(ctx, path, path, &sign.TimestampClient{URLs: f.stamp}, a.now())
}

func readSignature(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the signature: %w", err)
	}
	if info.Size() > sign.MaxSignatureBytes {
		return nil, fmt.Errorf("read the signature: %s has %d bytes; %d are the limit", path, info.Size(), sign.MaxSignatureBytes)
	}
	return os.ReadFile(path)
}

// writeNew writes a file that must not be there yet, and leaves none behind when it fails.
func writeNew(path string, b []byte) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	if err = errors.Join(err, w.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
