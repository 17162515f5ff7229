package flow

import (
	"net/netip"
	"testing"
	"unsafe"

	"weir/internal/packet"
)

// TestSize guards the budget: 200 bytes a flow, the same on every architecture.
func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(Flow{}); n != 200 {
		t.Errorf("a Flow takes %d bytes, want 200", n)
	}
}

var (
	alice = packet.AddrOf(netip.MustParseAddr("192.168.1.10"))
	bob   = packet.AddrOf(netip.MustParseAddr("203.0.113.5"))
	group = packet.AddrOf(netip.MustParseAddr("224.0.0.251"))
)

// seg is one packet of a test: who sends what when.
type seg struct {
	at    int64 // microseconds after the start
	from  byte  // 'c' or 's'
	flags uint8
	seq   uint32
	pay   uint32
	n     uint32 // wire packets, 0 = 1
}

const start = int64(1_700_000_000_000_000) // microseconds

// packetOf turns a seg between alice:40000 and bob:443 into a packet.
func (s seg) packetOf(proto uint8) *packet.Packet {
	p := &packet.Packet{
		Time: (start + s.at) * 1000, Version: 4, Proto: proto,
		Src: alice, Dst: bob, SrcPort: 40000, DstPort: 443,
		Segments: max(1, s.n), PayLen: s.pay, TCPFlags: s.flags, Seq: s.seq,
	}
	if s.from == 's' {
		p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
	}
	p.Bytes = uint64(p.Segments)*40 + uint64(s.pay)
	return p
}

// play feeds segs to a new table and returns their flow.
func play(t *testing.T, proto uint8, segs []seg) *Flow {
	t.Helper()
	tb := New(Config{Max: 16, Joined: true}, &recorder{})
	var f *Flow
	for _, s := range segs {
		f, _, _ = tb.Packet(s.packetOf(proto))
	}
	if tb.Len() != 1 {
		t.Fatalf("%d flows, want 1", tb.Len())
	}
	return f
}

func TestKeyOfIsSymmetric(t *testing.T) {
	tests := []struct {
		name         string
		src, dst     string
		sport, dport uint16
	}{
		{"ipv4", "192.168.1.10", "8.8.8.8", 40000, 53},
		{"same host, ports decide", "127.0.0.1", "127.0.0.1", 1, 2},
		{"same host and port", "127.0.0.1", "127.0.0.1", 9, 9},
		{"ipv6, last byte decides", "2001:db8::1", "2001:db8::2", 5, 5},
		{"ipv6, first byte decides", "fe80::1", "2001:db8::2", 5, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := packet.AddrOf(netip.MustParseAddr(tt.src)), packet.AddrOf(netip.MustParseAddr(tt.dst))
			k1, e1 := KeyOf(&a, &b, tt.sport, tt.dport, 17, 3)
			k2, e2 := KeyOf(&b, &a, tt.dport, tt.sport, 17, 3)
			if k1 != k2 {
				t.Errorf("keys differ: %v and %v", k1, k2)
			}
			if tt.src != tt.dst || tt.sport != tt.dport {
				if e1 == e2 {
					t.Errorf("both directions come from end %d", e1)
				}
			}
			if *k1.Addr(e1) != a || k1.Port(e1) != tt.sport {
				t.Errorf("end %d is %v:%d, want the sender", e1, k1.Addr(e1).IP(), k1.Port(e1))
			}
			seed := hashSeed{1, 2, 3, 4, 5}
			if seed.sum(&k1) != seed.sum(&k2) {
				t.Error("hashes of one key differ")
			}
		})
	}
}

func TestCountersCarry(t *testing.T) {
	var f Flow
	f.sides[A].packetsLo, f.sides[A].bytesLo, f.sides[A].payloadLo = 1<<32-1, 1<<32-10, 1<<32-1
	f.sides[A].add(2, 20, 3)
	if f.Packets(A) != 1<<32+1 || f.Bytes(A) != 1<<32+10 || f.Payload(A) != 1<<32+2 {
		t.Errorf("got %d packets, %d bytes, %d payload", f.Packets(A), f.Bytes(A), f.Payload(A))
	}
	f.sides[B].add(1, 5<<32+7, 0)
	if f.Bytes(B) != 5<<32+7 {
		t.Errorf("a frame of %d bytes counted as %d", uint64(5<<32+7), f.Bytes(B))
	}
	var lo uint32 = 1<<32 - 1
	var hi uint16 = 2
	addCount(&lo, &hi, 1<<33+1)
	if lo != 0 || hi != 5 {
		t.Errorf("addCount gave %d, %d; want 0, 5", lo, hi)
	}
}

func TestGaps(t *testing.T) {
	f := play(t, packet.ProtoUDP, []seg{
		{at: 0, from: 'c'}, {at: 100, from: 's'}, {at: 300, from: 'c'}, {at: 1300, from: 'c'}, {at: 1400, from: 's'},
		{at: 1500, from: 's'}, {at: 1500, from: 's'},
	})
	c, s := f.Client(), f.Client().Other()
	if lo, mean, hi, ok := f.Gaps(c); !ok || lo != 300 || mean != 650 || hi != 1000 {
		t.Errorf("client gaps %d/%d/%d %v, want 300/650/1000", lo, mean, hi, ok)
	}
	if lo, mean, hi, ok := f.Gaps(s); !ok || lo != 0 || mean != 466 || hi != 1300 {
		t.Errorf("server gaps %d/%d/%d %v, want 0/466/1300", lo, mean, hi, ok)
	}
	one := play(t, packet.ProtoUDP, []seg{{from: 'c'}})
	if _, _, _, ok := one.Gaps(one.Client()); ok {
		t.Error("gaps known after one packet")
	}
	if _, _, _, ok := one.Gaps(one.Client().Other()); ok {
		t.Error("gaps known of a silent end")
	}
}

// A flow can outlive the 71 minutes that a duration of 32 bits holds.
func TestLongGapsSaturate(t *testing.T) {
	const day = 86400 * 1_000_000
	f := play(t, packet.ProtoUDP, []seg{{from: 'c'}, {at: day, from: 's'}, {at: day + 5, from: 'c'}, {at: day + 7, from: 's'}})
	if _, _, hi, _ := f.Gaps(f.Client()); hi != 1<<32-2 {
		t.Errorf("greatest gap %d, want it saturated", hi)
	}
	if lo, _, hi, _ := f.Gaps(f.Client().Other()); lo != 7 || hi != 7 {
		t.Errorf("server gaps %d to %d, want 7", lo, hi)
	}
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	f := play(t, packet.ProtoUDP, []seg{{at: 500, from: 'c'}, {at: 100, from: 'c'}, {at: 600, from: 's'}})
	if f.Last != start+600 || f.First != start+500 {
		t.Errorf("from %d to %d, want 500 to 600", f.First-start, f.Last-start)
	}
}

func TestWhoIsClient(t *testing.T) {
	const S, A, SA = packet.SYN, packet.ACK, packet.SYN | packet.ACK
	tests := []struct {
		name         string
		src, dst     packet.Addr
		sport, dport uint16
		proto, flags uint8
		want         packet.Addr
	}{
		{"syn", alice, bob, 443, 40000, packet.ProtoTCP, S, alice},
		{"syn-ack seen first", bob, alice, 40001, 40000, packet.ProtoTCP, SA, alice},
		{"joined in the middle, from the server", bob, alice, 443, 40000, packet.ProtoTCP, A, alice},
		{"joined in the middle, no known port", bob, alice, 5001, 40000, packet.ProtoTCP, A, bob},
		{"dns answer seen first", bob, alice, 53, 40000, packet.ProtoUDP, 0, alice},
		{"both ports known", alice, bob, 123, 123, packet.ProtoUDP, 0, alice},
		{"sent to a group from a known port", alice, group, 68, 5353, packet.ProtoUDP, 0, alice},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := New(Config{Max: 4}, &recorder{})
			f, _, _ := tb.Packet(&packet.Packet{Time: start * 1000, Src: tt.src, Dst: tt.dst, SrcPort: tt.sport, DstPort: tt.dport,
				Proto: tt.proto, TCPFlags: tt.flags, Segments: 1, Bytes: 40})
			if got := *f.Key.Addr(f.Client()); got != tt.want {
				t.Errorf("client is %v, want %v", got.IP(), tt.want.IP())
			}
		})
	}
	t.Run("a SYN after all corrects a guess", func(t *testing.T) {
		f := play(t, packet.ProtoTCP, []seg{{from: 's', flags: packet.ACK}, {at: 9, from: 's', flags: packet.SYN}})
		if got := *f.Key.Addr(f.Client()); got != bob {
			t.Errorf("client is %v, want the sender of the SYN", got.IP())
		}
	})
}

func TestAppLatencyOfUDP(t *testing.T) {
	f := play(t, packet.ProtoUDP, []seg{{from: 'c', pay: 30}, {at: 20, from: 'c', pay: 30}, {at: 1234, from: 's', pay: 90}, {at: 5000, from: 's', pay: 1}})
	if us, ok := f.AppLatency(); !ok || us != 1234 {
		t.Errorf("latency %d %v, want 1234", us, ok)
	}
	if f.OneWay() {
		t.Error("answered, yet one-way")
	}
	quiet := play(t, packet.ProtoUDP, []seg{{from: 'c', pay: 30}})
	if _, ok := quiet.AppLatency(); ok || !quiet.OneWay() {
		t.Error("an unanswered request has no latency and is one-way")
	}
}

func TestLowGoodput(t *testing.T) {
	if f := play(t, packet.ProtoTCP, []seg{{from: 'c', pay: 10}, {from: 's', pay: 30}}); !f.LowGoodput() {
		t.Error("40 of 120 bytes are low goodput")
	}
	if f := play(t, packet.ProtoTCP, []seg{{from: 'c', pay: 1400}}); f.LowGoodput() {
		t.Error("1400 of 1440 bytes are not low goodput")
	}
	if f := play(t, packet.ProtoTCP, []seg{{from: 'c'}}); f.LowGoodput() {
		t.Error("a flow without payload has no goodput to judge")
	}
}

func TestSampled(t *testing.T) {
	tb := New(Config{Max: 4}, &recorder{})
	var f *Flow
	for _, s := range handshake(seg{at: 20000, from: 'c', flags: packet.ACK, seq: 9001, pay: 100, n: 2}) {
		p := s.packetOf(packet.ProtoTCP)
		p.Weight = 100
		f, _, _ = tb.Packet(p)
	}
	c := f.Client()
	if f.Packets(c) != 400 || f.Bytes(c) != 100*(40+40+180) || f.Payload(c) != 10000 || *f.Key.Addr(c) != alice {
		t.Errorf("%d packets, %d bytes, %d payload", f.Packets(c), f.Bytes(c), f.Payload(c))
	}
	if _, ok := f.ServerRTT(); ok || f.Lost(c) != 0 || !f.Sampled() {
		t.Error("a sample cannot know latencies or losses")
	}
}

// Every byte of a key counts.
func TestKeyEqual(t *testing.T) {
	k, _ := KeyOf(&alice, &bob, 40000, 443, 6, 1)
	if same := k; !k.equal(&same) {
		t.Error("a key differs from its copy")
	}
	for i := range unsafe.Sizeof(k) {
		other := k
		(*[unsafe.Sizeof(k)]byte)(unsafe.Pointer(&other))[i] ^= 1
		if k.equal(&other) || k == other {
			t.Errorf("byte %d does not count", i)
		}
	}
}
