package engine_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// world is a Place of two countries, and of addresses that are in none.
func world(a packet.Addr) (country [2]byte, asn uint32) {
	switch a[12] {
	case 203:
		return [2]byte{'D', 'E'}, 64496
	case 198:
		return [2]byte{'F', 'R'}, 64497
	}
	return country, asn
}

// flat is what a test looks at of Values.
type flat struct{ tx, rx, flows, retrans, rttSum, rttCount uint64 }

// series returns the rows of a class in the open slot of the finest tier that has
// it, by the names of their members.
func series(t testing.TB, e *engine.Engine, names *intern.Table, class rollup.Class) map[string]flat {
	t.Helper()
	got := map[string]flat{}
	for _, s := range e.OpenSlots() {
		if _, _, matrix := class.Matrix(); s.Step != e.Finest(class) || matrix && s.Step < clock.Day {
			continue
		}
		it := rollup.NewClassIter(s.Block, class)
		for it.Next() {
			row := it.Row()
			name := names.Name(row.ID)
			if row.Sub != 0 {
				name += " " + names.Name(row.Sub)
			}
			got[name] = flat{row.TxBytes, row.RxBytes, row.Flows, row.Retrans, row.RTTSum, row.RTTCount}
			if row.Retrans > row.Watched || row.Watched > row.TxPackets+row.RxPackets {
				t.Errorf("%s %s: %d of %d packets were looked at, %d sent again", class, name, row.Watched, row.TxPackets+row.RxPackets, row.Retrans)
			}
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
	}
	return got
}

// TestFeed has a house in which a phone fetches from Germany, with a segment that
// comes twice, talks to the NAS and asks the router, and a stranger in France
// knocks at the NAS, which greets a group.
func TestFeed(t *testing.T) {
	names := intern.New(1024)
	e := houseThat(t, names, world, func(e *engine.Engine) {
		e.SetSegments(map[string]engine.Segment{"lan": {Network: "home", Zone: "trusted"}, "guest": {Network: "visitors"}})
		e.SetPools(map[uint32]string{names.Handle(nasMAC.String()): "servers"})
	})
	const phone, nas = "02:AA:00:00:00:01 ", "00:11:32:00:00:02 "
	web := flat{320, 2120, 1, 1, 20000, 1}
	knock := flat{0, 40, 1, 0, 0, 0}
	share := flat{60, 60, 1, 0, 500, 1}
	for class, want := range map[rollup.Class]map[string]flat{
		rollup.Total:   {"": {536, 2220, 5, 1, 20500, 2}},
		rollup.Network: {"home": {468, 2220, 4, 1, 20500, 2}, "visitors": {68, 0, 1, 0, 0, 0}},
		rollup.Zone:    {"trusted": {468, 2220, 4, 1, 20500, 2}},
		rollup.Pool:    {"servers": {148, 100, 3, 0, 500, 1}},
		rollup.Country: {"DE": web, "FR": knock},
		rollup.ASN:     {"AS64496": web, "AS64497": knock},
		rollup.DeviceApplication: {
			phone + "tls": web, phone + "smb": share, phone + "dns": {68, 0, 1, 0, 0, 0},
			nas + "ssh": knock, nas + "smb": share, nas + "mdns": {88, 0, 1, 0, 0, 0},
		},
		rollup.DeviceCountry: {phone + "DE": web, nas + "FR": knock},
	} {
		if diff := cmp.Diff(want, series(t, e, names, class), cmp.AllowUnexported(flat{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", class, diff)
		}
	}
}

// What is not set is not fed.
func TestFeedOfNothing(t *testing.T) {
	names := intern.New(1024)
	e := houseThat(t, names, nil, func(*engine.Engine) {})
	for _, class := range []rollup.Class{rollup.Network, rollup.Zone, rollup.Pool, rollup.Country, rollup.ASN, rollup.DeviceCountry, rollup.DNS} {
		if got := series(t, e, names, class); len(got) != 0 {
			t.Errorf("%s: %v", class, got)
		}
	}
}

// recordingRouter is a router with names of its own that knows places.
func recordingRouter(t testing.TB, flows int, place func(packet.Addr) ([2]byte, uint32)) (*engine.Engine, *intern.Table) {
	t.Helper()
	names := intern.New(1024)
	e := routerWith(t, flows, func(c *engine.Config) { c.Names, c.Place = names, place })
	e.SetSegments(map[string]engine.Segment{
		"br-lan": {Network: "lan", Zone: "lan"}, "br-guest": {Network: "guest", Zone: "lan"}, "wan": {Network: "wan", Zone: "wan"},
	})
	return e, names
}

// A connection between two networks is in both, and once in a zone that both are in.
func TestFeedBetweenNetworks(t *testing.T) {
	e, names := recordingRouter(t, 64, world)
	e.Connections([]flow.Connection{
		connection(6, "192.168.2.9:5000", "192.168.1.30:80", "192.168.1.30:80", "192.168.2.9:5000"),
		connection(6, "192.168.1.20:5000", "192.168.1.30:80", "192.168.1.30:80", "192.168.1.20:5000"),
		connection(6, "192.168.1.20:5001", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5001"),
	})
	e.Swept(start + 3*second)
	for class, want := range map[rollup.Class]map[string]flat{
		rollup.Network: {"guest": {1000, 9000, 1, 0, 0, 0}, "lan": {9000 + 2000, 1000 + 18000, 3, 0, 0, 0}},
		rollup.Zone:    {"lan": {3000, 27000, 3, 0, 0, 0}},
		rollup.Country: {"FR": {1000, 9000, 1, 0, 0, 0}},
	} {
		if diff := cmp.Diff(want, series(t, e, names, class), cmp.AllowUnexported(flat{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", class, diff)
		}
	}
}

// The answers of resolvers are counted by what they say.
func TestFeedDNS(t *testing.T) {
	e, names := recordingRouter(t, 64, nil)
	var batch []packet.Raw
	for i, rcode := range []byte{0, 0, 3, 2, 5, 4, 0} {
		q, a := dnsQuestion(t, uint16(i), fmt.Sprintf("host%d.example.", i), "alias.example.", "198.51.100.5")
		binary.BigEndian.PutUint16(a[2:], binary.BigEndian.Uint16(a[2:])|uint16(rcode))
		at := int64(i) * 1000
		batch = append(batch, says(at, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)))
		if i < 6 {
			batch = append(batch, says(at+500, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)))
		}
	}
	e.Packets(batch)
	for s := range int64(20) {
		e.Tick(start+s*second, true)
	}
	want := map[string]flat{"ok": {flows: 2}, "nxdomain": {flows: 1}, "servfail": {flows: 1}, "refused": {flows: 1}, "error": {flows: 1}, "unanswered": {flows: 1}}
	if diff := cmp.Diff(want, series(t, e, names, rollup.DNS), cmp.AllowUnexported(flat{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e.SetDNS(false) // forgets what it counted
	e.SetDNS(true)
	e.Packets(batch[:2])
	e.Tick(start+21*second, true)
	if got := series(t, e, names, rollup.DNS)["ok"]; got.flows != 3 {
		t.Errorf("%d are ok after all was forgotten, want 3", got.flows)
	}
}

// Places are looked up once while they do not change.
func TestPlaceIsAskedOnce(t *testing.T) {
	asked, moved := 0, false
	e, names := recordingRouter(t, 64, func(a packet.Addr) ([2]byte, uint32) {
		if asked++; moved {
			return [2]byte{'N', 'L'}, 0
		}
		return world(a)
	})
	conn := []flow.Connection{told(5000, 100, start)}
	for range 10 {
		e.Connections(conn)
		e.Swept(start)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	moved = true
	e.PlacesChanged()
	e.Connections(conn)
	e.Swept(start)
	want := map[string]flat{"FR": {tx: 1000, flows: 1}, "NL": {tx: 100}}
	if diff := cmp.Diff(want, series(t, e, names, rollup.Country), cmp.AllowUnexported(flat{})); diff != "" || asked != 2 {
		t.Errorf("asked %d times (-want +got):\n%s", asked, diff)
	}
	if got := series(t, e, names, rollup.ASN); got[""].tx != 100 || got["AS64497"].tx != 1000 {
		t.Errorf("systems: %v", got)
	}
}

// TestFeedAllocatesNothing passes connections to more addresses than places are
// kept of.
func TestFeedAllocatesNothing(t *testing.T) {
	e, _ := recordingRouter(t, 2048, world)
	conns := make([]flow.Connection, 1024)
	for i := range conns {
		conns[i] = told(5000+i, 100, start)
		conns[i].Orig.Dst[14], conns[i].Orig.Dst[15] = byte(i>>8), byte(i)
		conns[i].Reply.Src = conns[i].Orig.Dst
	}
	pass := func() {
		for i := 0; i < len(conns); i += 256 {
			e.Connections(conns[i : i+256])
		}
		e.Swept(start)
	}
	pass()
	pass()
	if n := testing.AllocsPerRun(20, pass); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestFeedAddsUp passes random connections: the classes that have each byte once sum
// to the total, and what crosses the edge is in one country and one system.
func TestFeedAddsUp(t *testing.T) {
	e, names := recordingRouter(t, 256, world)
	e.Neighbours([]device.Neighbour{
		{Addr: addrs("192.168.1.20")[0], MAC: phoneMAC, Point: lan}, {Addr: addrs("192.168.1.30")[0], MAC: nasMAC, Point: lan},
	}, start)
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range int64(200) {
		for range rng.IntN(20) {
			c := kinds[rng.IntN(len(kinds))].conn
			c.First, c.Last = start+i*second, start+i*second
			c.Bytes = [2]uint64{rng.Uint64N(1e6), rng.Uint64N(1e6)}
			e.Connections([]flow.Connection{c})
		}
		e.Swept(start + i*second)
	}
	sum := func(class rollup.Class) (n uint64) {
		for _, v := range series(t, e, names, class) {
			n += v.tx + v.rx
		}
		return n
	}
	total := sum(rollup.Total)
	for _, class := range []rollup.Class{rollup.Application, rollup.Category} {
		if got := sum(class); got != total {
			t.Errorf("%s: %d bytes, the total is %d", class, got, total)
		}
	}
	if country, system := sum(rollup.Country), sum(rollup.ASN); country != system || country == 0 || country >= total {
		t.Errorf("%d bytes in countries, %d in systems, %d in all", country, system, total)
	}
	if devices, cells := sum(rollup.Device), sum(rollup.DeviceApplication); devices != cells || devices == 0 {
		t.Errorf("%d bytes of devices, %d in their cells", devices, cells)
	}
}

// BenchmarkRoll is one sweep of 4,096 connections of 40 devices to 1,000 addresses,
// all of which counted something, with every class fed. Each pass ticks a second.
func BenchmarkRoll(b *testing.B) {
	e, _ := recordingRouter(b, 8192, world)
	conns := make([]flow.Connection, 4096)
	neighbours := make([]device.Neighbour, 40)
	for i := range neighbours {
		neighbours[i] = device.Neighbour{Addr: addrs("192.168.1.10")[0], MAC: packet.MAC{2, 0, 0, 0, 9, byte(i)}, Point: lan}
		neighbours[i].Addr[15] = byte(10 + i)
	}
	for i := range conns {
		conns[i] = told(5000+i, 100, start)
		conns[i].Orig.Src[15] = byte(10 + i%40)
		conns[i].Orig.Dst[14], conns[i].Orig.Dst[15] = byte(i%1000>>8), byte(i%1000)
		conns[i].Reply.Src = conns[i].Orig.Dst
	}
	e.Neighbours(neighbours, start)
	b.ReportAllocs()
	var rolls time.Duration
	now := start
	for b.Loop() {
		for i := 0; i < len(conns); i += 256 {
			e.Connections(conns[i : i+256])
		}
		now += second
		begin := time.Now()
		e.Swept(now)
		e.Tick(now, true)
		rolls += time.Since(begin)
	}
	b.ReportMetric(float64(rolls)/float64(b.N)/float64(len(conns)), "ns/flow")
}
