package winhost

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"
)

// holdFile is what the test executable does for startHolder.
func holdFile(path string) {
	f, err := os.Open(path)
	if err != nil {
		os.Exit(1)
	}
	defer f.Close()
	os.Stdout.WriteString("ready\n")
	time.Sleep(5 * time.Minute)
}

// startHolder starts a process that keeps a file open; the channel is closed at its end.
func startHolder(t *testing.T, path string) <-chan struct{} {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "hold", path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the holder said %q", line)
	}
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	t.Cleanup(func() { cmd.Process.Kill() })
	return done
}
