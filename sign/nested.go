package sign

import (
	"encoding/asn1"
	"fmt"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// nest puts blob into the first signature of the image, as another value of its unsigned attribute for further signatures.
// What is signed does not change: the attribute is not covered, and the image hash leaves the table out.
func nest(im *image, blob []byte) ([]byte, error) {
	entries, err := im.tableEntries()
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return blob, nil
	}
	c, err := parseCMS(entries[0])
	if err != nil {
		return nil, fmt.Errorf("the signature that is there: %w", err)
	}
	inner, err := c.unsigned(oidNested)
	if err != nil {
		return nil, err
	}
	if len(inner)+2 > MaxNested {
		return nil, fmt.Errorf("the image has %d signatures; %d are the limit", len(inner)+1, MaxNested)
	}
	if err := setUnsigned(c.si, oidNested, append(inner, blob)); err != nil {
		return nil, err
	}
	return c.psd.Marshal()
}

// setUnsigned gives an unsigned attribute these values, in DER order, and sorts the list.
func setUnsigned(si *pkcs7.SignerInfo, oid asn1.ObjectIdentifier, values [][]byte) error {
	var list pkcs7.AttributeList
	for _, a := range si.UnauthenticatedAttributes {
		if !a.Type.Equal(oid) {
			list = append(list, a)
		}
	}
	if len(values) > 0 {
		list = append(list, pkcs7.Attribute{Type: oid, Values: asn1.RawValue{FullBytes: derSet(values...)}})
	}
	si.UnauthenticatedAttributes = list
	si.RawContent = nil // or the old bytes would be written
	return sortAttributes(list)
}
