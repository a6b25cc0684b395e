package sign

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// Versions of the catalog format, and bounds of the parser.
const (
	CatalogV1 = 1 // SHA-1 only; Windows before 8, and Wine
	CatalogV2 = 2 // SHA-1 and SHA-256 entries; Windows 8 and later

	MaxMembers      = 1 << 20
	MaxCatalogBytes = MaxSignatureBytes
)

// AttrFlags is what Windows' own tools write with a name and value: authenticated, replaceable, text (mscat.h:
// CRYPTCAT_ATTR_AUTHENTICATED | NAMEASCII | DATAASCII).
const AttrFlags = 0x10010001

// Subject interface packages, the GUIDs of V1 member information.
const (
	sipImage = "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}"
	sipFlat  = "{DE351A42-8E59-11D0-8C47-00C04FC295EE}"
)

// Attr is a name and a value of a catalog or of a member: OSAttr, SpAttr, HWID1, File, or any other.
type Attr struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Flags int    `json:"flags,omitempty"` // 0 is AttrFlags
}

// Member is one entry of a catalog. A file has one in V1 and two in V2.
type Member struct {
	Tag    []byte      // as in the catalog: the digest in V2, its hexadecimal form as UTF-16 in V1; other tools may use any
	Hash   crypto.Hash // of Digest; 0 when neither tag nor indirect data tell
	Digest []byte      // of the file, as ImageHash computes it
	PE     bool        // the digest is an image hash
	Attrs  []Attr

	values [][]byte // DER of all other attributes
}

// File returns the value of the attribute "File", or "".
func (m Member) File() string { return attr(m.Attrs, "File") }

func attr(list []Attr, name string) string {
	for _, a := range list {
		if strings.EqualFold(a.Name, name) {
			return a.Value
		}
	}
	return ""
}

// Catalog is a security catalog. Marshal and Sign sort the members, so the order of Add does not matter; the same members,
// attributes and date give the same bytes.
type Catalog struct {
	Version int       // CatalogV1 or CatalogV2; 0 is CatalogV2
	Date    time.Time // effective date, whole seconds; must be set
	Attrs   []Attr    // in the order given
	Members []Member
	ListID  []byte // nil: the first 16 bytes of the SHA-256 over all tags. OURS; other tools take random bytes

	before, after [][]byte // fields of parsed catalogs around the date that this package does not interpret
	extensions    [][]byte
}

func (c *Catalog) version() int {
	if c.Version == 0 {
		return CatalogV2
	}
	return c.Version
}

// Add hashes a file and adds its entries. The attribute File gets the last element of name unless attrs give it; the others
// follow. A file with the same content as one that was added before is not added again.
func (c *Catalog) Add(name string, r io.ReaderAt, size int64, attrs ...Attr) error {
	f, err := HashFile(name, r, size)
	if err != nil {
		return fmt.Errorf("add %s to the catalog: %w", name, err)
	}
	return c.AddHashed(f, attrs...)
}

// FileHash is a file as catalogs know it.
type FileHash struct {
	Name         string
	PE           bool // SHA1 and SHA256 are image hashes
	SHA1, SHA256 []byte
}

// HashFile computes both digests in one pass.
func HashFile(name string, r io.ReaderAt, size int64) (FileHash, error) {
	sums, pe, err := ImageHash(r, size, crypto.SHA1, crypto.SHA256)
	if err != nil {
		return FileHash{}, err
	}
	return FileHash{Name: name, PE: pe, SHA1: sums[0], SHA256: sums[1]}, nil
}

// AddHashed is Add for a file that was hashed already.
func (c *Catalog) AddHashed(f FileHash, attrs ...Attr) error {
	all := slices.Clone(attrs)
	if !slices.ContainsFunc(attrs, func(a Attr) bool { return strings.EqualFold(a.Name, "File") }) {
		all = append([]Attr{{Name: "File", Value: path.Base(strings.ReplaceAll(f.Name, `\`, "/"))}}, attrs...)
	}
	var news []Member
	switch c.version() {
	case CatalogV1:
		m, err := newMember(f.SHA1, crypto.SHA1, f.PE, CatalogV1)
		if err != nil {
			return err
		}
		news = append(news, m)
	case CatalogV2:
		one, err := newMember(f.SHA1, crypto.SHA1, f.PE, CatalogV2)
		if err != nil {
			return err
		}
		two, err := newMember(f.SHA256, crypto.SHA256, f.PE, CatalogV2)
		if err != nil {
			return err
		}
		news = append(news, one, two)
	default:
		return fmt.Errorf("catalog version %d: there are versions %d and %d", c.Version, CatalogV1, CatalogV2)
	}
	for _, m := range news {
		m.Attrs = slices.Clone(all)
		c.Members = append(c.Members, m)
	}
	return nil
}

// newMember makes the attributes that say what the digest means. V1: member information and indirect data on every entry.
// V2: a short form of the information (80 00 image, 82 00 flat), indirect data on the SHA-256 entry only.
func newMember(sum []byte, h crypto.Hash, pe bool, version int) (Member, error) {
	if len(sum) != h.Size() {
		return Member{}, fmt.Errorf("a digest of %d bytes for %v", len(sum), h)
	}
	m := Member{Tag: sum, Hash: h, Digest: sum, PE: pe}
	var data []byte
	var err error
	if pe {
		data, err = indirectPE(fileLink(obsolete), h, sum)
	} else {
		data, err = indirectFlat(obsolete, h, sum)
	}
	if err != nil {
		return Member{}, err
	}
	if version == CatalogV1 {
		m.Tag = utf16z(strings.ToUpper(hex.EncodeToString(sum)))
		sip := sipFlat
		if pe {
			sip = sipImage
		}
		info := der(tagSequence, der(tagBMP, bmp(sip)), derInt(0x200))
		m.values = [][]byte{entryValue(oidMemberInfo, info), entryValue(oidIndirectData, data)}
		return m, nil
	}
	kind := []byte{0x82, 0}
	if pe {
		kind[0] = 0x80
	}
	m.values = [][]byte{entryValue(oidMemberInfoV2, kind)}
	if h == crypto.SHA256 {
		m.values = append(m.values, entryValue(oidIndirectData, data))
	}
	return m, nil
}

// Lookup returns the members with that digest: SHA-1 or SHA-256, as ImageHash computes it. More than one is unusual.
func (c *Catalog) Lookup(digest []byte) []Member {
	var found []Member
	for _, m := range c.Members {
		if bytes.Equal(m.Digest, digest) {
			found = append(found, m)
		}
	}
	return found
}

// Covers tells whether Windows would find the file: by SHA-256 in a V2 catalog, by SHA-1 in a V1 one.
func (c *Catalog) Covers(f FileHash) bool {
	if c.version() == CatalogV1 {
		return len(c.Lookup(f.SHA1)) > 0
	}
	return len(c.Lookup(f.SHA256)) > 0
}

// Coverage is how a set of files and a catalog fit together.
type Coverage struct {
	Missing   []FileHash // files that no member covers, in the order given
	Unmatched []Member   // members that match none of the files, in the order of the catalog
}

// Complete tells that every file is covered and every member is used.
func (v Coverage) Complete() bool { return len(v.Missing) == 0 && len(v.Unmatched) == 0 }

// Coverage compares files with the catalog.
func (c *Catalog) Coverage(files []FileHash) Coverage {
	inCatalog := make(map[string]bool, len(c.Members))
	for _, m := range c.Members {
		inCatalog[string(m.Digest)] = true
	}
	inFiles := make(map[string]bool, 2*len(files))
	var v Coverage
	for _, f := range files {
		inFiles[string(f.SHA1)], inFiles[string(f.SHA256)] = true, true
		key := f.SHA256
		if c.version() == CatalogV1 {
			key = f.SHA1
		}
		if !inCatalog[string(key)] {
			v.Missing = append(v.Missing, f)
		}
	}
	for _, m := range c.Members {
		if len(m.Digest) == 0 || !inFiles[string(m.Digest)] {
			v.Unmatched = append(v.Unmatched, m)
		}
	}
	return v
}

// sorted returns the members ascending by tag, each tag once.
func (c *Catalog) sorted() []Member {
	ms := slices.Clone(c.Members)
	slices.SortStableFunc(ms, func(a, b Member) int { return bytes.Compare(a.Tag, b.Tag) })
	return slices.CompactFunc(ms, func(a, b Member) bool { return bytes.Equal(a.Tag, b.Tag) })
}

// listID is the fixed identifier of a list with these members.
func (c *Catalog) listID(sorted []Member) []byte {
	if c.ListID != nil {
		return c.ListID
	}
	h := sha256.New()
	for _, m := range sorted {
		h.Write(m.Tag)
	}
	return h.Sum(nil)[:16]
}

// check refuses what cannot be written.
func (c *Catalog) check() error {
	var errs []error
	if c.version() != CatalogV1 && c.version() != CatalogV2 {
		errs = append(errs, fmt.Errorf("version %d: there are %d and %d", c.Version, CatalogV1, CatalogV2))
	}
	if c.Date.IsZero() {
		errs = append(errs, errors.New("the date is not set; give the build's fixed time"))
	}
	if len(c.Members) == 0 {
		errs = append(errs, errors.New("it has no members; add the files it should cover"))
	}
	if len(c.Members) > MaxMembers {
		errs = append(errs, fmt.Errorf("%d members (limit %d)", len(c.Members), MaxMembers))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return nil
}
