// Package updatever is update.ver, the list of a package's payload with what identifies each file. One line a file:
//
//	[SourceFileInfo]
//	path=MD5,VERSION,SIZE,BRANCH,CRC
//
// path is relative to the package root, with backslashes, in lower case; MD5 is 32 hexadecimal digits over the whole file;
// VERSION is 16 hexadecimal digits, the two dwords of the FILEVERSION (5.2.3790.4789 is 000500020ECE12B5), or empty; SIZE is
// decimal; BRANCH is empty for files outside branch folders; CRC is 8 hexadecimal digits, see package pefile. Packages of
// 2005 end each line after the comma that follows SIZE. All measured on real packages, except that VERSION is empty for a
// file without version resource (OURS).
package updatever

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// ErrInvalid is wrapped by every error of Parse: 61540 STATUS_INVALID_VER_FILE (WP table 24).
var ErrInvalid = errors.New("the update.ver file is not correct")

// Limits of Parse (OURS).
const (
	MaxFile  = 16 << 20 // bytes
	MaxLines = 100_000  // entries
)

// Entry is one file.
type Entry struct {
	Path       string // sp2gdr\ntdll.dll
	MD5        [16]byte
	Version    [4]uint16 // major, minor, build, revision; meaningless without HasVersion
	HasVersion bool
	Size       int64 // bytes
	Branch     string
	CRC        uint32
	HasCRC     bool
}

// LineError is a fault in a line. It wraps ErrInvalid.
type LineError struct {
	Line int // from 1
	Msg  string
}

func (e *LineError) Error() string { return fmt.Sprintf("update.ver:%d: %s", e.Line, e.Msg) }

// Unwrap returns ErrInvalid.
func (e *LineError) Unwrap() error { return ErrInvalid }

const sectionName = "[SourceFileInfo]"

// Parse reads update.ver, lines with and without CRC. Other sections are passed over. All faulty lines are reported, joined.
func Parse(data []byte) ([]Entry, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: %d bytes are more than the limit of %d", ErrInvalid, len(data), MaxFile)
	}
	var entries []Entry
	var errs []error
	seen := map[string]int{}
	inside, found := false, false
	for i, raw := range bytes.Split(data, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		switch {
		case line == "" || line[0] == ';':
		case line[0] == '[':
			inside = strings.EqualFold(line, sectionName)
			found = found || inside
		case !inside:
		case len(entries) == MaxLines:
			return nil, errors.Join(append(errs, &LineError{i + 1, fmt.Sprintf("more than %d files", MaxLines)})...)
		default:
			e, msg := parseLine(line)
			if at := seen[lower(e.Path)]; msg == "" && at > 0 {
				msg = fmt.Sprintf("%s is listed on line %d already; take one line out", e.Path, at)
			}
			if msg != "" {
				errs = append(errs, &LineError{i + 1, msg})
				continue
			}
			seen[lower(e.Path)] = i + 1
			entries = append(entries, e)
		}
	}
	if !found {
		errs = append(errs, fmt.Errorf("%w: %s is missing", ErrInvalid, sectionName))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return entries, nil
}

// parseLine returns a message if the line is wrong.
func parseLine(line string) (e Entry, msg string) {
	at := strings.LastIndexByte(line, '=') // a file name may have one, the fields cannot
	if at <= 0 {
		return e, "no path before =; write path=MD5,VERSION,SIZE,BRANCH,CRC"
	}
	e.Path = strings.TrimSpace(line[:at])
	f := strings.Split(line[at+1:], ",")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	if len(f) < 3 || len(f) > 5 {
		return e, fmt.Sprintf("%s has %d fields; it must have MD5,VERSION,SIZE,BRANCH,CRC", e.Path, len(f))
	}
	if sum, err := hex.DecodeString(f[0]); err != nil || len(sum) != len(e.MD5) {
		return e, fmt.Sprintf("%s: the MD5 %q is not 32 hexadecimal digits", e.Path, f[0])
	} else {
		copy(e.MD5[:], sum)
	}
	if f[1] != "" {
		n, err := strconv.ParseUint(f[1], 16, 64)
		if err != nil || len(f[1]) != 16 {
			return e, fmt.Sprintf("%s: the version %q is not 16 hexadecimal digits", e.Path, f[1])
		}
		e.HasVersion = true
		e.Version = [4]uint16{uint16(n >> 48), uint16(n >> 32), uint16(n >> 16), uint16(n)}
	}
	size, err := strconv.ParseUint(f[2], 10, 63)
	if err != nil {
		return e, fmt.Sprintf("%s: the size %q is no decimal number", e.Path, f[2])
	}
	e.Size = int64(size)
	if len(f) > 3 {
		e.Branch = f[3]
	}
	if len(f) > 4 && f[4] != "" {
		n, err := strconv.ParseUint(f[4], 16, 32)
		if err != nil || len(f[4]) != 8 {
			return e, fmt.Sprintf("%s: the CRC %q is not 8 hexadecimal digits", e.Path, f[4])
		}
		e.CRC, e.HasCRC = uint32(n), true
	}
	return e, ""
}

// Print writes update.ver: paths in lower case and sorted by bytes, digits in upper case, CRLF. An entry without CRC gives
// the line of older packages.
func Print(entries []Entry) []byte {
	sorted := append([]Entry(nil), entries...)
	sort.SliceStable(sorted, func(i, j int) bool { return lower(sorted[i].Path) < lower(sorted[j].Path) })
	var out bytes.Buffer
	out.WriteString(sectionName + "\r\n")
	for _, e := range sorted {
		out.WriteString(e.line() + "\r\n")
	}
	return out.Bytes()
}

// lower folds ASCII only: other bytes are in a code page that this package does not know.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func (e Entry) line() string {
	version := ""
	if e.HasVersion {
		version = fmt.Sprintf("%04X%04X%04X%04X", e.Version[0], e.Version[1], e.Version[2], e.Version[3])
	}
	s := fmt.Sprintf("%s=%X,%s,%d,%s", lower(e.Path), e.MD5, version, e.Size, e.Branch)
	if e.HasCRC {
		s += fmt.Sprintf(",%08X", e.CRC)
	}
	return s
}
