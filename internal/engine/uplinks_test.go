package engine_test

import (
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

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
	type uplinks map[string][]packet.Addr
	v6 := connection(6, "[2001:db8:1::20]:5", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:1::20]:5")
	old := connection(6, "192.168.1.20:5", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.50:5") // an address of yesterday
	site := connection(6, "192.168.1.20:5", "10.5.0.9:443", "10.5.0.9:443", "192.168.1.20:5")
	tests := []struct {
		name string
		uplinks
		conn flow.Connection
		want string
	}{
		{"one uplink", uplinks{"wan": nil}, old, "wan"},
		{"one of the family", uplinks{"wan": addrs("203.0.113.99", "fe80::1"), "wan6": addrs("2001:db8:ff::1", "fe80::2")}, v6, "wan6"},
		{"public, beside a private tunnel", uplinks{"wan": addrs("2001:db8:ff::1"), "wg0": addrs("fd00:8::2")}, v6, "wan"},
		{"a delegated prefix alone", uplinks{"wan": addrs("203.0.113.99", "fe80::1"), "wg0": addrs("10.8.0.2", "fd00:8::2")}, v6, "wan"},
		{"nothing of the family", uplinks{"wan": addrs("203.0.113.99")}, v6, ""},
		{"to another site", uplinks{"wan": addrs("203.0.113.99"), "wg0": addrs("10.8.0.2")}, site, "wg0"},
		{"to another site that is no uplink", uplinks{"wan": addrs("203.0.113.99")}, site, ""},
		{"to the provider's private network", uplinks{"wan": addrs("100.64.0.7")}, site, "wan"},
		{"an address of yesterday, beside a tunnel", uplinks{"wan": addrs("203.0.113.99"), "wg0": addrs("10.8.0.2")}, old, "wan"},
		{"from outside, translated by somebody else", uplinks{"wan": addrs("100.64.0.7"), "wan6": addrs("2001:db8:ff::1")},
			connection(6, "198.51.100.9:5", "203.0.113.1:8080", "192.168.1.30:80", "198.51.100.9:5"), "wan"},
		{"either", uplinks{"wan": addrs("203.0.113.99"), "wwan": addrs("203.0.113.98")}, old, ""},
		{"over a tunnel that is no uplink", uplinks{"wan": addrs("203.0.113.77")},
			connection(6, "192.168.1.20:5", "198.51.100.5:443", "198.51.100.5:443", "10.8.0.2:5"), ""},
		{"to this machine from a network that is not watched", uplinks{"wan": addrs("192.168.178.2")},
			connection(17, "192.168.20.7:5", "192.168.2.1:53", "192.168.2.1:53", "192.168.20.7:5"), ""},
		{"within the house", uplinks{"wan": nil}, connection(6, "192.168.2.9:5", "192.168.1.30:445", "192.168.1.30:445", "192.168.2.9:5"), ""},
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
	out.at = 90 * second
	e.Packets([]packet.Raw{out.raw()})
	e.Tick(start+91*second, true)
	if u := e.Uplinks()[0]; u.Bytes.Tx != 3000 {
		t.Errorf("after the uplink is watched no more: %+v", u)
	}
}

// TestUplinksAfterTracking has packets count again what connection tracking did:
// the uplink's sum goes on with the flow's.
func TestUplinksAfterTracking(t *testing.T) {
	e := router(t, 64)
	c := kinds[0].conn
	inbound := connection(6, "198.51.100.9:4000", "203.0.113.77:8080", "192.168.1.30:80", "198.51.100.9:4000")
	e.Connections([]flow.Connection{c, inbound})
	e.Swept(start + 3*second)
	e.Connections([]flow.Connection{c}) // with no sweep after it
	e.Untracked()
	e.Tick(start+4*second, true)
	out := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:443", pay: 960, tcp: packet.ACK, at: 5 * second}
	answer := frame{from: nasMAC, to: routerMAC, src: "192.168.1.30:80", dst: "198.51.100.9:4000", pay: 1960, tcp: packet.ACK, at: 5 * second}
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: 255, Addrs: addrs("203.0.113.77")}}) // not watched
	e.Packets([]packet.Raw{out.raw(), answer.raw()})
	e.Tick(start+6*second, true)
	want := engine.Pair[uint64]{Tx: 2*1000 + 9000 + 1000 + 2000, Rx: 2*9000 + 1000}
	if u := e.Uplinks()[0]; u.Bytes != want {
		t.Errorf("uplink %+v, want %+v", u, want)
	}
}

// TestUplinksBeforeTracking has connection tracking take over from packets between
// two ticks: what those counted last is still the uplink's.
func TestUplinksBeforeTracking(t *testing.T) {
	e := router(t, 64)
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: 255, Addrs: addrs("203.0.113.77")}}) // not watched
	out := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:443", pay: 960, tcp: packet.ACK}
	e.Packets([]packet.Raw{out.raw()})
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77")}})
	e.Connections([]flow.Connection{kinds[0].conn})
	e.Swept(start + second)
	if u := e.Uplinks()[0]; u.Bytes.Tx != 2000 {
		t.Errorf("%+v", u)
	}
}

// TestUplinksBesideAnotherRouter counts for the uplink nothing that does not pass
// this machine: while connection tracking counts, what packets count beside it is
// on its way to another router of the house.
func TestUplinksBesideAnotherRouter(t *testing.T) {
	e := router(t, 64)
	e.Connections([]flow.Connection{kinds[0].conn})
	aside := frame{from: phoneMAC, to: packet.MAC{2, 9, 9, 9, 9, 9}, src: "192.168.1.20:5000", dst: "198.51.100.7:443", pay: 972, at: second}
	e.Packets([]packet.Raw{aside.raw()})
	e.Swept(start + 3*second)
	if u := e.Uplinks()[0]; u.Bytes.Tx != 1000 {
		t.Errorf("%+v", u)
	}
}

// TestUplinkLost has one of two uplinks lose its address: what ends because of that
// is still its own.
func TestUplinkLost(t *testing.T) {
	e := router(t, 64)
	both := []engine.Uplink{
		{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77")},
		{Name: "lte", Point: wg0, Addrs: addrs("198.18.0.9")},
	}
	e.SetUplinks(both)
	c := kinds[0].conn
	e.Connections([]flow.Connection{c})
	both[0].Addrs = nil
	e.SetUplinks(both)
	e.Connections([]flow.Connection{c})
	if rows := e.Uplinks(); rows[0].Bytes.Tx != 2000 || rows[1].Bytes.Tx != 0 {
		t.Errorf("%+v", rows)
	}
}
