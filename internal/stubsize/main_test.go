package main

import "testing"

// What is linked into the stub is paid for in every package: a new import that makes it larger must be meant.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("short: builds the stub")
	}
	for _, e := range Executables() {
		n, err := Size(e, "amd64", t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if n > e.Limit {
			t.Errorf("the %s has %d bytes, the limit is %d; go run ./internal/stubsize tells what adds how much", e.Name, n, e.Limit)
		}
		if n < e.Limit*3/4 {
			t.Errorf("the %s has %d bytes: lower the limit of %d", e.Name, n, e.Limit)
		}
	}
}

func TestOwner(t *testing.T) {
	for symbol, want := range map[string]string{
		"github.com/kbforge/kbforge/stub/cab.(*Reader).Extract": "github.com/kbforge/kbforge/stub/cab",
		"fmt.Fprintf":                      "fmt",
		"go:itab.*os.File":                 "(tables)",
		"crypto/internal/fips140/aes.init": "crypto/internal/fips140/aes",
		"main.main":                        "main",
		"_end":                             "(tables)",
	} {
		if got := owner(symbol); got != want {
			t.Errorf("%s: %s, want %s", symbol, got, want)
		}
	}
}
