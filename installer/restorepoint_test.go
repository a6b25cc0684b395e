package installer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/host"
)

// restorePoints is a machine that takes restore points.
type restorePoints struct {
	host.Host
	did *[]string
	err error
}

func (r restorePoints) SetRestorePoint(text string) (func(bool), error) {
	if r.err != nil {
		return nil, r.err
	}
	*r.did = append(*r.did, "begin "+text)
	return func(ok bool) { *r.did = append(*r.did, fmt.Sprint("end ", ok)) }, nil
}

// refusing cannot add a catalog, so that an installation fails after its first change.
type refusing struct{ restorePoints }

func (refusing) AddCatalog(string, string) error { return errors.New("no catalog today") }

// "Sets the system restore point used by the operating system to return the system to a known state" (white paper, Appendix D).
func TestRestorePoint(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string
		policy bool
		err    error
		fails  bool
		want   []string
		log    string
	}{
		{"set", nil, false, nil, false, []string{"begin Installed Security Update (KB900001).", "end true"}, "System Restore Point set."},
		{"taken back", nil, false, nil, true, []string{"begin Installed Security Update (KB900001).", "end false"}, "System Restore Point set."},
		{"switch", []string{"/norestorepoint"}, false, nil, false, nil, ""},
		{"policy", nil, true, nil, false, nil, "the policy NoRestorePoint is on"},
		{"turned off", nil, false, host.ErrUnsupported, false, nil, "this system takes none"},
		{"failed", nil, false, errors.New("service broken"), false, nil, "System Restore Point not set: service broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, files := standard(t)
			m := newMachine(t, files)
			if tt.policy {
				k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Policies\kbforge`}
				if _, err := m.h.CreateKey(k, false); err != nil {
					t.Fatal(err)
				}
				if err := m.h.SetValue(k, "NoRestorePoint", host.DWORDValue(1)); err != nil {
					t.Fatal(err)
				}
			}
			var did []string
			var h host.Host = restorePoints{m.h, &did, tt.err}
			if tt.fails {
				h = refusing{restorePoints{m.h, &did, tt.err}}
			}
			_, err := installer.Install(context.Background(), request(t, h, p.tree(t), append([]string{"/quiet"}, tt.args...)...))
			if (err != nil) != tt.fails {
				t.Fatal(err)
			}
			if !slices.Equal(did, tt.want) {
				t.Errorf("did %q, want %q", did, tt.want)
			}
			if log := string(m.read(`C:\WINDOWS\KB900001.log`)); !strings.Contains(log, tt.log) {
				t.Errorf("the log lacks %q:\n%s", tt.log, log)
			}
		})
	}
}
