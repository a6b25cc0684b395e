//go:build linux

package measure

import (
	"os"
	"syscall"
)

// peakMiB is the largest resident set of a process that has ended, in MiB.
func peakMiB(p *os.ProcessState) float64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return float64(u.Maxrss) / 1024 // Linux counts in KiB
	}
	return 0
}
