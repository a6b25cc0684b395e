package hosttest

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

const patience = time.Minute

func programCases() []testCase {
	return []testCase{
		{"applications", applications}, {"programs", programs}, {"DLLs", dlls}, {"services", services}, {"deferred tasks", deferred},
	}
}

func programs(e *env) {
	if e.f.Offline {
		_, err := e.h.RunProcess("cmd /c exit 0", patience)
		e.is(err, host.ErrUnsupported, "cmd")
		return
	}
	if e.f.Programs[0] == "" || e.f.Programs[-1] == "" {
		e.Skip("this factory has no programs")
	}
	for code, line := range e.f.Programs {
		if code < 0 {
			continue
		}
		got, err := e.h.RunProcess(line, patience)
		e.ok(err)
		e.equal("exit code of "+line, got, uint32(code))
	}
	start := time.Now()
	_, err := e.h.RunProcess(e.f.Programs[-1], time.Second)
	e.is(err, context.DeadlineExceeded, e.f.Programs[-1])
	if d := time.Since(start); d > 30*time.Second {
		e.Errorf("a program was given one second and took %v", d)
	}
	_, err = e.h.RunProcess(`"`+e.p("none.exe")+`" /q`, patience)
	e.is(err, fs.ErrNotExist, "none.exe")
	for _, bad := range []string{"", "a\x00b"} {
		if _, err := e.h.RunProcess(bad, patience); err == nil {
			e.Errorf("%q was run", bad)
		}
	}
}

func dlls(e *env) {
	if e.f.Offline {
		e.is(e.h.RegisterDLL(e.write("a.dll", "x"), false, patience), host.ErrUnsupported, "a.dll")
		e.is(e.h.InstallDLL(e.p("a.dll"), false, "x", patience), host.ErrUnsupported, "a.dll")
		_, _, err := e.h.CallDLL(e.p("a.dll"), "F", patience)
		e.is(err, host.ErrUnsupported, "a.dll")
		return
	}
	if e.f.DLL == nil {
		e.Skip("this factory has no DLL")
	}
	dll := e.f.DLL(e.T)
	e.ok(e.h.RegisterDLL(dll, true, patience))
	e.ok(e.h.RegisterDLL(dll, false, patience))
	e.is(e.h.RegisterDLL(e.p("none.dll"), false, patience), fs.ErrNotExist, "none.dll")
	if err := e.h.RegisterDLL(e.write("no.dll", "no DLL"), false, patience); err == nil {
		e.Error("a file that is no DLL was registered")
	}
	e.is(e.h.InstallDLL(e.p("none.dll"), false, "x", patience), fs.ErrNotExist, "none.dll")
	_, _, err := e.h.CallDLL(e.p("none.dll"), "F", patience)
	e.is(err, fs.ErrNotExist, "none.dll")
	_, _, err = e.h.CallDLL(dll, "NoSuchFunction", patience)
	if errors.Is(err, host.ErrUnsupported) { // a DLL of another architecture than this process
		return
	}
	e.is(err, host.ErrNoEntryPoint, dll)
	info, err := e.h.Info()
	e.ok(err)
	// A function of Windows that has the form of a custom one.
	n, text, err := e.h.CallDLL(info.SystemDir+`\kernel32.dll`, "GetWindowsDirectoryW", patience)
	if e.ok(err); !strings.EqualFold(text, info.WindowsDir) || int(n) != len(text) {
		e.Errorf("the function gave %d and %q, want %q", n, text, info.WindowsDir)
	}
}

func services(e *env) {
	const none = "kbforge-hosttest-none"
	_, err := e.h.ServiceState(none)
	e.is(err, fs.ErrNotExist, none)
	e.is(e.h.StopService(none, patience), fs.ErrNotExist, none)
	e.is(e.h.StartService(none, patience), fs.ErrNotExist, none)
	if !e.f.Offline {
		return
	}
	const name = "kbforge-hosttest"
	k := host.Key{Root: host.HKLM, Path: host.ServicesKey + `\` + name}
	_, err = e.h.CreateKey(k, false)
	e.ok(err)
	defer func() { e.ok(e.h.DeleteKey(k)) }()
	for _, n := range []string{name, "KBFORGE-HOSTTEST"} {
		state, err := e.h.ServiceState(n)
		e.ok(err)
		e.equal("state", state, host.ServiceStopped)
	}
	e.ok(e.h.StopService(name, patience))
	e.is(e.h.StartService(name, patience), host.ErrUnsupported, name)
	for _, bad := range []string{"", `a\b`} {
		if _, err := e.h.ServiceState(bad); !isInvalid(err) {
			e.Errorf("service %q: %v", bad, err)
		}
	}
}

func deferred(e *env) {
	const a, b, c = "kbforge hosttest/1", "kbforge hosttest/2", "kbforge hosttest/3"
	e.ok(e.h.CancelDeferred(a))
	list, err := e.h.Deferred()
	e.ok(err)
	if !e.f.Offline {
		e.equal("tasks of a running machine", len(list), 0)
		e.is(e.h.Defer(host.Task{ID: a, Text: "run x"}), host.ErrUnsupported, "run x")
		return
	}
	before := len(list)
	defer func() {
		for _, id := range []string{a, b, c} {
			e.ok(e.h.CancelDeferred(id))
		}
	}()
	want := []host.Task{{ID: b, Text: `run "C:\a b\é.exe" /q`}, {ID: a, Text: `register C:\x.dll`}}
	for _, t := range append(want, host.Task{ID: b, Text: "again"}) {
		e.ok(e.h.Defer(t))
	}
	list, err = e.h.Deferred()
	e.ok(err)
	e.equal("tasks", list[before:], want)
	if e.f.Reopen != nil {
		e.h = e.f.Reopen(e.T, e.h)
	}
	for _, bad := range []host.Task{{ID: c}, {Text: "x"}, {ID: c, Text: "a\nb"}, {ID: "a\tb", Text: "x"}} {
		if err := e.h.Defer(bad); !isInvalid(err) {
			e.Errorf("task %q: %v", bad, err)
		}
	}
	e.ok(e.h.CancelDeferred(b))
	e.ok(e.h.CancelDeferred(b))
	list, err = e.h.Deferred()
	e.ok(err)
	e.equal("tasks", list[before:], want[1:])
}
