package engine

import (
	"encoding/binary"
	"strconv"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// Segment says what the network behind an observation point is called, and the
// firewall zone that it is in; "" for what is not known.
type Segment struct{ Network, Zone string }

// SetSegments says what is behind the observation points from now on, by their
// names. The series of networks and zones have what is named here, nothing else.
func (e *Engine) SetSegments(all map[string]Segment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.feed.segments = make(map[string]Segment, len(all))
	for name, s := range all {
		e.feed.segments[name] = s
	}
	for i := range e.points {
		e.segment(&e.points[i])
	}
	e.feed.router = e.series.names.Handle(RouterZone)
}

// segment looks up the series of a point's network and zone.
func (e *Engine) segment(pt *point) {
	handle := func(name string) uint32 {
		if name == "" {
			return 0
		}
		return e.series.names.Handle(name)
	}
	s := e.feed.segments[pt.name]
	pt.network, pt.zone = handle(s.Network), handle(s.Zone)
}

// SetPools says which group each device is in from now on, by the device's ID. A
// device that is in none is in no series of pools.
func (e *Engine) SetPools(all map[uint32]string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.feed.pools = make(map[uint32]uint32, len(all))
	for id, name := range all {
		e.feed.pools[id] = e.series.names.Handle(name)
	}
}

// PlacesChanged says that Config.Place tells something else than before.
func (e *Engine) PlacesChanged() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.feed.forget()
}

// feed is what the series of places and qualities are made from.
type feed struct {
	segments  map[string]Segment
	router    uint32            // series of RouterZone
	pools     map[uint32]uint32 // handles by device
	places    []whereabouts     // by hash of the address
	countries map[[2]byte]uint32
	asns      map[uint32]uint32
	retrans   map[uint32]uint32 // of flows that had any: how many were added, by slot
	dns       names.Counts      // as they were at the last roll
}

// Bounds of a feed. What finds no room is looked up each time, and the segments
// sent again of so many flows are told when there is room.
const (
	maxPlaces  = 256 // a power of two
	maxHandles = 1024
	maxRetrans = 2048
)

// whereabouts is where an address is, as series.
type whereabouts struct {
	addr         packet.Addr
	country, asn uint32
	outside      bool // it is in the world, not a group or in the house
	known        bool
}

func newFeed(places bool) feed {
	f := feed{retrans: make(map[uint32]uint32)}
	if places {
		f.places = make([]whereabouts, maxPlaces)
		f.countries, f.asns = make(map[[2]byte]uint32), make(map[uint32]uint32)
	}
	return f
}

// forget forgets where addresses are.
func (f *feed) forget() { clear(f.places) }

// kinds are the series that a flow is in, beside those of its ends.
type kinds struct {
	app, category uint32
	where         *whereabouts // of its end outside of the house, nil for none
}

func (e *Engine) kindsOf(f *flow.Flow, outside *packet.Addr) kinds {
	var k kinds
	k.app, k.category = e.seriesOf(e.table.Label(f))
	if outside != nil && e.feed.places != nil {
		if w := e.whereIs(outside); w.outside {
			k.where = w
		}
	}
	return k
}

// whereIs returns where an address is. It is valid until the next call.
func (e *Engine) whereIs(a *packet.Addr) *whereabouts {
	h := (binary.LittleEndian.Uint64(a[:]) ^ binary.LittleEndian.Uint64(a[8:])) * 0x9e3779b97f4a7c15
	w := &e.feed.places[h>>32%maxPlaces]
	if w.known && w.addr == *a {
		return w
	}
	*w = whereabouts{addr: *a, known: true}
	if w.outside = e.nets.Scope(a) == device.Remote; !w.outside {
		return w
	}
	country, asn := e.cfg.Place(*a)
	if country != [2]byte{} {
		w.country = handleOf(e.feed.countries, country, func() uint32 { return e.series.names.Handle(string(country[:])) })
	}
	if asn != 0 {
		w.asn = handleOf(e.feed.asns, asn, func() uint32 { return e.series.names.Handle("AS" + strconv.FormatUint(uint64(asn), 10)) })
	}
	return w
}

// handleOf looks a handle up and asks for it if it is not known.
func handleOf[K comparable](all map[K]uint32, k K, ask func() uint32) uint32 {
	id, ok := all[k]
	if !ok {
		if id = ask(); len(all) < maxHandles {
			all[k] = id
		}
	}
	return id
}

// feedFlow adds what a flow counted to the series that have each byte once: v is as
// the end local sees it.
func (e *Engine) feedFlow(k *kinds, v *rollup.Values) {
	r := e.cfg.Rollup
	r.Add(rollup.Total, rollup.Other, *v)
	r.Add(rollup.Application, k.app, *v)
	r.Add(rollup.Category, k.category, *v)
	if k.where != nil {
		r.Add(rollup.Country, k.where.country, *v)
		r.Add(rollup.ASN, k.where.asn, *v)
	}
}

// feedSegments adds what a flow counted to the networks and zones at its ends in
// the house; to one that both are in once. other is the address at the end that is
// not local, nil when that is outside.
func (e *Engine) feedSegments(f *flow.Flow, c *flow.Change, q *quality, local flow.End, near, other *packet.Addr) {
	if e.feed.segments == nil {
		return
	}
	e.feedZones(f, c, q)
	v := sums(c, q, local)
	if other == nil {
		e.feedSegment(&e.points[f.Key.Point], nil, &v)
		return
	}
	here, there := e.pointAt(f, near), e.pointAt(f, other)
	e.feedSegment(here, nil, &v)
	v = sums(c, q, local.Other())
	e.feedSegment(there, here, &v)
}

// pointAt returns the observation point of the network that an address is in, else
// that of the flow.
func (e *Engine) pointAt(f *flow.Flow, a *packet.Addr) *point {
	if i, ok := e.nets.Point(a); ok && int(i) < len(e.points) {
		return &e.points[i]
	}
	return &e.points[f.Key.Point]
}

// feedSegment adds v to the network and zone of a point, unless they are those of
// another one that has it already.
func (e *Engine) feedSegment(at, but *point, v *rollup.Values) {
	if at.network != 0 && (but == nil || at.network != but.network) {
		e.cfg.Rollup.Add(rollup.Network, at.network, *v)
	}
	if at.zone != 0 && (but == nil || at.zone != but.zone) {
		e.cfg.Rollup.Add(rollup.Zone, at.zone, *v)
	}
}

// feedDevice adds what a flow counted to the series of the device at one end.
func (e *Engine) feedDevice(d *device.Device, k *kinds, v *rollup.Values) {
	r := e.cfg.Rollup
	r.Add(rollup.Device, d.ID, *v)
	r.AddCell(rollup.DeviceApplication, d.ID, k.app, *v)
	if k.where != nil {
		r.AddCell(rollup.DeviceCountry, d.ID, k.where.country, *v)
	}
	if pool := e.feed.pools[d.ID]; pool != 0 {
		r.Add(rollup.Pool, pool, *v)
	}
}

// quality is what a flow's packets showed since the roll before.
type quality struct{ retrans, rttSum, rttCount, watched uint64 }

// qualityOf returns what is new of a flow's retransmissions, of how many packets it
// is known, and the time that its server took to answer the handshake, once.
func (e *Engine) qualityOf(f *flow.Flow, c *flow.Change) (q quality) {
	if e.cfg.Rollup == nil || f.Key.Proto != packet.ProtoTCP || f.Sampled() {
		return q
	}
	if l := e.table.Label(f); l.Marks&markTimed == 0 {
		if us, ok := f.ServerRTT(); ok {
			q.rttSum, q.rttCount = uint64(us), 1
			l.Marks |= markTimed
		}
	}
	if f.Recorded() {
		return q // its packets are counted, not seen
	}
	q.watched = c.Packets[flow.A] + c.Packets[flow.B]
	n := f.Retransmitted(flow.A) + f.Retransmitted(flow.B)
	if n == 0 {
		return q
	}
	slot := e.table.Slot(f)
	told, ok := e.feed.retrans[slot]
	if told != n && (ok || len(e.feed.retrans) < maxRetrans) {
		q.retrans = uint64(n - told)
		e.feed.retrans[slot] = n
	}
	return q
}

// dnsResults are the members of the class of DNS, by names.Result.
var dnsResults = [names.NumResults]string{
	names.Found: "ok", names.NoSuch: "nxdomain", names.Failed: "servfail", names.Refused: "refused", names.OtherRcode: "error",
}

// dnsUnanswered is one more.
const dnsUnanswered = "unanswered"

// feedDNS adds what came of questions since the roll before.
func (e *Engine) feedDNS() {
	if e.cfg.Rollup == nil {
		return
	}
	now, was := e.naming.names.Total(), &e.feed.dns
	if now.Queries < was.Queries || now.Unasked < was.Unasked {
		*was = names.Counts{} // forgotten in between
	}
	add := func(name string, n uint32) {
		if n > 0 {
			e.cfg.Rollup.Add(rollup.DNS, e.series.names.Handle(name), rollup.Values{Flows: uint64(n)})
		}
	}
	for result, name := range dnsResults {
		add(name, now.Answers[result]-was.Answers[result])
	}
	add(dnsUnanswered, now.Unanswered-was.Unanswered)
	*was = now
}
