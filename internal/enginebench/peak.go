package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// ownPeakMiB is the largest resident set of this process, in MiB (Linux: VmHWM counts in kB). The figure that the kernel
// gives a parent for an ended child would hold what the parent had at the fork.
func ownPeakMiB() (float64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		return 0, fmt.Errorf("/proc/self/status has no VmHWM")
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	return kib / 1024, err
}
