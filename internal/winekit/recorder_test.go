package winekit

import (
	"fmt"
	"runtime"
	"testing"
)

// recorder is a test that keeps its fatal message instead of failing the test around it.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
