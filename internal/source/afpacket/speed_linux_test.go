//go:build integration

package afpacket

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/test/netns"
)

func TestEveryPacketAtSpeed(t *testing.T) {
	const up, down, seconds, flows = 45_000, 15_000, 10, 100
	netns.Favour(t)
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	sink := newLedger()
	s := capture(t, home.Router, Config{
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}},
		RingBytes:  512 << 10, Snaplen: 256,
	}, sink)

	var out, in netns.Report
	var both sync.WaitGroup
	both.Go(func() { out = send(t, home.Client1, netns.Eth, toServer(flows), up*seconds/flows, up) })
	both.Go(func() { in = send(t, home.Server, netns.Eth, toClient(flows), down*seconds/flows, down) })
	both.Wait()
	s.end()

	rate := out.Rate() + in.Rate()
	t.Logf("%.0f packets a second for %v, %d dropped", rate, out.Took, s.drops())
	if rate < 50_000 {
		t.Errorf("the generator made %.0f packets a second; the test wants 50,000", rate)
	}
	sink.check(t, "lan", out.Sent...)
	sink.check(t, "lan", in.Sent...)
	p := s.Status().Points[0]
	if p.Packets != sink.frames || time.Since(time.Unix(0, p.LastPacket)) > time.Minute {
		t.Errorf("the status has %d packets, the last at %v; the sink was given %d", p.Packets, time.Unix(0, p.LastPacket), sink.frames)
	}
}

func TestSampling(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newLedger()
	s := capture(t, home.Router, Config{
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}, Sampling: 10,
	}, sink)
	sent := send(t, home.Client1, netns.Eth, toServer(1), 100_000, 0).Sent[0]
	s.end()
	got := sink.get(keyOf("lan", sent)).packets
	// Ten standard deviations of a binomial distribution are 950.
	if got < 9_050 || got > 10_950 {
		t.Errorf("one in 10 of 100,000 packets passed %d", got)
	}
}

func TestSnaplen(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := new(longest)
	s := capture(t, home.Router, Config{
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}, Snaplen: 100,
	}, sink)
	send(t, home.Client1, netns.Eth, []netns.Flow{
		udp(netns.Client1MAC, netns.RouterMAC, netns.Client1IP, 1, netns.ServerIP, 9, 1000)}, 10, 0)
	s.end()
	if got, want := sink.length.Load(), uint32(14+20+8+1000); got != want || sink.captured.Load() != 100 {
		t.Errorf("captured %d bytes of %d, want 100 of %d", sink.captured.Load(), got, want)
	}
}

// TestIdle measures what a source costs that has nothing to do.
func TestIdle(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	capture(t, home.Router, Config{
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}, {Name: "wan", Device: netns.WAN}},
	}, new(longest))
	time.Sleep(2 * time.Second) // the namespaces' own chatter
	before := processCPU(t)
	time.Sleep(3 * time.Second)
	if used := processCPU(t) - before; used > 9*time.Millisecond {
		t.Errorf("idle for 3 s it used %v of a core, more than 0.3 %%", used)
	}
}

// BenchmarkCapture measures the CPU time for each packet of a process that only
// captures, at 200,000 packets a second. Its time per operation says nothing.
func BenchmarkCapture(b *testing.B) {
	const rate, seconds = 200_000, 2
	netns.Favour(b)
	home := netns.New(b, netns.Options{Silent: true})
	// The router need not carry what is captured.
	home.Router.Sysctl(b, "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
	var total childReport
	for b.Loop() {
		child := startChild(b, home.Router)
		r := send(b, home.Client1, netns.Eth, toServer(100), rate*seconds/100, rate)
		got := child()
		total.CPU += got.CPU
		total.Packets += got.Packets
		total.Drops += got.Drops
		b.ReportMetric(r.Rate(), "packets/s")
	}
	b.ReportMetric(float64(total.CPU)/float64(total.Packets), "cpu-ns/packet")
	b.ReportMetric(float64(total.Drops), "drops")
}

// childReport is what a capturing child prints at its end.
type childReport struct {
	CPU            time.Duration
	Packets, Drops uint64
}

// startChild captures in a process of its own, this program run again in the
// namespace, until the function it returns is called.
func startChild(b *testing.B, n *netns.Namespace) (stop func() childReport) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := n.Command(self, "-test.run=^TestChild$")
	c.Env = append(os.Environ(), "WEIR_TEST_CHILD=1")
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err := errors.Join(err1, err2, c.Start()); err != nil {
		b.Fatal(err)
	}
	dec := json.NewDecoder(out)
	var ready, end childReport
	if err := dec.Decode(&ready); err != nil {
		b.Fatal(err)
	}
	return func() childReport {
		in.Close()
		if err := dec.Decode(&end); err != nil {
			b.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			b.Fatal(err)
		}
		return end
	}
}

// TestChild is the child of startChild. It reports when it is ready, and again
// when its input has ended.
func TestChild(t *testing.T) {
	if os.Getenv("WEIR_TEST_CHILD") == "" {
		t.Skip("it is part of BenchmarkCapture")
	}
	s, err := New(Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}},
		RingBytes: 512 << 10, Snaplen: 256}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, new(longest)) }()
	await(t, "the source to run", func() bool { return s.Status().State == stateRunning })
	print := json.NewEncoder(os.Stdout)
	if err := print.Encode(childReport{}); err != nil {
		t.Fatal(err)
	}
	before := processCPU(t)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	p := s.Status().Points[0]
	if err := print.Encode(childReport{CPU: processCPU(t) - before, Packets: p.Packets, Drops: p.Drops}); err != nil {
		t.Fatal(err)
	}
}

// longest is a sink that counts and remembers the longest frame.
type longest struct {
	frames           atomic.Uint64
	length, captured atomic.Uint32
}

func (l *longest) Interface(string) (uint8, error) { return 0, nil }
func (l *longest) Records([]flow.Record)           {}
func (l *longest) Connections([]flow.Connection)   {}
func (l *longest) Swept(int64)                     {}
func (l *longest) Packets(batch []packet.Raw) {
	l.frames.Add(uint64(len(batch)))
	for i := range batch {
		if batch[i].Len > l.length.Load() {
			l.length.Store(batch[i].Len)
			l.captured.Store(uint32(len(batch[i].Data)))
		}
	}
}

func processCPU(tb testing.TB) time.Duration {
	tb.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
