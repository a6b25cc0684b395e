// Package makecab writes cabinets that package cab, and every other reader of the format, opens.
//
// Files are put into folders, each compressed as one stream: more data to find repeats in, at the price that a reader of one
// file decodes what is before it. Folders are compressed at the same time and written in order, so the cabinet's bytes depend
// on the inputs and options alone, not on the machine. Files with the same content are stored once: two entries name the same
// data.
//
// It is apart from package cab because the extractor, which must stay small, links that one.
package makecab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/kbforge/kbforge/stub/cab"
)

// Method is how folders are compressed.
type Method int

const (
	// LZX is LZX with a window of 2 MiB (LZX:21), the default.
	LZX Method = iota
	// MSZIP is DEFLATE in blocks of 32 KiB.
	MSZIP
	// None stores files as they are.
	None
)

const (
	// SmallPayload is the size of all files together, in bytes, up to which folders are SmallFolder and not LargeFolder bytes.
	SmallPayload = 32 << 20
	SmallFolder  = 8 << 20
	LargeFolder  = 16 << 20
	// MaxWorkers bounds the folders in work at a time, and with QueueBytes the memory: each holds about 18 MiB for LZX.
	MaxWorkers = 6
	// QueueBytes is how much compressed data may wait for its turn to be written.
	QueueBytes = 32 << 20
	// Alignment is what the size of a cabinet is a multiple of, by zeros after the last block that count as part of it. So an
	// Authenticode signature can follow without bytes in between, which 7-Zip would warn about. (OURS)
	Alignment = 8
)

// Input is a file to be put into a cabinet.
type Input struct {
	// Name is the path in the cabinet, with backslashes; cab.CheckName must accept it.
	Name string
	// Size is the number of bytes that Open gives, at most cab.MaxFolderSize. Anything else is an error.
	Size int64
	// ModTime is stored as the calendar time it has in UTC, to two seconds, from 1980 to 2107.
	ModTime time.Time
	// Attr are attribute bits; 0 means cab.AttrArchive. cab.AttrUTF8 is set as the name needs it.
	Attr uint16
	// Open is called up to twice, from several goroutines at a time for different files.
	Open func() (io.ReadCloser, error)
}

// Options are the settings of Write. The zero value is good for packages.
type Options struct {
	Method Method
	// FolderSize is where a folder is full, in uncompressed bytes; 0 means SmallFolder or LargeFolder, by the payload's size.
	FolderSize int64
	// Workers is how many folders are compressed at a time; 0 means GOMAXPROCS, and never more than MaxWorkers.
	Workers int
}

// Stats tells what Write did. Sizes are in bytes.
type Stats struct {
	Files   int   // entries of the cabinet
	Unique  int   // files stored, after identical ones were stored once
	Folders int   // folders
	Input   int64 // size of all files
	Stored  int64 // uncompressed size of those stored
	Size    int64 // size of the cabinet
}

// Write writes a cabinet of the inputs to w, from w's present position on, and leaves w at the cabinet's end. Files keep the
// order of inputs (see TwinOrder). All faults of the inputs are reported at once, before anything is written.
//
// Folders: files are added until a folder has FolderSize bytes; neighbours with the same base name stay together as long as
// the folder does not double. A larger file has a folder of its own length. No file spans two folders, so a file may have
// cab.MaxFolderSize bytes, 32 KiB less than 2 GiB; the whole cabinet cab.MaxSize, 4 GiB.
func Write(ctx context.Context, w io.WriteSeeker, inputs []Input, o Options) (Stats, error) {
	if err := check(inputs, o); err != nil {
		return Stats{}, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Workers = min(o.Workers, MaxWorkers)
	same, err := twins(ctx, inputs, o.Workers)
	if err != nil {
		return Stats{}, err
	}
	l, err := newLayout(inputs, same, o)
	if err != nil {
		return Stats{}, err
	}
	start, err := w.Seek(0, io.SeekCurrent)
	if err != nil {
		return Stats{}, fmt.Errorf("write cabinet: %w", err)
	}
	l.size = l.directorySize()
	if _, err := w.Write(make([]byte, l.size)); err != nil {
		return Stats{}, fmt.Errorf("write cabinet: %w", err)
	}
	if err := l.compress(ctx, w, o); err != nil {
		return Stats{}, fmt.Errorf("write cabinet: %w", err)
	}
	if err := l.pad(w); err != nil {
		return Stats{}, fmt.Errorf("write cabinet: %w", err)
	}
	if err := l.writeDirectory(w, start); err != nil {
		return Stats{}, fmt.Errorf("write cabinet: %w", err)
	}
	return l.stats(), nil
}

// check finds all faults of the inputs.
func check(inputs []Input, o Options) error {
	var faults []error
	if o.Method < LZX || o.Method > None {
		faults = append(faults, fmt.Errorf("unknown cabinet compression method %d", o.Method))
	}
	if len(inputs) > cab.MaxFiles {
		return fmt.Errorf("a cabinet can hold %d files, there are %d", cab.MaxFiles, len(inputs))
	}
	var names cab.NameSet
	for i := range inputs {
		in := &inputs[i]
		if err := names.Add(in.Name); err != nil {
			faults = append(faults, err)
		}
		if len(in.Name) > cab.MaxName {
			faults = append(faults, fmt.Errorf("%s: a name in a cabinet has at most %d bytes, this one %d", in.Name, cab.MaxName,
				len(in.Name)))
		}
		if in.Size < 0 || in.Size > cab.MaxFolderSize {
			faults = append(faults, fmt.Errorf("%s: a file in a cabinet has at most %d bytes, this one %d", in.Name,
				int64(cab.MaxFolderSize), in.Size))
		}
		if in.Open == nil {
			faults = append(faults, fmt.Errorf("%s: no content given", in.Name))
		}
	}
	return errors.Join(faults...)
}
