package api

import (
	"sort"

	"weir/internal/engine"
	"weir/internal/rollup"
)

// Bounds of one tick of the stream.
const (
	tickDevices = 32
	tickApps    = 16
	tickBack    = 120 // seconds: longer than connection tracking is ever not read
)

// LiveTick returns what the stream live tells each second while somebody listens:
// the elements ts, rx, tx and flows, and the busiest devices (id, rx, tx) and apps
// (key, rx, tx). Rates are bits per second, as in live; where connection tracking
// counts they are those of its last reading. Like a method's Reply it may be encoded
// after every lock is released.
func LiveTick(b *Backend) Reply {
	now, stats := b.now().Unix(), b.Traffic.Stats()
	s := b.Traffic.Seconds(now - tickBack)
	t := tick{devices: make(map[uint32]*rollup.Values), apps: make(map[uint32]*rollup.Values)}
	t.sum(&s)
	devices, apps := top(t.devices, tickDevices), top(t.apps, tickApps)
	keys := make([]string, len(apps))
	for i := range apps {
		keys[i], _ = b.History.Name(rollup.Application, apps[i].ID)
	}
	over := uint64(max(s.Pace, 1) * max(s.Step, 1))
	return func(e *Encoder) {
		e.Int("ts", now)
		e.Uint("rx", t.total.RxBytes*8/over)
		e.Uint("tx", t.total.TxBytes*8/over)
		e.Int("flows", int64(stats.Flows))
		e.Array("devices")
		for i := range devices {
			e.Table("")
			e.Uint("id", uint64(devices[i].ID))
			encodeRates(e, &devices[i].Values, over)
		}
		e.EndArray()
		e.Array("apps")
		for i := range apps {
			e.Table("")
			e.Str("key", keys[i])
			encodeRates(e, &apps[i].Values, over)
		}
		e.EndArray()
	}
}

// encodeRates writes rates and closes the table of what has them.
func encodeRates(e *Encoder, v *rollup.Values, over uint64) {
	e.Uint("rx", v.RxBytes*8/over)
	e.Uint("tx", v.TxBytes*8/over)
	e.EndTable()
}

// tick is what moved since the reading before.
type tick struct {
	total         rollup.Values
	devices, apps map[uint32]*rollup.Values
}

func (t *tick) sum(s *engine.Seconds) {
	for i := range s.Slots {
		slot := &s.Slots[i]
		if slot.Start >= s.End || slot.Start < s.End-s.Pace*s.Step {
			continue
		}
		it := rollup.NewIter(slot.Block)
		for it.Next() {
			switch row := it.Row(); row.Class {
			case rollup.Total:
				t.total.Add(row.Values)
			case rollup.Device:
				addTo(t.devices, &row)
			case rollup.Application:
				addTo(t.apps, &row)
			}
		}
	}
}

func addTo(sums map[uint32]*rollup.Values, row *rollup.Row) {
	if row.ID == rollup.Other {
		return
	}
	v := sums[row.ID]
	if v == nil {
		v = new(rollup.Values)
		sums[row.ID] = v
	}
	v.Add(row.Values)
}

// top returns the limit largest, the largest first.
func top(sums map[uint32]*rollup.Values, limit int) []rollup.Amount {
	all := make([]rollup.Amount, 0, len(sums))
	for id, v := range sums {
		if rollup.Bytes.Of(*v) > 0 {
			all = append(all, rollup.Amount{ID: id, Values: *v})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := rollup.Bytes.Of(all[i].Values), rollup.Bytes.Of(all[j].Values)
		return a > b || a == b && all[i].ID < all[j].ID
	})
	return all[:min(limit, len(all))]
}
