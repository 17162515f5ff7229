//go:build integration

package conntrack

import (
	"context"
	"sync"
	"testing"
	"time"

	"weir/internal/packet"
	"weir/internal/source"
	"weir/test/netns"
)

// tracked makes a home whose router tracks and counts connections.
func tracked(tb testing.TB, o netns.Options, settings ...string) *netns.Home {
	tb.Helper()
	h := netns.New(tb, o)
	// A namespace tracks nothing until a rule asks for it.
	h.Router.Run(tb, "nft", "add table inet track; add chain inet track forwarded { type filter hook forward priority 0; }; "+
		"add rule inet track forwarded ct state new accept; "+
		"add chain inet track local { type filter hook input priority 0; }; add rule inet track local ct state new accept")
	h.Router.Sysctl(tb, append([]string{"net.netfilter.nf_conntrack_acct=1"}, settings...)...)
	return h
}

// running is a source that runs in a namespace.
type running struct {
	*Source
	books *books
	stop  func() // waits for its end
}

// start runs a source in a namespace until tb ends and waits for its first dump.
func start(tb testing.TB, n *netns.Namespace, cfg Config, b *books) running {
	tb.Helper()
	return startWith(tb, n, New(cfg, nil), b, b)
}

// startWith is start with a sink in front of the books.
func startWith(tb testing.TB, n *netns.Namespace, s *Source, sink source.Sink, b *books) running {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Do(func() error { return s.Run(ctx, sink) }) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	tb.Cleanup(stop)
	select {
	case <-b.notify:
	case <-time.After(10 * time.Second):
		tb.Fatalf("no dump in 10 s: %+v", s.Status())
	}
	return running{s, b, stop}
}

// sweep waits for a dump that begins after now.
func (r running) sweep(tb testing.TB) {
	tb.Helper()
	now := time.Now().UnixMicro()
	for wait := time.After(20 * time.Second); ; {
		r.books.mu.Lock()
		n := len(r.books.swept)
		done := n > 0 && r.books.swept[n-1] > now
		r.books.mu.Unlock()
		if done {
			return
		}
		select {
		case <-r.books.notify:
		case <-wait:
			tb.Fatal("no dump in 20 s")
		}
	}
}

// udp returns a flow of UDP from a client to the server that the router forwards.
func udp(port uint16, payload int) netns.Flow {
	return netns.Flow{
		Proto: packet.ProtoUDP, SrcMAC: netns.Client1MAC, DstMAC: netns.RouterMAC, Payload: payload,
		Src: addrPort(netns.Client1IP, port), Dst: addrPort(netns.ServerIP, 9),
	}
}
