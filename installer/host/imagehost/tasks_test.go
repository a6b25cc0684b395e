package imagehost

import (
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
)

func TestDamagedTasksAreRefused(t *testing.T) {
	for _, text := range []string{"no tab\n", "\trun x\n", "id\t\n", "a\tb\n\nc\td\n"} {
		if list, err := parseTasks(text); err == nil || !strings.Contains(err.Error(), tasksName) {
			t.Errorf("%q: %v, %v", text, list, err)
		}
	}
	h := testImage(t, "winxp-sp2", Options{})
	must(t, h.root.WriteFile(tasksName, []byte("damaged"), 0o666))
	if err := h.Defer(host.Task{ID: "a", Text: "run x"}); err == nil {
		t.Error("a task was added to a damaged file")
	}
	must(t, h.root.Remove(tasksName))
	must(t, h.Close())
}

// FuzzTasks: what is read is written and read again as the same.
func FuzzTasks(f *testing.F) {
	f.Add("KB1/install/1\trun \"a b\" /q\nKB1/install/2\tregister C:\\x.dll\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseTasks(text)
		if err != nil {
			return
		}
		again, err := parseTasks(taskText(list))
		if err != nil || !slices.Equal(again, list) {
			t.Fatalf("%q gave %q, then %q, %v", text, list, again, err)
		}
	})
}
