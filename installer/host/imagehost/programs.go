package imagehost

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kbforge/kbforge/installer/host"
)

// tasksName is the file of what Defer recorded.
const tasksName = "boot-tasks.txt"

// MaxTasks is the largest boot-tasks.txt in bytes that is read.
const MaxTasks = 16 << 20

// RunProcess implements host.Programs: host.ErrUnsupported.
func (h *Host) RunProcess(commandLine string, _ time.Duration) (uint32, error) {
	return 0, fmt.Errorf("run %s in an offline image: %w", commandLine, host.ErrUnsupported)
}

// RegisterDLL implements host.Programs: host.ErrUnsupported.
func (h *Host) RegisterDLL(path string, _ bool, _ time.Duration) error {
	return fmt.Errorf("register %s in an offline image: %w", path, host.ErrUnsupported)
}

// InstallDLL implements host.Programs: host.ErrUnsupported.
func (h *Host) InstallDLL(path string, _ bool, _ string, _ time.Duration) error {
	return fmt.Errorf("call DllInstall of %s in an offline image: %w", path, host.ErrUnsupported)
}

// CallDLL implements host.Programs: host.ErrUnsupported.
func (h *Host) CallDLL(path, function string, _ time.Duration) (uint32, string, error) {
	return 0, "", fmt.Errorf("call %s of %s in an offline image: %w", function, path, host.ErrUnsupported)
}

// ServiceState implements host.Programs: every registered service is stopped.
func (h *Host) ServiceState(name string) (host.ServiceState, error) {
	if err := h.service(name); err != nil {
		return 0, fmt.Errorf("service %s: %w", name, err)
	}
	return host.ServiceStopped, nil
}

// service gives fs.ErrNotExist for one that is not registered.
func (h *Host) service(name string) error {
	if err := host.CheckName(name); err != nil {
		return err
	}
	ok, err := h.KeyExists(hklm(host.ServicesKey + `\` + name))
	if err == nil && !ok {
		err = fs.ErrNotExist
	}
	return err
}

// StopService implements host.Programs: there is nothing to stop.
func (h *Host) StopService(name string, _ time.Duration) error {
	if err := h.service(name); err != nil {
		return fmt.Errorf("stop service %s: %w", name, err)
	}
	return nil
}

// StartService implements host.Programs: host.ErrUnsupported.
func (h *Host) StartService(name string, _ time.Duration) error {
	err := h.service(name)
	if err == nil {
		err = host.ErrUnsupported
	}
	return fmt.Errorf("start service %s in an offline image: %w", name, err)
}

// Defer implements host.Programs.
func (h *Host) Defer(t host.Task) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.deferTask(t); err != nil {
		return fmt.Errorf("leave %q to the next start: %w", t.Text, err)
	}
	return nil
}

func (h *Host) deferTask(t host.Task) error {
	for _, s := range []string{t.ID, t.Text} {
		if s == "" || strings.ContainsFunc(s, unicode.IsControl) {
			return fmt.Errorf("%q is no line of text: %w", s, host.ErrInvalidPath)
		}
	}
	list, err := h.tasks()
	if err != nil || slices.ContainsFunc(list, func(o host.Task) bool { return o.ID == t.ID }) {
		return err
	}
	return h.writeTasks(append(list, t))
}

// CancelDeferred implements host.Programs.
func (h *Host) CancelDeferred(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	list, err := h.tasks()
	if err == nil {
		n := len(list)
		if list = slices.DeleteFunc(list, func(t host.Task) bool { return t.ID == id }); len(list) != n {
			err = h.writeTasks(list)
		}
	}
	if err != nil {
		return fmt.Errorf("take back the task %q: %w", id, err)
	}
	return nil
}

// Deferred implements host.Programs.
func (h *Host) Deferred() ([]host.Task, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tasks()
}

func (h *Host) tasks() ([]host.Task, error) {
	if h.closed {
		return nil, errClosed
	}
	fi, err := h.root.Stat(tasksName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && fi.Size() > MaxTasks {
		err = fmt.Errorf("%d bytes, the limit is %d", fi.Size(), MaxTasks)
	}
	var text []byte
	if err == nil {
		text, err = h.root.ReadFile(tasksName)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", tasksName, osError(err))
	}
	return parseTasks(string(text))
}

// parseTasks reads lines of an ID, a tab and a text.
func parseTasks(text string) ([]host.Task, error) {
	var list []host.Task
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" && text == "" {
			break
		}
		id, task, ok := strings.Cut(line, "\t")
		if !ok || id == "" || task == "" {
			return nil, errors.New(tasksName + ", line " + strconv.Itoa(n+1) + ": a task is a name, a tab and what to do")
		}
		list = append(list, host.Task{ID: id, Text: task})
	}
	return list, nil
}

func (h *Host) writeTasks(list []host.Task) error {
	return h.writeText(tasksName, []byte(taskText(list)))
}

func taskText(list []host.Task) string {
	var b strings.Builder
	for _, t := range list {
		b.WriteString(t.ID + "\t" + t.Text + "\n")
	}
	return b.String()
}
