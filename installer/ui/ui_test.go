package ui_test

import (
	"bytes"
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/uitest"
)

func allQuestions() []ui.Question {
	return []ui.Question{
		ui.AskLicence("T", "text"), ui.AskRestart("T", 0), ui.AskRestart("T", time.Minute), ui.AskOverwriteOEM("T", "x.dll"),
		ui.AskCloseApps("T", []string{"a"}), ui.AskSafeMode("T"), ui.AskRemovalOrder("T", []string{"KB2"}), ui.AskDropEntry("T", "C:\\x"),
	}
}

// The unattended answers that docs/installer.md states.
func TestQuietAnswersWithTheDocumentedDefaults(t *testing.T) {
	want := map[ui.Topic]ui.Answer{
		ui.Licence: ui.Yes, ui.Restart: ui.Yes, ui.OverwriteOEM: ui.No, ui.CloseApps: ui.No, ui.SafeMode: ui.Yes, ui.RemovalOrder: ui.No, ui.DropEntry: ui.No,
	}
	for _, q := range allQuestions() {
		for name, u := range map[string]ui.UI{"quiet": ui.Quiet{}, "console": ui.NewConsole(nil)} {
			if got := u.Ask(context.Background(), q); got != want[q.Topic] {
				t.Errorf("%s: %s: %v, want %v", name, q.Topic, got, want[q.Topic])
			}
		}
		if q.Yes == "" || q.No == "" || q.Text == "" || q.Title != "T" {
			t.Errorf("%s is incomplete: %+v", q.Topic, q)
		}
	}
}

func TestConsole(t *testing.T) {
	var b bytes.Buffer
	c := ui.NewConsole(&b)
	c.Progress(ui.Inspecting, 0, 0)
	for i := range int64(31) {
		c.Progress(ui.Installing, i, 30)
	}
	c.Progress(ui.Finishing, 5, 3) // more than all
	c.Message(ui.Information, "done")
	c.Message(ui.Warning, "careful")
	c.Message(ui.Failure, "broken")
	c.Ask(context.Background(), ui.AskOverwriteOEM("T", "x.dll"))
	want := `Inspecting your current configuration...
Installing files...
Installing files: 10%
Installing files: 20%
Installing files: 30%
Installing files: 40%
Installing files: 50%
Installing files: 60%
Installing files: 70%
Installing files: 80%
Installing files: 90%
Installing files: 100%
Finishing...
done
Warning: careful
Error: broken
The file x.dll was supplied by the manufacturer of your computer. Do you want to overwrite it? [No]
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}

// desktop records what reaches it.
type desktop struct {
	asked []ui.Topic
	told  []string
}

func (d *desktop) Choose(_ context.Context, q ui.Question) ui.Answer {
	d.asked = append(d.asked, q.Topic)
	return ui.Unanswered
}
func (d *desktop) Tell(title string, _ ui.Kind, text string) {
	d.told = append(d.told, title+": "+text)
}

func TestAttendedAsksEverythingAndPassiveOnlyCountdowns(t *testing.T) {
	var att, pas desktop
	attended := ui.Attended{Title: "KB1", Desktop: &att}
	var console bytes.Buffer
	passive := ui.Passive{Desktop: &pas, Console: ui.NewConsole(&console)}
	for _, q := range allQuestions() {
		if got := attended.Ask(context.Background(), q); got != ui.Unanswered {
			t.Errorf("attended: %s: %v without a desktop", q.Topic, got)
		}
		want := q.Default
		if q.Countdown > 0 {
			want = ui.Unanswered
		}
		if got := passive.Ask(context.Background(), q); got != want {
			t.Errorf("passive: %s: %v, want %v", q.Topic, got, want)
		}
	}
	if len(att.asked) != len(allQuestions()) || !reflect.DeepEqual(pas.asked, []ui.Topic{ui.Restart}) {
		t.Errorf("dialogs: attended %v, passive %v", att.asked, pas.asked)
	}
	attended.Message(ui.Failure, "broken")
	attended.Progress(ui.Installing, 1, 2) // no console: nothing, and no panic
	passive.Message(ui.Failure, "broken")
	passive.Progress(ui.Installing, 1, 2)
	if !reflect.DeepEqual(att.told, []string{"KB1: broken"}) || pas.told != nil {
		t.Errorf("told: attended %q, passive %q", att.told, pas.told)
	}
	if got, want := console.String(), "Error: broken\nInstalling files...\n"; got != want {
		t.Errorf("console %q, want %q", got, want)
	}
	ui.Passive{Desktop: &pas}.Message(ui.Failure, "x")
}

func TestScript(t *testing.T) {
	s := &uitest.Script{Answers: map[ui.Topic][]ui.Answer{ui.OverwriteOEM: {ui.Yes, ui.No}}, Strict: true}
	ctx := context.Background()
	s.Progress(ui.Installing, 1, 2)
	s.Message(ui.Warning, "careful")
	for _, want := range []ui.Answer{ui.Yes, ui.No, ui.Unanswered} {
		if got := s.Ask(ctx, ui.AskOverwriteOEM("T", "x")); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	want := []string{"progress Installing files 1/2", "warning careful", "ask overwrite OEM file: Yes", "ask overwrite OEM file: No", "ask overwrite OEM file: none"}
	if got := s.Events(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := s.Unexpected(); !reflect.DeepEqual(got, []ui.Topic{ui.OverwriteOEM}) || len(s.Questions()) != 3 {
		t.Errorf("unexpected %v, %d questions", got, len(s.Questions()))
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if got := (&uitest.Script{}).Ask(done, ui.AskLicence("T", "x")); got != ui.Unanswered {
		t.Errorf("after cancelling: %v", got)
	}
}
