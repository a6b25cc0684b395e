// Command hello is the stub that the tests of link put resources into: it prints a line and returns 3010.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("hello from the stub")
	os.Exit(3010)
}
