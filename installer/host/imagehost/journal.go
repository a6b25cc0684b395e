package imagehost

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// Kinds of journal records.
const (
	recReg      = "reg"      // lines of a .reg file
	recVolatile = "volatile" // the same; keys it makes are volatile
	recAttr     = "attr"     // lines of attributes.txt; "-" for the default
	recAttrIf   = "attr-if"  // the same after a line with a condition, in force if this is the last record; else certain
	recCancel   = "cancel"   // the record before did not happen
)

// journal is journal.log: records of a line ";kind length crc32" and a body. A record that is cut short ends it.
type journal struct {
	root *os.Root
	f    *os.File // nil: nothing written yet
	size int64
	sync bool
}

const journalName = "journal.log"

type record struct {
	kind string
	body []byte
}

// add appends one record with one write. On error the journal is as before.
func (j *journal) add(kind string, body []byte) error {
	if j.f == nil {
		f, err := j.root.OpenFile(journalName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil {
			return fmt.Errorf("journal of the image: %w", osError(err))
		}
		j.f = f
	}
	b := fmt.Appendf(nil, ";%s %d %08x\n", kind, len(body), crc32.ChecksumIEEE(body))
	n, err := j.f.Write(append(b, body...))
	if err != nil {
		_ = j.f.Truncate(j.size)
		return fmt.Errorf("journal of the image: %w", osError(err))
	}
	j.size += int64(n)
	return nil
}

// flush makes the records durable.
func (j *journal) flush() error {
	if j.f == nil || !j.sync {
		return nil
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("journal of the image: %w", err)
	}
	return nil
}

// drop deletes the journal, after everything in it is in the text files.
func (j *journal) drop() error {
	j.close()
	j.size = 0
	if err := j.root.Remove(journalName); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("journal of the image: %w", err)
	}
	return nil
}

func (j *journal) close() {
	if j.f != nil {
		j.f.Close()
		j.f = nil
	}
}

// read gives the whole records and cuts off what follows them.
func (j *journal) read() ([]record, error) {
	f, err := j.root.OpenFile(journalName, os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal of the image: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("journal of the image: %w", err)
	}
	list, used := parseJournal(text)
	if used < len(text) {
		if err := f.Truncate(int64(used)); err != nil {
			return nil, fmt.Errorf("journal of the image: %w", err)
		}
	}
	j.size = int64(used)
	return list, nil
}

// parseJournal gives the whole records and how many bytes they take.
func parseJournal(text []byte) (list []record, used int) {
	for {
		line, rest, ok := bytes.Cut(text[used:], []byte("\n"))
		if !ok {
			return list, used
		}
		var kind string
		var size int
		var sum uint32
		head := string(line)
		if n, err := fmt.Sscanf(head, ";%s %d %x", &kind, &size, &sum); err != nil || n != 3 {
			return list, used
		}
		if size < 0 || size > len(rest) || crc32.ChecksumIEEE(rest[:size]) != sum {
			return list, used
		}
		list = append(list, record{kind, rest[:size]})
		used += len(line) + 1 + size
	}
}

// replay applies what a killed process left in the journal.
func (h *Host) replay() error {
	list, err := h.journal.read()
	if err != nil {
		return err
	}
	for i, r := range list {
		next := ""
		if i+1 < len(list) {
			next = list[i+1].kind
		}
		if next == recCancel {
			continue
		}
		if err := h.replayOne(r, next == ""); err != nil {
			return fmt.Errorf("%s, record %d: %w", journalName, i+1, err)
		}
	}
	return nil
}

func (h *Host) replayOne(r record, last bool) error {
	switch r.kind {
	case recReg, recVolatile:
		return h.reg.load(r.body, r.kind == recVolatile, true)
	case recAttrIf:
		g, lines, err := parseGuard(r.body)
		if err != nil || last && !h.happened(g) {
			return err
		}
		return h.loadAttrs(lines)
	case recAttr:
		return h.loadAttrs(r.body)
	case recCancel:
		return nil
	}
	return fmt.Errorf("unknown kind %q; the image was written by a newer kbforge", r.kind)
}

func (h *Host) loadAttrs(text []byte) error {
	list, err := parseAttrs(text)
	if err != nil {
		return err
	}
	h.attrs.apply(list)
	h.dirtyAttrs = true
	return nil
}
