//go:build windows

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/internal/winekit/wire"
)

// screen answers each line of standard input with a line of JSON: the windows that are visible now.
func screen() error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		b, err := json.Marshal(topWindows())
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", b)
	}
	return in.Err()
}

func call(name string, args ...uintptr) uintptr {
	r, _, _ := windows.NewLazySystemDLL("user32.dll").NewProc(name).Call(args...)
	return r
}

// collected are the windows that the enumeration in progress has found; one runs at a time.
var collected []uintptr

var collect = windows.NewCallback(func(w, _ uintptr) uintptr {
	collected = append(collected, w)
	return 1
})

func topWindows() []wire.Window {
	collected = nil
	call("EnumWindows", collect, 0)
	tops := collected
	list := []wire.Window{}
	for _, w := range tops {
		top := describe(w, 0)
		if !top.Visible || top.Class != "#32770" { // the class of dialogs; the others are Wine's own
			continue
		}
		focus := focusOf(w)
		collected = nil
		call("EnumChildWindows", w, collect, 0)
		for _, c := range collected {
			if child := describe(c, focus); child.Visible {
				top.Controls = append(top.Controls, child)
			}
		}
		list = append(list, top)
	}
	return list
}

func focusOf(window uintptr) uintptr {
	thread := call("GetWindowThreadProcessId", window, 0)
	var info struct { // GUITHREADINFO
		size, flags                                        uint32
		active, focus, capture, menuOwner, moveSize, caret uintptr
		rect                                               [4]int32
	}
	info.size = uint32(unsafe.Sizeof(info))
	call("GetGUIThreadInfo", thread, uintptr(unsafe.Pointer(&info)))
	return info.focus
}

func describe(w, focus uintptr) wire.Window {
	d := wire.Window{ID: int(int32(call("GetDlgCtrlID", w))), Visible: call("IsWindowVisible", w) != 0,
		Enabled: call("IsWindowEnabled", w) != 0, Focus: w == focus && w != 0}
	var rect [4]int32
	call("GetWindowRect", w, uintptr(unsafe.Pointer(&rect)))
	for i, v := range rect {
		d.Rect[i] = int(v)
	}
	name := make([]uint16, 256)
	call("GetClassNameW", w, uintptr(unsafe.Pointer(&name[0])), uintptr(len(name)))
	d.Class = windows.UTF16ToString(name)
	if !d.Visible {
		return d
	}
	const getText, getCheck, getPos, abortIfHung, patience = 0x0d, 0xf0, 0x408, 2, 500
	ask := func(message, wparam, lparam uintptr) uintptr {
		var result uintptr
		call("SendMessageTimeoutW", w, message, wparam, lparam, abortIfHung, patience, uintptr(unsafe.Pointer(&result)))
		return result
	}
	text := make([]uint16, 4096)
	ask(getText, uintptr(len(text)), uintptr(unsafe.Pointer(&text[0])))
	d.Text = windows.UTF16ToString(text)
	switch d.Class {
	case "Button":
		d.Checked = ask(getCheck, 0, 0) == 1
	case "msctls_progress32":
		d.Position = int(ask(getPos, 0, 0))
	}
	return d
}
