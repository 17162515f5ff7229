//go:build integration

package afpacket

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/internal/flow"
	"weir/internal/logfmt"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/test/netns"
)

// flowKey is one direction of a flow at an observation point.
type flowKey struct {
	point    string
	vlan     uint16
	proto    uint8
	src, dst netip.AddrPort
}

func keyOf(point string, s netns.Sent) flowKey {
	return flowKey{point, s.Flow.VLAN, s.Flow.Proto, s.Flow.Src, s.Flow.Dst}
}

// count is what was seen of it, in wire packets and IP bytes.
type count struct{ packets, bytes uint64 }

// ledger is a sink that counts packets with ports by flow.
type ledger struct {
	mu      sync.Mutex
	names   []string
	flows   map[flowKey]count
	frames  uint64
	longest uint32
	packet  packet.Packet
}

func newLedger() *ledger { return &ledger{flows: make(map[flowKey]count)} }

func (l *ledger) Interface(name string) (uint8, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, name)
	return uint8(len(l.names) - 1), nil
}

func (l *ledger) Records([]flow.Record)         {}
func (l *ledger) Connections([]flow.Connection) {}
func (l *ledger) Swept(int64)                   {}

func (l *ledger) Packets(batch []packet.Raw) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames += uint64(len(batch))
	p := &l.packet
	for i := range batch {
		l.longest = max(l.longest, batch[i].Len)
		if packet.Decode(&batch[i], p) != packet.OK || p.SrcPort == 0 {
			continue
		}
		k := flowKey{l.names[batch[i].Iface], p.VLAN, p.Proto,
			netip.AddrPortFrom(p.Src.IP(), p.SrcPort), netip.AddrPortFrom(p.Dst.IP(), p.DstPort)}
		c := l.flows[k]
		l.flows[k] = count{c.packets + uint64(p.Segments), c.bytes + p.Bytes}
	}
}

// get returns what was counted of a flow.
func (l *ledger) get(k flowKey) count {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flows[k]
}

// check compares what was counted at a point with what was sent.
func (l *ledger) check(tb testing.TB, point string, sent ...netns.Sent) {
	tb.Helper()
	var wrong []string
	for _, s := range sent {
		k := keyOf(point, s)
		if got, want := l.get(k), (count{s.Packets, s.Bytes}); got != want {
			wrong = append(wrong, fmt.Sprintf("%+v: captured %+v, sent %+v", k, got, want))
		}
	}
	if len(wrong) > 0 {
		tb.Errorf("%d of %d flows differ; the first: %s", len(wrong), len(sent), wrong[0])
	}
}

// running is a source in a namespace.
type running struct {
	*Source
	tb   testing.TB
	stop func() error // ends Run and returns its error
}

// capture runs a source in a namespace until the test ends or stops it. Its ring
// is large unless cfg has one, so that a busy machine loses nothing.
func capture(tb testing.TB, n *netns.Namespace, cfg Config, sink source.Sink) running {
	tb.Helper()
	if cfg.RingBytes == 0 {
		cfg.RingBytes = 8 << 20
	}
	s, err := New(cfg, logfmt.New(tb.Output(), nil))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- n.Do(func() error { return s.Run(ctx, sink) }) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-result
	})
	r := running{s, tb, stop}
	tb.Cleanup(r.end)
	await(tb, "the source to start", func() bool { return s.Status().State != stateStarting })
	return r
}

// end stops the source, which delivers what it still holds, once the kernel has
// delivered what is on its way.
func (r running) end() {
	r.tb.Helper()
	r.settle()
	if err := r.stop(); err != nil {
		r.tb.Errorf("Run: %v", err)
	}
	if n := r.drops(); n != 0 {
		r.tb.Errorf("%d frames dropped", n)
	}
}

// settle waits until nothing has come for a while, at most a few seconds.
func (r running) settle() {
	const while = retireAfter + 50*time.Millisecond
	for before, rounds := ^uint64(0), 0; rounds < 20; rounds++ {
		var now uint64
		for _, p := range r.Status().Points {
			now += p.Packets
		}
		if now == before {
			return
		}
		before = now
		time.Sleep(while)
	}
}

func (r running) drops() (n uint64) {
	for _, p := range r.Status().Points {
		n += p.Drops
	}
	return n
}

func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("waited 10 s for %s", what)
		}
	}
}

func send(tb testing.TB, n *netns.Namespace, device string, flows []netns.Flow, perFlow, rate int) netns.Report {
	tb.Helper()
	r, err := n.Send(device, flows, perFlow, rate)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// udp returns a flow of UDP.
func udp(srcMAC, dstMAC [6]byte, src netip.Addr, sport uint16, dst netip.Addr, dport uint16, payload int) netns.Flow {
	return netns.Flow{Proto: unix.IPPROTO_UDP, SrcMAC: srcMAC, DstMAC: dstMAC, Payload: payload,
		Src: netip.AddrPortFrom(src, sport), Dst: netip.AddrPortFrom(dst, dport)}
}

// toServer returns n flows from client 1 to the server: over IPv4 and IPv6, UDP
// and TCP, with payloads of different lengths.
func toServer(n int) []netns.Flow {
	var all []netns.Flow
	for i := range n {
		f := udp(netns.Client1MAC, netns.RouterMAC, netns.Client1IP, uint16(20000+i), netns.ServerIP, 9, 13*i%1400)
		if i%2 == 1 {
			f.Src = netip.AddrPortFrom(netns.Client1IP6, f.Src.Port())
			f.Dst = netip.AddrPortFrom(netns.ServerIP6, f.Dst.Port())
		}
		if i%4 >= 2 {
			f.Proto = unix.IPPROTO_TCP
		}
		all = append(all, f)
	}
	return all
}

// toClient returns n flows from the server to client 1, over IPv6, which no NAT
// is in the way of.
func toClient(n int) []netns.Flow {
	var all []netns.Flow
	for i := range n {
		all = append(all, udp(netns.ServerMAC, netns.WANMAC, netns.ServerIP6, uint16(30000+i), netns.Client1IP6, 9, 17*i%1400))
	}
	return all
}
