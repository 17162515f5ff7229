package engine

import "weir/internal/rollup"

// Recent returns the slots in memory that answer q, their step, and whether they
// reach back far enough to answer it better than the store.
func (e *Engine) Recent(q rollup.Query) (slots []rollup.Slot, step int64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.cfg.Rollup
	if r == nil || !r.Covers(q) {
		return nil, 0, false
	}
	return r.Recent(q.From), r.Fine(), true
}

// OpenSlots returns the open slots of the stored tiers as they stand: what the
// store does not have yet.
func (e *Engine) OpenSlots() []rollup.Slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Rollup == nil {
		return nil
	}
	return e.cfg.Rollup.Open()
}
