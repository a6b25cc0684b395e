//go:build windows

// Command setupapi reads a list of INF files and prints each as SetupAPI understands it, one JSON object a line.
//
//	setupapi.exe LIST    LIST: a file with one absolute path a line
//
// Exit status: 0 done, whatever SetupAPI said of the files; 2 usage or no SetupAPI.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"github.com/kbforge/kbforge/inf/internal/infdump"
)

const (
	infStyleOldNT = 1
	infStyleWin4  = 2

	errNoMoreItems = syscall.Errno(259)
)

// api is what we call of setupapi.dll. SetupEnumInfSections is exported but not documented.
type api struct {
	open, closeInf, sections, firstLine, nextLine, fieldCount, stringField *syscall.LazyProc
}

func load() (*api, error) {
	dll := syscall.NewLazyDLL("setupapi.dll")
	if err := dll.Load(); err != nil {
		return nil, err
	}
	return &api{
		open:        dll.NewProc("SetupOpenInfFileW"),
		closeInf:    dll.NewProc("SetupCloseInfFile"),
		sections:    dll.NewProc("SetupEnumInfSectionsW"),
		firstLine:   dll.NewProc("SetupFindFirstLineW"),
		nextLine:    dll.NewProc("SetupFindNextLine"),
		fieldCount:  dll.NewProc("SetupGetFieldCount"),
		stringField: dll.NewProc("SetupGetStringFieldW"),
	}, nil
}

// infContext mirrors INFCONTEXT.
type infContext struct {
	inf, currentInf uintptr
	section, line   uint32
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "setupapi:", err)
		os.Exit(2)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: setupapi LIST")
	}
	a, err := load()
	if err != nil {
		return err
	}
	list, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, path := range strings.Fields(string(list)) {
		d, err := a.dump(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := enc.Encode(d); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (a *api) dump(path string) (infdump.Dump, error) {
	d := infdump.Dump{Path: path}
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return d, err
	}
	var line uint32
	inf, _, err := a.open.Call(uintptr(unsafe.Pointer(p)), 0, infStyleOldNT|infStyleWin4, uintptr(unsafe.Pointer(&line)))
	if inf == ^uintptr(0) {
		d.Code, d.Line = uint32(err.(syscall.Errno)), int(line)
		return d, nil
	}
	defer a.closeInf.Call(inf)
	names, err := a.sectionNames(inf)
	if err != nil {
		return d, err
	}
	for _, name := range names {
		s, err := a.section(inf, name)
		if err != nil {
			return d, err
		}
		d.Sections = append(d.Sections, s)
	}
	return d, nil
}

// sized calls f first for the needed length, then with a buffer of it.
func sized(f func(buf *uint16, n uint32, need *uint32) error) (string, error) {
	var need uint32
	if err := f(nil, 0, &need); err != nil && need == 0 {
		return "", err
	}
	buf := make([]uint16, need+1)
	if err := f(&buf[0], need+1, &need); err != nil {
		return "", err
	}
	return syscall.UTF16ToString(buf), nil
}

func result(r uintptr, err error) error {
	if r != 0 {
		return nil
	}
	return err
}

func (a *api) sectionNames(inf uintptr) ([]string, error) {
	var names []string
	for i := uintptr(0); ; i++ {
		s, err := sized(func(b *uint16, n uint32, need *uint32) error {
			r, _, err := a.sections.Call(inf, i, uintptr(unsafe.Pointer(b)), uintptr(n), uintptr(unsafe.Pointer(need)))
			return result(r, err)
		})
		if err == errNoMoreItems {
			return names, nil
		}
		if err != nil {
			return names, err
		}
		names = append(names, s)
	}
}

func (a *api) section(inf uintptr, name string) (infdump.Section, error) {
	s := infdump.Section{Name: name}
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return s, err
	}
	var ctx infContext
	r, _, _ := a.firstLine.Call(inf, uintptr(unsafe.Pointer(p)), 0, uintptr(unsafe.Pointer(&ctx)))
	for r != 0 {
		l := infdump.Line{Fields: []string{}}
		if k, err := a.field(&ctx, 0); err == nil {
			l.Key = &k
		}
		n, _, _ := a.fieldCount.Call(uintptr(unsafe.Pointer(&ctx)))
		for i := uint32(1); i <= uint32(n); i++ {
			f, err := a.field(&ctx, i)
			if err != nil {
				return s, err
			}
			l.Fields = append(l.Fields, f)
		}
		s.Lines = append(s.Lines, l)
		r, _, _ = a.nextLine.Call(uintptr(unsafe.Pointer(&ctx)), uintptr(unsafe.Pointer(&ctx)))
	}
	return s, nil
}

func (a *api) field(ctx *infContext, i uint32) (string, error) {
	return sized(func(b *uint16, n uint32, need *uint32) error {
		r, _, err := a.stringField.Call(uintptr(unsafe.Pointer(ctx)), uintptr(i),
			uintptr(unsafe.Pointer(b)), uintptr(n), uintptr(unsafe.Pointer(need)))
		return result(r, err)
	})
}
