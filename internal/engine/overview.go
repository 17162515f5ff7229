package engine

import (
	"slices"
	"sort"

	"weir/internal/apps"
	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
)

// Overview is what goes on now.
type Overview struct {
	Known, Online int
	Rate          Pair[uint64] // bits per second of the house
	Flows         int
	Busy          []DeviceRow // those that move most now, the busiest first, then others asked for; flows are not counted
	New           []DeviceRow // those that were first seen last, the newest first; likewise
	Lead          Lead
}

// Lead is what the busiest device does most.
type Lead struct {
	Device uint32 // 0 when nothing moves
	App    string // "" when it is not known
	Rate   uint64 // bits per second of the device, both directions
	Since  int64  // when the oldest of the live flows began that are the device's and App's
}

// Overview returns what goes on now, with at most so many devices of each kind. Where
// fewer move anything, those with the IDs others, in that order, take their places.
func (e *Engine) Overview(busy, fresh int, others []uint32) Overview {
	o := e.overview(busy, fresh, others)
	e.nameVendors(o.Busy)
	e.nameVendors(o.New)
	return o
}

func (e *Engine) overview(busy, fresh int, others []uint32) Overview {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := Overview{
		Rate:  Pair[uint64]{Tx: uint64(e.total.TxRate) * 8, Rx: uint64(e.total.RxRate) * 8},
		Flows: e.table.Len(),
	}
	all := slices.Clone(e.devices.All())
	o.Known = len(all)
	for _, d := range all {
		if e.online(d) {
			o.Online++
		}
	}
	o.New = e.foremost(all, fresh, func(d *device.Device) uint64 {
		if d.Router {
			return 0 // it is not new to anybody
		}
		return uint64(max(d.First, 0))
	})
	o.Busy = e.foremost(all, busy, func(d *device.Device) uint64 { return uint64(d.TxRate) + uint64(d.RxRate) })
	if len(o.Busy) > 0 {
		o.Lead = e.lead(&o.Busy[0])
	}
	for _, id := range others {
		d := e.devices.ByID(id)
		if d == nil || len(o.Busy) >= busy || slices.ContainsFunc(o.Busy, func(r DeviceRow) bool { return r.ID == d.ID }) {
			continue
		}
		o.Busy = append(o.Busy, e.deviceRow(d))
	}
	return o
}

// foremost returns the devices that weigh most, without those that weigh nothing.
// It sorts all.
func (e *Engine) foremost(all []*device.Device, limit int, weight func(*device.Device) uint64) []DeviceRow {
	sort.Slice(all, func(i, j int) bool {
		a, b := weight(all[i]), weight(all[j])
		return a > b || a == b && all[i].ID < all[j].ID
	})
	var rows []DeviceRow
	for _, d := range all[:min(limit, len(all))] {
		if weight(d) > 0 {
			rows = append(rows, e.deviceRow(d))
		}
	}
	return rows
}

// lead finds what a device does most.
func (e *Engine) lead(d *DeviceRow) Lead {
	type use struct {
		rate  uint64
		since int64
	}
	uses := make(map[Short]use)
	for _, f := range e.table.All {
		now, _ := f.Rate()
		if now == 0 || !e.atEnd(f, d.ID) {
			continue
		}
		s := Named{e, e.table.Label(f)}.Short()
		u := uses[s]
		if u.rate += uint64(now); u.since == 0 || f.First < u.since {
			u.since = f.First
		}
		uses[s] = u
	}
	l := Lead{Device: d.ID, Rate: d.BpsNow.Tx + d.BpsNow.Rx}
	var most use
	for s, u := range uses {
		name := e.shortName(s)
		if u.rate > most.rate || u.rate == most.rate && name < l.App {
			most, l.App, l.Since = u, name, u.since
		}
	}
	if l.App == unknown {
		l.App = ""
	}
	return l
}

// CategoryOf returns the category of an application or protocol, as series call it,
// "" of what is neither.
func (e *Engine) CategoryOf(name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	table := e.naming.apps
	if app, ok := table.ParseApp(name); ok && app != apps.None {
		return table.CategoryName(table.Category(app))
	}
	p, ok := dpi.ParseProtocol(name)
	if !ok {
		return ""
	}
	return table.CategoryName(e.categoryOf(&flow.Label{Protocol: uint8(p)}))
}
