package engine

import "weir/internal/rollup"

// AddSeries adds v to the series of class whose member is called name, in the
// open slot: for what is counted elsewhere than in flows, as an uplink's interface
// does.
func (e *Engine) AddSeries(class rollup.Class, name string, v rollup.Values) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Rollup != nil {
		e.cfg.Rollup.Add(class, e.series.names.Handle(name), v)
	}
}
