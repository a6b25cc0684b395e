// Command kbforge describes, builds, signs and inspects update packages. See docs/manifest.md for what an author writes.
//
// Rules of the command line: paths that were made, and what was asked for, go to standard output; progress and diagnostics go
// to standard error, in lower case, with the tool's name in front. Exit codes: see exit.go.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/sign"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &app{stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv, now: time.Now, prompt: terminalPrompt(os.Stdin, os.Stderr)}, os.Args[1:])
	stop()
	os.Exit(code)
}

// app is what the commands share: everything that comes from outside.
type app struct {
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	now            func() time.Time
	prompt         sign.Prompt // asks for a password; nil: nobody can be asked
}

func run(ctx context.Context, a *app, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return a.finish(root.ExecuteContext(ctx))
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "kbforge",
		Short:         "Build, sign and inspect update packages",
		Long:          "kbforge builds KB-style update packages for Windows from a TOML file, on any machine.\n\n" + exitHelp(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(a.commands()...)
	return root
}

func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{a.initCommand(), a.checkCommand(), a.planCommand(), a.buildCommand(), a.schemaCommand(), a.importCommand(),
		a.listCommand(), a.extractCommand(), a.verifyCommand(), a.signCommand(),
		a.catalogCommand(),
		a.installCommand(), a.removeCommand(), a.statusCommand(), a.imageCommand(), a.demoCommand(), a.infCommand()}
}
