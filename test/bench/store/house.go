package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// How much lives in the simulated house.
const (
	interfaces   = 3
	devices      = 40
	applications = 120
	categories   = 15
	networks     = 2
	zones        = 2
	pools        = 4
	countries    = 60
	systems      = 100 // autonomous ones
	outcomes     = 3   // of questions to resolvers
)

// timeZone is the router's, as OpenWrt writes it: Europe/Berlin.
const timeZone = "CET-1CEST,M3.5.0,M10.5.0/3"

// members are the classes and how many series each has. A matrix counts as one,
// the sum of its cells: its smallest cells are not kept apart.
var members = [...]struct {
	class rollup.Class
	n     int
}{
	{rollup.Interface, interfaces}, {rollup.Device, devices}, {rollup.Application, applications},
	{rollup.Total, 1}, {rollup.Uplink, 1}, {rollup.Attributed, 1}, {rollup.RouterOwn, 1},
	{rollup.Category, categories}, {rollup.Network, networks}, {rollup.Zone, zones}, {rollup.Pool, pools},
	{rollup.Country, countries}, {rollup.ASN, systems}, {rollup.DNS, outcomes},
	{rollup.DeviceApplication, 1}, {rollup.DeviceCountry, 1},
}

// cell is what one application moved for one device from one country.
type cell struct {
	device, application, country int
	sum                          rollup.Values
}

// house is the traffic of a household that never rests: each minute every
// application moves something for one of its devices, as much as a busy home does
// at that hour. The same hour has the same traffic in every run, so that what was
// counted need not be remembered to be checked.
type house struct {
	cal   clock.Calendar
	pcg   *rand.PCG
	rng   *rand.Rand
	hour  int64                  // that rng was seeded for
	busy  uint64                 // how busy that hour is
	first [rollup.NumClasses]int // where a class's members begin in sums
	ids   [rollup.NumClasses][]uint32
	sums  []rollup.Values // of the present minute, by member
	cells []cell          // of the present minute
}

// newHouse returns a house whose series have their handles from names.
func newHouse(cal clock.Calendar, names *intern.Table) *house {
	h := &house{cal: cal, pcg: rand.NewPCG(0, 0)}
	h.rng = rand.New(h.pcg)
	for _, m := range members {
		h.first[m.class] = len(h.sums)
		h.sums = append(h.sums, make([]rollup.Values, m.n)...)
		for i := range m.n {
			id := rollup.Other
			if m.class != rollup.Total && !matrix(m.class) {
				id = names.Handle(nameOf(m.class, i))
			}
			h.ids[m.class] = append(h.ids[m.class], id)
		}
	}
	return h
}

func matrix(c rollup.Class) bool {
	_, _, ok := c.Matrix()
	return ok
}

// nameOf names a member as weir would.
func nameOf(c rollup.Class, i int) string {
	switch c {
	case rollup.Device:
		return fmt.Sprintf("02:00:5E:10:00:%02X", i)
	case rollup.Country:
		return string([]byte{'A' + byte(i/26), 'A' + byte(i%26)})
	case rollup.ASN:
		return fmt.Sprintf("AS%d", 3000+17*i)
	}
	return fmt.Sprintf("%s-%d", c, i)
}

// minute makes what passes in the minute that begins at t. Minutes of an hour must
// be made in their order.
func (h *house) minute(t int64) {
	if hour := t - t%3600; hour != h.hour {
		h.hour, h.busy = hour, activity(h.cal, hour)
		h.pcg.Seed(1, uint64(hour))
	}
	clear(h.sums)
	h.cells = h.cells[:0]
	minute := int(t / 60)
	for app := range applications {
		c := cell{(app/2 + 8*(minute%2)) % devices, app, app / 2 % countries, h.passes()}
		h.cells = append(h.cells, c)
		h.add(rollup.Interface, app%interfaces, c.sum)
		h.add(rollup.Device, c.device, c.sum)
		h.add(rollup.Total, 0, c.sum)
		v := c.sum
		v.Retrans, v.Watched, v.RTTSum, v.RTTCount = 0, 0, 0, 0 // only packets tell, and not everywhere
		h.add(rollup.Application, app, v)
		h.add(rollup.Category, app%categories, v)
		h.add(rollup.Network, c.device%networks, v)
		h.add(rollup.Zone, c.device%zones, v)
		h.add(rollup.Pool, c.device%pools, v)
		h.add(rollup.Country, c.country, v)
		h.add(rollup.ASN, (7*app+minute)%systems, v)
		h.add(rollup.Uplink, 0, v)
		h.add(rollup.Attributed, 0, v)
		h.add(rollup.DeviceApplication, 0, c.sum)
		h.add(rollup.DeviceCountry, 0, c.sum)
	}
	h.add(rollup.RouterOwn, 0, rollup.Values{TxBytes: h.rng.Uint64N(9000), RxBytes: h.rng.Uint64N(30000), TxPackets: 30, RxPackets: 40})
	for i := range outcomes {
		h.add(rollup.DNS, i, rollup.Values{Flows: 1 + h.rng.Uint64N(40)})
	}
}

func (h *house) add(c rollup.Class, i int, v rollup.Values) { h.sums[h.first[c]+i].Add(v) }

// feed counts the present minute.
func (h *house) feed(r *rollup.Rollup) {
	for _, m := range members {
		if matrix(m.class) {
			continue
		}
		for i, id := range h.ids[m.class] {
			r.Add(m.class, id, h.sums[h.first[m.class]+i])
		}
	}
	for i := range h.cells {
		c := &h.cells[i]
		device := h.ids[rollup.Device][c.device]
		r.AddCell(rollup.DeviceApplication, device, h.ids[rollup.Application][c.application], c.sum)
		r.AddCell(rollup.DeviceCountry, device, h.ids[rollup.Country][c.country], c.sum)
	}
}

// passes is what one application moves in a minute: mostly a little, now and then
// a film's part.
func (h *house) passes() rollup.Values {
	rx := 2000 + h.rng.Uint64N(60_000*h.busy)
	if h.rng.Uint64N(60) == 0 {
		rx *= 40
	}
	tx := rx/20 + h.rng.Uint64N(4000)
	v := rollup.Values{
		TxBytes: tx, RxBytes: rx, TxPackets: 3 + tx/200, RxPackets: 3 + rx/1100, Flows: h.rng.Uint64N(3),
		Retrans: h.rng.Uint64N(4), RTTSum: 20_000 + h.rng.Uint64N(40_000), RTTCount: 1,
	}
	v.Watched = (v.TxPackets + v.RxPackets) * (50 + h.rng.Uint64N(50)) / 100 // TCP's
	return v
}

// activity is how busy a house is at a time of the day.
func activity(cal clock.Calendar, t int64) uint64 {
	switch hour := time.Unix(t, 0).In(cal.Zone).Hour(); {
	case hour < 6:
		return 1
	case hour < 17:
		return 3
	}
	return 8
}
