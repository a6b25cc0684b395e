//go:build windows

// Command probe is what winekit's own tests run.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"golang.org/x/sys/windows"
)

func main() {
	switch os.Args[1] {
	case "exit":
		n, _ := strconv.ParseUint(os.Args[2], 0, 32)
		fmt.Println("out")
		fmt.Fprintln(os.Stderr, "err")
		windows.ExitProcess(uint32(n))
	case "line":
		fmt.Print(windows.UTF16PtrToString(windows.GetCommandLine()))
	case "env":
		dir, _ := os.Getwd()
		fmt.Print(dir, " ", os.Getenv(os.Args[2]))
	case "sleep":
		time.Sleep(time.Minute)
	case "child": // a descendant that outlives a timeout unless it is ended too
		exec.Command(os.Args[0], "late", os.Args[2]).Start()
		time.Sleep(time.Minute)
	case "late":
		time.Sleep(3 * time.Second)
		os.WriteFile(os.Args[2], []byte("late"), 0o644)
	case "write":
		if err := os.WriteFile(os.Args[2], []byte("new"), 0o644); err != nil {
			fmt.Print(err)
			os.Exit(1)
		}
	case "pend":
		from, _ := windows.UTF16PtrFromString(os.Args[2])
		to, _ := windows.UTF16PtrFromString(os.Args[3])
		const flags = windows.MOVEFILE_DELAY_UNTIL_REBOOT | windows.MOVEFILE_REPLACE_EXISTING
		if err := windows.MoveFileEx(from, to, flags); err != nil {
			fmt.Print(err)
			os.Exit(1)
		}
	}
}
