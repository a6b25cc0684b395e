package builder

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

// buildCatalog makes the security catalog: every payload file, every INF and update.ver is a member; what is signed by
// itself (update.exe, spuninst.exe, spmsg.dll) and the licence are not (measured on real packages; update.ver is OURS). Signed
// if there is a signer, else the envelope that external tools sign. branch is the root that the catalog is for (Plan.roots).
func (p *Plan) buildCatalog(ctx context.Context, branch string, generated map[string][]byte, s *Signer) ([]byte, error) {
	c := &sign.Catalog{Date: p.BuildTime, Attrs: []sign.Attr{
		{Name: "OSAttr", Value: osAttr(p.Manifest)},
		{Name: "SpAttr", Value: p.BuildTime.UTC().Format("20060102150405")},
	}}
	for _, content := range p.Contents {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !p.under(branch, content.Path) {
			continue
		}
		var err error
		switch content.Role {
		case Generated:
			data := generated[content.Path]
			err = c.Add(content.Path, bytes.NewReader(data), int64(len(data)))
		case Payload, Helper:
			err = addFile(c, content.Path, p.version(content.Path).open)
		}
		if err != nil {
			return nil, fmt.Errorf("add %s to the catalog: %w", content.Path, err)
		}
	}
	if s == nil {
		return c.Marshal()
	}
	return c.Sign(ctx, s.Key, s.Options)
}

func addFile(c *sign.Catalog, name, path string, attrs ...sign.Attr) error {
	h, err := hashFile(name, path)
	if err != nil {
		return err
	}
	return c.AddHashed(h, attrs...)
}

// osAttr lists the versions of Windows the package is for, as real catalogs do: 2:5.1,2:5.2 (2 is VER_PLATFORM_WIN32_NT).
func osAttr(m *manifest.Manifest) string {
	all := [][2]uint32{{5, 0}, {5, 1}, {5, 2}, {6, 0}, {6, 1}, {6, 2}, {6, 3}, {10, 0}}
	var list []string
	for _, v := range all {
		if !below(v, m.Target.Min) && !above(v, m.Target.Max) {
			list = append(list, fmt.Sprintf("2:%d.%d", v[0], v[1]))
		}
	}
	if len(list) == 0 { // a version outside the list
		list = []string{"2:10.0"}
	}
	return strings.Join(list, ",")
}

func below(v [2]uint32, g manifest.Gate) bool {
	return g.Major != nil && (v[0] < *g.Major || v[0] == *g.Major && v[1] < *g.Minor)
}

func above(v [2]uint32, g manifest.Gate) bool {
	return g.Major != nil && (v[0] > *g.Major || v[0] == *g.Major && v[1] > *g.Minor)
}
