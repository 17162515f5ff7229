//go:build integration

package afpacket

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"weir/test/netns"
)

// TestMergedFrames compares the wire packets that merged frames stand for with
// the kernel's own count of segments.
func TestMergedFrames(t *testing.T) {
	tests := []struct {
		name   string
		addr   netip.Addr
		header uint64 // of IP and of TCP with its timestamps
		up     int64
		down   int64
		big    bool
	}{
		{name: "IPv4", addr: netns.ServerIP, header: 20 + 32, up: 12 << 20, down: 40 << 20},
		{name: "IPv6", addr: netns.ServerIP6, header: 40 + 32, up: 12 << 20, down: 40 << 20},
		{name: "IPv6 BIG TCP", addr: netns.RouterIP6, header: 40 + 32, up: 12 << 20, down: 40 << 20, big: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := netns.New(t, netns.Options{Offloads: true})
			if tt.big {
				home.BigTCP(t)
			}
			// Selective acknowledgements would make some headers longer.
			home.Client1.Sysctl(t, "net.ipv4.tcp_sack=0")
			sink := newLedger()
			s := capture(t, home.Router, Config{
				Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}, Snaplen: 256,
			}, sink)
			server := home.Server
			if tt.addr == netns.RouterIP6 {
				server = home.Router
			}
			c, err := netns.Transfer(home.Client1, server, netip.AddrPortFrom(tt.addr, 5001), tt.up, tt.down)
			if err != nil {
				t.Fatal(err)
			}
			s.end()

			out := sink.get(flowKey{"lan", 0, unix.IPPROTO_TCP, c.Client, c.Server})
			in := sink.get(flowKey{"lan", 0, unix.IPPROTO_TCP, c.Server, c.Client})
			t.Logf("%d packets in %d frames, the longest %d bytes", out.packets+in.packets, sink.frames, sink.longest)
			if out.packets != uint64(c.Out) || in.packets != uint64(c.In) {
				t.Errorf("captured %d and %d packets; the kernel counted %d and %d", out.packets, in.packets, c.Out, c.In)
			}
			// A SYN has eight bytes of options more.
			wantOut, wantIn := uint64(tt.up)+8+tt.header*uint64(c.Out), uint64(tt.down)+8+tt.header*uint64(c.In)
			if c.Retransmitted == 0 && (out.bytes != wantOut || in.bytes != wantIn) {
				t.Errorf("captured %d and %d bytes; want %d and %d", out.bytes, in.bytes, wantOut, wantIn)
			}
			if sink.frames > uint64(c.Out+c.In)/2 {
				t.Errorf("%d frames for %d packets: the test has no merged frames", sink.frames, c.Out+c.In)
			}
			if tt.big && sink.longest <= 65535+14 {
				t.Errorf("the longest frame has %d bytes: the test has no BIG TCP", sink.longest)
			}
		})
	}
}
