package wizard

import (
	"testing"
	"unicode/utf8"

	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/dialog"
	"github.com/kbforge/kbforge/installer/ui/text"
)

// models is one of each page.
func models() map[string]*model {
	list := map[string]*model{}
	asked := func(name string, q ui.Question) {
		m := newModel(false, false)
		m.ask(q)
		list[name] = m
	}
	asked("welcome", ui.AskWelcome("T"))
	asked("licence", ui.AskLicence("T", "x"))
	asked("archive", ui.AskArchive("T", &ui.Folder{Path: `C:\x`}))
	m := newModel(false, false)
	m.progress(ui.Installing, 1)
	list["working"] = m
	for name, o := range map[string]outcome{"done": {}, "restart": {restart: true}, "failed": {failed: true, text: "x"}} {
		m := newModel(false, false)
		m.end(o)
		list[name] = m
	}
	return list
}

// In every language nothing sticks out of its page, lies over another control, or has too little room for its words.
func TestLayouts(t *testing.T) {
	for _, lang := range []string{"en", "fr", "de"} {
		for _, removal := range []bool{false, true} {
			w := words{t: text.For(lang), removal: removal, title: "Security Update for Contoso Reader (KB123456)"}
			check(t, lang+" frame", frame(w, false))
			check(t, lang+" passive", frame(w, true))
			for name, m := range models() {
				check(t, lang+" "+name, layout(w, m))
				if title, _ := w.head(m); title == "" {
					t.Errorf("%s %s has no title", lang, name)
				}
			}
		}
	}
}

func check(t *testing.T, name string, d dialog.Template) {
	t.Helper()
	ids := map[int]bool{}
	for i, c := range d.Controls {
		if c.X < 0 || c.Y < 0 || c.X+c.W > d.W || c.Y+c.H > d.H {
			t.Errorf("%s: %q at %d,%d %dx%d sticks out of %dx%d", name, c.Text, c.X, c.Y, c.W, c.H, d.W, d.H)
		}
		if c.ID > 0 && ids[c.ID] {
			t.Errorf("%s: two controls have id %d", name, c.ID)
		}
		ids[c.ID] = true
		for _, o := range d.Controls[:i] {
			if c.X < o.X+o.W && o.X < c.X+c.W && c.Y < o.Y+o.H && o.Y < c.Y+c.H {
				t.Errorf("%s: %q lies over %q", name, c.Text, o.Text)
			}
		}
		const narrow = 4 // dialog units of a letter, on average
		if c.Class == dialog.Button && c.Style&dialog.Multiline == 0 && utf8.RuneCountInString(c.Text)*narrow > c.W {
			t.Errorf("%s: %q has %d units of room", name, c.Text, c.W)
		}
	}
}

// What a screen reader calls an edit control or a bar is the static text before it.
func TestControlsHaveNames(t *testing.T) {
	w := words{t: text.English(), title: "T"}
	for name, m := range models() {
		controls := layout(w, m).Controls
		for i, c := range controls {
			if (c.Class == dialog.Edit || c.Class == dialog.Progress) && (i == 0 || controls[i-1].Class != dialog.Static) {
				t.Errorf("%s: control %d has no name", name, c.ID)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	measure := utf8.RuneCountInString
	for _, c := range []struct {
		in    string
		width int
		want  []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one\r\n\r\ntwo", 7, []string{"one", "", "two"}},
		{"überlang", 3, []string{"übe", "rla", "ng"}},
		{"a verylongword b", 5, []string{"a", "veryl", "ongwo", "rd b"}},
		{"x", 0, []string{"x", ""}},
		{"  indented", 6, []string{"  inde", "nted"}},
	} {
		got := wrap(c.in, c.width, measure)
		if len(got) != len(c.want) {
			t.Errorf("%q in %d: %q, want %q", c.in, c.width, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q in %d: %q, want %q", c.in, c.width, got, c.want)
			}
		}
	}
	if p := paginate([]string{"1", "2", "3"}, 2); len(p) != 2 || len(p[1]) != 1 {
		t.Errorf("%v", p)
	}
	if p := paginate([]string{"1"}, 0); len(p) != 1 {
		t.Errorf("%v", p)
	}
}
