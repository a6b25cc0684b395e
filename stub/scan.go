package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

// codeNotIntact is the extended code of a scan with findings: ERROR_INVALID_DATA (OURS).
const codeNotIntact = 13

// scan is /status and /repair, and qfecheck.exe: it checks the installed updates. 0: all is as it was installed, perhaps
// after a repair; 3010: it will be after a restart; otherwise a failure. A package that lies around the program is a source
// of the repair.
func (p *program) scan(ctx context.Context, opts cmdline.Options) uint32 {
	if err := p.open(); err != nil {
		return p.fail(opts, "", err, "")
	}
	req := p.base(opts)
	req.Verify = p.verify
	if opts.Repair && personalityOf(p.image) == installs {
		if full, done, err := p.request(opts); err == nil {
			defer done()
			req = full
		}
	}
	rep, err := installer.Scan(ctx, req, opts.Repair)
	if err != nil {
		return p.fail(opts, "", err, rep.LogPath)
	}
	text, err := scanText(rep), error(nil)
	if !rep.Intact() {
		err = status.Wrap(codeNotIntact, errors.New("not everything is as it was installed"))
	}
	switch {
	case p.console != nil || err == nil:
		p.show(opts, "Installed updates", text)
	default:
		p.ui(opts).Message(ui.Failure, text+"\nThe log is "+rep.LogPath)
	}
	return status.Exit(err, status.Result{RestartNeeded: rep.RestartNeeded}, opts.ER)
}

func scanText(rep installer.Report) string {
	var b strings.Builder
	if len(rep.Updates) == 0 {
		b.WriteString("No updates are installed.\n")
	}
	for _, u := range rep.Updates {
		state := "intact"
		if !u.Intact() {
			state = "NOT INTACT"
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", u.KB, state, u.Date, u.Title)
		for _, x := range u.Problems {
			fmt.Fprintf(&b, "\t%s\n", x)
		}
	}
	for _, x := range rep.Interrupted {
		fmt.Fprintf(&b, "interrupted: %s; /repair, or the next installation or removal, settles it\n", x)
	}
	for _, x := range rep.Repaired {
		fmt.Fprintf(&b, "%s\n", x)
	}
	return b.String()
}
