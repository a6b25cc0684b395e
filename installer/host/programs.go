package host

import (
	"errors"
	"time"
)

// ErrNoEntryPoint: a DLL does not export what registering it needs.
var ErrNoEntryPoint = errors.New("the DLL has no such entry point")

// MaxCommandLine is the length of a command line in UTF-16 units that CreateProcess takes, its terminator included.
const MaxCommandLine = 32767

// ServiceState is what a service does.
type ServiceState uint8

const (
	ServiceStopped  ServiceState = 1 // SERVICE_STOPPED
	ServiceStarting ServiceState = 2 // SERVICE_START_PENDING
	ServiceStopping ServiceState = 3 // SERVICE_STOP_PENDING
	ServiceRunning  ServiceState = 4 // SERVICE_RUNNING; also paused, and on the way from or to that
)

// ServicesKey is where services are registered, below HKLM.
const ServicesKey = `SYSTEM\CurrentControlSet\Services`

// Task is something that must happen at the next start of a machine that runs nothing now.
type Task struct {
	ID   string // unique among the tasks that wait
	Text string // what is to be done, one line
}

// Programs is what runs on a machine. An offline image runs nothing: RunProcess, the calls of DLLs and StartService give
// ErrUnsupported there, and Defer records for its next start what a running machine would have done at once.
type Programs interface {
	// RunProcess starts a program and waits for its end. The command line is passed as it is (its first word, quoted if it
	// holds blanks, is the program, searched as CreateProcess does); no window is shown and nothing is read from it.
	// context.DeadlineExceeded when it has not ended after timeout: it is then terminated with the programs it started.
	// fs.ErrNotExist when there is no such program. An exit code other than 0 is no error.
	RunProcess(commandLine string, timeout time.Duration) (exit uint32, err error)
	// RegisterDLL calls DllRegisterServer of the DLL at path, or DllUnregisterServer, in a process of its own, so that
	// whatever the DLL does cannot harm this one. ErrNoEntryPoint, context.DeadlineExceeded, fs.ErrNotExist; an HRESULT of
	// the function is told in the error.
	RegisterDLL(path string, unregister bool, timeout time.Duration) error
	// InstallDLL calls DllInstall(TRUE, argument) of the DLL at path, or with remove DllInstall(FALSE, argument); otherwise
	// as RegisterDLL. An argument holds no NUL (ErrInvalidPath).
	InstallDLL(path string, remove bool, argument string, timeout time.Duration) error
	// CallDLL calls a function of the DLL at path, in a process of its own as RegisterDLL does, and gives what it returns and
	// the text that it wrote. The function is DWORD __stdcall name(LPWSTR text, DWORD length): text has room for length
	// UTF-16 units and is empty before. Errors as RegisterDLL.
	CallDLL(path, function string, timeout time.Duration) (result uint32, text string, err error)
	// ServiceState asks for the state of a service by its key name ("wuauserv"). fs.ErrNotExist when it is not registered.
	ServiceState(name string) (ServiceState, error)
	// StopService stops a service and waits until it has stopped. A stopped one is no error. fs.ErrNotExist;
	// context.DeadlineExceeded; ErrInUse when running services depend on it.
	StopService(name string, timeout time.Duration) error
	// StartService starts a service and waits until it runs. A running one is no error. fs.ErrNotExist;
	// context.DeadlineExceeded.
	StartService(name string, timeout time.Duration) error
	// Defer records a task for the next start, behind those that wait; a task whose ID waits already is left as it is.
	// ID and text are single lines without control characters (ErrInvalidPath). ErrUnsupported on a running machine.
	Defer(t Task) error
	// CancelDeferred takes a task back. One that does not wait is no error, also on a running machine.
	CancelDeferred(id string) error
	// Deferred lists the tasks that wait, in order. A running machine has none.
	Deferred() ([]Task, error)
}
