package conntrack

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source"
)

// scene is a ledger and what it told.
type scene struct {
	*ledger
	t     *testing.T
	books *books
}

// began is when a scene begins: an hour after the boot.
var began = clock.Reading{Wall: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Up: time.Hour}

func newScene(t *testing.T, entries int) *scene {
	cfg := Config{MaxEntries: entries, Broadcast: func(a *packet.Addr) bool { return *a == ip4(192, 168, 1, 255) }}.withDefaults()
	b := newBooks()
	s := &scene{newLedger(&cfg, b), t, b}
	s.patience = 0
	s.at(began)
	return s
}

// sweep makes a complete dump of entries.
func (s *scene) sweep(entries ...*entry) {
	s.beginDump()
	for _, e := range entries {
		s.listed(e)
	}
	if !s.endDump(true) {
		s.t.Error("the dump is not whole")
	}
	s.flush()
}

// later moves the clocks.
func (s *scene) later(d time.Duration) {
	s.at(clock.Reading{Wall: s.now.Wall.Add(d), Up: s.now.Up + d})
}

// result is what a scene shows in the end, of the flow of udpEntry(1, …).
type result struct {
	Packets uint64 // of the original direction; bytes are 100 times as many
	Told    int
	Ended   int
}

// TestOrder has entries counted once whatever the order of dumps and events is.
func TestOrder(t *testing.T) {
	e := func(packets uint64) *entry { return udpEntry(1, packets) }
	tests := []struct {
		name   string
		play   func(*scene)
		want   result
		counts source.Tracking
	}{
		{"older than the source", func(s *scene) {
			s.sweep(e(1000))
			s.sweep(e(1000))
			s.sweep(e(1003))
		}, result{3, 2, 0}, source.Tracking{}},
		{"older than the source, ends before the first dump", func(s *scene) {
			s.beginDump()
			s.ended(e(1000))
			s.listed(e(1000))
			s.endDump(true)
		}, result{0, 1, 1}, source.Tracking{}},
		{"begins during the first dump", func(s *scene) {
			s.beginDump()
			s.made(e(0))
			s.listed(e(2))
			s.endDump(true)
			s.sweep(e(5))
		}, result{5, 3, 0}, source.Tracking{}},
		{"begins and ends between dumps", func(s *scene) {
			s.sweep()
			s.made(e(0))
			s.ended(e(4))
			s.sweep()
		}, result{4, 2, 1}, source.Tracking{}},
		{"its beginning was missed", func(s *scene) {
			s.sweep()
			s.ended(e(4))
			s.sweep()
		}, result{4, 1, 1}, source.Tracking{}},
		{"a dump is faster than its beginning", func(s *scene) {
			s.sweep()
			s.sweep(e(4))
			s.made(e(0))
			s.sweep(e(6))
		}, result{6, 2, 0}, source.Tracking{}},
		{"shown by a dump that began before its end", func(s *scene) {
			s.sweep()
			s.made(e(0))
			s.beginDump()
			s.ended(e(4))
			s.listed(e(3))
			s.endDump(true)
			s.sweep()
		}, result{4, 2, 1}, source.Tracking{}},
		{"made again in its place while a dump shows the old one", func(s *scene) {
			s.sweep()
			s.made(e(0))
			s.sweep(e(9))
			s.beginDump()
			s.ended(e(10))
			s.made(e(0))
			s.listed(e(9))
			s.endDump(true)
			s.sweep(e(2))
		}, result{12, 5, 1}, source.Tracking{}},
		{"made again in its place while a dump shows the new one", func(s *scene) {
			s.sweep()
			s.made(e(0))
			s.beginDump()
			s.ended(e(10))
			s.made(e(0))
			s.listed(e(1))
			s.endDump(true)
			s.ended(e(2))
		}, result{12, 4, 2}, source.Tracking{}},
		{"its end is told twice", func(s *scene) {
			s.sweep()
			s.made(e(0))
			s.ended(e(10))
			s.ended(e(10))
			s.sweep()
			s.sweep()
		}, result{10, 2, 1}, source.Tracking{}},
		{"one dump misses it", func(s *scene) {
			s.sweep()
			s.sweep(e(5))
			s.sweep()
			s.sweep(e(6))
			s.sweep()
			s.ended(e(7))
		}, result{7, 3, 1}, source.Tracking{}},
		{"it vanishes", func(s *scene) {
			s.sweep()
			s.sweep(e(5))
			s.sweep()
			s.sweep()
		}, result{5, 1, 0}, source.Tracking{Vanished: 1}},
		{"dumps that are not whole draw no conclusions", func(s *scene) {
			s.sweep()
			s.sweep(e(5))
			for range 3 {
				s.beginDump()
				s.endDump(false)
			}
			s.sweep(e(6))
		}, result{6, 2, 0}, source.Tracking{}},
		{"shown twice by one dump", func(s *scene) {
			s.sweep()
			s.sweep(e(5), e(6))
		}, result{6, 2, 0}, source.Tracking{}},
		{"zeroed by somebody else", func(s *scene) {
			s.sweep(e(1000))
			s.sweep(e(3))
			s.ended(e(5))
		}, result{5, 3, 1}, source.Tracking{Resets: 1}},
		{"zeroed before its end", func(s *scene) {
			s.sweep()
			s.sweep(e(10))
			s.ended(e(2))
		}, result{12, 2, 1}, source.Tracking{Resets: 1}},
		{"changes of state carry no counters", func(s *scene) {
			s.sweep()
			s.sweep(e(5))
			changed := e(0)
			changed.counted, changed.status = false, flow.ConnReplied
			s.changed(changed)
			s.changed(changed)
			again := e(5)
			again.status = flow.ConnReplied
			s.sweep(again)
		}, result{5, 2, 0}, source.Tracking{}},
		{"changes of what is not known or ended", func(s *scene) {
			s.sweep()
			s.changed(e(0))
			s.ended(e(1))
			s.changed(e(0))
		}, result{1, 1, 1}, source.Tracking{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, 10)
			tt.play(s)
			s.flush()
			var got result
			if sum := s.books.flows[title{e(0).orig, packet.ProtoUDP}]; sum != nil {
				got = result{sum.packets[0], len(s.books.told), sum.ended}
				if sum.bytes != [2]uint64{100 * got.Packets, 50 * got.Packets} || sum.packets[1] != got.Packets {
					t.Errorf("bytes %d packets %d", sum.bytes, sum.packets)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			counts := source.Tracking{Resets: s.counts.Resets, Vanished: s.counts.Vanished, Forgotten: s.counts.Forgotten}
			if diff := cmp.Diff(tt.counts, counts); diff != "" {
				t.Errorf("counts (-want +got)\n%s", diff)
			}
		})
	}
}

// TestPatience has an entry that no dump shows remembered for a while, since its
// end may still be told, however many dumps are made meanwhile.
func TestPatience(t *testing.T) {
	s := newScene(t, 10)
	s.patience = patience
	s.sweep(udpEntry(1, 5), udpEntry(2, 5))
	s.ended(udpEntry(2, 6))
	for range 19 {
		s.later(time.Second)
		s.sweep()
		s.ended(udpEntry(2, 6))
	}
	if s.table.count != 2 || s.counts.Vanished != 0 {
		t.Fatalf("%d baselines, %d vanished", s.table.count, s.counts.Vanished)
	}
	s.later(patience)
	s.sweep()
	if s.table.count != 1 || s.counts.Vanished != 1 {
		t.Errorf("%d baselines, %d vanished", s.table.count, s.counts.Vanished)
	}
	s.later(patience)
	s.sweep()
	if s.table.count != 0 || s.counts.Vanished != 1 {
		t.Errorf("%d baselines, %d vanished", s.table.count, s.counts.Vanished)
	}
	if packets, _ := s.books.total(); packets != 2 {
		t.Errorf("%d packets", packets)
	}
}

// TestTold has everything that is known of an entry reach the sink.
func TestTold(t *testing.T) {
	s := newScene(t, 10)
	s.sweep()
	e := udpEntry(1, 0)
	e.proto, e.tcp, e.zone, e.mark, e.counted = packet.ProtoTCP, flow.TCPSynSent, 3, 4, false
	s.made(e)
	s.later(2 * time.Second)
	e.counted, e.tcp, e.status = true, flow.TCPEstablished, flow.ConnReplied|flow.ConnAssured
	e.packets, e.bytes = [2]uint64{2, 1}, [2]uint64{80, 60}
	s.sweep(e)
	s.later(10 * time.Second)
	s.ended(e)
	s.flush()
	first := began.Wall.UnixMicro()
	want := []flow.Connection{{
		Orig: e.orig, Reply: e.reply, Proto: packet.ProtoTCP, TCP: flow.TCPSynSent, Zone: 3, Mark: 4, First: first, Last: first,
	}, {
		Orig: e.orig, Reply: e.reply, Proto: packet.ProtoTCP, TCP: flow.TCPEstablished, Zone: 3, Mark: 4,
		Status: flow.ConnReplied | flow.ConnAssured, First: first, Last: first + 2e6,
		Packets: [2]uint64{2, 1}, Bytes: [2]uint64{80, 60},
	}, {
		Orig: e.orig, Reply: e.reply, Proto: packet.ProtoTCP, TCP: flow.TCPEstablished, Zone: 3, Mark: 4,
		Status: flow.ConnReplied | flow.ConnAssured | flow.ConnEnded, First: first, Last: first + 2e6,
	}}
	if diff := cmp.Diff(want, s.books.told); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTimes has the kernel's times believed where they can be true.
func TestTimes(t *testing.T) {
	start := uint64(began.Wall.Add(-time.Minute).UnixNano())
	stop := uint64(began.Wall.Add(-time.Second).UnixNano())
	wall := began.Wall.UnixMicro()
	tests := []struct {
		name        string
		start, stop uint64
		packets     uint64
		first, last int64
	}{
		{"both", start, stop, 1, wall - 60e6, wall - 1e6},
		{"nothing counted before the end", start, stop, 0, wall - 60e6, wall},
		{"none", 0, 0, 1, wall, wall},
		{"before the boot", uint64(time.Hour), uint64(2 * time.Hour), 1, wall, wall},
		{"to come", uint64(began.Wall.Add(time.Hour).UnixNano()), 1<<63 - 1, 1, wall, wall},
		{"no time at all", 1 << 63, 1<<64 - 1, 1, wall, wall},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, 10)
			s.sweep()
			e := udpEntry(1, tt.packets)
			e.start, e.stop = tt.start, tt.stop
			s.ended(e)
			s.flush()
			if c := s.books.told[0]; c.First != tt.first || c.Last != tt.last {
				t.Errorf("first %d, want %d; last %d, want %d", c.First, tt.first, c.Last, tt.last)
			}
		})
	}
}

// TestClockIsSet moves the wall clock: times told before were wrong, those told
// later are right.
func TestClockIsSet(t *testing.T) {
	s := newScene(t, 10)
	s.at(clock.Reading{Wall: time.Unix(1000, 0), Up: time.Minute})
	s.sweep(udpEntry(1, 1))
	s.at(clock.Reading{Wall: began.Wall, Up: 2 * time.Minute})
	s.sweep(udpEntry(1, 2))
	c := s.books.told[1]
	if want := began.Wall.Add(-time.Minute).UnixMicro(); c.First != want || c.Last != began.Wall.UnixMicro() {
		t.Errorf("first %v, last %v", time.UnixMicro(c.First), time.UnixMicro(c.Last))
	}
}

func TestGroups(t *testing.T) {
	tests := []struct {
		name string
		dst  packet.Addr
		want bool
	}{
		{"host", ip4(192, 168, 1, 2), false},
		{"last class A", ip4(223, 255, 255, 254), false},
		{"multicast", ip4(224, 0, 0, 251), true},
		{"last multicast", ip4(239, 255, 255, 250), true},
		{"reserved", ip4(240, 0, 0, 1), false},
		{"everybody", ip4(255, 255, 255, 255), true},
		{"everybody in a network", ip4(192, 168, 1, 255), true},
		{"IPv6 host", packet.Addr{0xfe, 0x80, 15: 1}, false},
		{"IPv6 multicast", packet.Addr{0xff, 0x02, 15: 0xfb}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, 10)
			s.sweep()
			e := udpEntry(1, 1)
			e.orig.Dst = tt.dst
			s.made(e)
			s.sweep(e)
			s.changed(e)
			s.ended(e)
			s.ended(e)
			s.flush()
			if got := len(s.books.told) == 0; got != tt.want || (s.counts.Multicast == 1) != tt.want {
				t.Errorf("told %d times, %d left out", len(s.books.told), s.counts.Multicast)
			}
		})
	}
}

// TestStanding takes the census of offloaded entries whose counters stand still.
func TestStanding(t *testing.T) {
	s := newScene(t, 10)
	software, hardware, moving, plain := udpEntry(1, 5), udpEntry(2, 5), udpEntry(3, 5), udpEntry(4, 5)
	software.status = flow.ConnOffloaded
	hardware.status = flow.ConnOffloaded | flow.ConnHardware
	moving.status = hardware.status
	want := []census{{0, 3, 2, 0, 0}, {0, 3, 2, 0, 0}, {0, 3, 2, 2, 1}, {0, 3, 2, 2, 1}}
	for i, w := range want {
		moving.packets[0]++
		s.sweep(software, hardware, moving, plain)
		if i == 0 { // the first says nothing about movement: its counters are the baseline
			s.sweep(software, hardware, moving, plain, plain)
		}
		got := census{0, s.counts.Offloaded, s.counts.Hardware, s.counts.Standing, s.counts.StandingHardware}
		if i > 0 && got != w {
			t.Errorf("dump %d: %+v, want %+v", i, got, w)
		}
	}
	hardware.bytes[0]++
	s.sweep(software, hardware, plain)
	if s.counts.Standing != 1 || s.counts.StandingHardware != 0 || s.counts.Hardware != 1 {
		t.Errorf("%+v", s.counts)
	}
}

// TestUncounted has entries without counters told, and counted once.
func TestUncounted(t *testing.T) {
	s := newScene(t, 10)
	s.sweep()
	e := udpEntry(1, 0)
	e.counted = false
	s.made(e)
	s.sweep(e)
	s.sweep(e)
	s.ended(e)
	s.flush()
	want := []flow.ConnStatus{0, flow.ConnUncounted, flow.ConnUncounted | flow.ConnEnded}
	var got []flow.ConnStatus
	for _, c := range s.books.told {
		got = append(got, c.Status)
	}
	if diff := cmp.Diff(want, got); diff != "" || s.counts.Uncounted != 1 {
		t.Errorf("%d uncounted (-want +got)\n%s", s.counts.Uncounted, diff)
	}
}

// TestFull has more entries than there is room for: those beyond count for
// nothing until there is room, and never twice.
func TestFull(t *testing.T) {
	t.Run("since the start", func(t *testing.T) {
		s := newScene(t, 2)
		s.sweep(udpEntry(1, 100), udpEntry(2, 100), udpEntry(3, 100))
		s.sweep(udpEntry(1, 101), udpEntry(2, 101), udpEntry(3, 101))
		s.ended(udpEntry(1, 102))
		s.sweep(udpEntry(2, 101), udpEntry(3, 102))
		s.sweep(udpEntry(2, 101), udpEntry(3, 103))
		packets, _ := s.books.total()
		// 2 of the first, 1 of the second, and of the third what came when there
		// was room.
		if packets != 2*(2+1+1) || s.counts.Forgotten != 2 {
			t.Errorf("%d packets, %d forgotten", packets, s.counts.Forgotten)
		}
	})
	t.Run("later", func(t *testing.T) {
		s := newScene(t, 2)
		s.sweep()
		for id := range uint32(3) {
			s.made(udpEntry(id, 0))
		}
		s.sweep(udpEntry(0, 5), udpEntry(1, 5), udpEntry(2, 5))
		s.ended(udpEntry(2, 6)) // all that it counted comes at once
		s.ended(udpEntry(0, 5)) // makes room
		s.made(udpEntry(4, 0))
		s.sweep(udpEntry(1, 5), udpEntry(4, 1))
		packets, _ := s.books.total()
		if packets != 2*(5+5+6+1) {
			t.Errorf("%d packets", packets)
		}
		if s.table.count > 2 {
			t.Errorf("%d baselines", s.table.count)
		}
	})
}

// TestNumbers lets the number of dumps run over.
func TestNumbers(t *testing.T) {
	s := newScene(t, 10)
	s.sweep()
	for i := range uint64(1000) {
		s.beginDump()
		if s.dump == 0 {
			t.Fatal("dump 0, which means none")
		}
		s.ended(udpEntry(2, 1))
		s.made(udpEntry(2, 0))
		s.listed(udpEntry(1, i+1))
		s.endDump(true)
	}
	if got := s.table.count; got != 2 {
		t.Errorf("%d baselines", got)
	}
	s.flush()
	if packets, _ := s.books.total(); packets != 2*1000+2*1000 {
		t.Errorf("%d packets", packets)
	}
}

// TestBatches bounds what the sink gets at once.
func TestBatches(t *testing.T) {
	s := newScene(t, 10000)
	s.beginDump()
	for id := range uint32(3*source.MaxConnections + 1) {
		s.listed(udpEntry(id, 1))
	}
	s.endDump(true)
	s.flush()
	if b := s.books; b.largest != source.MaxConnections || b.batches != 4 || len(b.told) != 3*source.MaxConnections+1 {
		t.Errorf("%d batches, the largest of %d, %d in all", b.batches, b.largest, len(b.told))
	}
}
