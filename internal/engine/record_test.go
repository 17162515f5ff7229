package engine_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// told returns a connection from the phone to the web with a port of its own.
func told(port int, bytes uint64, at int64) flow.Connection {
	c := connection(6, "192.168.1.20:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5000")
	c.Orig.SrcPort, c.Reply.DstPort = uint16(port), uint16(port)
	c.Last, c.Packets, c.Bytes = at, [2]uint64{1, 0}, [2]uint64{bytes, 0}
	if bytes == 0 {
		c.Packets[0] = 0
	}
	return c
}

// TestRatesOfSweeps has connection tracking count 5,000 bytes in each sweep of
// five seconds, while hosts of the house send each other 1,000 a second: the
// rates are those of both, at every second.
func TestRatesOfSweeps(t *testing.T) {
	e := router(t, 64)
	e.Connections([]flow.Connection{told(5000, 0, start)})
	e.Swept(start)
	for i := int64(1); i <= 30; i++ {
		now := start + i*second
		e.Packets([]packet.Raw{frame{at: i*second - second/2, from: phoneMAC, to: nasMAC, src: "192.168.1.20:9", dst: "192.168.1.30:9", pay: 972}.raw()})
		if i%5 == 0 && i <= 20 {
			e.Connections([]flow.Connection{told(5000, 5000, now)})
		}
		if i%5 == 0 {
			e.Swept(now)
		}
		e.Tick(now, true)
		if i < 5 {
			continue
		}
		wan := uint64(8 * 1000)
		if i >= 25 {
			wan = 0
		}
		var got []uint64
		for _, port := range []uint16{443, 9} {
			rows, _ := e.Flows(engine.Filter{Port: port}, engine.Page{Limit: 9})
			got = append(got, rows[0].BpsNow)
		}
		h, _ := e.Host(netip.MustParseAddr("192.168.1.20"))
		got = append(got, h.BpsNow.Tx, e.Stats().Rate.Tx, e.Interfaces()[lan].Rate.Tx)
		want := []uint64{wan, 8000, wan + 8000, wan + 8000, wan + 8000}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("second %d: rates of the connection, the neighbours, the phone, all and br-lan are %v, want %v", i, got, want)
		}
	}
}

// TestSweepsStop has connection tracking fall silent: what packets count is
// rolled without it, first late, and then every second as if it had never been.
func TestSweepsStop(t *testing.T) {
	e := router(t, 64)
	e.Connections([]flow.Connection{told(5000, 700, start)})
	e.Swept(start)
	if !e.Stats().Tracking {
		t.Error("connection tracking counts, but is not said to")
	}
	for i := int64(1); i <= 300; i++ {
		e.Packets([]packet.Raw{frame{at: i*second - 1, from: phoneMAC, to: nasMAC, src: "192.168.1.20:9", dst: "192.168.1.30:9", pay: 972}.raw()})
		e.Tick(start+i*second, true)
		h, _ := e.Host(netip.MustParseAddr("192.168.1.30"))
		switch i {
		case 89:
			if h.Bytes.Rx != 0 {
				t.Errorf("%d bytes rolled before a sweep was late", h.Bytes.Rx)
			}
		case 90:
			if h.Bytes.Rx != 90_000 || h.BpsNow.Rx != 8000 {
				t.Errorf("after 90 s without a sweep %+v", h)
			}
		case 299, 300:
			if h.Bytes.Rx != 1000*uint64(i) || h.BpsNow.Rx != 8000 || e.Stats().Tracking {
				t.Errorf("after %d s: %+v", i, h)
			}
		}
	}
}

// TestClockSetBetweenSweeps has NTP set the clock between two sweeps.
func TestClockSetBetweenSweeps(t *testing.T) {
	const year = 365 * 24 * time.Hour
	e := router(t, 64)
	e.Connections([]flow.Connection{told(5000, 0, start)})
	e.Swept(start)
	e.Tick(start+second, true)
	e.Shift(year)
	if at := e.Uplinks()[0].At; at != start+year.Microseconds() {
		t.Errorf("the last sweep was at %d, want a year later than %d", at, start)
	}
	now := start + year.Microseconds() + 5*second
	e.Tick(now-second, true)
	e.Connections([]flow.Connection{told(5000, 5000, now)})
	e.Swept(now)
	rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 1})
	if rows[0].BpsNow != 8000 || !e.Stats().Tracking {
		t.Errorf("%+v", rows[0])
	}
}

// TestUncounted has a kernel that counts nothing tell of a connection.
func TestUncounted(t *testing.T) {
	e := router(t, 64)
	c := told(5000, 0, start)
	c.Status = flow.ConnUncounted
	e.Connections([]flow.Connection{c})
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 1})
	if n != 1 || !rows[0].Uncounted || rows[0].NAT == nil {
		t.Errorf("%+v", rows)
	}
}

// TestNothingIsLostAtTheEnd closes an engine between two sweeps.
func TestNothingIsLostAtTheEnd(t *testing.T) {
	e := router(t, 64)
	e.Connections([]flow.Connection{told(5000, 700, start)})
	e.Tick(start+second, true)
	e.Close(start+2*second, true)
	if h, _ := e.Host(netip.MustParseAddr("192.168.1.20")); h.Bytes.Tx != 700 {
		t.Errorf("%+v", h)
	}
}

// TestClassified has a handshake name a flow, and only then connection tracking
// count it.
func TestClassified(t *testing.T) {
	e := router(t, 64)
	phone, web := "192.168.1.20:5000", "198.51.100.5:443"
	frames := []packet.Raw{
		frame{0, phoneMAC, routerMAC, phone, web, packet.SYN, 1, 0, lan, 64}.raw(),
		frame{30_000, routerMAC, phoneMAC, web, phone, packet.SYN | packet.ACK, 1, 0, lan, 57}.raw(),
		frame{31_000, phoneMAC, routerMAC, phone, web, packet.PSH | packet.ACK, 2, 500, lan, 64}.raw(),
		frame{60_000, routerMAC, phoneMAC, web, phone, packet.PSH | packet.ACK, 2, 500, lan, 57}.raw(),
	}
	for i := range frames {
		frames[i].Classify = true
	}
	e.Packets(frames)
	e.Swept(start + second)
	e.Tick(start+second, true)
	s := e.Stats()
	if s.Packets != 0 || s.Bytes != 0 || e.Interfaces()[lan].Frames != 4 || totals(t, e.OpenSlots()[:1]) != 0 {
		t.Errorf("frames that only name something were counted: %+v, %+v", s, e.Interfaces()[lan])
	}
	if d := devicesByName(t, e)[phoneMAC.String()]; !d.Online || d.Bytes.Tx != 0 {
		t.Errorf("the phone is %+v", d)
	}
	e.Connections([]flow.Connection{told(5000, 700, start+second)})
	e.Swept(start + 2*second)
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if n != 1 {
		t.Fatalf("%d flows, want 1", n)
	}
	r := rows[0]
	if r.RTTServer != 30_000 || r.RTTClient != 0 || r.RTTApp != 0 || r.GapMax.Tx != 0 || r.Payload.Tx != 0 || r.State != "S1" || r.First != start || r.Bytes.Tx != 700 {
		t.Errorf("%+v", r)
	}
	if h, _ := e.Host(netip.MustParseAddr("192.168.1.20")); h.AsClient.Total != 1 || h.Observed {
		t.Errorf("the phone's address is %+v", h)
	}
}

// TestCountedBesideTracking has a guest's frames to the NAS counted by packets
// while connection tracking counts the rest: wherever they are seen they are one
// flow at the canonical point, and both ends get them.
func TestCountedBesideTracking(t *testing.T) {
	e := router(t, 64)
	e.Swept(start)
	ask := frame{at: 1, from: phoneMAC, to: nasMAC, src: "192.168.2.9:9", dst: "192.168.1.30:9", pay: 72, point: guest}
	answer := frame{at: 2, from: nasMAC, to: phoneMAC, src: "192.168.1.30:9", dst: "192.168.2.9:9", pay: 172, point: lan}
	e.Packets([]packet.Raw{ask.raw(), answer.raw()})
	e.Swept(start + second)
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if n != 1 || rows[0].Interface != "br-lan" || rows[0].Source != "packets" || !rows[0].Observed || rows[0].Dir != "local" {
		t.Fatalf("%+v", rows)
	}
	for ip, want := range map[string]engine.Pair[uint64]{"192.168.2.9": {Tx: 100, Rx: 200}, "192.168.1.30": {Tx: 200, Rx: 100}} {
		if h, _ := e.Host(netip.MustParseAddr(ip)); h.Bytes != want || !h.Observed {
			t.Errorf("%s: %+v", ip, h)
		}
	}
	if d := devicesByName(t, e)[phoneMAC.String()]; d.Interface != "br-guest" {
		t.Errorf("the guest's device is on %s", d.Interface)
	}
}

// TestHandshakeOfAHairpin puts the server's half of a handshake, which is seen
// under other addresses, into the client's flow.
func TestHandshakeOfAHairpin(t *testing.T) {
	e := router(t, 64)
	c := connection(6, "192.168.1.20:5002", "203.0.113.77:8080", "192.168.1.30:80", "192.168.1.1:5002")
	e.Connections([]flow.Connection{c})
	frames := []packet.Raw{
		frame{0, phoneMAC, routerMAC, "192.168.1.20:5002", "203.0.113.77:8080", packet.SYN, 1, 0, lan, 64}.raw(),
		frame{5_000, nasMAC, routerMAC, "192.168.1.30:80", "192.168.1.1:5002", packet.SYN | packet.ACK, 1, 0, lan, 64}.raw(),
	}
	for i := range frames {
		frames[i].Time += 3 * second * 1000
		frames[i].Classify = true
	}
	e.Packets(frames)
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if n != 1 || rows[0].TCPFlags != (engine.Pair[uint8]{Tx: packet.SYN, Rx: packet.SYN | packet.ACK}) || rows[0].RTTServer != 5000 {
		t.Errorf("%+v", rows)
	}
	if d := devicesByName(t, e)[nasMAC.String()]; len(d.IPs) != 1 || d.IPs[0] != netip.MustParseAddr("192.168.1.30") {
		t.Errorf("NAS %+v", d)
	}
}

// TestNamedInVain has frames name a flow that nothing counts: it leaves without a
// trace.
func TestNamedInVain(t *testing.T) {
	ended := 0
	e := engine.New(engine.Config{
		Flows: flow.Config{Max: 8, Idle: time.Second}, MaxHosts: 8,
		Ended: func(*flow.Flow, *flow.Record, engine.Named) { ended++ },
	})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	raw := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:443", pay: 9}.raw()
	raw.Classify = true
	e.Packets([]packet.Raw{raw})
	e.Tick(start, true)
	if n := e.Stats().Flows; n != 1 {
		t.Errorf("%d flows, want the one that was named", n)
	}
	e.Tick(start+2*second, true)
	if s := e.Stats(); ended != 0 || s.Flows != 0 || s.NewFlows != 0 || s.Expired != 0 {
		t.Errorf("%d records, %+v", ended, s)
	}
}

// TestSampledIsNotObserved has one frame stand for many.
func TestSampledIsNotObserved(t *testing.T) {
	e := router(t, 8)
	raw := frame{from: phoneMAC, to: nasMAC, src: "192.168.1.20:9", dst: "192.168.1.30:9", pay: 9}.raw()
	raw.Weight = 100
	e.Packets([]packet.Raw{raw})
	if rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 1}); rows[0].Observed || !rows[0].Sampled {
		t.Errorf("%+v", rows[0])
	}
}

// TestFiltersOfTheEdge filters by who forwards and who counts.
func TestFiltersOfTheEdge(t *testing.T) {
	e := router(t, 64)
	soft, hard := told(5001, 10, start), told(5002, 10, start)
	soft.Status, hard.Status = flow.ConnOffloaded, flow.ConnOffloaded|flow.ConnHardware
	e.Connections([]flow.Connection{told(5000, 10, start), soft, hard})
	e.Packets([]packet.Raw{frame{from: phoneMAC, to: nasMAC, src: "192.168.1.20:9", dst: "192.168.1.30:9", pay: 9}.raw()})
	for want, filters := range map[int][]engine.Filter{
		1: {{Offload: "none"}, {Offload: "software"}, {Offload: "hardware"}, {Source: "packets"}, {Uplink: "", Dir: "local"}},
		3: {{Source: "conntrack"}, {Uplink: "wan"}, {Dir: "out"}},
		0: {{Mapping: "NAS web"}, {Uplink: "wg0"}, {Source: "records"}},
	} {
		for _, f := range filters {
			if rows, n := e.Flows(f, engine.Page{Limit: 9}); n != want {
				t.Errorf("%+v lets %d pass, want %d: %+v", f, n, want, rows)
			}
		}
	}
}

// TestRecordingAllocatesNothing passes known connections and frames that name
// them.
func TestRecordingAllocatesNothing(t *testing.T) {
	e := router(t, 512)
	conns := make([]flow.Connection, 256)
	frames := make([]packet.Raw, 64)
	for i := range conns {
		conns[i] = told(5000+i, 100, start)
	}
	for i := range frames {
		frames[i] = frame{from: phoneMAC, to: routerMAC, src: fmt.Sprintf("192.168.1.20:%d", 5000+i), dst: "198.51.100.5:443", tcp: packet.ACK, pay: 100}.raw()
		frames[i].Classify = true
	}
	e.Connections(conns)
	for name, pass := range map[string]func(){
		"connections": func() { e.Connections(conns) },
		"frames":      func() { e.Packets(frames) },
		"a sweep":     func() { e.Swept(start) },
	} {
		if n := testing.AllocsPerRun(20, pass); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkConnections is a dump of 16,384 entries, all of which counted
// something, with the sweep after it.
func BenchmarkConnections(b *testing.B) {
	e := router(b, 16384)
	conns := make([]flow.Connection, 16384)
	for i := range conns {
		conns[i] = told(1024+i, 100, start)
	}
	b.ReportAllocs()
	for b.Loop() {
		for i := 0; i < len(conns); i += 256 {
			e.Connections(conns[i : i+256])
		}
		e.Swept(start)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(conns)), "ns/entry")
}

// BenchmarkClassified is a frame that names a known flow.
func BenchmarkClassified(b *testing.B) {
	e := router(b, 8192)
	frames := make([]packet.Raw, 4096)
	for i := range frames {
		frames[i] = frame{from: phoneMAC, to: routerMAC, src: fmt.Sprintf("192.168.1.20:%d", 5000+i), dst: "198.51.100.5:443", tcp: packet.PSH | packet.ACK, pay: 100}.raw()
		frames[i].Classify = true
	}
	e.Swept(start)
	b.ReportAllocs()
	for b.Loop() {
		for i := 0; i < len(frames); i += 64 {
			e.Packets(frames[i : i+64])
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(frames)), "ns/frame")
}
