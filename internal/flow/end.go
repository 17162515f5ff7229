package flow

// End ends a flow now: what it belonged to has changed, and what comes next is
// another one. f is not valid any more.
func (t *Table) End(f *Flow) { t.end(t.slotOf(f), Flushed) }
