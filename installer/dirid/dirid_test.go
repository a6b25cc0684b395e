package dirid_test

import (
	"path/filepath"
	"testing"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host/imagehost"
)

func resolver(t *testing.T) *dirid.Resolver {
	t.Helper()
	m, _ := imagehost.Preset("win2003-sp2")
	h, err := imagehost.Options{NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	info, err := h.Info()
	if err != nil {
		t.Fatal(err)
	}
	return dirid.New(h, info)
}

func TestPath(t *testing.T) {
	r := resolver(t)
	for _, tt := range []struct {
		dir  updateinf.Dir
		want string
	}{
		{updateinf.Dir{ID: 10}, `C:\WINDOWS`},
		{updateinf.Dir{ID: 10, Sub: "System32"}, `C:\WINDOWS\System32`},
		{updateinf.Dir{ID: 12}, `C:\WINDOWS\system32\drivers`},
		{updateinf.Dir{ID: 24}, `C:\`},
		{updateinf.Dir{ID: 65619}, `C:\WINDOWS\system32\dllcache`},
		{updateinf.Dir{ID: 16422, Sub: `Contoso\Widget`}, `C:\Program Files\Contoso\Widget`},
		{updateinf.Dir{ID: -1, Sub: `D:\data`}, `D:\data`},
	} {
		if got, err := r.Path(tt.dir); err != nil || got != tt.want {
			t.Errorf("Path(%+v) = %q, %v; want %q", tt.dir, got, err, tt.want)
		}
	}
	for _, bad := range []updateinf.Dir{{ID: 0}, {ID: 70000}, {ID: -1, Sub: "relative"}} {
		if got, err := r.Path(bad); err == nil {
			t.Errorf("Path(%+v) = %q, want an error", bad, got)
		}
	}
}

func TestExpand(t *testing.T) {
	r := resolver(t)
	for in, want := range map[string]string{
		`%11%\msi.dll`:          `C:\WINDOWS\system32\msi.dll`,
		`"%16427%\x" %1 %*`:     `"C:\Program Files\Common Files\x" %1 %*`,
		`%SystemRoot%\%10%`:     `%SystemRoot%\C:\WINDOWS`,
		`100%`:                  `100%`,
		`%windir%`:              `%windir%`,
		`a%%b`:                  `a%%b`,
		`%11%%12%`:              `C:\WINDOWS\system32C:\WINDOWS\system32\drivers`,
		`no percent sign at al`: `no percent sign at al`,
	} {
		if got, err := r.Expand(in); err != nil || got != want {
			t.Errorf("Expand(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	if got, err := r.Expand("%70000%"); err == nil {
		t.Errorf("an unknown identifier gave %q", got)
	}
}
