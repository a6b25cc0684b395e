package codepage

import (
	"fmt"
	"syscall"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/inf"
)

type windowsPage struct {
	number    uint32
	wideToAny *windows.LazyProc
}

func page(number int) (inf.CodePage, error) {
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("WideCharToMultiByte")
	if err := proc.Find(); err != nil {
		return nil, err
	}
	if _, err := windows.MultiByteToWideChar(uint32(number), 0, &[]byte{'a'}[0], 1, nil, 0); err != nil {
		return nil, fmt.Errorf("code page %d is not installed: %w", number, err)
	}
	return windowsPage{uint32(number), proc}, nil
}

func (p windowsPage) Decode(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	n, err := windows.MultiByteToWideChar(p.number, 0, &b[0], int32(len(b)), nil, 0)
	if err != nil {
		return inf.Windows1252().Decode(b)
	}
	units := make([]uint16, n)
	if _, err := windows.MultiByteToWideChar(p.number, 0, &b[0], int32(len(b)), &units[0], n); err != nil {
		return inf.Windows1252().Decode(b)
	}
	return string(utf16.Decode(units))
}

// Encode refuses what Windows would replace by another character.
func (p windowsPage) Encode(s string) ([]byte, error) {
	const noBestFitChars = 0x400
	units := utf16.Encode([]rune(s))
	if len(units) == 0 {
		return nil, nil
	}
	out := make([]byte, 4*len(units))
	var replaced int32
	n, _, err := p.wideToAny.Call(uintptr(p.number), noBestFitChars, uintptr(unsafe.Pointer(&units[0])), uintptr(len(units)),
		uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), 0, uintptr(unsafe.Pointer(&replaced)))
	if n == 0 {
		if err == syscall.Errno(0) {
			err = syscall.EINVAL
		}
		return nil, fmt.Errorf("code page %d: %w", p.number, err)
	}
	if replaced != 0 {
		return nil, fmt.Errorf("code page %d cannot hold %q; store the file as UTF-16LE", p.number, s)
	}
	return out[:n], nil
}
