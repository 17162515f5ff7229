package engine

import (
	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// RouterZone is what this machine is called among the zones of the firewall: what it
// sends and receives itself passes from or to no zone.
const RouterZone = "router"

// feedZones adds what a flow counted to the pair of the zone that it was opened from
// and the one that it led to; tx is what who opened it sent. A flow with an end of
// which no zone is known is in no pair.
func (e *Engine) feedZones(f *flow.Flow, c *flow.Change, q *quality) {
	conn := e.table.Conn(f)
	ends := e.ends(f, conn)
	client := f.Client()
	from := e.zoneOf(f, conn, ends[client])
	if from == 0 {
		return
	}
	if to := e.zoneOf(f, conn, ends[client.Other()]); to != 0 {
		e.cfg.Rollup.AddCell(rollup.ZoneZone, from, to, sums(c, q, client))
	}
}

// zoneOf returns the series of the zone that an end of a flow is in, 0 for none: of
// what is outside, that of the uplink that leads there.
func (e *Engine) zoneOf(f *flow.Flow, conn *flow.Conn, a *packet.Addr) uint32 {
	switch e.scopeOf(a) {
	case device.Local:
		return e.pointAt(f, a).zone
	case device.Router:
		return e.feed.router
	case device.Remote:
		var number uint8
		if conn != nil {
			number = conn.Uplink
		} else {
			number, _ = e.uplinkOf(f)
		}
		if number != 0 {
			return e.uplinks[number-1].zone
		}
	}
	return 0 // a group
}
