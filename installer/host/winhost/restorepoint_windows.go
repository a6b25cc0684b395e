package winhost

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// Numbers of srrestoreptapi.h.
const (
	beginSystemChange  = 100
	endSystemChange    = 101
	applicationInstall = 0
	cancelledOperation = 13
	maxDescription     = 256 // UTF-16 units with the terminator
)

// restorePointInfo is RESTOREPOINTINFOW, which is packed: event type, kind, sequence number, description.
type restorePointInfo [4 + 4 + 8 + 2*maxDescription]byte

func newRestorePoint(event, kind uint32, sequence uint64, text string) *restorePointInfo {
	var p restorePointInfo
	binary.LittleEndian.PutUint32(p[0:], event)
	binary.LittleEndian.PutUint32(p[4:], kind)
	binary.LittleEndian.PutUint64(p[8:], sequence)
	for i, u := range utf16.Encode([]rune(text)) {
		if i == maxDescription-1 {
			break
		}
		binary.LittleEndian.PutUint16(p[16+2*i:], u)
	}
	return &p
}

var _ host.RestorePoints = (*Host)(nil)

// SetRestorePoint implements host.RestorePoints with SRSetRestorePointW. srclient.dll is not on servers.
func (h *Host) SetRestorePoint(text string) (end func(ok bool), err error) {
	set := windows.NewLazySystemDLL("srclient.dll").NewProc("SRSetRestorePointW")
	if err := set.Find(); err != nil {
		return nil, fmt.Errorf("set a restore point: %w (%w)", host.ErrUnsupported, err)
	}
	var status [4 + 8]byte // STATEMGRSTATUS, packed: error code, sequence number
	call := func(p *restorePointInfo) uint32 {
		r, _, _ := set.Call(uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&status)))
		if r != 0 {
			return 0
		}
		if code := binary.LittleEndian.Uint32(status[:]); code != 0 {
			return code
		}
		return uint32(windows.ERROR_GEN_FAILURE)
	}
	switch code := call(newRestorePoint(beginSystemChange, applicationInstall, 0, text)); windows.Errno(code) {
	case 0:
	case windows.ERROR_SERVICE_DISABLED:
		return nil, fmt.Errorf("set a restore point: %w (%w)", host.ErrUnsupported, windows.Errno(code))
	default:
		return nil, fmt.Errorf("set a restore point: %w", windows.Errno(code))
	}
	sequence := binary.LittleEndian.Uint64(status[4:])
	return func(ok bool) {
		kind := uint32(applicationInstall)
		if !ok {
			kind = cancelledOperation
		}
		_ = call(newRestorePoint(endSystemChange, kind, sequence, "")) // the point stays then, which harms nothing
	}, nil
}
