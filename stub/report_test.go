package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

func TestReport(t *testing.T) {
	rolled := &journal.RolledBack{Cause: errors.New("disk error")}
	for _, c := range []struct {
		line   string
		err    error
		answer ui.Answer
		kept   bool
		sent   string // consent
		asked  int
		says   []updateinf.ErrorReport
	}{
		{"", rolled, ui.Yes, true, "true", 1, nil},
		{"", rolled, ui.No, true, "", 1, nil},
		{"", rolled, ui.Unanswered, true, "", 1, nil},
		{"/quiet", rolled, ui.Yes, true, "false", 0, nil}, // policy decides
		{"/passive", &journal.Partial{Cause: rolled, Undo: rolled}, ui.Yes, true, "false", 0, nil},
		{"", errors.New("something new"), ui.Yes, true, "true", 1, nil},
		{"", status.New(status.PrerequisiteFailed), ui.Yes, false, "", 0, nil},
		{"", &journal.RolledBack{Cause: context.Canceled}, ui.Yes, false, "", 0, nil},
		{"", &journal.RolledBack{Cause: context.Canceled}, ui.Yes, true, "true", 1, []updateinf.ErrorReport{{Mode: "cancel", Invoke: true, EventType: "UpdateCancel", Intro: "Why?"}}},
		{"", rolled, ui.Yes, true, "", 0, []updateinf.ErrorReport{{Mode: "Failure"}}}, // kept here, not sent
	} {
		t.Run(fmt.Sprint(c.line, c.err, c.answer), func(t *testing.T) {
			preset, _ := imagehost.Preset("win2003-sp2")
			dir := filepath.Join(t.TempDir(), "image")
			h, err := imagehost.Options{NoSync: true, User: `CONTOSO\jdoe`}.Create(dir, preset)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			f := newFixture(false)
			f.host, f.desktop.answer = h, c.answer
			sent := ""
			f.sendReport = func(event, path, kb string, code uint32, consent bool) error {
				sent = fmt.Sprint(consent)
				if event == "" || len(c.says) > 0 && (event != c.says[0].EventType || f.desktop.asked[0].Text != c.says[0].Intro) {
					t.Errorf("event %q, asked %+v", event, f.desktop.asked)
				}
				if kb != "KB1" || !strings.HasSuffix(path, `\Logs\KB1-report.zip`) || code != status.Code(c.err) {
					t.Errorf("sent %s of %s, code %d", path, kb, code)
				}
				return errors.New("no network")
			}
			opts, err := cmdline.Parse(cmdline.Install, strings.Fields(c.line))
			if err != nil {
				t.Fatal(err)
			}
			f.report(context.Background(), opts, installer.Result{KB: "KB1", Title: "Update", ErrorReports: c.says}, c.err)
			kept := false
			_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
				kept = kept || strings.HasSuffix(path, "KB1-report.zip")
				return nil
			})
			if kept != c.kept || sent != c.sent || len(f.desktop.asked) != c.asked {
				t.Errorf("kept %v, sent with consent %q, asked %d times", kept, sent, len(f.desktop.asked))
			}
		})
	}
}
