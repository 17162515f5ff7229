package engine

import (
	"weir/internal/dpi"
	"weir/internal/intern"
	"weir/internal/rollup"
)

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

// seriesIDs are the handles of series names that are looked up often.
type seriesIDs struct {
	names *intern.Table
	apps  []uint32 // by dpi.App, 0 = not looked up yet
}

// ownNames bounds the names of an engine that was given no table.
const ownNames = 8192

func newSeriesIDs(names *intern.Table) seriesIDs {
	if names == nil {
		names = intern.New(ownNames)
	}
	return seriesIDs{names: names, apps: make([]uint32, dpi.NumApps())}
}

func (s *seriesIDs) app(a dpi.App) uint32 {
	if s.apps[a] == 0 {
		s.apps[a] = s.names.Handle(a.String())
	}
	return s.apps[a]
}
