package installer

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/winpath"
)

// logFile is the log of one run. Lines written before its file is known are kept and come first.
type logFile struct {
	log  *instlog.Log
	path string
	held []func(*instlog.Log)
}

func (l *logFile) Info(format string, args ...any) {
	l.do(func(g *instlog.Log) { g.Info(format, args...) })
}
func (l *logFile) Warn(format string, args ...any) {
	l.do(func(g *instlog.Log) { g.Warn(format, args...) })
}
func (l *logFile) Error(format string, args ...any) {
	l.do(func(g *instlog.Log) { g.Error(format, args...) })
}

func (l *logFile) do(f func(*instlog.Log)) {
	if l.log == nil {
		l.held = append(l.held, f)
		return
	}
	f(l.log)
}

// open starts the log. An installation's log is continued, a removal's begins anew (white paper, "Package Installer Log
// Files"). A log that cannot be written does not stop the run: the installation matters more than its record.
func (r *run) openLog(name string, kind instlog.Kind, from string) {
	if r.log.log != nil {
		return
	}
	path := r.Options.Log
	if path == "" {
		path = winpath.Join(r.info.WindowsDir, name)
	}
	w := r.logWriter(path, kind == instlog.Removal)
	fresh := winpath.Base(name)
	if w.existed {
		fresh = ""
	}
	var out io.Writer = w
	if r.LogTee != nil {
		out = io.MultiWriter(w, r.LogTee)
	}
	start := r.Start
	if start.IsZero() {
		start = r.Host.Now()
	}
	r.log.log = instlog.New(out, start, r.Host.Now, fresh)
	r.log.path, r.res.LogPath = w.path, w.path
	if r.Options.JSONLog != "" {
		r.log.log.TwinJSON(r.logWriter(r.Options.JSONLog, kind == instlog.Removal))
	}
	r.log.log.Start(instlog.Run{Kind: kind, Image: r.Image, Version: r.Version, CommandLine: r.Options.CommandLine, From: from})
	for _, f := range r.log.held {
		f(r.log.log)
	}
	r.log.held = nil
}

// hostWriter appends to a file of the machine. `nul` goes nowhere, as /log:nul is used in the field.
type hostWriter struct {
	h       host.Files
	path    string
	existed bool
}

func (r *run) logWriter(path string, truncate bool) *hostWriter {
	w := &hostWriter{h: r.Host, path: path}
	if strings.EqualFold(path, "nul") || r.Options.DryRun {
		w.path = ""
		return w
	}
	_, err := r.Host.Stat(path)
	w.existed = err == nil
	if w.existed && truncate {
		w.existed = errors.Is(r.Host.Remove(path), fs.ErrPermission)
	}
	return w
}

// Write appends one line; errors are swallowed on purpose, see openLog.
func (w *hostWriter) Write(p []byte) (int, error) {
	if w.path != "" {
		_ = w.h.AppendFile(w.path, p, false)
	}
	return len(p), nil
}
