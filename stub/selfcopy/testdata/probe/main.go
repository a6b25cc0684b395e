// Command probe stands in for spuninst.exe. As the copy it prints what it sees and does what its first switch says.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/stub/selfcopy"
)

func main() {
	job, args, copied := selfcopy.Detect(os.Args[1:])
	if !copied {
		image, err := os.Executable()
		if err != nil {
			panic(err)
		}
		code, err := selfcopy.Run(image, args, os.Stdout)
		if err != nil {
			fmt.Println("original:", err)
			os.Exit(99)
		}
		os.Exit(int(int32(code)))
	}
	self, _ := os.Executable()
	fmt.Printf("copy of %s in %s with %q\n", job.Image, filepath.Dir(self), args)
	if args[0] == "die" {
		os.Exit(5)
	}
	code, err := strconv.ParseUint(strings.TrimPrefix(args[0], "/code:"), 10, 32)
	if err != nil {
		panic(err)
	}
	if err := os.Remove(job.Image); err == nil {
		fmt.Println("the running original could be deleted")
	}
	job.Report(uint32(code))
	if len(args) < 2 || args[1] != "keep" {
		job.Clean()
	}
}
