package engine_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"weir/internal/device"
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
		Ended: func(*flow.Flow, *flow.Record) { ended++ },
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

// TestMappings counts what came through a port forward, over a renewal of it.
func TestMappings(t *testing.T) {
	e := router(t, 64)
	forward := connection(6, "198.51.100.9:4000", "203.0.113.77:8080", "192.168.1.30:80", "198.51.100.9:4000")
	pinhole := connection(6, "[2001:db8:aa::5]:4000", "[2001:db8:1::30]:22", "[2001:db8:1::30]:22", "[2001:db8:aa::5]:4000")
	e.Connections([]flow.Connection{forward, forward, pinhole})
	known := e.Mappings()
	if m := known[0]; m.Hits != 1 || m.Bytes != (engine.Pair[uint64]{Tx: 18000, Rx: 2000}) || m.Last != start+2*second {
		t.Errorf("%+v", m)
	}
	renewed := known[0].Mapping
	renewed.Expires = start + 3600*second
	lease := engine.Mapping{Name: "torrent", OpenedBy: "upnp", Proto: 17, First: 6881, Last: 6881, Target: addrs("192.168.1.20")[0], TargetPort: 6881}
	e.SetMappings([]engine.Mapping{lease, renewed})
	forward.Orig.SrcPort, forward.Reply.DstPort = 4001, 4001
	e.Connections([]flow.Connection{forward, pinhole})
	now := e.Mappings()
	if now[0].Hits != 0 || now[1].Hits != 2 || now[1].Bytes.Tx != 27000 || now[1].Expires == 0 {
		t.Errorf("%+v", now)
	}
	rows, n := e.Flows(engine.Filter{Mapping: "NAS web"}, engine.Page{Limit: 9})
	if n != 2 || rows[0].NAT.OpenedBy != "redirect" {
		t.Errorf("%d flows came through the forward: %+v", n, rows)
	}
	if rows, _ := e.Flows(engine.Filter{Port: 22}, engine.Page{Limit: 9}); rows[0].NAT.Mapping != "" {
		t.Error("a flow names a mapping that is no more")
	}
}

// TestWhichMapping matches connections from outside with the ports that lead in.
func TestWhichMapping(t *testing.T) {
	nas, nas6 := addrs("192.168.1.30")[0], addrs("2001:db8:1::30")[0]
	all := []engine.Mapping{
		{Name: "range", Proto: 17, First: 6000, Last: 6009, Target: nas, TargetPort: 7000},
		{Name: "pinhole", Proto: 17, First: 6000, Last: 6009, Target: nas6, TargetPort: 7000},
		{Name: "everything else", Proto: 17, Target: nas},
		{Name: "any target", Proto: 6, First: 25, Last: 25},
	}
	tests := []struct {
		name   string
		proto  uint8
		to, at string // outside and in the house
		want   string
	}{
		{"first of a range", 17, "203.0.113.77:6000", "192.168.1.30:7000", "range"},
		{"last of a range", 17, "203.0.113.77:6009", "192.168.1.30:7009", "range"},
		{"behind it", 17, "203.0.113.77:6010", "192.168.1.30:7010", "everything else"},
		{"before it", 17, "203.0.113.77:5999", "192.168.1.30:6999", "everything else"},
		{"to another target", 17, "203.0.113.77:6000", "192.168.1.31:7000", ""},
		{"by another protocol", 6, "203.0.113.77:6000", "192.168.1.30:7000", ""},
		{"not translated, by the target's port", 17, "[2001:db8:1::30]:7009", "[2001:db8:1::30]:7009", "pinhole"},
		{"not translated, by the port outside", 17, "[2001:db8:1::30]:6000", "[2001:db8:1::30]:6000", ""},
		{"any target", 6, "203.0.113.77:25", "192.168.1.55:25", "any target"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := router(t, 8)
			e.SetMappings(all)
			from := "198.51.100.9:4000"
			if tt.to[0] == '[' {
				from = "[2001:db8:aa::5]:4000"
			}
			e.Connections([]flow.Connection{connection(tt.proto, from, tt.to, tt.at, from)})
			if rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 1}); rows[0].NAT.Mapping != tt.want {
				t.Errorf("came through %q, want %q", rows[0].NAT.Mapping, tt.want)
			}
		})
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

// TestSetUplinks has a redial change the address of an uplink: its sums go on and
// its connections stay its.
func TestSetUplinks(t *testing.T) {
	e := router(t, 64)
	c := kinds[0].conn
	e.Connections([]flow.Connection{c})
	e.SetUplinks([]engine.Uplink{
		{Name: "wwan", Point: guest, Addrs: addrs("10.64.0.9")},
		{Name: "wan", Point: wan, Addrs: addrs("203.0.113.99")},
	})
	e.Connections([]flow.Connection{c})
	rows := e.Uplinks()
	if rows[0].Bytes.Tx != 0 || rows[1].Bytes.Tx != 2000 || rows[1].Bytes.Rx != 18000 {
		t.Errorf("%+v", rows)
	}
	for name, want := range map[string]int{"wan": 1, "wwan": 0, "none such": 0} {
		if _, n := e.Flows(engine.Filter{Uplink: name}, engine.Page{Limit: 9}); n != want {
			t.Errorf("%d flows over %s, want %d", n, name, want)
		}
	}
	e.SetUplinks(nil)
	if rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 9}); rows[0].Uplink != "" || len(e.Uplinks()) != 0 {
		t.Errorf("%+v", rows)
	}
}

// TestOnlyWay finds the uplink of connections that no address tells.
func TestOnlyWay(t *testing.T) {
	tests := []struct {
		name    string
		uplinks map[string][]packet.Addr
		conn    flow.Connection
		want    string
	}{
		{"one uplink", map[string][]packet.Addr{"wan": nil}, kinds[0].conn, "wan"},
		{"one of the family", map[string][]packet.Addr{"wan": addrs("203.0.113.99", "fe80::1"), "wan6": addrs("2001:db8:ff::1", "fe80::2")},
			connection(6, "[2001:db8:1::20]:5", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:1::20]:5"), "wan6"},
		{"public, beside a private tunnel", map[string][]packet.Addr{"wan": addrs("2001:db8:ff::1"), "wg0": addrs("fd00:8::2")},
			connection(6, "[2001:db8:1::20]:5", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:1::20]:5"), "wan"},
		{"a delegated prefix alone", map[string][]packet.Addr{"wan": addrs("203.0.113.99", "fe80::1"), "wg0": addrs("10.8.0.2", "fd00:8::2")},
			connection(6, "[2001:db8:1::20]:5", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:1::20]:5"), "wan"},
		{"from outside, translated by somebody else", map[string][]packet.Addr{"wan": addrs("100.64.0.7"), "wan6": addrs("2001:db8:ff::1")},
			connection(6, "198.51.100.9:5", "203.0.113.1:8080", "192.168.1.30:80", "198.51.100.9:5"), "wan"},
		{"either", map[string][]packet.Addr{"wan": addrs("203.0.113.99"), "wwan": addrs("203.0.113.98")}, kinds[0].conn, ""},
		{"within the house", map[string][]packet.Addr{"wan": nil}, connection(6, "192.168.2.9:5", "192.168.1.30:445", "192.168.1.30:445", "192.168.2.9:5"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := router(t, 8)
			var all []engine.Uplink
			for name, a := range tt.uplinks {
				all = append(all, engine.Uplink{Name: name, Point: wan, Addrs: a})
			}
			e.SetUplinks(all)
			e.Connections([]flow.Connection{tt.conn})
			rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 1})
			if rows[0].Uplink != tt.want {
				t.Errorf("uplink %q, want %q", rows[0].Uplink, tt.want)
			}
		})
	}
}

// TestUplinksOfPackets sums up the uplink where packets count: from the LAN's
// flows, and, where the uplink itself is watched, from what is seen there.
func TestUplinksOfPackets(t *testing.T) {
	e := router(t, 64)
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77")}})
	out := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:443", pay: 972}
	back := frame{from: routerMAC, to: phoneMAC, src: "198.51.100.5:443", dst: "192.168.1.20:5000", pay: 1972}
	e.Packets([]packet.Raw{out.raw(), back.raw()})
	e.Tick(start+second, true)
	if u := e.Uplinks()[0]; u.Name != "wan" || u.Bytes != (engine.Pair[uint64]{Tx: 1000, Rx: 2000}) || u.Packets.Tx != 1 || u.At != start+second {
		t.Errorf("%+v", u)
	}
	translated := out
	translated.src, translated.point = "203.0.113.77:5000", wan
	e.Packets([]packet.Raw{out.raw(), translated.raw()})
	e.Tick(start+2*second, true)
	if u := e.Uplinks()[0]; u.Bytes.Tx != 2000 || u.Router.Tx != 0 {
		t.Errorf("%+v", u)
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

// TestNeighbours knows devices by the kernel's table alone. That somebody is
// remembered does not mean that he is there.
func TestNeighbours(t *testing.T) {
	e := router(t, 64)
	phone, nas, own := addrs("192.168.1.20")[0], addrs("192.168.1.30")[0], addrs("192.168.1.1")[0]
	e.Neighbours([]device.Neighbour{
		{Addr: phone, MAC: phoneMAC, Point: lan}, {Addr: nas, MAC: nasMAC, Point: lan}, {Addr: own, MAC: routerMAC, Point: lan},
		{Addr: addrs("198.51.100.1")[0], MAC: packet.MAC{0, 7, 7, 7, 7, 7}, Point: wan}, // the provider's
		{Addr: phone, MAC: packet.MAC{}, Point: lan}, {Addr: phone, MAC: phoneMAC, Point: 99},
	}, start)
	e.Connections([]flow.Connection{told(5000, 700, start)})
	e.Swept(start + second)
	e.Tick(start+second, true)
	all := devicesByName(t, e)
	if len(all) != 3 {
		t.Fatalf("devices %v", all)
	}
	if d := all[phoneMAC.String()]; !d.Online || d.Bytes.Tx != 700 || d.First == 0 || d.Interface != "br-lan" {
		t.Errorf("phone %+v", d)
	}
	if d := all[nasMAC.String()]; d.Online || len(d.IPs) != 1 {
		t.Errorf("NAS %+v", d)
	}
	if !all[routerMAC.String()].Router {
		t.Error("this machine is not known as the router")
	}
	e.Neighbours([]device.Neighbour{{Addr: phone, MAC: nasMAC, Point: lan}}, start+2*second)
	e.Connections([]flow.Connection{told(5000, 300, start)})
	e.Swept(start + 3*second)
	all = devicesByName(t, e)
	if p, n := all[phoneMAC.String()], all[nasMAC.String()]; p.Bytes.Tx != 700 || len(p.IPs) != 0 || n.Bytes.Tx != 300 || len(n.IPs) != 2 {
		t.Errorf("after the address moved: phone %+v, NAS %+v", p, n)
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
