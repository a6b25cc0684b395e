package inf

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseNumber reads a number of an INF: decimal or 0x hexadecimal of any width, with "-" in front if negative
// (SetupGetIntField; 0x0000000, 0x000000000 and 0x7 stand in real packages). An empty field is 0.
func ParseNumber(s string) (int64, error) {
	t := strings.TrimSpace(s)
	if t == "" {
		return 0, nil
	}
	digits, neg := strings.CutPrefix(t, "-")
	base := 10
	if len(digits) > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
		digits, base = digits[2:], 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil || n > 1<<63-1 {
		return 0, fmt.Errorf("%q is no number; write it decimal or as 0x and hexadecimal digits", s)
	}
	if neg {
		return -int64(n), nil
	}
	return int64(n), nil
}

// ParseUint32 is ParseNumber for a 32-bit field; negative numbers wrap as they do in the registry.
func ParseUint32(s string) (uint32, error) {
	n, err := ParseNumber(s)
	if err != nil {
		return 0, err
	}
	if n > 1<<32-1 || n < -1<<31 {
		return 0, fmt.Errorf("%q does not fit in 32 bits", s)
	}
	return uint32(n), nil
}
