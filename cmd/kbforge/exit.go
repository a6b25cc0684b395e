package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder/manifest"
)

// Exit codes. The table is also the help text.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

type exitCode struct {
	code int
	what string
}

func exitCodes() []exitCode {
	return []exitCode{
		{exitDone, "done"},
		{exitRefused, "refused or failed; what was wrong is on standard error, nothing half made is left"},
		{exitUsage, "wrong usage"},
	}
}

func exitHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, e := range exitCodes() {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.what)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usageArgs makes the complaints of a cobra validator usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{fmt.Errorf("%w; usage: %s", err, c.UseLine())}
		}
		return nil
	}
}

// finish reports the error of a command and chooses the exit code.
func (a *app) finish(err error) int {
	var faults manifest.Faults
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &faults):
		fmt.Fprintln(a.stderr, faults)
		a.say("%s; nothing was written", count(len(faults), "fault"))
	case errors.Is(err, context.Canceled):
		a.say("interrupted; nothing was written")
	case errors.As(err, &usage):
		a.say("%v", err)
		a.say("see kbforge --help")
		return exitUsage
	default:
		a.say("%v", err)
	}
	return exitRefused
}

// say writes a diagnostic line.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, "kbforge: "+format+"\n", args...)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// print writes a diagnostic that names its own place.
func (a *app) print(line string) { fmt.Fprintln(a.stderr, line) }
