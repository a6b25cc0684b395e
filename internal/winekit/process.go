package winekit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// patience is how long a command of the kit itself may take; making a template on a busy machine is the longest.
const patience = 5 * time.Minute

// command runs a Linux command to its end. Its output is in the error if it fails.
func command(env []string, name string, args ...string) error {
	out, err := os.CreateTemp("", "winekit-*.log") // no pipe: Wine's services would keep it open
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", cmd, err, text)
	}
	return nil
}

// stopServer ends every process of the prefix and waits until its registry is on disk. There may be no server: no error.
func stopServer(in wineInstall, prefix string) {
	command(in.environ(prefix), in.server, "-k")
	command(in.environ(prefix), in.server, "-w")
}

// killAll ends what a machine left behind: every process that has this prefix in its environment.
func killAll(prefix string) {
	want := []byte("WINEPREFIX=" + prefix)
	for range 10 { // a process may start others meanwhile
		found := false
		dirs, _ := filepath.Glob("/proc/[0-9]*")
		for _, d := range dirs {
			env, err := os.ReadFile(filepath.Join(d, "environ"))
			if err != nil {
				continue
			}
			for _, e := range bytes.Split(env, []byte{0}) {
				if bytes.Equal(e, want) {
					found = kill(filepath.Base(d)) || found
				}
			}
		}
		if !found {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func kill(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil || n == os.Getpid() {
		return false
	}
	p, err := os.FindProcess(n)
	return err == nil && p.Kill() == nil
}
