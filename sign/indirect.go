package sign

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
)

// SpcIndirectDataContent ::= SEQUENCE { data SEQUENCE { type OID, value ANY }, messageDigest DigestInfo } says what is
// signed: which kind of file, and its digest.

// obsolete is the link text of cabinets and flat files (seen in Microsoft's own signatures).
const obsolete = "<<<Obsolete>>>"

// fileLink is SpcLink's third choice: [2] EXPLICIT SpcString, here [0] BMPString.
func fileLink(text string) []byte {
	return der(tagExplicit|2, der(tagContext0, bmp(text)))
}

func digestInfo(h crypto.Hash, sum []byte) ([]byte, error) {
	oid, err := hashOID(h)
	if err != nil {
		return nil, err
	}
	return der(tagSequence, derAlgorithm(oid), der(tagOctets, sum)), nil
}

// indirect puts a type, its value and a digest together.
func indirect(kind asn1.ObjectIdentifier, value []byte, h crypto.Hash, sum []byte) ([]byte, error) {
	di, err := digestInfo(h, sum)
	if err != nil {
		return nil, err
	}
	return der(tagSequence, der(tagSequence, derOID(kind), value), di), nil
}

// indirectPE is for images: SpcPeImageData { no flags, link }.
func indirectPE(link []byte, h crypto.Hash, sum []byte) ([]byte, error) {
	value := der(tagSequence, []byte{asn1.TagBitString, 1, 0}, der(tagExplicit, link))
	return indirect(oidPEImageData, value, h, sum)
}

// indirectFlat is for cabinets, and for flat files in catalogs: a bare link.
func indirectFlat(link string, h crypto.Hash, sum []byte) ([]byte, error) {
	return indirect(oidCabImageData, fileLink(link), h, sum)
}

// indirectInstaller is for Windows Installer databases: SpcSipInfo { 1, class, 0, 0, 0, 0, 0 }.
func indirectInstaller(h crypto.Hash, sum []byte) ([]byte, error) {
	zero := derInt(0)
	value := der(tagSequence, derInt(1), der(tagOctets, uuidInstallerSip), zero, zero, zero, zero, zero)
	return indirect(oidSipInfo, value, h, sum)
}

// signedDigest is a parsed SpcIndirectDataContent.
type signedDigest struct {
	kind  asn1.ObjectIdentifier
	value asn1.RawValue // zero when absent
	hash  crypto.Hash
	sum   []byte
}

func parseIndirect(b []byte) (*signedDigest, error) {
	fail := func(what string) (*signedDigest, error) {
		return nil, fmt.Errorf("%w: indirect data: %s", CheckFormat, what)
	}
	top, err := sequence(b)
	if err != nil || len(top) != 2 {
		return fail("not a SEQUENCE of two")
	}
	data, err := sequence(top[0].FullBytes)
	if err != nil || len(data) < 1 || len(data) > 2 {
		return fail("its first part is no type and value")
	}
	d := new(signedDigest)
	if _, err := asn1.Unmarshal(data[0].FullBytes, &d.kind); err != nil {
		return fail("its type is no object identifier")
	}
	if len(data) == 2 {
		d.value = data[1]
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Sum       []byte
	}
	if rest, err := asn1.Unmarshal(top[1].FullBytes, &info); err != nil || len(rest) != 0 {
		return fail("its second part is no digest")
	}
	if d.hash, err = hashOf(info.Algorithm); err != nil {
		return fail(err.Error())
	}
	if d.sum = info.Sum; len(d.sum) != d.hash.Size() {
		return fail(fmt.Sprintf("a digest of %d bytes for %v", len(d.sum), d.hash))
	}
	return d, nil
}

// imageLink returns the contents of SpcPeImageData's [0], where page hashes are.
func (d *signedDigest) imageLink() []byte {
	parts, err := elements(d.value.Bytes)
	if err != nil {
		return nil
	}
	for _, p := range parts {
		if p.Class == asn1.ClassContextSpecific && p.Tag == 0 {
			return p.Bytes
		}
	}
	return nil
}

// opusInfo is SpcSpOpusInfo { [0] programName SpcString, [1] moreInfo SpcLink }, both optional.
func opusInfo(description, url string) []byte {
	var parts [][]byte
	if description != "" {
		parts = append(parts, der(tagExplicit, der(tagContext0, bmp(description))))
	}
	if url != "" {
		parts = append(parts, der(tagExplicit|1, der(tagContext0, []byte(url))))
	}
	return der(tagSequence, parts...)
}

// parseOpus reads what opusInfo wrote; unknown forms give empty strings.
func parseOpus(b []byte) (description, url string) {
	fields, err := sequence(b)
	if err != nil {
		return "", ""
	}
	for _, f := range fields {
		inner, err := elements(f.Bytes)
		if err != nil || len(inner) != 1 || f.Class != asn1.ClassContextSpecific || inner[0].Class != asn1.ClassContextSpecific {
			continue
		}
		text := string(bytes.ToValidUTF8(inner[0].Bytes, []byte("?")))
		switch {
		case f.Tag == 0 && inner[0].Tag == 0:
			description, _ = fromUTF16(inner[0].Bytes, binary.BigEndian)
		case f.Tag == 0 && inner[0].Tag == 1:
			description = text
		case f.Tag == 1 && inner[0].Tag == 0:
			url = text
		}
	}
	return description, url
}
