package engine_test

import (
	"fmt"
	"testing"

	"weir/internal/dpi"
	"weir/internal/engine"
	"weir/internal/packet"
)

// More flows that nothing can be made of than there is room for do not keep the
// next one from being recognised.
func TestSwarmHidesNothing(t *testing.T) {
	const swarm = 2 * dpi.DefaultFlows
	e := router(t, 2*swarm)
	batch := make([]packet.Raw, 0, swarm+1)
	for i := range swarm {
		src := fmt.Sprintf("192.168.1.20:%d", 30000+i)
		batch = append(batch, says(int64(i), phoneMAC, routerMAC, src, "198.51.100.5:7777", "x"))
	}
	question, _ := dnsQuestion(t, 7, "example.com.", "example.net.", "198.51.100.9")
	batch = append(batch, says(swarm, phoneMAC, routerMAC, "192.168.1.20:9999", "198.51.100.6:7777", string(question)))
	e.Packets(batch)
	e.Tick(start+second, true)
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 2 * swarm})
	if n != swarm+1 {
		t.Fatalf("%d flows, want %d", n, swarm+1)
	}
	for _, r := range rows {
		want := ""
		if r.Client.Port == 9999 {
			want = "dns"
		}
		if r.Protocol != want {
			t.Errorf("the flow from port %d is %q, want %q", r.Client.Port, r.Protocol, want)
		}
	}
}

// What a later fragment begins with is the middle of something, whatever it looks
// like.
func TestFragmentsTellNothing(t *testing.T) {
	const looksLikeDHT = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"
	e := router(t, 8)
	first := says(0, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.5:7777", "some of a datagram that goes on")
	first.Data[14+6] |= 0x20 // more fragments
	later := says(1, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.5:7777", looksLikeDHT)
	copy(later.Data[14+20:], looksLikeDHT)
	later.Data[14+7] = 5 // where it belongs, in units of 8 bytes
	e.Packets([]packet.Raw{first, later})
	e.Tick(start+second, true)
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if n != 1 || rows[0].Packets.Tx != 2 || rows[0].Protocol != "" {
		t.Errorf("%+v", rows)
	}
}
