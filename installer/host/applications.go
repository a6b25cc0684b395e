package host

// Application is a program with a window or a console that holds files.
type Application struct {
	Name string // as the program calls itself to a person
	PID  uint32
}

// Applications is about programs of the user that stand in the way. An offline image has none.
type Applications interface {
	// Holders lists the programs that use any of the files, without the caller itself, services (those an update names are
	// stopped in another way) and what the system cannot run without. A file that is missing is nobody's.
	Holders(paths []string) ([]Application, error)
	// CloseHolders asks the programs that Holders would list to close and waits for them; with force it ends those that do
	// not. reopen, which is never nil and to be called once, starts those again that have asked for it and ends the
	// matter. An error tells that programs may still run; reopen is to be called all the same.
	CloseHolders(paths []string, force bool) (reopen func() error, err error)
}
