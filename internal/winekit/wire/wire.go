// Package wire is what winekit on Linux and its helper inside Wine say to each other: JSON files.
package wire

// RunRequest tells `helper run` what to start.
type RunRequest struct {
	// Exe is the program, a Windows path.
	Exe string
	// Args are quoted as Go's os/exec quotes them. Line, when not empty, is the whole command line instead, given to
	// CreateProcess as it is.
	Args []string
	Line string
	// Dir is the working directory, a Windows path; empty: the helper's own.
	Dir string
	// Env is added to the helper's environment, NAME=value.
	Env []string
	// TimeoutMillis ends the program and all its descendants after this time; 0: never.
	TimeoutMillis int64
	// Result and PID are Windows paths of the files to write.
	Result, PID string
}

// RunResult is what `helper run` found.
type RunResult struct {
	Started  bool
	Error    string // why the program did not start
	ExitCode uint32
	TimedOut bool
	Millis   int64
}

// RegRequest is a list of registry operations for `helper reg`.
type RegRequest struct {
	Ops    []RegOp
	Result string // Windows path of the file to write
}

// RegOp is one operation: "dump", "get", "set", "delete-value" or "delete-tree". Key begins with HKLM, HKCU, HKCR or HKU;
// a 32 behind the root selects the 32-bit view (HKLM32\SOFTWARE\X).
type RegOp struct {
	Op    string
	Key   string
	Name  string
	Value RegValue
}

// RegValue is registry data as stored.
type RegValue struct {
	Type uint32
	Data []byte
}

// RegAnswer is the outcome of one RegOp. Found is false where the key or value does not exist.
type RegAnswer struct {
	Found bool
	Error string
	Value RegValue // get
	Keys  []RegKey // dump: the key itself and all below it, sorted
}

// RegKey is one key of a dump. Values are sorted by name, without regard to case.
type RegKey struct {
	Path   string
	Names  []string
	Values []RegValue
}

// Window is a window or a control, as the helper sees it.
type Window struct {
	Class    string
	ID       int // of a control
	Text     string
	Visible  bool
	Enabled  bool
	Focus    bool
	Checked  bool     `json:",omitempty"` // of a button
	Position int      `json:",omitempty"` // of a progress bar
	Rect     [4]int   // left, top, right, bottom, on the screen
	Controls []Window `json:",omitempty"`
}
