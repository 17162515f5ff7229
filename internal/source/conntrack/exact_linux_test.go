//go:build integration

package conntrack

import (
	"net/netip"
	"regexp"
	"strconv"
	"testing"
	"time"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/test/netns"
)

func addrPort(ip netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(ip, port) }

// titleOf returns the title under which a flow is booked.
func titleOf(f netns.Flow) title {
	return title{flow.Tuple{
		Src: packet.AddrOf(f.Src.Addr()), Dst: packet.AddrOf(f.Dst.Addr()), SrcPort: f.Src.Port(), DstPort: f.Dst.Port(),
	}, f.Proto}
}

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
	time.Sleep(3500 * time.Millisecond) // until they are given up
	last := []netns.Flow{udp(999, 10)}
	after, err := h.Client1.Send(netns.Eth, last, 7, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.stop() // what it did not read until then comes with its last dump
	for i, sent := range append(report.Sent, after.Sent...) {
		s := b.flows[titleOf(sent.Flow)]
		if s == nil {
			t.Fatalf("flow %v is missing", sent.Flow.Src)
		}
		ended := 1
		if i == len(flows) {
			ended = 0
		}
		if s.bytes[0] != sent.Bytes || s.packets[0] != sent.Packets || s.ended != ended || s.bytes[1] != 0 {
			t.Errorf("flow %v: %d packets of %d bytes, ended %d times; %+v were sent", sent.Flow.Src, s.packets, s.bytes, s.ended, sent)
		}
	}
	if st := r.Status(); st.State != stateEnded || st.Tracking.Events < 201 || st.Tracking.Malformed+st.Tracking.Overruns != 0 {
		t.Errorf("%+v", *st.Tracking)
	}
	if b.batches > 50 {
		t.Errorf("%d calls for %d connections", b.batches, len(b.told))
	}
}

// line matches the counters and ports of an entry in what conntrack(8) prints.
var line = regexp.MustCompile(`(\w+) +\d+ \d+ .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) packets=(\d+) bytes=(\d+) .*?src=\S+ dst=\S+ sport=\d+ dport=\d+ packets=(\d+) bytes=(\d+)`)

// TestSameAsList compares what was told with what conntrack(8) shows in the end,
// for connections in both directions over IPv4, with translation, and IPv6.
func TestSameAsList(t *testing.T) {
	h := tracked(t, netns.Options{NAT: true})
	b := newBooks()
	r := start(t, h.Router, Config{Every: 100 * time.Millisecond}, b)
	for i := range 4 {
		for _, ip := range []netip.Addr{netns.ServerIP, netns.ServerIP6} {
			if _, err := netns.Transfer(h.Client1, h.Server, addrPort(ip, uint16(8000+i)), int64(100_000*i+1), 70_001); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.sweep(t)
	n := 0
	for _, m := range line.FindAllStringSubmatch(h.Router.Run(t, "conntrack", "-L"), -1) {
		if m[1] != "tcp" {
			continue
		}
		n++
		number := func(i int) uint64 {
			v, err := strconv.ParseUint(m[i], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		key := title{flow.Tuple{
			Src: packet.AddrOf(netip.MustParseAddr(m[2])), Dst: packet.AddrOf(netip.MustParseAddr(m[3])),
			SrcPort: uint16(number(4)), DstPort: uint16(number(5)),
		}, packet.ProtoTCP}
		b.mu.Lock()
		s := b.flows[key]
		if s == nil {
			t.Fatalf("%v is missing", key)
		}
		if s.packets != [2]uint64{number(6), number(8)} || s.bytes != [2]uint64{number(7), number(9)} {
			t.Errorf("%v: %d packets of %d bytes, conntrack(8) has %s", key, s.packets, s.bytes, m[0])
		}
		if s.last.TCP != flow.TCPTimeWait || s.last.Status&flow.ConnAssured == 0 {
			t.Errorf("%v: state %d status %#x", key, s.last.TCP, s.last.Status)
		}
		if four := s.last.Orig.Src.Is4(); four != (s.last.Reply.Dst == packet.AddrOf(netns.WANIP)) {
			t.Errorf("%v: reply %+v", key, s.last.Reply)
		}
		b.mu.Unlock()
	}
	if n != 8 {
		t.Errorf("conntrack(8) shows %d connections", n)
	}
}

// TestRestart stops a source and starts another: what passed while none ran is
// not counted, and nothing is counted twice.
func TestRestart(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true})
	flows := []netns.Flow{udp(1000, 100), udp(1001, 200)}
	send := func(n int) {
		t.Helper()
		if _, err := h.Client1.Send(netns.Eth, flows, n, 0); err != nil {
			t.Fatal(err)
		}
	}
	send(100)
	b := newBooks()
	first := start(t, h.Router, Config{Every: 100 * time.Millisecond}, b)
	send(10)
	first.stop()
	send(1000)
	<-b.notify
	second := start(t, h.Router, Config{Every: 100 * time.Millisecond}, b)
	send(5)
	second.stop()
	for _, f := range flows {
		if s := b.flows[titleOf(f)]; s.packets[0] != 15 || s.bytes[0] != uint64(15*f.IPBytes()) {
			t.Errorf("flow %v: %d packets of %d bytes", f.Src, s.packets[0], s.bytes[0])
		}
	}
}

// TestZeroed has a second program zero the counters while traffic goes on: what
// it takes away is lost, nothing is counted twice.
func TestZeroed(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true})
	b := newBooks()
	r := start(t, h.Router, Config{Every: 150 * time.Millisecond}, b)
	flows := []netns.Flow{udp(1000, 100), udp(1001, 200)}
	zeroed := make(chan struct{})
	go func() {
		defer close(zeroed)
		for range 3 {
			time.Sleep(600 * time.Millisecond)
			if out, err := h.Router.Command("conntrack", "-L", "-z").CombinedOutput(); err != nil {
				t.Errorf("conntrack -L -z: %v: %s", err, out)
			}
		}
	}()
	report, err := h.Client1.Send(netns.Eth, flows, 2000, 2000)
	if err != nil {
		t.Fatal(err)
	}
	<-zeroed
	h.Router.Run(t, "conntrack", "-F")
	r.stop()
	st := r.Status().Tracking
	for _, sent := range report.Sent {
		s := b.flows[titleOf(sent.Flow)]
		t.Logf("%d of %d bytes are counted, %d resets in all", s.bytes[0], sent.Bytes, st.Resets)
		if s.bytes[0] > sent.Bytes || s.bytes[0] < sent.Bytes/10 || s.packets[0] > sent.Packets || s.ended != 1 {
			t.Errorf("%+v of %+v", s, sent)
		}
	}
	for _, c := range b.told {
		if c.Bytes[0] > report.Sent[1].Bytes {
			t.Errorf("%d bytes at once", c.Bytes[0])
		}
	}
	if st.Resets == 0 {
		t.Error("no reset was noticed")
	}
}
