package sign

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// CatalogInfo is a catalog in words, for people (String) and machines (JSON). Members are ascending by tag.
type CatalogInfo struct {
	Version    int          `json:"version"` // 1 or 2
	ListID     string       `json:"list_id"` // hexadecimal
	Date       time.Time    `json:"date"`    // UTC
	Attributes []Attr       `json:"attributes"`
	Members    []MemberInfo `json:"members"`
	Signature  *Signature   `json:"signature"` // described, not verified; null without one
}

// MemberInfo is a member in words.
type MemberInfo struct {
	Tag        string `json:"tag"`                  // as it stands in the catalog, hexadecimal
	Digest     string `json:"digest,omitempty"`     // hexadecimal; empty when neither tag nor indirect data tell
	Hash       string `json:"hash,omitempty"`       // SHA-1 or SHA-256, of Digest
	Image      bool   `json:"image"`                // the digest is an image hash
	Attributes []Attr `json:"attributes,omitempty"` // File among them
}

// Info describes the catalog; s is its signature, nil when there is none.
func (c *Catalog) Info(s *Signature) CatalogInfo {
	sorted := c.sorted()
	info := CatalogInfo{Version: c.version(), ListID: hex.EncodeToString(c.listID(sorted)), Date: c.Date.UTC(),
		Attributes: append([]Attr{}, c.Attrs...), Members: make([]MemberInfo, len(sorted)), Signature: s}
	for i, m := range sorted {
		info.Members[i] = m.Info()
	}
	return info
}

// Info describes the member.
func (m Member) Info() MemberInfo {
	info := MemberInfo{Tag: hex.EncodeToString(m.Tag), Digest: hex.EncodeToString(m.Digest), Image: m.PE, Attributes: m.Attrs}
	if m.Hash != 0 {
		info.Hash = m.Hash.String()
	}
	return info
}

// File returns the value of the attribute "File", or "".
func (m MemberInfo) File() string { return attr(m.Attributes, "File") }

// String is the description for people, several lines with a final newline.
func (i CatalogInfo) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "catalog      V%d of %s\n", i.Version, i.Date.Format("2006-01-02 15:04:05 UTC"))
	fmt.Fprintf(&b, "list         %s\n", i.ListID)
	for _, a := range i.Attributes {
		fmt.Fprintf(&b, "attribute    %s\n", a)
	}
	if i.Signature == nil {
		b.WriteString("signature    none\n")
	} else {
		fmt.Fprintf(&b, "signature    %s, %s (not verified here)\n", i.Signature.Signer.Subject, i.Signature.Hash)
		if t := i.Signature.Timestamp; t != nil {
			fmt.Fprintf(&b, "time stamp   %s by %s\n", day(t.Time), t.Authority.Subject)
		}
	}
	fmt.Fprintf(&b, "members      %d\n", len(i.Members))
	for _, m := range i.Members {
		m.print(&b)
	}
	return b.String()
}

func (m MemberInfo) print(b *strings.Builder) {
	kind, digest, hash := "flat", m.Digest, m.Hash
	if m.Image {
		kind = "image"
	}
	if digest == "" {
		digest, hash = m.Tag, "tag"
	}
	fmt.Fprintf(b, "  %-7s  %-5s  %s", hash, kind, digest)
	if f := m.File(); f != "" {
		fmt.Fprintf(b, "  %s", f)
	}
	b.WriteByte('\n')
	for _, a := range m.Attributes {
		if !strings.EqualFold(a.Name, "File") {
			fmt.Fprintf(b, "           %s\n", a)
		}
	}
}

// String is NAME=VALUE; control characters are quoted.
func (a Attr) String() string {
	text := a.Name + "=" + a.Value
	if quoted := fmt.Sprintf("%q", text); quoted != `"`+text+`"` && strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return quoted
	}
	return text
}
