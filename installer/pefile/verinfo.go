package pefile

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// String is one entry of a string table.
type String struct{ Name, Value string }

// StringTable is one StringTable of a version resource, its strings in the order of the file.
type StringTable struct {
	Language uint16 // LANGID, 0x0409
	CodePage uint16 // 1200 in "040904B0"; the strings are UTF-16 whatever it says
	Strings  []String
}

// Translation is one pair of VarFileInfo's Translation.
type Translation struct{ Language, CodePage uint16 }

// VersionInfo is a decoded VS_VERSIONINFO.
type VersionInfo struct {
	HasFixed      bool // VS_FIXEDFILEINFO is there; else the six next fields are zero
	File, Product Version
	FlagsMask     uint32
	Flags         uint32 // VS_FF_*: 1 debug, 2 prerelease, 4 patched, 8 private build, 32 special build
	OS            uint32
	Type, Subtype uint32 // VFT_*: 1 application, 2 DLL, 3 driver
	Tables        []StringTable
	Translations  []Translation
}

// Lookup returns the first non-empty value of a name (without regard to case): of the table in US English, of a
// language-neutral one, then of the others in the order of the file. "" where there is none.
func (v *VersionInfo) Lookup(name string) string {
	if v == nil {
		return ""
	}
	best, lowest := "", 3
	for _, t := range v.Tables {
		for _, s := range t.Strings {
			if k := languageRank(uint32(t.Language)); k < lowest && s.Value != "" && strings.EqualFold(s.Name, name) {
				best, lowest = s.Value, k
			}
		}
	}
	return best
}

// ParseVersionInfo decodes the bytes of a VS_VERSIONINFO resource. Values end at their first NUL.
func ParseVersionInfo(b []byte) (*VersionInfo, error) {
	root, _, err := cutNode(b)
	if err != nil {
		return nil, err
	}
	if root.key != "VS_VERSION_INFO" {
		return nil, malformed("the version resource begins with %q, not VS_VERSION_INFO", root.key)
	}
	v := &VersionInfo{}
	v.fixed(root.value)
	left := MaxVersionStrings
	err = eachNode(root.children, func(n node) error {
		switch n.key {
		case "StringFileInfo":
			return eachNode(n.children, func(t node) error { return v.addTable(t, &left) })
		case "VarFileInfo":
			return eachNode(n.children, func(t node) error { return v.addTranslations(t, &left) })
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (v *VersionInfo) fixed(f []byte) {
	if len(f) < 52 || u32(f) != 0xFEEF04BD {
		return
	}
	u := func(off int) uint32 { return u32(f[off:]) }
	quad := func(hi, lo uint32) Version {
		return Version{uint16(hi >> 16), uint16(hi), uint16(lo >> 16), uint16(lo)}
	}
	v.HasFixed, v.File, v.Product = true, quad(u(8), u(12)), quad(u(16), u(20))
	v.FlagsMask, v.Flags, v.OS, v.Type, v.Subtype = u(24), u(28), u(32), u(36), u(40)
}

func (v *VersionInfo) addTable(n node, left *int) error {
	if *left--; *left < 0 {
		return malformed("more than %d version strings", MaxVersionStrings)
	}
	t := StringTable{}
	if id, err := strconv.ParseUint(n.key, 16, 32); err == nil && len(n.key) == 8 {
		t.Language, t.CodePage = uint16(id>>16), uint16(id)
	}
	err := eachNode(n.children, func(s node) error {
		if *left--; *left < 0 {
			return malformed("more than %d version strings", MaxVersionStrings)
		}
		t.Strings = append(t.Strings, String{s.key, s.text()})
		return nil
	})
	v.Tables = append(v.Tables, t)
	return err
}

func (v *VersionInfo) addTranslations(n node, left *int) error {
	if !strings.EqualFold(n.key, "Translation") {
		return nil
	}
	for b := n.value; len(b) >= 4; b = b[4:] {
		if *left--; *left < 0 {
			return malformed("more than %d translations", MaxVersionStrings)
		}
		v.Translations = append(v.Translations, Translation{u16(b), u16(b[2:])})
	}
	return nil
}

// node is the common shape of all structures in a version resource: wLength, wValueLength, wType, key, value, children.
type node struct {
	key      string
	value    []byte // as wValueLength says, cut to the node
	tail     []byte // from the value to the end of the node
	children []byte
}

// text is the string value. Writers disagree whether wValueLength counts characters or bytes, so the NUL decides.
func (n node) text() string {
	s, _ := cutString(n.tail)
	return s
}

func cutNode(b []byte) (n node, rest []byte, err error) {
	if len(b) < 6 {
		return n, nil, malformed("the version resource is cut short")
	}
	length, valueLength := int(u16(b)), int(u16(b[2:]))
	if u16(b[4:]) == 1 {
		valueLength *= 2
	}
	if length < 6 {
		return n, nil, malformed("a structure of %d bytes in the version resource", length)
	}
	length = min(length, len(b))
	rest = b[min(align4(length), len(b)):]
	b = b[:length]
	key, used := cutString(b[6:])
	n.key = key
	at := min(align4(6+used), length)
	end := min(at+valueLength, length)
	n.tail, n.value, n.children = b[at:], b[at:end], b[min(align4(end), length):]
	return n, rest, nil
}

// eachNode calls f for each structure of b; a zero length, which some writers leave as padding, ends the list.
func eachNode(b []byte, f func(node) error) error {
	for len(b) >= 6 && u16(b) != 0 {
		n, rest, err := cutNode(b)
		if err != nil {
			return err
		}
		if err := f(n); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// cutString decodes UTF-16 up to a NUL or the end and returns the bytes used, the NUL included.
func cutString(b []byte) (string, int) {
	var u []uint16
	i := 0
	for ; i+1 < len(b); i += 2 {
		c := u16(b[i:])
		if c == 0 {
			return string(utf16.Decode(u)), i + 2
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u)), i
}

func align4(n int) int { return (n + 3) &^ 3 }
