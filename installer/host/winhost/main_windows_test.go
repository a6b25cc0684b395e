package winhost

import (
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// TestMain is what main is to a program: RegisterDLL starts this executable again. It also serves as the program that
// the tests run: `exit N`, `sleep`.
func TestMain(m *testing.M) {
	if code, started := Child(os.Args[1:]); started {
		os.Exit(code)
	}
	if len(os.Args) == 3 && os.Args[1] == "exit" {
		n, _ := strconv.Atoi(os.Args[2])
		os.Exit(n)
	}
	if len(os.Args) == 2 && os.Args[1] == "sleep" {
		time.Sleep(5 * time.Minute)
	}
	if len(os.Args) == 3 && os.Args[1] == "hold" {
		holdFile(os.Args[2])
	}
	os.Exit(m.Run())
}

func testPrograms() map[int]string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	return map[int]string{0: quoteArg(exe) + " exit 0", 7: quoteArg(exe) + " exit 7", -1: quoteArg(exe) + " sleep"}
}

// selfRegistering is a DLL of Windows, and of Wine, that registers itself.
func selfRegistering(t *testing.T) string {
	t.Helper()
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		t.Fatal(err)
	}
	return dir + `\scrrun.dll`
}
