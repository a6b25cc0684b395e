// Command show prints where a stub of this build comes from and its SHA-256.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/kbforge/kbforge/builder/stubs"
)

func main() {
	s, err := stubs.Get(context.Background(), stubs.Extractor, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%s\n%x\n", s.Origin, sha256.Sum256(s.Bytes))
}
