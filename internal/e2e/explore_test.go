package e2e

import (
	"encoding/json"
	"image/png"
	"os"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

func shot(t *testing.T, s *winekit.Screen, name string) {
	f, _ := os.Create("/tmp/uishots/" + name + ".png")
	png.Encode(f, s.Shot(t))
	f.Close()
	b, _ := json.MarshalIndent(s.Windows(t), "", " ")
	os.WriteFile("/tmp/uishots/"+name+".json", b, 0o644)
}

func TestExplore(t *testing.T) {
	os.MkdirAll("/tmp/uishots", 0o755)
	f := newReaderFiles(t)
	m, s := winekit.NewWithScreen(t, os.Getenv("EXPLORE_LOCALE"))
	put(t, m, readerDLL, f.old["reader.dll"])
	put(t, m, spellDLL, f.old["spell.dll"])
	run := m.Start(t, winekit.Cmd{Exe: readerProject(t, f, "").build(t)})
	hasButton := func(id int) func(winekit.Window) bool {
		return func(w winekit.Window) bool {
			for _, c := range w.Controls {
				if c.ID == id && c.Enabled {
					return true
				}
			}
			return false
		}
	}
	s.Wait(t, "welcome", hasButton(1))
	shot(t, s, "1")
	s.Key(t, "Return")
	s.Wait(t, "licence", hasButton(111))
	shot(t, s, "2")
	s.Key(t, "Tab", "Down")
	s.Wait(t, "accepted", hasButton(1))
	shot(t, s, "3")
	s.Key(t, "Return")
	s.Wait(t, "done", func(w winekit.Window) bool { return hasButton(1)(w) && !hasButton(2)(w) })
	shot(t, s, "4")
	s.Key(t, "Return")
	t.Log(run.Wait(t))
}
