package engine

// tracked notes that connection tracking counts. What packets counted until now is
// summed up as theirs.
func (e *Engine) tracked() {
	if !e.recording {
		e.roll(e.now)
	}
	e.recording, e.heard = true, true
}

// Untracked says that connection tracking is not read any more: packets set the
// pace of rates and series again, at the next tick.
func (e *Engine) Untracked() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.recording {
		e.roll(e.now) // what it told last is summed up as its own
	}
	e.recording, e.heard = false, false
}
