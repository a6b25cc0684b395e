//go:build !windows

package main

import (
	"fmt"
	"os"
)

// main refuses: the runtime changes the Windows it runs on. `kbforge install PACKAGE --image DIR` services a directory
// tree from any system.
func main() {
	fmt.Fprintln(os.Stderr, "This program is the runtime of a Windows update package and runs on Windows only.\n"+
		"To install a package into an offline image, use: kbforge install PACKAGE --image DIR")
	os.Exit(1)
}
