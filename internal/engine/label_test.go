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
