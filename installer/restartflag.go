package installer

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
)

// unconditional makes the flag stand even where no file waits: something else does.
func (d *draft) unconditional(flag []step.Step) []step.Step {
	for i := range flag {
		flag[i].IfDelayed = flag[i].IfDelayed && !d.waits
	}
	return flag
}

// flagAgain sets the flag behind the programs, too, where there are any: one of them may ask for the restart (3010).
func (d *draft) flagAgain(flag []step.Step) {
	if n := len(d.after); n > 0 && d.after[n-1].Kind == step.RunProcess {
		d.after = append(d.after, flag...)
	}
}

// restartFlag plans a flag of white paper table 5, to be set only if a change turns out to wait for a restart. The key is
// made by the steps themselves whatever it is now, because the same plan may have removed it as void.
func restartFlag(h host.Host, flag uint32) ([]step.Step, error) {
	k := register.RestartKey()
	v, err := h.GetValue(k, "Flags")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	set := step.Step{Kind: step.SetValue, Key: k, Name: "Flags", Value: regplan.DWORD(flag), IfDelayed: true}
	if err == nil {
		n, _ := regplan.Number(v)
		set.Value, set.Prev, set.Existed = regplan.DWORD(n|flag), &v, true
	}
	var steps []step.Step
	for i, c := range k.Path {
		if c == '\\' && strings.HasPrefix(k.Path[:i], register.UpdatesRoot) {
			parent := k
			parent.Path = k.Path[:i]
			steps = append(steps, step.Step{Kind: step.MakeKey, Key: parent, IfDelayed: true})
		}
	}
	return append(steps, step.Step{Kind: step.MakeKey, Key: k, Volatile: true, IfDelayed: true}, set), nil
}
