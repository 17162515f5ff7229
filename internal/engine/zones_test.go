package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// cells returns what each pair of zones moved.
func cells(t *testing.T, e *engine.Engine, names *intern.Table) map[string]rollup.Values {
	t.Helper()
	got := make(map[string]rollup.Values)
	for _, slot := range e.OpenSlots() {
		if slot.Step != 86400 {
			continue
		}
		it := rollup.NewClassIter(slot.Block, rollup.ZoneZone)
		for it.Next() {
			row := it.Row()
			got[names.Name(row.ID)+" "+names.Name(row.Sub)] = row.Values
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
	}
	return got
}

func TestZones(t *testing.T) {
	var names *intern.Table
	e := routerWith(t, 64, func(c *engine.Config) { names = c.Names })
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77"), Zone: "outside"}})
	e.SetSegments(map[string]engine.Segment{"br-lan": {Network: "lan", Zone: "lan"}, "br-guest": {Network: "guest", Zone: "guests"}})
	e.Tick(start, true)
	count := func(c flow.Connection, out, in uint64) flow.Connection {
		c.Last, c.Packets, c.Bytes = start, [2]uint64{1, 1}, [2]uint64{out, in}
		return c
	}
	e.Connections([]flow.Connection{
		count(connection(6, "192.168.1.20:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5000"), 100, 2000),
		count(connection(6, "192.168.2.20:5000", "192.168.1.30:631", "192.168.1.30:631", "192.168.2.20:5000"), 300, 40),
		count(connection(6, "198.51.100.9:6000", "203.0.113.77:8080", "192.168.1.30:80", "198.51.100.9:6000"), 500, 60),
		count(connection(17, "192.168.1.20:4000", "192.168.1.1:53", "192.168.1.1:53", "192.168.1.20:4000"), 70, 80),
		count(connection(17, "203.0.113.77:4000", "198.51.100.53:53", "198.51.100.53:53", "203.0.113.77:4000"), 71, 81),
	})
	e.Swept(start + second)
	one := func(tx, rx uint64) rollup.Values {
		return rollup.Values{TxBytes: tx, RxBytes: rx, TxPackets: 1, RxPackets: 1, Flows: 1}
	}
	want := map[string]rollup.Values{
		"lan outside": one(100, 2000), "guests lan": one(300, 40), "outside lan": one(500, 60), "lan router": one(70, 80), "router outside": one(71, 81),
	}
	if diff := cmp.Diff(want, cells(t, e, names)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What leads to a group, and what no uplink is known of, is in no pair; nor is
// anything without zones.
func TestNoZones(t *testing.T) {
	var names *intern.Table
	e := routerWith(t, 64, func(c *engine.Config) { names = c.Names })
	e.SetUplinks(nil)
	pass := func() {
		e.Packets([]packet.Raw{
			frame{from: phoneMAC, to: packet.MAC{1, 0, 0x5e, 0, 0, 251}, src: "192.168.1.20:5353", dst: "224.0.0.251:5353", pay: 60, point: lan}.raw(),
			frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:443", pay: 60, point: lan}.raw(),
		})
		e.Tick(start+second, true)
	}
	pass()
	e.SetSegments(map[string]engine.Segment{"br-lan": {Zone: "lan"}})
	pass()
	if got := cells(t, e, names); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
