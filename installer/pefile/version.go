package pefile

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a file version: the four numbers of VS_FIXEDFILEINFO, most significant first.
type Version [4]uint16

// ParseVersion reads one to four decimal numbers from 0 to 65535 joined by points ("5.2.3790.4789", "7"); missing ones are 0.
func ParseVersion(s string) (Version, error) {
	var v Version
	parts := strings.Split(s, ".")
	if len(parts) > len(v) {
		return Version{}, fmt.Errorf("version %q has %d parts; at most 4 are allowed", s, len(parts))
	}
	for i, p := range parts {
		if p == "" {
			return Version{}, fmt.Errorf("version %q: part %d is empty; write numbers joined by points, such as 5.2.3790.1", s, i+1)
		}
		for _, c := range []byte(p) {
			if c < '0' || c > '9' {
				return Version{}, fmt.Errorf("version %q: part %d, %q, is no decimal number", s, i+1, p)
			}
		}
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("version %q: part %d, %s, is larger than 65535", s, i+1, p)
		}
		v[i] = uint16(n)
	}
	return v, nil
}

// String is the decimal form with all four parts, "5.2.3790.4789".
func (v Version) String() string {
	b := make([]byte, 0, 24)
	for i, n := range v {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}

// Hex is the 16 upper-case digits of update.ver's second field: 5.2.3790.4789 is "000500020ECE12B5" (measured on real packages).
func (v Version) Hex() string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 16)
	for _, n := range v {
		b = append(b, digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15])
	}
	return string(b)
}

// Compare returns -1, 0 or 1 where v is older than, equal to or newer than w.
func (v Version) Compare(w Version) int {
	for i := range v {
		if v[i] != w[i] {
			if v[i] < w[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// IsZero reports whether all four parts are 0.
func (v Version) IsZero() bool { return v == Version{} }
