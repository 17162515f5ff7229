package flow

import (
	"testing"
	"time"
	"unsafe"

	"weir/internal/packet"
)

// TestConnSize guards the budget: 48 bytes for each flow of a table that
// connection tracking told something, the same on every architecture.
func TestConnSize(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n != 48 {
		t.Errorf("a Conn takes %d bytes, want 48", n)
	}
}

// natted returns a connection from alice to bob over a translated address.
func natted(bytes uint64, at int64) *Connection {
	c := &Connection{Proto: packet.ProtoTCP, TCP: TCPEstablished, First: start, Last: start + at,
		Orig:  Tuple{Src: alice, Dst: bob, SrcPort: 40000, DstPort: 443},
		Reply: Tuple{Src: bob, Dst: packet.Addr{10: 0xff, 11: 0xff, 12: 203, 15: 77}, SrcPort: 443, DstPort: 61000},
	}
	if bytes > 0 {
		c.Packets, c.Bytes = [2]uint64{1, 0}, [2]uint64{bytes, 0}
	}
	return c
}

// connect passes c through the table under alice's key.
func connect(tb *Table, c *Connection) (*Flow, *Conn, bool) {
	k, e := KeyOf(&c.Orig.Src, &c.Orig.Dst, c.Orig.SrcPort, c.Orig.DstPort, c.Proto, 0)
	return tb.Connect(&k, e, c)
}

// TestConnectionEnds has connections end in every way that connection tracking
// tells: the flow leaves as completed, once.
func TestConnectionEnds(t *testing.T) {
	last := natted(50, 2*sec)
	last.Status = ConnEnded
	silent := natted(0, sec)
	silent.Status = ConnEnded
	waits := natted(50, 2*sec)
	waits.TCP = TCPTimeWait
	reset := natted(0, 2*sec)
	reset.TCP = TCPClosed
	for name, c := range map[string]*Connection{"with a last word": last, "silently": silent, "waits": waits, "reset": reset} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			tb := New(Config{Max: 4, Idle: time.Minute, Completed: 10 * time.Second}, r)
			connect(tb, natted(100, sec))
			tb.Roll(start + sec)
			connect(tb, c)
			tb.Tick(start + 3*sec)
			if f := tb.Find(&tb.slots[1].Key); f == nil || !f.Completed() {
				t.Fatal("the flow is gone or goes on")
			}
			tb.Tick(start + 13*sec)
			if len(r.records) != 1 || r.records[0].Why != Completed || tb.Len() != 0 {
				t.Fatalf("records %+v", r.records)
			}
			gone := natted(0, 20*sec)
			gone.Status = ConnEnded
			if f, _, _ := connect(tb, gone); f != nil || tb.Len() != 0 {
				t.Error("the entry's end made a flow")
			}
		})
	}
}

// TestReopened uses the ports of an ended connection again.
func TestReopened(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Connection)
		flows  uint64
	}{
		{"tcp", func(c *Connection) {
			if c.Last > start && c.Status == 0 {
				c.TCP = TCPSynSent
			}
		}, 2},
		{"tcp, closed and seen when it is open again", func(c *Connection) {
			if c.Status&ConnEnded != 0 {
				c.TCP = TCPTimeWait
			}
		}, 2},
		{"tcp, its entry deleted", func(c *Connection) {}, 1},
		{"udp", func(c *Connection) { c.Proto, c.TCP = packet.ProtoUDP, 0 }, 1},
		{"udp, translated otherwise", func(c *Connection) {
			c.Proto, c.TCP, c.Reply.DstPort = packet.ProtoUDP, 0, c.Reply.DstPort+uint16(c.Last/sec%7)
		}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &recorder{}
			tb := New(Config{Max: 4, Idle: time.Minute, Completed: 10 * time.Second}, r)
			for _, at := range []int64{1, 2, 3} {
				c := natted(100, at/2*2*sec) // 0, 2, 2
				c.Status = map[int64]ConnStatus{2: ConnEnded}[at]
				if at < 3 {
					c.Last = start
				}
				tt.change(c)
				connect(tb, c)
			}
			if got := tb.Stats().New; got != tt.flows || tb.Len() != 1 {
				t.Errorf("%d flows were made, %d are left; want %d and 1", got, tb.Len(), tt.flows)
			}
			tb.Tick(start + 3*sec)
			if f := tb.Find(keyOf(&packet.Packet{Src: alice, Dst: bob, SrcPort: 40000, DstPort: 443, Proto: tb.slots[1].Key.Proto})); f.Completed() {
				t.Error("the flow goes on, but counts as completed")
			}
			tb.Flush()
			var bytes uint64
			for _, rec := range r.records {
				bytes += rec.Bytes[A] + rec.Bytes[B]
			}
			if bytes != 300 {
				t.Errorf("records have %d bytes, want 300", bytes)
			}
		})
	}
}

// TestLastWordOfTheOld has the SYN of a new connection come before the end of the
// old entry is told.
func TestLastWordOfTheOld(t *testing.T) {
	tb := New(Config{Max: 4, Idle: time.Minute, Completed: 10 * time.Second}, &recorder{})
	old := natted(100, sec)
	old.TCP = TCPTimeWait
	connect(tb, old)
	tb.Observe(seg{at: 5 * sec, from: 'c', flags: packet.SYN}.packetOf(packet.ProtoTCP))
	if tb.Stats().New != 2 {
		t.Fatal("the SYN made no other flow")
	}
	old.Status, old.Packets, old.Bytes = ConnEnded, [2]uint64{}, [2]uint64{}
	f, _, _ := connect(tb, old)
	tb.Tick(start + 6*sec)
	if f.Completed() || !f.Empty() {
		t.Error("the old connection's end is taken for the new one's")
	}
}

// TestTrackingKnowsWhoOpened has a frame claim the wrong end before connection
// tracking tells.
func TestTrackingKnowsWhoOpened(t *testing.T) {
	tb := New(Config{Max: 4}, &recorder{})
	tb.Observe(seg{from: 's', flags: packet.SYN}.packetOf(packet.ProtoTCP))
	c := natted(100, sec)
	f, conn, _ := connect(tb, c)
	if *f.Key.Addr(f.Client()) != alice || conn.Orig(f) != c.Orig || conn.Reply(f) != c.Reply {
		t.Errorf("%v opened it, %+v", f.Key.Addr(f.Client()).IP(), conn)
	}
}

// TestIdleAndBack has the entry of a quiet connection outlive its flow.
func TestIdleAndBack(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 4, Idle: time.Minute, Completed: 10 * time.Second}, r)
	connect(tb, natted(100, sec))
	tb.Tick(start + 2*sec)
	tb.Tick(start + 62*sec)
	if tb.Len() != 0 || r.records[0].Why != Idle {
		t.Fatalf("records %+v", r.records)
	}
	f, _, first := connect(tb, natted(30, 70*sec))
	if !first || f.Bytes(f.Client()) != 30 {
		t.Errorf("first %v, %+v", first, f)
	}
}

// TestMuchBetweenTwoRolls counts what 32 bits do not hold, in records, connections
// and frames that stand for others.
func TestMuchBetweenTwoRolls(t *testing.T) {
	const much = 5<<32 + 12345
	tests := []struct {
		name string
		add  func(tb *Table) *Flow
		want uint64
	}{
		{"one record", func(tb *Table) *Flow {
			c := natted(much, 0)
			f, _, _ := connect(tb, c)
			return f
		}, much},
		{"hostile record", func(tb *Table) *Flow {
			f := tb.Add(&Record{Key: *keyOf(numbered(1, 0)), Last: start, Bytes: [2]uint64{1<<48 - 1, 0}, Packets: [2]uint64{1 << 40, 0}})
			return f
		}, 1<<48 - 1},
		{"many records", func(tb *Table) (f *Flow) {
			for range 9 {
				f, _, _ = connect(tb, natted(1<<30-1, 0))
			}
			return f
		}, 9 * (1<<30 - 1)},
		{"sampled frames", func(tb *Table) (f *Flow) {
			for range 3 {
				p := seg{from: 'c', pay: 60000}.packetOf(packet.ProtoUDP)
				p.Weight = 65535
				f, _, _ = tb.Packet(p)
			}
			return f
		}, 3 * 65535 * 60040},
		{"merged sampled frames", func(tb *Table) (f *Flow) {
			for range 2 {
				p := seg{from: 's', pay: 1 << 20, n: 750}.packetOf(packet.ProtoUDP)
				p.Weight = 60000
				f, _, _ = tb.Packet(p)
			}
			return f
		}, 2 * 60000 * (1<<20 + 750*40)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &recorder{}
			tb := New(Config{Max: 4}, r)
			tb.Roll(start)
			f := tt.add(tb)
			tb.Roll(start + 8*sec)
			if got := f.Bytes(A) + f.Bytes(B); got != tt.want || r.bytes[A]+r.bytes[B] != tt.want || r.packets != [2]uint64{f.Packets(A), f.Packets(B)} || r.flows != 1 {
				t.Errorf("the flow has %d bytes, %d bytes of %d flows were rolled, want %d", got, r.bytes, r.flows, tt.want)
			}
			if now, _ := f.Rate(); uint64(now) != min(tt.want/8, 1<<32-1) {
				t.Errorf("rate %d, want %d", now, tt.want/8)
			}
			tb.Roll(start + 16*sec)
			if now, _ := f.Rate(); now != 0 || len(tb.early) != 0 {
				t.Errorf("rate %d after a roll without anything new; %v", now, tb.early)
			}
		})
	}
}

// TestEndedBeforeTheRoll has a flow that moved much end before the next roll: the
// next flow in its slot is not taken for as fast.
func TestEndedBeforeTheRoll(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 4}, r)
	tb.Roll(start)
	connect(tb, natted(9<<30, sec))
	tb.Flush()
	f, _, _ := tb.Packet(numbered(1, 0))
	tb.Roll(start + sec)
	if now, _ := f.Rate(); now != 100 || r.bytes[A]+r.bytes[B] != 9<<30+100 {
		t.Errorf("rate %d, %v bytes", now, r.bytes)
	}
}

// TestConnsFollowTheTable grows a table, uses slots again and finds the Conn of
// every flow.
func TestConnsFollowTheTable(t *testing.T) {
	tb := New(Config{Max: firstCap + 100, Idle: time.Minute}, &quiet{})
	c := natted(1, 0)
	const n = firstCap + 90
	for i := range n {
		c.Orig.SrcPort, c.Reply.DstPort, c.Mark = uint16(i), uint16(i), uint32(i)
		c.Orig.Dst[14] = byte(i >> 16)
		c.Reply.Src = c.Orig.Dst
		c.Last = start + int64(i/(n/2))*30*sec
		connect(tb, c)
	}
	tb.Tick(start + 60*sec) // the first half leaves
	if tb.Len() != n/2 {
		t.Fatalf("%d flows, want %d", tb.Len(), n/2)
	}
	for _, f := range tb.All {
		conn := tb.Conn(f)
		if reply := conn.Reply(f); uint32(reply.DstPort)|uint32(f.Key.Addr(f.Client().Other())[14])<<16 != conn.Mark || conn.Mark < n/2 {
			t.Fatalf("flow of port %d has the Conn of mark %d", reply.DstPort, conn.Mark)
		}
	}
	c.Orig.SrcPort, c.Reply.DstPort, c.Mark = 1, 1, 1
	c.Orig.Dst[14], c.Reply.Src[14] = 0, 0 // one of those that left
	if f, conn, first := connect(tb, c); !first || tb.Conn(f) != conn || conn.Mark != 1 {
		t.Error("a slot that is used again keeps its Conn")
	}
	plain, _, _ := tb.Packet(numbered(70000, 0))
	if plain.Tracked() || tb.Conn(plain) != nil {
		t.Error("a flow that nobody told of has a Conn")
	}
}

func TestStateOfTracking(t *testing.T) {
	for tcp, want := range map[TCPState]string{
		TCPUnknown: "", TCPSynSent: "S0", TCPSynReceived: "S1", TCPEstablished: "S1",
		TCPFinWait: "", TCPCloseWait: "", TCPLastAck: "SF", TCPTimeWait: "SF", TCPClosed: "", TCPSynSent2: "",
	} {
		tb := New(Config{Max: 4}, &recorder{})
		c := natted(9, 0)
		c.TCP = tcp
		f, _, _ := connect(tb, c)
		if got := tb.State(f); got != want {
			t.Errorf("state %d is %q, want %q", tcp, got, want)
		}
		tb.Observe(seg{from: 'c', flags: packet.SYN}.packetOf(packet.ProtoTCP))
		tb.Observe(seg{from: 's', flags: packet.RST | packet.ACK}.packetOf(packet.ProtoTCP))
		if got := tb.State(f); got != "REJ" {
			t.Errorf("state %d and a refusal is %q", tcp, got)
		}
	}
	tb := New(Config{Max: 4}, &recorder{})
	c := natted(9, 0)
	connect(tb, c)
	c.TCP = TCPUnknown // a flowtable forwards it now
	if f, _, _ := connect(tb, c); tb.State(f) != "S1" {
		t.Errorf("state %q", tb.State(f))
	}
}
