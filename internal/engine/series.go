package engine

import (
	"time"

	"weir/internal/apps"
	"weir/internal/clock"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// Recent returns the slots in memory that answer q, their step, and whether they
// reach back far enough to answer it better than the store.
func (e *Engine) Recent(q rollup.Query) (slots []rollup.Slot, step int64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Rollup == nil {
		return nil, 0, false
	}
	return e.cfg.Rollup.Recent(q)
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

// Finest returns the step in seconds of the finest stored tier that has a class,
// for rollup.Query.
func (e *Engine) Finest(c rollup.Class) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Rollup == nil {
		return 0
	}
	return e.cfg.Rollup.Finest(c)
}

// SetKept says what is kept of each class of series from now on, and where days and
// months begin.
func (e *Engine) SetKept(levels [rollup.NumClasses]rollup.Level, cal clock.Calendar) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Rollup != nil {
		e.cfg.Rollup.SetLevels(levels)
		e.cfg.Rollup.SetCalendar(cal)
	}
}

// Move moves what was counted and is not in the store yet by d: the clock was wrong
// by that much when it was counted. It goes with Shift, before the next Tick.
func (e *Engine) Move(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Rollup != nil {
		e.cfg.Rollup.Move(int64(d.Round(time.Second) / time.Second))
	}
}

// seriesIDs are the handles of series names that are looked up often, 0 where that
// was not done yet.
type seriesIDs struct {
	names      *intern.Table
	protocols  []uint32 // by dpi.Protocol
	apps       []uint32 // by apps.App
	categories []uint32 // by apps.Category
}

// ownNames bounds the names of an engine that was given no table.
const ownNames = 8192

func newSeriesIDs(names *intern.Table) seriesIDs {
	if names == nil {
		names = intern.New(ownNames)
	}
	return seriesIDs{names: names, protocols: make([]uint32, dpi.NumProtocols)}
}

// forgetApps makes room for other applications and categories.
func (s *seriesIDs) forgetApps(numApps, numCategories int) {
	s.apps, s.categories = make([]uint32, numApps), make([]uint32, numCategories)
}

// seriesOf returns the series of a flow's application, or of the protocol where
// no application is known, and of its category.
func (e *Engine) seriesOf(l *flow.Label) (app, category uint32) {
	s, table := &e.series, e.naming.apps
	if s.apps == nil {
		s.forgetApps(table.NumApps(), table.NumCategories())
	}
	kind := e.categoryOf(l)
	c := &s.categories[kind]
	if *c == 0 {
		*c = s.names.Handle(table.CategoryName(kind))
	}
	id, name := &s.protocols[l.Protocol], e.protocolName(l)
	if isApp(table, apps.App(l.App)) {
		id, name = &s.apps[l.App], table.Name(apps.App(l.App))
	}
	if *id == 0 {
		*id = s.names.Handle(name)
	}
	return *id, *c
}
