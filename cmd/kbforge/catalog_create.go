package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

type catalogCreateFlags struct {
	key       keyFlags
	out, date string
	v1        bool
	attrs     []string
	fileAttrs []string
	exclude   []string
	asJSON    bool
}

func (a *app) catalogCreateCommand() *cobra.Command {
	var f catalogCreateFlags
	c := &cobra.Command{
		Use:   "create -o FILE.cat [--attr NAME=VALUE]... [--file-attr [PATTERN:]NAME=VALUE]... [key] (FILE | DIRECTORY)...",
		Short: "Make a catalog of any files, signed or for another program to sign",
		Long: "Make a catalog of files; a directory stands for all files below it. Executables are listed by their image hash, which a\n" +
			"signature does not change, all else by its bytes. Without a key the catalog is unsigned: kbforge catalog sign,\n" +
			"osslsigncode, signtool or jsign sign it as it is. The same files, attributes and date give the same bytes.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.catalogCreate(c, args, f) },
	}
	fl := c.Flags()
	fl.StringVarP(&f.out, "output", "o", "", "the catalog to write")
	fl.BoolVar(&f.v1, "v1", false, "format of Windows before 8: SHA-1 entries alone")
	fl.StringVar(&f.date, "date", "", "effective date (2006-01-02 or 2006-01-02T15:04:05Z); else SOURCE_DATE_EPOCH, else now")
	fl.StringArrayVar(&f.attrs, "attr", nil, "NAME=VALUE of the catalog, such as OSAttr=2:10.0, SpAttr=20260102030405, HWID1=...; may be repeated")
	fl.StringArrayVar(&f.fileAttrs, "file-attr", nil, "[PATTERN:]NAME=VALUE of every member, or of those whose name matches; may be repeated")
	fl.StringArrayVar(&f.exclude, "exclude", nil, "pattern of files to leave out, such as '*.txt'; may be repeated")
	fl.BoolVar(&f.asJSON, "json", false, "print what was written as kbforge catalog show --json does")
	f.key.add(c)
	oneWay(c, keyWays())
	return c
}

func (a *app) catalogCreate(c *cobra.Command, args []string, f catalogCreateFlags) error {
	if f.out == "" {
		return usageError{errors.New("name the catalog to write with -o FILE.cat")}
	}
	spec, err := a.catalogSpec(args, f)
	if err != nil {
		return err
	}
	signer, err := a.catalogSigner(c, f)
	if err != nil {
		return err
	}
	defer signer.Close()
	cat, err := builder.NewCatalog(c.Context(), spec)
	if err != nil {
		return err
	}
	if err := builder.WriteCatalog(c.Context(), cat, f.out, signer); err != nil {
		return err
	}
	if !f.asJSON {
		fmt.Fprintln(a.stdout, f.out)
		return nil
	}
	info, err := builder.ReadCatalog(f.out)
	if err != nil {
		return err
	}
	return writeJSON(a.stdout, info)
}

// catalogSpec resolves the flags; every fault is in the error.
func (a *app) catalogSpec(args []string, f catalogCreateFlags) (builder.CatalogSpec, error) {
	spec := builder.CatalogSpec{Version: sign.CatalogV2}
	if f.v1 {
		spec.Version = sign.CatalogV1
	}
	var errs [6]error
	if f.date != "" {
		spec.Date, errs[0] = parseTime("date", f.date)
	} else {
		spec.Date, errs[0] = builder.BuildTime(a.env, a.now())
	}
	for _, text := range f.attrs {
		attr, err := parseAttr("attr", text)
		errs[1] = errors.Join(errs[1], err)
		spec.Attrs = append(spec.Attrs, attr)
	}
	for _, text := range f.fileAttrs {
		attr, err := parseAttr("file-attr", text)
		errs[2] = errors.Join(errs[2], err)
		pattern := "*"
		if i := strings.LastIndexByte(attr.Name, ':'); i >= 0 {
			pattern, attr.Name = attr.Name[:i], attr.Name[i+1:]
		}
		spec.FileAttrs = append(spec.FileAttrs, builder.FileAttr{Pattern: pattern, Attr: attr})
	}
	var paths []string
	paths, errs[3] = expand(args)
	spec.Files, errs[4] = builder.CatalogFiles(paths, f.exclude, f.out)
	if dir := filepath.Dir(f.out); errs[4] == nil {
		errs[5] = mustBeDir(dir)
	}
	return spec, errors.Join(errs[:]...)
}

func parseAttr(flag, text string) (sign.Attr, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || strings.HasSuffix(name, ":") {
		return sign.Attr{}, usageError{fmt.Errorf("--%s %q: write NAME=VALUE", flag, text)}
	}
	return sign.Attr{Name: name, Value: value}, nil
}

// catalogSigner opens the key that is asked for; nil without one.
func (a *app) catalogSigner(c *cobra.Command, f catalogCreateFlags) (*builder.Signer, error) {
	asked := false
	for _, way := range keyWays() {
		asked = asked || c.Flags().Changed(way)
	}
	if !asked {
		for _, flag := range []string{"timestamp", "hash", "description", "url", "page-hashes", "password-env", "password-file"} {
			if c.Flags().Changed(flag) {
				return nil, usageError{fmt.Errorf("--%s is for signing; give a key too, or leave it out for an unsigned catalog", flag)}
			}
		}
		return nil, nil
	}
	profile, err := f.key.profile(c.Flags())
	if err != nil {
		return nil, err
	}
	o, err := profile.Options(a.now())
	if err != nil {
		return nil, usageError{err}
	}
	who, err := a.openKey(profile.Source, false)
	if err != nil {
		return nil, err
	}
	o.Warn = a.warnOnce()
	return &builder.Signer{Key: who.key, Options: o}, nil
}
