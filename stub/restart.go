package main

import (
	"context"
	"time"

	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// how says in which way a restart comes about.
type how uint8

const (
	restartNot   how = iota
	restartAsk       // a question without a countdown
	restartCount     // a countdown that a person may cut short or refuse
	restartNow
)

type restartChoice struct {
	how   how
	after time.Duration // restartCount
	force bool          // close programs without saving
}

// chooseRestart applies WP table 15: attended asks on the last page, /passive counts down 30 seconds, /quiet restarts without
// a word; /norestart, /warnrestart, /promptrestart and /forcerestart change that. /forcerestart restarts even where
// nothing waits for it ("Restart the computer after installation").
func chooseRestart(o cmdline.Options, needed bool) restartChoice {
	c := restartChoice{force: o.ForceAppsClose || o.ForceRestart}
	switch {
	case o.NoRestart || o.DryRun:
	case o.ForceRestart:
		c.how = restartNow
	case !needed:
	case o.WarnRestart.Set:
		c.how, c.after = restartCount, time.Duration(o.WarnRestart.Seconds)*time.Second
	case o.PromptRestart || !o.Unattended():
		c.how = restartAsk
	case o.Passive:
		c.how, c.after = restartCount, cmdline.DefaultWarnSeconds*time.Second
	default:
		c.how = restartNow
	}
	if c.how == restartCount && c.after == 0 {
		c.how = restartNow
	}
	return c
}

// restart carries the choice out; started tells whether a restart comes. A dialog that nobody can see is no consent. u asks;
// where it would not (/quiet /promptrestart), the desktop does.
func (p *program) restart(ctx context.Context, u ui.UI, c restartChoice, title string) (started bool, err error) {
	switch c.how {
	case restartNot:
		return false, nil
	case restartAsk, restartCount:
		q, ask := ui.AskRestart(title, c.after), p.desktop.Choose
		if p.window != nil && u == p.window {
			ask = u.Ask
		}
		if ask(ctx, q) != ui.Yes {
			return false, nil
		}
	}
	if root := packageRoot(p.image); p.sfxRoot != "" && winpath.Under(root, p.sfxRoot) {
		// The extractor restarts when it has cleaned up, and knows best whether that worked: the code stays 3010 here.
		return false, p.askSFX(p.sfxRoot, c.force)
	}
	if err := p.host.Restart(c.force); err != nil {
		return false, err
	}
	return true, nil
}
