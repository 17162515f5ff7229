//go:build integration

package conntrack

import (
	"net/netip"
	"testing"
	"time"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/test/netns"
)

func addrPort(ip netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(ip, port) }

// TestExact sends flows of known size through the router and has every byte
// counted once: those of flows that end while the source runs and of those that
// go on.
func TestExact(t *testing.T) {
	h := tracked(t, netns.Options{NAT: true, Silent: true}, "net.netfilter.nf_conntrack_udp_timeout=2")
	b := newBooks()
	r := start(t, h.Router, Config{Every: 200 * time.Millisecond}, b)
	var flows []netns.Flow
	for i := range 100 {
		flows = append(flows, udp(uint16(1000+i), 100+i))
	}
	report, err := h.Client1.Send(netns.Eth, flows, 50, 5000)
	if err != nil {
		t.Fatal(err)
	}
	r.sweep(t)
	time.Sleep(3 * time.Second)
	r.stop()
	for i, f := range flows {
		key := title{flow.Tuple{Src: packet.AddrOf(f.Src.Addr()), Dst: packet.AddrOf(f.Dst.Addr()), SrcPort: f.Src.Port(), DstPort: f.Dst.Port()}, f.Proto}
		s := b.flows[key]
		if s == nil {
			t.Fatalf("flow %v is missing", f.Src)
		}
		if s.bytes[0] != report.Sent[i].Bytes || s.packets[0] != report.Sent[i].Packets || s.ended != 1 {
			t.Errorf("flow %v: %d packets of %d bytes, ended %d times; %+v were sent", f.Src, s.packets[0], s.bytes[0], s.ended, report.Sent[i])
		}
	}
	st := r.Status()
	t.Logf("%+v", *st.Tracking)
	t.Logf("%d batches, largest %d, %d told", b.batches, b.largest, len(b.told))
}
