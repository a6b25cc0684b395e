package step

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// MaxLine is the largest encoded step in bytes that Decode accepts: a registry value of 1 MiB, written twice in
// hexadecimal, fits.
const MaxLine = 8 << 20

// Encode writes the step as one line without a line end: the kind, then name="value" pairs, quoted as Go strings in ASCII.
// It is the form of the journal (OURS).
func (s Step) Encode() string {
	var b strings.Builder
	b.WriteString(string(s.Kind))
	str := func(name, v string) {
		if v != "" {
			b.WriteString(" " + name + "=" + strconv.QuoteToASCII(v))
		}
	}
	flag := func(name string, v bool) {
		if v {
			b.WriteString(" " + name)
		}
	}
	str("path", s.Path)
	str("from", s.From)
	str("backup", s.Backup)
	flag("existed", s.Existed)
	str("temp", s.Temp)
	str("pending", s.PrevPending)
	str("except", s.Except)
	str("to", s.To)
	str("command", s.Command)
	str("task", s.Task)
	if s.Timeout != 0 {
		str("timeout", s.Timeout.String())
	}
	flag("required", s.Required)
	flag("install", s.Install)
	str("argument", s.Argument)
	flag("force", s.Force)
	str("before", s.Before)
	if s.Attr != 0 {
		str("attr", strconv.FormatUint(uint64(s.Attr), 16))
	}
	if !s.ModTime.IsZero() {
		str("time", s.ModTime.UTC().Format(time.RFC3339Nano))
	}
	if s.Key.Root != "" {
		str("root", string(s.Key.Root))
		str("key", s.Key.Path)
		flag("view32", s.Key.View == host.View32)
	}
	str("name", s.Name)
	if s.Kind == SetValue {
		str("value", encodeValue(s.Value))
	}
	if s.Prev != nil {
		str("prev", encodeValue(*s.Prev))
	}
	flag("volatile", s.Volatile)
	flag("if-delayed", s.IfDelayed)
	flag("reboot", s.Reboot)
	return b.String()
}

func encodeValue(v host.Value) string {
	return strconv.FormatUint(uint64(v.Type), 10) + ":" + hex.EncodeToString(v.Data)
}

func decodeValue(t string) (host.Value, error) {
	typ, data, ok := strings.Cut(t, ":")
	n, err := strconv.ParseUint(typ, 10, 32)
	if !ok || err != nil {
		return host.Value{}, fmt.Errorf("bad value %q", t)
	}
	d, err := hex.DecodeString(data)
	if err != nil {
		return host.Value{}, fmt.Errorf("bad value data: %w", err)
	}
	return host.Value{Type: uint32(n), Data: d}, nil
}

// Decode reads a line that Encode wrote.
func Decode(line string) (Step, error) {
	if len(line) > MaxLine {
		return Step{}, fmt.Errorf("step of %d bytes; the limit is %d", len(line), MaxLine)
	}
	kind, rest, _ := strings.Cut(line, " ")
	s := Step{Kind: Kind(kind)}
	if !known(s.Kind) {
		return s, fmt.Errorf("unknown step %q", kind)
	}
	for rest != "" {
		name, val, tail, err := cutField(rest)
		if err != nil {
			return s, fmt.Errorf("step %q: %w", kind, err)
		}
		if err := s.setField(name, val); err != nil {
			return s, fmt.Errorf("step %q: %w", kind, err)
		}
		rest = tail
	}
	return s, nil
}

func known(k Kind) bool {
	switch k {
	case MakeDir, SaveFile, PutFile, DeleteFile, RemoveDir, RemoveTree, KeepFile, CancelPending, MakeKey, DeleteKey, SetValue, DeleteValue,
		AddCatalog, RemoveCatalog, RenameDir, StopService, StartService, RegisterDLL, UnregisterDLL, RestoreDLL, RunProcess, CancelTask:
		return true
	}
	return false
}

// cutField splits `name="value" rest` or `name rest`.
func cutField(t string) (name, val, rest string, err error) {
	i := strings.IndexAny(t, "= ")
	if i < 0 {
		return t, "", "", nil
	}
	name = t[:i]
	if t[i] == ' ' {
		return name, "", t[i+1:], nil
	}
	q, err := strconv.QuotedPrefix(t[i+1:])
	if err != nil {
		return "", "", "", fmt.Errorf("field %s: %w", name, err)
	}
	rest = t[i+1+len(q):]
	if rest != "" && !strings.HasPrefix(rest, " ") {
		return "", "", "", fmt.Errorf("field %s: text after the value", name)
	}
	if val, err = strconv.Unquote(q); err != nil {
		return "", "", "", fmt.Errorf("field %s: %w", name, err)
	}
	return name, val, strings.TrimPrefix(rest, " "), nil
}

func (s *Step) setField(name, val string) error {
	var err error
	switch name {
	case "path":
		s.Path = val
	case "from":
		s.From = val
	case "backup":
		s.Backup = val
	case "existed":
		s.Existed = true
	case "temp":
		s.Temp = val
	case "pending":
		s.PrevPending = val
	case "except":
		s.Except = val
	case "to":
		s.To = val
	case "command":
		s.Command = val
	case "task":
		s.Task = val
	case "timeout":
		s.Timeout, err = time.ParseDuration(val)
	case "required":
		s.Required = true
	case "install":
		s.Install = true
	case "argument":
		s.Argument = val
	case "force":
		s.Force = true
	case "before":
		s.Before = val
	case "attr":
		var n uint64
		n, err = strconv.ParseUint(val, 16, 32)
		s.Attr = host.Attr(n)
	case "time":
		s.ModTime, err = time.Parse(time.RFC3339Nano, val)
	case "root":
		s.Key.Root = host.Root(val)
	case "key":
		s.Key.Path = val
	case "view32":
		s.Key.View = host.View32
	case "name":
		s.Name = val
	case "value":
		s.Value, err = decodeValue(val)
	case "prev":
		var v host.Value
		v, err = decodeValue(val)
		s.Prev = &v
	case "volatile":
		s.Volatile = true
	case "if-delayed":
		s.IfDelayed = true
	case "reboot":
		s.Reboot = true
	default:
		err = fmt.Errorf("unknown field %q", name)
	}
	return err
}
