package makecab

import (
	"bytes"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	for _, m := range allMethods {
		for _, size := range []int64{0, 50_000, 300_000} {
			_, b := write(t, inputs(tree()), Options{Method: m, FolderSize: size})
			got, err := readAll(b)
			if err != nil {
				t.Fatalf("%s, folders of %d: %v", m, size, err)
			}
			compare(t, m.String(), got, tree())
		}
	}
}

// The number of workers must not show in the bytes.
func TestDeterministic(t *testing.T) {
	for _, m := range allMethods {
		_, want := write(t, inputs(tree()), Options{Method: m, FolderSize: 60_000, Workers: 1})
		for _, n := range []int{2, 3, 8} {
			if _, got := write(t, inputs(tree()), Options{Method: m, FolderSize: 60_000, Workers: n}); !bytes.Equal(got, want) {
				t.Errorf("%s: %d workers write other bytes than one", m, n)
			}
		}
	}
}
