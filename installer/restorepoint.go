package installer

import (
	"errors"
	"fmt"

	"github.com/kbforge/kbforge/installer/host"
)

// restorePoint has the system take a restore point before the first change (white paper, Appendix D: "System Restore Point
// set."). end tells the system how the change went. A host that has none, a system on which it is turned off, the switch
// /norestorepoint and the policy NoRestorePoint leave it out; a failure stops nothing, since the journal is what a failed run is taken back
// with.
func (r *run) restorePoint() (end func(ok bool)) {
	none := func(bool) {}
	h, ok := r.Host.(host.RestorePoints)
	if !ok || r.Options.NoRestorePoint {
		return none
	}
	off, err := r.policy("NoRestorePoint")
	if err != nil {
		r.log.Warn("%v", err)
	}
	if off != 0 {
		r.logf("System Restore Point not set: the policy NoRestorePoint is on.")
		return none
	}
	end, err = h.SetRestorePoint(fmt.Sprintf("Installed %s.", first(r.res.Title, r.res.KB)))
	switch {
	case errors.Is(err, host.ErrUnsupported):
		r.logf("System Restore Point not set: this system takes none.")
	case err != nil:
		r.log.Warn("System Restore Point not set: %v", err)
	default:
		r.logf("System Restore Point set.")
		return end
	}
	return none
}
