package makecab

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// writeChild names the environment variable that makes the test binary write a cabinet and report its peak memory.
const writeChild = "KBFORGE_TEST_WRITE"

// TestMemory writes far more than fits into the limit, in a process of its own, with as many workers as there may be.
func TestMemory(t *testing.T) {
	const limit = 256 << 10 // KiB
	if os.Getenv(writeChild) != "" {
		return
	}
	if testing.Short() {
		t.Skip("short: compresses 150 MB")
	}
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestMemoryChild$", "-test.v")
	cmd.Env = append(os.Environ(), writeChild+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, after, ok := strings.Cut(string(out), "peak KiB: ")
	peak, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(after, "\n", 2)[0]))
	if !ok || err != nil {
		t.Fatalf("no peak in\n%s", out)
	}
	t.Logf("%d MiB with %d workers", peak>>10, MaxWorkers)
	if peak > limit {
		t.Errorf("%d MiB at most were in memory, want %d", peak>>10, limit>>10)
	}
}

func TestMemoryChild(t *testing.T) {
	if os.Getenv(writeChild) == "" {
		t.Skip("started by TestMemory")
	}
	var in []Input
	for i := range 8 {
		size := int64(16 << 20)
		if i == 0 {
			size = 40 << 20 // a folder that the others wait behind
		}
		in = append(in, Input{Name: "f" + strconv.Itoa(i), Size: size, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.LimitReader(&xorshift{uint64(i) + 1}, size)), nil
		}})
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Write(context.Background(), f, in, Options{Workers: MaxWorkers}); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	println("peak KiB:", strings.Fields(after)[0])
}

// xorshift is noise that does not compress.
type xorshift struct{ x uint64 }

func (r *xorshift) Read(b []byte) (int, error) {
	for i := range b {
		r.x ^= r.x << 13
		r.x ^= r.x >> 7
		r.x ^= r.x << 17
		b[i] = byte(r.x >> 32)
	}
	return len(b), nil
}
