package daemon

import (
	"weir/internal/api"
	"weir/uci"
)

// lineOf returns what the ways out carry at most together, as far as their user
// told the queues that shape them. What is not told of one is not known of all.
func lineOf(all []uplink, shapers []uci.Shaper) (line api.Line) {
	known := [2]bool{true, true}
	for _, u := range all {
		var own uci.Shaper
		for _, s := range shapers {
			if s.Device == u.device || s.Device == u.lower {
				own = s
			}
		}
		line.Down, line.Up = line.Down+own.Down, line.Up+own.Up
		known = [2]bool{known[0] && own.Down > 0, known[1] && own.Up > 0}
	}
	if !known[0] {
		line.Down = 0
	}
	if !known[1] {
		line.Up = 0
	}
	return line
}
