package engine_test

import (
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// A connection that frames show being answered, and that connection tracking
// never tells of, is one that the kernel does not track: as IPv6 where no rule of
// the firewall asks for its state. One that the firewall refused is none.
func TestUntracked(t *testing.T) {
	tests := []struct {
		name             string
		client, server   string
		answered, listed bool
		want             engine.Untracked
	}{
		{"IPv4", "192.168.1.20:5000", "198.51.100.5:443", true, false, engine.Untracked{IPv4: 1}},
		{"IPv6", "[2001:db8:1::20]:5000", "[2001:db8:f::5]:443", true, false, engine.Untracked{IPv6: 1}},
		{"refused by the firewall", "192.168.1.20:5000", "198.51.100.5:443", false, false, engine.Untracked{}},
		{"in the house", "192.168.1.20:5000", "192.168.1.30:443", true, false, engine.Untracked{}},
		{"tracked", "192.168.1.20:5000", "198.51.100.5:443", true, true, engine.Untracked{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := router(t, 64)
			e.Swept(start)
			frames := []packet.Raw{frame{0, phoneMAC, routerMAC, tt.client, tt.server, packet.SYN, 1, 0, lan, 64}.raw()}
			if tt.answered {
				frames = append(frames, frame{30_000, routerMAC, phoneMAC, tt.server, tt.client, packet.SYN | packet.ACK, 1, 0, lan, 57}.raw())
			}
			for i := range frames {
				frames[i].Classify = true
			}
			e.Packets(frames)
			if tt.listed {
				e.Connections([]flow.Connection{told(5000, 700, start+second)})
			}
			e.Swept(start + 80*second)
			e.Tick(start+100*second, true)
			if got := e.Stats().Untracked; got != tt.want {
				t.Errorf("untracked %+v, want %+v", got, tt.want)
			}
		})
	}
}
