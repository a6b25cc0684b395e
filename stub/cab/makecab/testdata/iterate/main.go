//go:build windows

// Command iterate extracts a cabinet with the Setup API, and so with the system's cabinet library: iterate CABINET DIRECTORY.
package main

import (
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// fileInCabinet is FILE_IN_CABINET_INFO_W.
type fileInCabinet struct {
	name             *uint16
	size, err        uint32
	date, time, attr uint16
	target           [260]uint16
}

const (
	notifyFileInCabinet = 0x11
	doIt                = 1
	failed              = 0
	noError             = 0
)

func main() {
	if len(os.Args) != 3 {
		println("usage: iterate cabinet directory")
		os.Exit(2)
	}
	dir := os.Args[2]
	count := 0
	callback := syscall.NewCallback(func(_, notification uintptr, f *fileInCabinet, _ uintptr) uintptr {
		switch notification {
		case notifyFileInCabinet:
			path := filepath.Join(dir, syscall.UTF16ToString(unsafe.Slice(f.name, 260)))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				println(err.Error())
				return failed
			}
			u, err := syscall.UTF16FromString(path)
			if err != nil || len(u) > len(f.target) {
				return failed
			}
			copy(f.target[:], u)
			count++
			return doIt
		}
		return noError
	})
	cabinet, err := syscall.UTF16PtrFromString(os.Args[1])
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	ok, _, err := syscall.NewLazyDLL("setupapi.dll").NewProc("SetupIterateCabinetW").Call(uintptr(unsafe.Pointer(cabinet)), 0, callback, 0)
	if ok == 0 {
		println("SetupIterateCabinet: " + err.Error())
		os.Exit(1)
	}
	println(count)
}
