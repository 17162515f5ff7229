package apitest

import (
	"slices"

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

// Overview returns the recorded devices.
func (h *House) Overview(busy, fresh int, others []uint32) engine.Overview {
	t := h.Stats()
	o := engine.Overview{Known: len(h.DeviceRows), Rate: t.Rate, Flows: t.Flows}
	for _, d := range h.DeviceRows {
		if d.IDs = []uint32{d.ID}; d.Online {
			o.Online++
		}
		if d.BpsNow.Tx+d.BpsNow.Rx > 0 || slices.Contains(others, d.ID) {
			o.Busy = append(o.Busy, d)
		}
		o.New = append(o.New, d)
	}
	o.Busy, o.New = o.Busy[:min(len(o.Busy), busy)], o.New[:min(len(o.New), fresh)]
	if len(o.Busy) > 0 {
		b := o.Busy[0].BpsNow
		o.Lead = engine.Lead{Device: o.Busy[0].ID, App: "youtube", Rate: b.Tx + b.Rx, Since: ago(62.5)}
	}
	return o
}

// CategoryOf returns the category of a recorded application.
func (h *House) CategoryOf(name string) string {
	for i := range h.AppRows {
		if h.AppRows[i].Key == name {
			return h.AppRows[i].Category
		}
	}
	return ""
}
