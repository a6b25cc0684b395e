package hosttest

// applications: what nobody uses is held by nobody, and closing nobody is done at once. Who does hold a file is tested with
// the fake (package installer) and on Windows (docs/windows-checklist.md): Wine's Restart Manager finds no process.
func applications(e *env) {
	path := e.write("free.dll", "x")
	for _, paths := range [][]string{nil, {path}, {path, e.p("none.dll")}} {
		apps, err := e.h.Holders(paths)
		e.ok(err)
		if len(apps) > 0 {
			e.Errorf("%v is held by %+v", paths, apps)
		}
		reopen, err := e.h.CloseHolders(paths, false)
		e.ok(err)
		e.ok(reopen())
	}
	e.holds(path, "x")
}
