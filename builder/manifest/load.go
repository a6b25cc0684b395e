package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/kbforge/kbforge/inf"
)

// MaxBytes is the largest manifest that is read, in bytes.
const MaxBytes = 4 << 20

// Load reads and checks an update.toml that makes one package. Faults in its content come back as Faults, all of one run;
// everything else (the file cannot be read) as another error.
func Load(path string) (*Manifest, error) {
	list, err := LoadAll(path)
	if err != nil {
		return nil, err
	}
	return only(path, list)
}

func only(file string, list []*Manifest) (*Manifest, error) {
	if len(list) > 1 {
		return nil, fmt.Errorf("%s makes %d packages, one is expected here", file, len(list))
	}
	return list[0], nil
}

func readText(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read manifest: %w", err)
	}
	if info.Size() > MaxBytes {
		return "", fmt.Errorf("read manifest %s: %d bytes; a manifest has at most %d", path, info.Size(), MaxBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read manifest: %w", err)
	}
	return string(text), nil
}

// Parse checks the text of a manifest that makes one package. file is its name in faults, dir what sources are joined to, and
// tree the files below dir.
func Parse(file, dir, text string, tree fs.FS) (*Manifest, error) {
	list, err := parseAll(file, dir, text, tree)
	if err != nil {
		return nil, err
	}
	return only(file, list)
}

// syntaxFault turns an error of the TOML library into a fault with a place.
func syntaxFault(file, text string, err error) error {
	f := Fault{File: file, Msg: err.Error()}
	var pe toml.ParseError
	if errors.As(err, &pe) {
		f.Pos = inf.Pos{Line: pe.Position.Line, Col: 1}
		if start := pe.Position.Start; start >= 0 && start <= len(text) {
			f.Pos.Col = len([]rune(text[strings.LastIndexByte(text[:start], '\n')+1:start])) + 1
		}
		msg := pe.Message
		if msg == "" { // the library keeps the text of some faults to itself and shows it only with the place in front
			msg = pe.Error()
			if _, rest, ok := strings.Cut(msg, ": "); ok {
				msg = rest
			}
		}
		f.Msg = "not TOML: " + msg
	}
	return Faults{f}
}

// resolver turns a document into a Manifest and collects what is wrong.
type resolver struct {
	file, dir string
	tree      fs.FS
	m         *Manifest
	faults    Faults
	used      map[string]bool // variables
	unused    Faults          // warnings about variables that this package does not use
	refused   map[string]bool // see decoder
}

func (r *resolver) fault(path, format string, args ...any) {
	if r.refused[path] || r.refused[parent(path)] {
		return
	}
	r.faults = append(r.faults, r.m.Warn(path, fmt.Sprintf(format, args...)))
}

// written reports whether the author wrote the key.
func (r *resolver) written(path string) bool {
	_, ok := r.m.pos[path]
	return ok
}

// failed reports whether a fault already stands at the key, so that one mistake makes one line.
func (r *resolver) failed(path string) bool {
	at, file := r.m.pos.at(path), r.m.fileOf(path)
	return r.written(path) && slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Pos == at && f.File == file })
}

// line is the line of a key, for messages that point at a second place.
func (r *resolver) line(path string) string {
	line := itoa(r.m.pos.at(path).Line)
	if file := r.m.fileOf(path); file != r.file {
		line += " of " + file
	}
	return line
}

func (r *resolver) resolve(doc *document) {
	r.packageTable(&doc.Package)
	r.m.Target = r.target("target", doc.Target)
	r.installTable(doc)
	r.translations(doc.Translation)
	r.layout(doc)
	r.branches(doc)
	r.helpers(doc)
	r.directories(doc.Directory)
	r.uninstallGates(doc.Uninstall.Prerequisite)
	r.keeps(doc.Uninstall.Keep)
	r.shortcuts(doc.Shortcut)
	r.devices(doc)
	r.errorReports(doc.ErrorReport)
	r.files(doc)
	r.registry(doc)
	r.actions(doc)
	r.raw(doc.Raw)
	r.signing(doc.Signing)
	if len(r.faults) == 0 && !r.m.changes() {
		r.fault("", "the update changes nothing; add a [[file]] or a [[registry]] table")
	}
}

// text checks a value that ends up in an INF or in a file name.
func (r *resolver) text(path, value, fallback string) string {
	if !r.written(path) {
		return fallback
	}
	if r.failed(path) {
		return fallback
	}
	switch {
	case strings.TrimSpace(value) == "":
		r.fault(path, "%s is empty; write a text or leave the key out", path)
	case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		r.fault(path, "%s holds a control character; INF text is one line", path)
	case len(value) > MaxText:
		r.fault(path, "%s is %d bytes long; SetupAPI reads at most %d", path, len(value), MaxText)
	}
	return value
}

// MaxText is the longest string of [Strings], in bytes (INF docs: 512 on Windows XP and Server 2003, NUL included).
const MaxText = 511

func itoa(n int) string { return strconv.Itoa(n) }
