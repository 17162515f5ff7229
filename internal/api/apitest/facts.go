package apitest

import (
	"weir/internal/engine"
	"weir/internal/rollup"
)

// Seconds returns the three seconds before Now, of which the one in the middle is
// missing.
func (h *House) Seconds(from int64) engine.Seconds {
	s := engine.Seconds{Step: 1, End: Now.Unix(), Pace: 1}
	if h.past.names == nil {
		return s
	}
	id := h.past.names.Handle
	few := rollup.Values{TxBytes: 1200, RxBytes: 8800, TxPackets: 4, RxPackets: 7}
	many := rollup.Values{TxBytes: 4000, RxBytes: 910000, TxPackets: 51, RxPackets: 642}
	both := few
	both.Add(many)
	for _, start := range []int64{s.End - 3, s.End - 1} {
		if start < from {
			continue
		}
		s.Slots = append(s.Slots, rollup.Slot{Step: 1, Start: start, Cut: true, Block: rollup.AppendBlock(nil, []rollup.Row{
			{Key: rollup.Key{Class: rollup.Device, ID: id("2")}, Values: many},
			{Key: rollup.Key{Class: rollup.Device, ID: id("3")}, Values: few},
			{Key: rollup.Key{Class: rollup.Application, ID: id("youtube")}, Values: many},
			{Key: rollup.Key{Class: rollup.Application, ID: id("tls")}, Values: few},
			{Key: rollup.Key{Class: rollup.Total, ID: rollup.Other}, Values: both},
		})})
	}
	return s
}
