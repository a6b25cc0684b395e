package installer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

const (
	mib = 1 << 20
	// overhead is what logs, journal and the generated removal files may take on the system drive, in bytes (OURS).
	overhead = 4 * mib
)

// diskNeed is what a plan writes on one drive, in bytes.
type diskNeed struct{ files, backup int64 }

// checkSpace compares what a plan writes with what is free, drive by drive (codes 61443 and 61483). A new file lies beside
// the old one until it takes its place, so nothing is counted as freed. Copies that only serve this run, for rolling back,
// belong to the files; those for removal are the backup.
func (r *run) checkSpace(p journal.Plan) error {
	drives, err := r.Host.Drives()
	if err != nil {
		return fmt.Errorf("look at the disks: %w", err)
	}
	for _, d := range drives {
		name := strings.ToUpper(d.Root[:2])
		need, err := r.diskNeed(p, name, d.Cluster)
		if err != nil {
			return err
		}
		if strings.EqualFold(name, r.info.SystemDrive) {
			need.files += overhead
		}
		if need == (diskNeed{}) {
			continue
		}
		if err := r.enough(d, name, need); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) enough(d host.Drive, name string, need diskNeed) error {
	with := need.files + need.backup
	r.logf("Allocation size of drive %s is %d bytes, free space = %d bytes", name, d.Cluster, d.FreeBytes)
	uninstall := fmt.Sprintf("%dMB", up(with))
	if r.Options.NoBackup {
		uninstall = "NOT CALCULATED"
	}
	r.logf("Drive %s free %dMB req: %dMB w/uninstall: %s.", name, d.FreeBytes/mib, up(need.files), uninstall)
	lack := func(n int64) string { return fmt.Sprint(up(max(n-d.FreeBytes, 0))) }
	switch {
	case d.FreeBytes < need.files:
		return status.Wrap(status.NotEnoughSpace, fmt.Errorf("drive %s has %d bytes free, %d are needed: %w", name, d.FreeBytes, need.files, host.ErrDiskFull),
			r.res.Title, name, lack(need.files), lack(with))
	case d.FreeBytes < with:
		return status.Wrap(status.NotEnoughSpaceWithUninstall, fmt.Errorf("drive %s has %d bytes free, %d are needed with the backup: %w", name, d.FreeBytes, with, host.ErrDiskFull),
			r.res.Title, name, lack(with))
	}
	return nil
}

// up gives whole megabytes, rounded up.
func up(n int64) int64 { return (n + mib - 1) / mib }

func (r *run) diskNeed(p journal.Plan, drive string, cluster int64) (diskNeed, error) {
	var need diskNeed
	journals := winpath.Join(r.info.WindowsDir, journal.Folder)
	for _, s := range p.Steps {
		if s.Kind != step.PutFile && s.Kind != step.SaveFile || len(s.Path) < 2 || !strings.EqualFold(s.Path[:2], drive) {
			continue
		}
		n, err := r.sizeOf(s.From)
		if err != nil {
			return need, fmt.Errorf("look at the disks: %w", err)
		}
		if cluster > 0 {
			n = (n + cluster - 1) / cluster * cluster
		}
		if s.Kind == step.SaveFile && !winpath.Under(s.Path, journals) {
			need.backup += n
		} else {
			need.files += n
		}
	}
	return need, nil
}

// sizeOf is the size of what a step reads. Content that the run makes itself is not there yet; it is small (overhead).
func (r *run) sizeOf(from string) (int64, error) {
	if from == step.FromPackage+selfName {
		f, err := r.OpenSelf()
		if err != nil {
			return 0, err
		}
		defer f.Close()
		return io.Copy(io.Discard, f)
	}
	if name, ok := strings.CutPrefix(from, step.FromPackage); ok {
		f, err := r.Package.Open(name)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		return f.Size(), nil
	}
	st, err := r.Host.Stat(strings.TrimPrefix(from, step.FromHost))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return st.Size, err
}
