package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// A twin must be a PE file of the same size in which calls still reach the functions they called, and differ little.
func TestTwin(t *testing.T) {
	path := filepath.Join(wineDLLs, "msi.dll")
	data, err := os.ReadFile(path)
	if err != nil {
		need.Missing(t, "%v; install libwine", err)
	}
	twin := twinOf(data, "msi.dll", 4)
	if !bytes.Equal(twin, twinOf(data, "msi.dll", 4)) {
		t.Error("two runs differ")
	}
	if bytes.Equal(twin, data) || len(twin) != len(data) {
		t.Fatalf("twin has %d bytes, original %d", len(twin), len(data))
	}
	if _, err := pe.NewFile(bytes.NewReader(twin)); err != nil {
		t.Fatal(err)
	}
	checkFunctionTable(t, data, twin)
}

// checkFunctionTable compares the code of each function in both files: the same length, the same bytes but for operands.
func checkFunctionTable(t *testing.T, data, twin []byte) {
	t.Helper()
	a, _ := openTwin(data)
	b, _ := openTwin(twin)
	at, size := a.data(pe.IMAGE_DIRECTORY_ENTRY_EXCEPTION)
	same, changed := 0, 0
	for i := 0; i+12 <= size; i += 12 {
		fa, fb := a.function(t, at+i), b.function(t, at+i)
		if len(fa) != len(fb) {
			changed++
			continue
		}
		if diff := different(fa, fb); diff*4 > len(fa)*3 {
			changed++
		} else {
			same++
		}
	}
	if same < 1000 || changed > same/50 {
		t.Errorf("%d functions are as before but for operands, %d are not", same, changed)
	}
}

func (t *twinFile) function(tb testing.TB, entry int) []byte {
	tb.Helper()
	begin, ok := t.offset(int(binary.LittleEndian.Uint32(t.old[entry:])))
	end, ok2 := t.offset(int(binary.LittleEndian.Uint32(t.old[entry+4:])) - 1)
	if !ok || !ok2 || end < begin {
		tb.Fatalf("function table entry at %#x is broken", entry)
	}
	return t.old[begin : end+1]
}

func different(a, b []byte) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func TestTwinOfOtherFiles(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("x"), []byte("MZ no image"), bytes.Repeat([]byte("text "), 1000)} {
		twin := twinOf(data, "a.txt", 4)
		if len(twin) != len(data) || len(data) > 8 && bytes.Equal(twin, data) {
			t.Errorf("twin of %.20q is %.20q", data, twin)
		}
	}
}
