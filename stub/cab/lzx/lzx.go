// Package lzx codes and decodes LZX as cabinets use it.
//
// The format is that of Microsoft's "LZX Data Compression Format" in the Cabinet SDK and of [MS-PATCH] (which describes the
// variant LZX DELTA): a sliding window of 2^15 to 2^21 bytes, canonical Huffman codes, three repeated match offsets. A
// cabinet cuts the output into frames of 32 KiB; each frame's bits are padded to 16 and stored in one CFDATA block, while
// the window, the codes and the repeated offsets run through the whole folder.
//
// The package imports nothing that formats text, so that a self-extractor that links the decoder stays small.
package lzx

import "errors"

const (
	// FrameSize is the number of bytes every frame but the last of a folder decodes to.
	FrameSize = 32768
	// MinWindowBits and MaxWindowBits bound the window size, as the exponent of two (Cabinet SDK: tcompTYPE_LZX, 15 to 21).
	MinWindowBits = 15
	MaxWindowBits = 21
	// MaxFrameInput is the largest coded frame that the decoder takes, in bytes: what the 16-bit count of a CFDATA can say.
	MaxFrameInput = 65535
)

const (
	minMatch    = 2
	maxMatch    = 257
	numChars    = 256
	numPrimary  = 7 // lengths 2..8 are in the main symbol; 9..257 need the length code
	numLen      = 249
	numAligned  = 8
	numPre      = 20
	maxSlots    = 50
	maxMain     = numChars + 8*maxSlots
	maxCodeLen  = 16
	maxPreLen   = 15
	maxAlignLen = 7

	blockVerbatim     = 1
	blockAligned      = 2
	blockUncompressed = 3
)

// Errors of this package. A decoder that returned ErrCorrupt must be Reset before it is used again.
var (
	// ErrWindow reports a window size outside MinWindowBits to MaxWindowBits.
	ErrWindow = errors.New("lzx: the window must be between 15 and 21 bits")
	// ErrCorrupt reports coded data that no LZX encoder makes.
	ErrCorrupt = errors.New("lzx: the compressed data is damaged")
	// ErrFrame reports a frame whose size the format does not allow: empty, longer than FrameSize, or after a short frame.
	ErrFrame = errors.New("lzx: wrong frame size")
	// ErrTooLong reports input beyond what one folder of a cabinet can hold.
	ErrTooLong = errors.New("lzx: more data than one cabinet folder can hold (65535 blocks of 32 KiB)")
)

// extraBits and posBase say how many bits follow a position slot and which formatted offset (offset + 2) they start from.
var extraBits = [maxSlots]uint8{
	0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16,
	17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
}

var posBase = [maxSlots]uint32{
	0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192,
	12288, 16384, 24576, 32768, 49152, 65536, 98304, 131072, 196608, 262144, 393216, 524288, 655360, 786432, 917504, 1048576,
	1179648, 1310720, 1441792, 1572864, 1703936, 1835008, 1966080,
}

// slots returns the number of position slots of a window of 2^bits bytes.
func slots(bits int) int {
	switch bits {
	case 20:
		return 42
	case 21:
		return 50
	default:
		return 2 * bits
	}
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func le64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func be64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
		uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56
}

func put32(b []byte, v uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

func put64(b []byte, v uint64) {
	_ = b[7]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	b[4], b[5], b[6], b[7] = byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
}
