package lzx

import "encoding/binary"

const (
	// callSize is the size of the program that calls are translated for: what Microsoft's own cabinets give, whatever they hold.
	callSize = 12000000
	// callFrames is how many frames of a folder are translated ([MS-PATCH] 2.5.1; 1 GiB).
	callFrames = 32768
	callTail   = 10 // bytes at the end of a frame that are not looked at
)

// translateCalls makes the operands of what looks like x86 call instructions absolute, so that calls of one function from
// several places become equal bytes; the decoder takes it back. frame begins at position pos of the folder. ([MS-PATCH] 2.5.1)
func translateCalls(frame []byte, pos int) {
	for i := 0; i < len(frame)-callTail; i++ {
		if frame[i] != 0xE8 {
			continue
		}
		at, operand := int32(pos+i), frame[i+1:i+5]
		switch rel := int32(binary.LittleEndian.Uint32(operand)); {
		case rel < -at || rel >= callSize:
		case rel < callSize-at:
			binary.LittleEndian.PutUint32(operand, uint32(rel+at))
		default:
			binary.LittleEndian.PutUint32(operand, uint32(rel-callSize))
		}
		i += 4
	}
}

// translate translates the calls of the frames from position at to stop, which are complete.
func (e *Encoder) translate(at, stop int) {
	for ; at < stop && at/FrameSize < callFrames; at += FrameSize {
		translateCalls(e.buf[at-e.base:min(at+FrameSize, stop)-e.base], at)
	}
}
