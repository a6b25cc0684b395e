package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/kbforge/kbforge/sign"
)

// terminalPrompt asks the person at the terminal in for a password, without echo; nil where in is no terminal. What it says
// goes to w, which is standard error, so that standard output can go into a file.
func terminalPrompt(in *os.File, w io.Writer) sign.Prompt {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		return nil
	}
	return func(label string) ([]byte, error) {
		fmt.Fprintf(w, "%s: ", label)
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(w)
		if err != nil {
			return nil, fmt.Errorf("read the %s: %w", label, err)
		}
		return b, nil
	}
}
