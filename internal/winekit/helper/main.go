//go:build windows

// Command helper is winekit's man inside Wine: it runs programs and reports their whole exit code, holds files open,
// reads and writes the registry, looks at windows, and ends processes.
//
//	helper run REQUEST.json
//	helper hold open|image FILE     (prints "ready", holds until standard input ends)
//	helper reg REQUEST.json
//	helper kill PID
//	helper screen                   (a line of JSON for each line of standard input: the visible dialogs)
//	helper noop
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/windows"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "winekit helper:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "noop":
		return nil
	case len(args) == 1 && args[0] == "screen":
		return screen()
	case len(args) == 2 && args[0] == "run":
		return runRequest(args[1])
	case len(args) == 2 && args[0] == "reg":
		return regRequest(args[1])
	case len(args) == 2 && args[0] == "kill":
		return kill(args[1])
	case len(args) == 3 && args[0] == "hold":
		return hold(args[1], args[2])
	}
	return fmt.Errorf("usage: helper run|reg REQUEST, hold open|image FILE, kill PID, screen, noop; got %q", args)
}

func kill(pid string) error {
	n, err := strconv.ParseUint(pid, 10, 32)
	if err != nil {
		return err
	}
	h, err := windows.OpenProcess(windows.PROCESS_TERMINATE, false, uint32(n))
	if err != nil {
		return fmt.Errorf("open process %d: %w", n, err)
	}
	defer windows.CloseHandle(h)
	return windows.TerminateProcess(h, 1)
}

// hold keeps a file in use. open: a handle that shares reading only, as a program has that reads a file. image: the file
// is mapped as an executable and no handle is left, as the loader does with a DLL.
func hold(mode, path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	switch mode {
	case "open":
		defer windows.CloseHandle(h)
	case "image":
		const secImage = 0x1000000
		m, err := windows.CreateFileMapping(h, nil, windows.PAGE_READONLY|secImage, 0, 0, nil)
		if err != nil {
			return fmt.Errorf("map %s as an image: %w", path, err)
		}
		view, err := windows.MapViewOfFile(m, windows.FILE_MAP_READ, 0, 0, 0)
		if err != nil {
			return fmt.Errorf("view %s: %w", path, err)
		}
		defer windows.UnmapViewOfFile(view)
		windows.CloseHandle(m)
		windows.CloseHandle(h)
	default:
		return fmt.Errorf("unknown mode %q", mode)
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	if errors.Is(err, windows.ERROR_BROKEN_PIPE) {
		err = nil
	}
	return err
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// writeJSON writes under another name first: the reader waits for the file to appear.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
