package engine_test

import (
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
)

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
		{Name: "any of IPv6", Proto: 6, Family: 6},
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
		{"any target of the other family", 6, "203.0.113.77:26", "192.168.1.55:26", ""},
		{"any target of the family", 6, "[2001:db8:1::30]:26", "[2001:db8:1::30]:26", "any of IPv6"},
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

// TestLateMapping has a port opened, and a connection come through it, before its
// lease is read.
func TestLateMapping(t *testing.T) {
	e := router(t, 8)
	torrent := connection(17, "198.51.100.9:4000", "203.0.113.77:6881", "192.168.1.20:6881", "198.51.100.9:4000")
	out := connection(17, "192.168.1.20:6881", "198.51.100.9:4001", "198.51.100.9:4001", "203.0.113.77:6881")
	e.Connections([]flow.Connection{torrent, out})
	lease := engine.Mapping{Name: "torrent", OpenedBy: "upnp", Proto: 17, First: 6881, Last: 6881, Target: addrs("192.168.1.20")[0], TargetPort: 6881}
	e.SetMappings([]engine.Mapping{lease})
	e.SetMappings([]engine.Mapping{lease})
	e.Connections([]flow.Connection{torrent, out})
	if m := e.Mappings()[0]; m.Hits != 1 || m.Bytes != (engine.Pair[uint64]{Tx: 9000, Rx: 1000}) {
		t.Errorf("%+v", m)
	}
}
