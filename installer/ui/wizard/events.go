package wizard

import "github.com/kbforge/kbforge/installer/ui"

// What a person does, as the window reports it. Called on the window's thread.

func (z *Wizard) next() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if a, ok := z.m.next(); ok {
		z.answer(a)
	}
	z.leave()
}

func (z *Wizard) back() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.m.back()
}

// cancel is called once a person has confirmed it, where that is asked.
func (z *Wizard) cancel() {
	z.mu.Lock()
	ended := z.m.done != nil
	if z.m.cancel() {
		z.answer(ui.Unanswered)
	}
	z.leave()
	z.mu.Unlock()
	if !ended && z.o.Cancel != nil {
		z.o.Cancel()
	}
}

// set changes what a control holds.
func (z *Wizard) set(change func(m *model)) {
	z.mu.Lock()
	defer z.mu.Unlock()
	change(z.m)
}

// look shows the window a copy of the model: filling a control may call set.
func (z *Wizard) look(at func(m *model, w words)) {
	z.mu.Lock()
	m, w := *z.m, z.w
	z.mu.Unlock()
	at(&m, w)
}

// answer hands the engine its answer. The lock is held; the channel holds one, and one question waits at a time.
func (z *Wizard) answer(a ui.Answer) {
	select {
	case z.answers <- a:
	default:
	}
}
