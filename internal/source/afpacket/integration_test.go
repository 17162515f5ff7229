//go:build integration && linux

package afpacket

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/test/netns"
)

// key is one direction of a flow at an observation point.
type key struct {
	point    string
	vlan     uint16
	proto    uint8
	src, dst netip.AddrPort
}

// count is what was seen of it, in wire packets and IP bytes.
type count struct{ packets, bytes uint64 }

// ledger is a sink that counts per flow. Traffic other than TCP and UDP, and
// the chatter of the namespaces' own stacks, is left out by its ports.
type ledger struct {
	mu     sync.Mutex
	names  []string
	flows  map[key]count
	frames uint64
	packet packet.Packet
}

func newLedger() *ledger { return &ledger{flows: make(map[key]count)} }

func (l *ledger) Interface(name string) (uint8, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, name)
	return uint8(len(l.names) - 1), nil
}

func (l *ledger) Records([]flow.Record) {}

func (l *ledger) Packets(batch []packet.Raw) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames += uint64(len(batch))
	p := &l.packet
	for i := range batch {
		if packet.Decode(&batch[i], p) != packet.OK || p.SrcPort == 0 {
			continue
		}
		k := key{l.names[batch[i].Iface], p.VLAN, p.Proto,
			netip.AddrPortFrom(p.Src.IP(), p.SrcPort), netip.AddrPortFrom(p.Dst.IP(), p.DstPort)}
		c := l.flows[k]
		l.flows[k] = count{c.packets + uint64(p.Segments), c.bytes + p.Bytes}
	}
}

// of returns what was counted of the flows in sent, and what should have been.
func (l *ledger) of(point string, sent []netns.Sent) (got, want map[key]count) {
	l.mu.Lock()
	defer l.mu.Unlock()
	got, want = make(map[key]count), make(map[key]count)
	for _, s := range sent {
		k := key{point, s.Flow.VLAN, s.Flow.Proto, s.Flow.Src, s.Flow.Dst}
		want[k] = count{s.Packets, s.Bytes}
		got[k] = l.flows[k]
	}
	return got, want
}

// capture runs a source in a namespace until stop is called, which returns what
// Run returned.
func capture(tb testing.TB, n *netns.Namespace, cfg Config, sink source.Sink) (s *Source, stop func() error) {
	tb.Helper()
	s, err := New(cfg, slog.New(slog.NewTextHandler(tb.Output(), nil)))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	result := make(chan error, 1)
	go func() { result <- n.Do(func() error { return s.Run(ctx, sink) }) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-result
	})
	tb.Cleanup(func() {
		if err := stop(); err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	await(tb, "the source to have started", func() bool { return s.Status().State != stateStarting })
	return s, stop
}

func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("waited 10 s for %s", what)
		}
	}
}

func drops(s *Source) (n uint64) {
	for _, p := range s.Status().Points {
		n += p.Drops
	}
	return n
}

// toServer returns flows from client 1 to the server, half of them IPv6, TCP and
// UDP, with payloads of different lengths.
func toServer(n int) []netns.Flow {
	var all []netns.Flow
	for i := range n {
		f := netns.Flow{Proto: unix.IPPROTO_UDP, SrcMAC: netns.Client1MAC, DstMAC: netns.RouterMAC,
			Src:     netip.AddrPortFrom(netns.Client1IP, uint16(20000+i)),
			Dst:     netip.AddrPortFrom(netns.ServerIP, 9),
			Payload: 13 * i % 1400}
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

func TestCaptureAtSpeed(t *testing.T) {
	const rate, seconds, flows = 60_000, 10, 100
	home := netns.New(t, netns.Options{NAT: true})
	sink := newLedger()
	s, stop := capture(t, home.Router, Config{
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}},
		RingBytes:  512 << 10, Snaplen: 256,
	}, sink)

	sent, took, err := home.Client1.Send(netns.Eth, toServer(flows), rate*seconds/flows, rate)
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d frames in %v: %.0f a second", rate*seconds, took, rate*seconds/took.Seconds())
	if got := rate * seconds / took.Seconds(); got < 50_000 {
		t.Errorf("the generator made %.0f frames a second; 50,000 are asked for", got)
	}
	got, want := sink.of("lan", sent)
	if d := cmp.Diff(want, got, cmp.AllowUnexported(key{}, count{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
		t.Errorf("packets and bytes by flow (-sent +captured):\n%s", d)
	}
	if n := drops(s); n != 0 {
		t.Errorf("%d frames dropped", n)
	}
	fmt.Println(s.Status())
}
