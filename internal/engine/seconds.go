package engine

import "weir/internal/rollup"

// Seconds are the slots of the last minutes, a second each.
type Seconds struct {
	Slots []rollup.Slot // closed ones, oldest first; their blocks are shared
	Step  int64         // of a slot; 0 when none are kept
	End   int64         // the second that is not counted yet
	// Pace is how many seconds what a slot has may be spread over: connection
	// tracking is read every few seconds, and tells nothing in between.
	Pace int64
}

// Seconds returns the slots from that second on.
func (e *Engine) Seconds(from int64) Seconds {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Seconds{Pace: 1}
	if e.cfg.Rollup == nil {
		return s
	}
	s.Slots, s.Step, s.End = e.cfg.Rollup.Fine(from)
	if e.recording {
		s.Pace = max((e.pace+second/2)/second, 1)
		s.End = min(s.End, e.rolled/second+1)
	}
	return s
}
