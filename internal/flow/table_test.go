package flow

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"weir/internal/packet"
)

// recorder is an Observer that keeps what it is told.
type recorder struct {
	records []Record
	packets [2]uint64
	bytes   [2]uint64
	flows   int
}

func (r *recorder) Rolled(_ *Flow, c *Change) {
	for e := A; e <= B; e++ {
		r.packets[e] += c.Packets[e]
		r.bytes[e] += c.Bytes[e]
	}
	if c.New {
		r.flows++
	}
}

func (r *recorder) Ended(_ *Flow, rec *Record) { r.records = append(r.records, *rec) }

// numbered returns a UDP packet of the flow with number n at microsecond at.
func numbered(n int, at int64) *packet.Packet {
	p := &packet.Packet{Time: (start + at) * 1000, Proto: packet.ProtoUDP, SrcPort: 1000, DstPort: 2000, Segments: 1, Bytes: 100, PayLen: 72}
	p.Src[10], p.Src[11], p.Dst[10], p.Dst[11] = 0xff, 0xff, 0xff, 0xff
	p.Src[12], p.Dst[12] = 10, 11
	binary.BigEndian.PutUint16(p.Src[14:], uint16(n>>16))
	binary.BigEndian.PutUint16(p.Dst[14:], uint16(n))
	return p
}

const sec = int64(1_000_000)

func TestIndexAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tb := New(Config{Max: 300, Idle: time.Hour}, &recorder{})
	model := map[Key]uint64{}
	for step := range 60_000 {
		p := numbered(r.IntN(400), int64(step))
		f, _, _ := tb.Packet(p)
		model[f.Key]++
		if step%50 == 0 && tb.Len() > 0 { // end one at random: holes anywhere in the index
			i := uint32(r.IntN(int(tb.used)) + 1)
			if f := tb.At(i); f != nil {
				delete(model, f.Key)
				tb.end(i, Idle)
			}
		}
		for k := range model { // forget what the table evicted
			if len(model) <= tb.Len() {
				break
			}
			if tb.Find(&k) == nil {
				delete(model, k)
			}
		}
		if step%5000 != 0 {
			continue
		}
		for k, n := range model {
			if f := tb.Find(&k); f == nil || f.Packets(A)+f.Packets(B) != n {
				t.Fatalf("step %d: flow %v has %v, want %d packets", step, k, f, n)
			}
		}
		if len(model) != tb.Len() {
			t.Fatalf("step %d: %d flows, want %d", step, tb.Len(), len(model))
		}
	}
}

func TestEvictsQuietLongest(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 4}, r)
	for n := range 4 {
		tb.Packet(numbered(n, int64(n)*sec))
		tb.Tick(start + int64(n)*sec + 1)
	}
	tb.Packet(numbered(0, 5*sec)) // the oldest is used again
	tb.Tick(start + 5*sec + 1)
	tb.Packet(numbered(9, 6*sec))
	if len(r.records) != 1 || r.records[0].Why != Evicted {
		t.Fatalf("records %+v, want one eviction", r.records)
	}
	want, _ := KeyOf(&numbered(1, 0).Src, &numbered(1, 0).Dst, 1000, 2000, packet.ProtoUDP, 0)
	if r.records[0].Key != want {
		t.Errorf("evicted %v, want the flow that was quiet longest", r.records[0].Key)
	}
	if s := tb.Stats(); s.Evicted != 1 || s.New != 5 {
		t.Errorf("stats %+v", s)
	}
}

// A flow that was used since the last tick is not the one to go, although its
// place in the list is out of date.
func TestEvictionSparesTheUsed(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 3}, r)
	for n := range 3 {
		tb.Packet(numbered(n, int64(n)))
	}
	tb.Tick(start + sec)
	tb.Packet(numbered(0, sec+5))
	tb.Packet(numbered(7, sec+6))
	if k := numbered(0, 0); tb.Find(keyOf(k)) == nil {
		t.Error("the flow in use was evicted")
	}
	if k := numbered(1, 0); tb.Find(keyOf(k)) != nil {
		t.Error("the quiet flow was kept")
	}
}

func keyOf(p *packet.Packet) *Key {
	k, _ := KeyOf(&p.Src, &p.Dst, p.SrcPort, p.DstPort, p.Proto, p.Iface)
	return &k
}

// In a flood every flow is young: the table stays full and bounded, and the list
// of flows to roll does not grow with what came and went.
func TestFlood(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 100}, r)
	for n := range 100_000 {
		tb.Packet(numbered(n, int64(n)))
	}
	if tb.Len() != 100 || len(tb.dirty) > 101 || len(tb.free) > 100 {
		t.Errorf("%d flows, %d to roll, %d free", tb.Len(), len(tb.dirty), len(tb.free))
	}
	tb.Flush()
	if r.packets[A]+r.packets[B] != 100_000 || r.flows != 100_000 || len(r.records) != 100_000 {
		t.Errorf("%d packets, %d flows, %d records rolled of 100000", r.packets[A]+r.packets[B], r.flows, len(r.records))
	}
}

func TestIdleTimeout(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: 10 * time.Second}, r)
	tb.Packet(numbered(1, 0))
	tb.Packet(numbered(2, 0))
	for at := sec; at <= 9*sec; at += sec {
		tb.Packet(numbered(2, at))
		tb.Tick(start + at)
	}
	if tb.Len() != 2 {
		t.Fatalf("%d flows after 9 s, want 2", tb.Len())
	}
	tb.Tick(start + 10*sec)
	if tb.Len() != 1 || len(r.records) != 1 || r.records[0].Why != Idle || tb.Find(keyOf(numbered(2, 0))) == nil {
		t.Errorf("%d flows, records %+v; want the idle one gone", tb.Len(), r.records)
	}
	tb.SetTimeouts(2*time.Second, 0)
	tb.Tick(start + 12*sec)
	if tb.Len() != 0 {
		t.Errorf("%d flows after the timeout was shortened", tb.Len())
	}
}

// The active timeout splits the accounting of a long flow into records that add
// up, and leaves its identity and its totals alone.
func TestActiveTimeout(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: time.Minute, Active: 5 * time.Second}, r)
	for at := int64(0); at <= 17*sec; at += sec {
		tb.Packet(numbered(1, at))
		tb.Tick(start + at)
	}
	if tb.Len() != 1 || tb.Stats().New != 1 {
		t.Fatalf("%d flows, %d made; want one and the same", tb.Len(), tb.Stats().New)
	}
	if f := tb.Find(keyOf(numbered(1, 0))); f.Packets(A)+f.Packets(B) != 18 || f.First != start {
		t.Errorf("the flow itself has %d packets since %d", f.Packets(A)+f.Packets(B), f.First-start)
	}
	tb.Tick(start + 18*sec) // nothing new: nothing to split
	tb.Flush()
	var packets uint64
	for i, rec := range r.records {
		packets += rec.Packets[A] + rec.Packets[B]
		if want := map[bool]Reason{true: Flushed, false: Active}[i == len(r.records)-1]; rec.Why != want {
			t.Errorf("record %d says %v, want %v", i, rec.Why, want)
		}
	}
	if len(r.records) != 4 || packets != 18 {
		t.Errorf("%d records with %d packets, want 4 with 18", len(r.records), packets)
	}
	if len(tb.splits) != 0 {
		t.Error("splits of an ended flow are kept")
	}
}

func TestCompletedLeavesSoon(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: time.Minute, Completed: 5 * time.Second}, r)
	for _, s := range handshake(seg{at: 20000, from: 'c', flags: fFA, seq: 1001}, seg{at: 21000, from: 's', flags: fFA, seq: 5001}) {
		tb.Packet(s.packetOf(packet.ProtoTCP))
	}
	tb.Tick(start + sec)
	f := tb.Find(keyOf(seg{from: 'c'}.packetOf(packet.ProtoTCP)))
	if f == nil || !f.Completed() {
		t.Fatal("a closed connection is not marked as completed")
	}
	tb.Tick(start + 6*sec)
	if tb.Len() != 0 || r.records[0].Why != Completed {
		t.Errorf("%d flows, records %+v", tb.Len(), r.records)
	}
}

func TestPortsUsedAgain(t *testing.T) {
	closed := handshake(seg{at: 20000, from: 'c', flags: fRST, seq: 1001})
	again := seg{at: 30000, from: 'c', flags: fSYN, seq: 77}
	for _, joined := range []bool{false, true} {
		r := &recorder{}
		tb := New(Config{Max: 8, Joined: joined}, r)
		for _, s := range append(closed[:len(closed):len(closed)], again) {
			tb.Packet(s.packetOf(packet.ProtoTCP))
		}
		if want := map[bool]uint64{false: 2, true: 1}[joined]; tb.Stats().New != want || tb.Len() != 1 {
			t.Errorf("joined %v: %d flows made, %d live; want %d, 1", joined, tb.Stats().New, tb.Len(), want)
		}
	}
	// A SYN that is only sent again belongs to the connection it tries to open.
	tb := New(Config{Max: 8}, &recorder{})
	tb.Packet(seg{from: 'c', flags: fSYN}.packetOf(packet.ProtoTCP))
	tb.Packet(seg{at: 9, from: 'c', flags: fSYN}.packetOf(packet.ProtoTCP))
	if tb.Stats().New != 1 {
		t.Error("a repeated SYN made another flow")
	}
}

func TestRates(t *testing.T) {
	tb := New(Config{Max: 8}, &recorder{})
	tb.Tick(start)
	for range 10 {
		tb.Packet(numbered(1, sec/2))
	}
	tb.Tick(start + sec)
	f := tb.Find(keyOf(numbered(1, 0)))
	if now, peak := f.Rate(); now != 1000 || peak != 1000 {
		t.Errorf("rate %d, peak %d; want 1000", now, peak)
	}
	tb.Tick(start + 2*sec)
	if now, peak := f.Rate(); now != 0 || peak != 1000 {
		t.Errorf("after a quiet second: rate %d, peak %d; want 0, 1000", now, peak)
	}
	if len(tb.dirty) != 0 {
		t.Error("a quiet flow is still to be rolled")
	}
	tb.Packet(numbered(1, 3*sec))
	tb.Tick(start + 5*sec)
	if now, _ := f.Rate(); now != 33 {
		t.Errorf("rate %d over three seconds, want 33", now)
	}
}

func TestShift(t *testing.T) {
	const years = 56 * 365 * 86400 * sec
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: time.Minute, Active: 2 * time.Second}, r)
	for at := int64(0); at < 4*sec; at += sec {
		tb.Packet(numbered(1, at))
		tb.Tick(start + at)
	}
	tb.Shift(years, start-sec, start+9*sec)
	tb.Tick(start + years + 4*sec)
	f := tb.Find(keyOf(numbered(1, 0)))
	if f == nil {
		t.Fatal("a step of the clock ended the flow")
	}
	if f.Last-f.First != 3*sec || f.First != start+years {
		t.Errorf("lasts %d from %d", f.Last-f.First, f.First-start)
	}
	tb.Tick(start + years + 70*sec)
	if tb.Len() != 0 {
		t.Error("the idle timeout no longer works")
	}
}

// TestSilentAfterSplit ends a flow that sent nothing since the active timeout.
func TestSilentAfterSplit(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: time.Minute, Active: 10 * time.Second}, r)
	for at := int64(0); at <= 10*sec; at += sec {
		tb.Packet(numbered(1, at))
		tb.Tick(start + at + sec/2)
	}
	tb.Tick(start + 99*sec)
	if len(r.records) != 2 || r.records[1].Why != Idle {
		t.Fatalf("records %+v", r.records)
	}
	if last := r.records[1]; last.First > last.Last {
		t.Errorf("a record begins %d µs after it ends", last.First-last.Last)
	}
}

// TestMuchInOneTick has a flow move more between two ticks than a Change can
// count, as a capture of merged frames does that is read as fast as it can be.
func TestMuchInOneTick(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8}, r)
	p := numbered(1, 0)
	p.Bytes = 60_000
	const n = 200_000
	for range n {
		tb.Packet(p)
	}
	tb.Tick(start + sec)
	if got := r.bytes[A] + r.bytes[B]; got != n*60_000 {
		t.Errorf("%d bytes were reported of %d", got, uint64(n*60_000))
	}
}

func TestGrows(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 3 * firstCap}, r)
	for n := range 2*firstCap + 10 {
		tb.Packet(numbered(n, int64(n)))
	}
	if tb.Len() != 2*firstCap+10 || tb.Stats().Evicted != 0 {
		t.Fatalf("%d flows, %d evicted", tb.Len(), tb.Stats().Evicted)
	}
	for n := range 2*firstCap + 10 {
		if f := tb.Find(keyOf(numbered(n, 0))); f == nil || f.Bytes(A)+f.Bytes(B) != 100 {
			t.Fatalf("flow %d is lost", n)
		}
	}
}

func TestAdd(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: time.Minute}, r)
	k, c := KeyOf(&alice, &bob, 40000, 443, packet.ProtoTCP, 0)
	rec := Record{Key: k, Client: c, First: start, Last: start + sec}
	rec.Packets[c], rec.Bytes[c] = 3, 1<<33
	rec.TCPFlags[c] = fSYN
	tb.Add(&rec)
	rec = Record{Key: k, Client: c, First: start, Last: start + 2*sec}
	rec.Packets[c.Other()], rec.Bytes[c.Other()], rec.Payload[c.Other()] = 5, 5000, 4000
	f := tb.Add(&rec)
	if tb.Len() != 1 || f.Bytes(c) != 1<<33 || f.Packets(c.Other()) != 5 || f.Payload(c.Other()) != 4000 {
		t.Errorf("%d flows, %d bytes, %d packets", tb.Len(), f.Bytes(c), f.Packets(c.Other()))
	}
	if f.Client() != c || f.OneWay() || f.First != start || f.Last != start+2*sec {
		t.Errorf("flow %+v", f)
	}
	if _, ok := f.ServerRTT(); ok {
		t.Error("a record cannot know latencies")
	}
}

func TestFragments(t *testing.T) {
	var fs Fragments
	first := &packet.Packet{Time: start * 1000, Src: alice, Dst: bob, Proto: packet.ProtoUDP, SrcPort: 5, DstPort: 6, FragID: 77, MoreFrags: true}
	later := func(id uint32, at int64) *packet.Packet {
		return &packet.Packet{Time: (start + at) * 1000, Src: alice, Dst: bob, Proto: packet.ProtoUDP, FragID: id, FragOffset: 1480}
	}
	fs.Resolve(first)
	tests := []struct {
		name   string
		p      *packet.Packet
		sport  uint16
		orphan bool
	}{
		{"of the datagram", later(77, 10), 5, false},
		{"of another one", later(78, 10), 0, true},
		{"too late", later(77, 31*sec), 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := fs.Orphans
			fs.Resolve(tt.p)
			if tt.p.SrcPort != tt.sport || (fs.Orphans != before) != tt.orphan {
				t.Errorf("port %d, orphans %d", tt.p.SrcPort, fs.Orphans-before)
			}
		})
	}
	other := later(77, 20)
	other.Dst = group
	if fs.Resolve(other); other.SrcPort != 0 {
		t.Error("resolved a fragment between other hosts")
	}
	whole := &packet.Packet{SrcPort: 1}
	if n := fs.Later; true {
		fs.Resolve(whole)
		if fs.Later != n || whole.SrcPort != 1 {
			t.Error("a whole packet was taken for a fragment")
		}
	}
}

func TestPacketAllocatesNothing(t *testing.T) {
	tb := New(Config{Max: 64, Idle: time.Minute, Active: time.Minute}, &quiet{})
	n := 0
	allocs := testing.AllocsPerRun(1000, func() {
		for i := range 100 {
			tb.Packet(numbered(n+i, int64(n)*1000)) // more flows than fit: evicts, too
		}
		n++
		tb.Tick(start + int64(n)*sec/10)
	})
	if allocs > 100 { // the packets of this test
		t.Errorf("%v allocations for 100 packets and a tick", allocs-100)
	}
}

// quiet is an Observer that keeps nothing.
type quiet struct{ packets uint64 }

func (q *quiet) Rolled(_ *Flow, c *Change) { q.packets += c.Packets[A] }
func (q *quiet) Ended(*Flow, *Record)      {}

func BenchmarkTable(b *testing.B) {
	for _, flows := range []int{100, 8192} {
		b.Run(map[int]string{100: "100flows", 8192: "8192flows"}[flows], func(b *testing.B) {
			tb := New(Config{Max: 8192}, &quiet{})
			packets := make([]*packet.Packet, flows)
			for i := range packets {
				packets[i] = numbered(i*7919%flows, 0)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				tb.Packet(packets[i])
				if i++; i == flows {
					i = 0
				}
			}
		})
	}
}

// A flow whose time is ahead of the clock does not keep those behind it alive.
func TestAheadOfTheClock(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 8, Idle: 10 * time.Second}, r)
	tb.Packet(numbered(1, 3600*sec))
	tb.Packet(numbered(2, 0))
	tb.Tick(start + sec)
	tb.Tick(start + 11*sec)
	if tb.Len() != 1 || tb.Find(keyOf(numbered(1, 0))) == nil {
		t.Errorf("%d flows, want the one that is ahead", tb.Len())
	}
	tb.Tick(start + 3611*sec)
	if tb.Len() != 0 {
		t.Error("it never ends")
	}
}
