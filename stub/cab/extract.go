package cab

import "io"

// Context tells whether to go on: Extract ends when Err gives an error. A context.Context is one; the interface is smaller than
// that because package context weighs 0.15 MB in the extractor.
type Context interface{ Err() error }

// Extract goes through the cabinet once, folder by folder, and writes each file to what want returns for it; nil skips the file.
// A folder is decoded as far as a wanted file needs, and once for all files that share data, unless more than MaxOpen do.
// want is called in the order of the data, each writer gets the file's bytes in order and is closed after the last.
//
// An error of want, of a writer, of the cabinet or of ctx ends it: open writers are closed, and files not finished are the
// caller's to remove. The caller should have looked at TotalSize and at the names (NameSet) before.
func (c *Reader) Extract(ctx Context, want func(*File) (io.WriteCloser, error)) error {
	b := &blocks{c: c}
	for folder, files := range c.byPlace() {
		for len(files) > 0 {
			p := &pass{c: c, b: b, want: want, files: files}
			err := p.run(ctx, folder)
			if cerr := p.closeAll(); err == nil {
				err = cerr
			}
			if err != nil {
				return err
			}
			files = p.deferred
		}
	}
	return nil
}

// pass is one decoding of a folder.
type pass struct {
	c        *Reader
	b        *blocks
	want     func(*File) (io.WriteCloser, error)
	files    []int // not yet asked for, by offset
	open     []openFile
	deferred []int // asked for in the next pass
	started  bool
}

type openFile struct {
	w   io.WriteCloser
	f   *File
	end int64
}

func (p *pass) run(ctx Context, folder int) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		// With nothing open the next wanted file is looked for first: if there is none, nothing more is decoded.
		for len(p.open) == 0 && len(p.files) > 0 {
			if err := p.admit(); err != nil {
				return err
			}
		}
		if len(p.open) == 0 {
			return nil
		}
		if !p.started {
			p.started = true
			if err := p.b.start(folder); err != nil {
				return err
			}
		}
		at := p.b.pos
		data, err := p.b.next()
		if err == io.EOF {
			return faulty(ErrData, "folder "+itoa(folder)+" ends before "+p.open[0].f.Name+" does")
		}
		if err != nil {
			return err
		}
		for len(p.files) > 0 && p.c.Files[p.files[0]].Offset < at+int64(len(data)) {
			if err := p.admit(); err != nil {
				return err
			}
		}
		if err := p.deliver(data, at); err != nil {
			return err
		}
	}
}

// admit asks for the next file's writer.
func (p *pass) admit() error {
	i := p.files[0]
	p.files = p.files[1:]
	if len(p.open) >= MaxOpen {
		p.deferred = append(p.deferred, i)
		return nil
	}
	f := &p.c.Files[i]
	w, err := p.want(f)
	if err != nil || w == nil {
		return err
	}
	if f.Size == 0 {
		return w.Close()
	}
	p.open = append(p.open, openFile{w, f, f.Offset + f.Size})
	return nil
}

// deliver hands each open file its part of a block that begins at offset at, and closes those that are complete.
func (p *pass) deliver(data []byte, at int64) error {
	after := at + int64(len(data))
	still := p.open[:0]
	for i, o := range p.open {
		var err error
		if from, to := max(o.f.Offset, at), min(o.end, after); from < to {
			_, err = o.w.Write(data[from-at : to-at])
		}
		if err == nil && o.end > after {
			still = append(still, o)
			continue
		}
		if cerr := o.w.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			p.open = append(still, p.open[i+1:]...)
			return err
		}
	}
	p.open = still
	return nil
}

func (p *pass) closeAll() error {
	var err error
	for _, o := range p.open {
		if cerr := o.w.Close(); err == nil {
			err = cerr
		}
	}
	p.open = nil
	return err
}

// Open returns the content of file i. What comes before it in its folder is decoded and dropped.
func (c *Reader) Open(i int) (io.ReadCloser, error) {
	f := &c.Files[i]
	o := &opened{b: &blocks{c: c}, f: f}
	if f.Size == 0 {
		return o, nil
	}
	return o, o.b.start(f.Folder)
}

// opened reads one file.
type opened struct {
	b    *blocks
	f    *File
	done int64
	rest []byte
	err  error
}

func (o *opened) Read(p []byte) (int, error) {
	for len(o.rest) == 0 {
		switch {
		case o.err != nil:
			return 0, o.err
		case o.done == o.f.Size:
			return 0, io.EOF
		}
		o.fetch()
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	o.done += int64(n)
	return n, nil
}

// fetch decodes a block and keeps the file's part of it.
func (o *opened) fetch() {
	at := o.b.pos
	data, err := o.b.next()
	if err == io.EOF {
		err = faulty(ErrData, "folder "+itoa(o.f.Folder)+" ends before "+o.f.Name+" does")
	}
	if o.err = err; err != nil {
		return
	}
	from := max(o.f.Offset, at)
	if to := min(o.f.Offset+o.f.Size, at+int64(len(data))); from < to {
		o.rest = data[from-at : to-at]
	}
}

// Close ends the reading.
func (o *opened) Close() error {
	o.rest, o.err = nil, io.ErrClosedPipe
	return nil
}
