package main

import (
	"fmt"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

// sendReport hands a file to Windows Error Reporting (werapi.h). With consent a person has said yes; without, the report goes
// into the queue and the machine's policy decides what becomes of it, without a word.
func sendReport(event, path, kb string, code uint32, consent bool) error {
	const (
		reportNonCritical = 0 // WerReportNonCritical
		fileOther         = 4 // WerFileTypeOther
		notAsked          = 1 // WerConsentNotAsked
		approved          = 2 // WerConsentApproved
		queue             = 4 // WER_SUBMIT_QUEUE
	)
	wer := windows.NewLazySystemDLL("wer.dll")
	call := func(name string, args ...uintptr) error {
		p := wer.NewProc(name)
		if err := p.Find(); err != nil {
			return err
		}
		if r, _, _ := p.Call(args...); int32(r) < 0 {
			return fmt.Errorf("%s: 0x%08x", name, uint32(r))
		}
		return nil
	}
	var keep []*uint16 // what the calls point to
	defer func() { runtime.KeepAlive(keep) }()
	text := func(s string) uintptr {
		p, err := windows.UTF16PtrFromString(s)
		if err != nil {
			p = new(uint16)
		}
		keep = append(keep, p)
		return uintptr(unsafe.Pointer(p))
	}
	var handle uintptr
	if err := call("WerReportCreate", text(event), reportNonCritical, 0, uintptr(unsafe.Pointer(&handle))); err != nil {
		return err
	}
	defer func() { _ = call("WerReportCloseHandle", handle) }()
	for i, v := range []string{kb, "0x" + strconv.FormatUint(uint64(code), 16)} {
		if err := call("WerReportSetParameter", handle, uintptr(i), 0, text(v)); err != nil {
			return err
		}
	}
	if err := call("WerReportAddFile", handle, text(path), fileOther, 0); err != nil {
		return err
	}
	how, flags := uintptr(approved), uintptr(0)
	if !consent {
		how, flags = notAsked, queue
	}
	var result uint32
	return call("WerReportSubmit", handle, how, flags, uintptr(unsafe.Pointer(&result)))
}
