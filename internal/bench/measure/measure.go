// Package measure takes the time and the memory of whole processes. What a command takes is measured by a small process
// of its own, because Linux charges a program with the peak memory of the process that started it.
package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Run is one run of a command as a whole process.
type Run struct {
	Seconds float64 // wall
	PeakMiB float64 // largest resident set of the process or one of its children
}

// To runs a command in dir and writes what it took as JSON to a file. The command's output is its error text. It is for the
// small process.
func To(ctx context.Context, result, dir string, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	log, err := os.Create(result + ".log")
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(result + ".log")
		return fmt.Errorf("%s: %w\n%s", cmd, err, said)
	}
	b, err := json.Marshal(Run{Seconds: time.Since(begin).Seconds(), PeakMiB: peakMiB(cmd.ProcessState)})
	if err != nil {
		return err
	}
	return os.WriteFile(result, b, 0o644)
}

// By runs a command in dir through the program self, which hands "measure", the result file, dir and the command to To.
func By(ctx context.Context, self, result, dir string, args ...string) (Run, error) {
	var r Run
	cmd := exec.CommandContext(ctx, self, append([]string{"measure", result, dir}, args...)...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return r, fmt.Errorf("%s: %w", strings.TrimSpace(string(said)), err)
	}
	data, err := os.ReadFile(result)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(data, &r)
}
