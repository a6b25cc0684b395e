package samplepe

import (
	"encoding/binary"

	"github.com/kbforge/kbforge/installer/pefile"
)

// imports is an import section with one function, ExitProcess of KERNEL32.dll: descriptors (40 bytes), address table, name
// table, names.
func imports(rva uint32, is64 bool) []byte {
	le := binary.LittleEndian
	width := uint32(4)
	if is64 {
		width = 8
	}
	iat, names := rva+40, rva+40+2*width
	hint, dll := names+2*width, names+2*width+14
	b := make([]byte, 0, 96)
	for _, v := range []uint32{names, 0, 0, dll, iat, 0, 0, 0, 0, 0} {
		b = le.AppendUint32(b, v)
	}
	for range 2 {
		thunk := make([]byte, 2*width)
		le.PutUint32(thunk, hint)
		b = append(b, thunk...)
	}
	b = append(b, "\x00\x00ExitProcess\x00"...)
	return append(b, "KERNEL32.dll\x00"...)
}

// entryCode is the entry point at address rva, and the offsets in it that hold absolute addresses (x86).
func entryCode(s Spec, im *image, rva uint32) (code []byte, fixups []uint16) {
	le := binary.LittleEndian
	if s.DLL {
		return dllEntry(im.machine), nil
	}
	switch im.machine {
	case pefile.MachineX86:
		code = append(code, 0x68) // push code; call [ExitProcess]
		code = le.AppendUint32(code, s.ExitCode)
		code = append(code, 0xff, 0x15)
		code = le.AppendUint32(code, uint32(im.base())+im.iat.rva)
		return code, []uint16{7}
	case pefile.MachineX64:
		code = append(code, 0x48, 0x83, 0xec, 0x28, 0xb9) // sub rsp, 40; mov ecx, code; call [rip+ExitProcess]
		code = le.AppendUint32(code, s.ExitCode)
		code = append(code, 0xff, 0x15)
		return le.AppendUint32(code, im.iat.rva-(rva+15)), nil
	}
	pages := (im.iat.rva >> 12) - (rva >> 12)
	for _, op := range []uint32{
		0x52800000 | s.ExitCode&0xffff<<5,            // movz w0, #low
		0x72a00000 | s.ExitCode>>16<<5,               // movk w0, #high, lsl #16
		0x90000008 | pages&3<<29 | pages>>2<<5,       // adrp x8, ExitProcess
		0xf9400108 | (im.iat.rva & 0xfff >> 3 << 10), // ldr x8, [x8, #offset]
		0xd61f0100, // br x8
	} {
		code = le.AppendUint32(code, op)
	}
	return code, nil
}

// dllEntry returns TRUE.
func dllEntry(machine uint16) []byte {
	switch machine {
	case pefile.MachineX86:
		return []byte{0xb8, 1, 0, 0, 0, 0xc2, 12, 0} // mov eax, 1; ret 12
	case pefile.MachineX64:
		return []byte{0xb8, 1, 0, 0, 0, 0xc3} // mov eax, 1; ret
	}
	return []byte{0x20, 0, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6} // mov w0, #1; ret
}

// relocations is one block for the page of the code; its entries are padded to a multiple of four bytes.
func relocations(page uint32, fixups []uint16) []byte {
	le := binary.LittleEndian
	n := (max(len(fixups), 1) + 1) / 2 * 2
	b := le.AppendUint32(nil, page)
	b = le.AppendUint32(b, uint32(8+2*n))
	for i := range n {
		entry := uint16(0)
		if i < len(fixups) {
			entry = 3<<12 | fixups[i] // HIGHLOW
		}
		b = le.AppendUint16(b, entry)
	}
	return b
}
