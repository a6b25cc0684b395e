// Command fakeupdate stands in for update.exe in the extractor's test: it writes down how it was started, as JSON, and does what
// its switches ask.
//
//	/exit:N      end with code N
//	/result:F    write the JSON to F instead of standard output
//	/restart:S   write S to the file "restart" in the extraction directory
//	/litter      leave a read-only file and a directory there
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

type report struct {
	Line, Dir, Image, Root string
	Args                   []string
	Files                  []string // below Root
}

func main() {
	r := report{Line: commandLine(), Args: os.Args[1:], Root: os.Getenv("KBFORGE_SFX")}
	r.Dir, _ = os.Getwd()
	r.Image, _ = os.Executable()
	filepath.WalkDir(r.Root, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			r.Files = append(r.Files, strings.TrimPrefix(p, r.Root+`\`))
		}
		return err
	})
	out, code := os.Stdout, 0
	for _, a := range os.Args[1:] {
		name, value, _ := strings.Cut(a, ":")
		switch name {
		case "/exit":
			n, err := strconv.ParseUint(value, 0, 32)
			must(err)
			code = int(uint32(n))
		case "/result":
			f, err := os.Create(value)
			must(err)
			out = f
		case "/restart":
			must(os.WriteFile(filepath.Join(r.Root, "restart"), []byte(value), 0o600))
		case "/litter":
			must(os.MkdirAll(filepath.Join(r.Root, "left", "over"), 0o700))
			must(os.WriteFile(filepath.Join(r.Root, "left", "read only.txt"), nil, 0o400))
		}
	}
	must(json.NewEncoder(out).Encode(r))
	must(out.Close())
	os.Exit(code)
}

func commandLine() string {
	p := unsafe.Pointer(syscall.GetCommandLine())
	n := 0
	for *(*uint16)(unsafe.Add(p, 2*n)) != 0 {
		n++
	}
	return syscall.UTF16ToString(unsafe.Slice((*uint16)(p), n))
}

func must(err error) {
	if err != nil {
		println(err.Error())
		os.Exit(99)
	}
}
