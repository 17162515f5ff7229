package conntrack

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/internal/flow"
	"weir/internal/packet"
)

// TestReadRecorded plays what a kernel said, of either byte order: the sums are
// what conntrack(8) showed.
func TestReadRecorded(t *testing.T) {
	for _, o := range []order{littleEndian, bigEndian} {
		s := newScene(t, 100)
		data := func(name string) []byte {
			if o == bigEndian {
				return swapped(t, recorded(t, name))
			}
			return recorded(t, name)
		}
		s.sweep()
		s.readEvents(data("events"), o)
		made := s.table.count
		s.beginDump()
		if done, err := s.readDump(data("dump"), o, recordedSeq); !done || err != nil || !s.endDump(done) {
			t.Errorf("dump: done %v, %v", done, err)
		}
		s.flush()
		inDump, bytes := s.books.total()
		if s.counts.Entries != 16 || made != 17 || inDump != 77 || bytes != 21770 {
			t.Errorf("%d entries, %d of them announced, %d packets of %d bytes", s.counts.Entries, made, inDump, bytes)
		}
		s.readEvents(data("ends"), o)
		s.flush()
		packets, _ := s.books.total()
		ended := 0
		for _, f := range s.books.flows {
			ended += f.ended
		}
		if packets != inDump || ended != 18 || s.counts.Malformed != 0 || s.counts.Resets != 0 {
			t.Errorf("%d packets, %d in the dump; %d ended; %+v", packets, inDump, ended, s.counts)
		}
		s.beginDump()
		if done, err := s.readDump(data("uncounted"), o, recordedSeq); !done || err != nil {
			t.Errorf("uncounted: done %v, %v", done, err)
		}
		if s.counts.Uncounted != 2 {
			t.Errorf("%d entries without counters", s.counts.Uncounted)
		}
	}
}

func TestReadDump(t *testing.T) {
	const seq = 9
	for _, o := range []order{littleEndian, bigEndian} {
		word := make([]byte, 4)
		number := func(n int32) []byte {
			o.puts().PutUint32(word, uint32(n))
			return slices.Clone(word)
		}
		one := datagram(o, messageNew, 2, seq, body(o, udpEntry(1, 1), 0))
		tests := []struct {
			name        string
			b           []byte
			done        bool
			err         error
			entries     int
			malformed   uint64
			interrupted bool
		}{
			{name: "nothing"},
			{name: "more to come", b: one, entries: 1},
			{name: "the end", b: append(slices.Clone(one), datagram(o, messageDone, 2, seq, number(0))...), done: true, entries: 1},
			{name: "the end without a number", b: datagram(o, messageDone, 2, seq, nil), done: true},
			{name: "interrupted", b: datagram(o, messageDone, 2|flagInterrupted, seq, number(0)), done: true, interrupted: true},
			{name: "refused", b: datagram(o, messageError, 0, seq, append(number(-1), make([]byte, 16)...)), done: true, err: syscall.EPERM},
			{name: "broken off", b: datagram(o, messageDone, 2, seq, number(-int32(syscall.ENOMEM))), done: true, err: syscall.ENOMEM},
			{name: "acknowledged", b: datagram(o, messageError, 0, seq, number(0)), done: true},
			{name: "of another dump", b: datagram(o, messageDone, 2, seq-1, number(0))},
			{name: "of another kind", b: datagram(o, 0x7777, 2, seq, []byte{1, 2, 3})},
			{name: "entry broken", b: append(datagram(o, messageNew, 2, seq, []byte{2, 0, 0, 0}), one...), entries: 1, malformed: 1},
			{name: "header cut short", b: append(slices.Clone(one), 1, 2, 3), entries: 1, malformed: 1},
			{name: "length beyond the end", b: one[:len(one)-4], malformed: 1},
			{name: "length below a header", b: make([]byte, 16), malformed: 1},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s := newScene(t, 10)
				s.beginDump()
				done, err := s.readDump(slices.Clone(tt.b), o, seq)
				if done != tt.done || !errors.Is(err, tt.err) {
					t.Errorf("done %v, error %v", done, err)
				}
				if s.current.entries != tt.entries || s.counts.Malformed != tt.malformed || s.interrupted != tt.interrupted {
					t.Errorf("%d entries, %d malformed, interrupted %v", s.current.entries, s.counts.Malformed, s.interrupted)
				}
				if whole := s.endDump(done); whole != (done && !tt.interrupted) {
					t.Errorf("whole %v", whole)
				}
			})
		}
		if err := answer(number(5), o); err == nil || strings.Contains(err.Error(), "errno") {
			t.Errorf("a positive error number: %v", err)
		}
	}
}

func TestReadEvents(t *testing.T) {
	for _, o := range []order{littleEndian, bigEndian} {
		s := newScene(t, 10)
		s.sweep()
		quiet := udpEntry(1, 0)
		quiet.counted = false
		var b []byte
		b = append(b, datagram(o, messageNew, flagCreate, 0, body(o, quiet, 0))...)
		b = append(b, datagram(o, messageNew, 0, 0, body(o, quiet, ipsSeenReply))...)
		b = append(b, datagram(o, messageDone, 0, 0, nil)...)
		b = append(b, datagram(o, messageDelete, 0, 0, []byte{2, 0, 0, 0})...)
		b = append(b, datagram(o, messageDelete, 0, 0, body(o, udpEntry(1, 7), ipsSeenReply))...)
		b = append(b, 0xff)
		s.readEvents(b, o)
		s.flush()
		var got []flow.ConnStatus
		for _, c := range s.books.told {
			got = append(got, c.Status)
		}
		want := []flow.ConnStatus{0, flow.ConnReplied, flow.ConnReplied | flow.ConnEnded}
		if !slices.Equal(got, want) || s.counts.Events != 3 || s.counts.Malformed != 2 {
			t.Errorf("told %v, want %v; %+v", got, want, s.counts)
		}
		if sum := s.books.flows[title{quiet.orig, packet.ProtoUDP}]; sum.packets != [2]uint64{7, 7} {
			t.Errorf("%d packets", sum.packets)
		}
	}
}

func TestParseStats(t *testing.T) {
	o := hostOrder()
	good := append([]byte{0, 0, 0, 0}, attribute(o, 1, be32(1234))...)
	tests := []struct {
		name string
		b    []byte
		want int // -1 for an error
	}{
		{"answer", datagram(o, messageStats, 2, 1, good), 1234},
		{"more than can be", datagram(o, messageStats, 2, 1, append([]byte{0, 0, 0, 0}, attribute(o, 1, be32(1<<32-1))...)), 1<<31 - 1},
		{"nothing", nil, -1},
		{"no number", datagram(o, messageStats, 2, 1, good[:4]), -1},
		{"half a number", datagram(o, messageStats, 2, 1, append([]byte{0, 0, 0, 0}, attribute(o, 1, be16(1))...)), -1},
		{"another answer", datagram(o, messageNew, 2, 1, good), -1},
		{"an acknowledgement", datagram(o, messageError, 0, 1, make([]byte, 4)), -1},
		{"short", datagram(o, messageStats, 2, 1, []byte{0}), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseStats(tt.b, o)
			if err != nil {
				got = -1
			}
			if got != tt.want {
				t.Errorf("%d, %v; want %d", got, err, tt.want)
			}
		})
	}
	refused := make([]byte, 4)
	o.puts().PutUint32(refused, uint32(0xffffffff)) // -EPERM
	if _, err := parseStats(datagram(o, messageError, 0, 1, refused), o); !errors.Is(err, syscall.EPERM) || errors.Is(err, errNoAnswer) {
		t.Errorf("refused: %v", err)
	}
}

func TestPace(t *testing.T) {
	tests := []struct {
		name              string
		every, took, want time.Duration
	}{
		{"quick", 0, 10 * time.Millisecond, 5 * time.Second},
		{"long", 0, 500 * time.Millisecond, 32 * time.Second},
		{"very long", 0, 10 * time.Second, time.Minute},
		{"configured to be seldom", time.Hour, 10 * time.Second, time.Hour},
		{"out of range", -1, 0, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Every: tt.every}.withDefaults()
			if got := c.pace(tt.took); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	c := Config{MaxEntries: 1 << 30, Buffer: 1<<31 - 1}.withDefaults()
	if c.MaxEntries != maxTable || c.Buffer != maxBuffer || c.Now == nil || c.Broadcast == nil {
		t.Errorf("%+v", c)
	}
	c = Config{}.withDefaults()
	if c.MaxEntries != DefaultMaxEntries || c.Buffer != DefaultBuffer || c.Broadcast(new(packet.Addr)) {
		t.Errorf("%+v", c)
	}
}

func TestAdvise(t *testing.T) {
	tests := []struct {
		name         string
		acct, events int
		got          int
		want         []string
	}{
		{"all well", 1, 2, 200, nil},
		{"an old kernel", -1, -1, 200, nil},
		{"no counters", 0, 1, 200, []string{"nf_conntrack_acct=1"}},
		{"nothing", 0, 0, 50, []string{"nf_conntrack_acct=1", "nf_conntrack_events=1", "net.core.rmem_max"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := advise(tt.acct, tt.events, 100, tt.got)
			if (got == "") != (tt.want == nil) {
				t.Errorf("%q", got)
			}
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("%q does not name %s", got, w)
				}
			}
		})
	}
}

// FuzzRead has arbitrary datagrams read, in either byte order: nothing panics,
// the table stays within its bound, and nothing less than zero is counted.
func FuzzRead(f *testing.F) {
	for _, name := range recordings {
		// Message by message: a fuzzer is quicker with short seeds.
		for b := recorded(f, name); len(b) > 0; {
			_, rest, ok := nextMessage(b, littleEndian)
			if !ok {
				f.Fatal("the recording is malformed")
			}
			one := b[:len(b)-len(rest)]
			f.Add(one, false)
			f.Add(swapped(f, one), true)
			b = rest
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, big bool) {
		s := newScene(t, 8)
		for range 2 {
			s.readEvents(b, order(big))
			s.beginDump()
			s.readDump(b, order(big), recordedSeq)
			s.endDump(true)
			s.flush()
		}
		if s.table.count > 8 {
			t.Errorf("%d baselines", s.table.count)
		}
		parseStats(b, order(big))
		for _, c := range s.books.told {
			if c.Proto != packet.ProtoTCP && c.Proto != packet.ProtoUDP && c.Proto != packet.ProtoSCTP &&
				c.Proto != packet.ProtoUDPLite && c.Proto != protoDCCP && c.Orig.SrcPort|c.Orig.DstPort != 0 {
				t.Errorf("ports of protocol %d: %+v", c.Proto, c)
			}
			if c.Orig.Src.Is4() != c.Orig.Dst.Is4() {
				t.Errorf("two families: %+v", c)
			}
		}
	})
}

// fullDump returns datagrams of a dump of n entries, 128 in each, with counters
// of so many packets.
func fullDump(n int, packets uint64) (all [][]byte) {
	o := hostOrder()
	var b []byte
	for i := range n {
		e := udpEntry(uint32(i), packets)
		e.orig.Src[13], e.orig.Src[14] = byte(i>>16), byte(i>>8)
		e.reply.Dst = e.orig.Src
		b = append(b, datagram(o, messageNew, 2, recordedSeq, body(o, e, ipsSeenReply|ipsAssured))...)
		if i%128 == 127 || i == n-1 {
			all = append(all, b)
			b = nil
		}
	}
	return all
}

// discard is a sink that keeps nothing.
type discard struct{ *books }

func (discard) Connections([]flow.Connection) {}

func play(l *ledger, datagrams [][]byte) {
	l.at(began)
	l.beginDump()
	for _, b := range datagrams {
		l.readDump(b, hostOrder(), recordedSeq)
	}
	l.endDump(true)
	l.flush()
}

// TestNoAllocations reads entries, known and changed, and events without a single
// allocation.
func TestNoAllocations(t *testing.T) {
	cfg := Config{}.withDefaults()
	l := newLedger(&cfg, discard{})
	dumps := [][][]byte{fullDump(2000, 1), fullDump(2000, 2)}
	events := datagram(hostOrder(), messageNew, flagCreate, 0, body(hostOrder(), udpEntry(9, 0), 0))
	events = append(events, datagram(hostOrder(), messageDelete, 0, 0, body(hostOrder(), udpEntry(9, 3), 0))...)
	play(l, dumps[0])
	i := 0
	got := testing.AllocsPerRun(20, func() {
		i++
		play(l, dumps[i%2])
		l.readEvents(events, hostOrder())
	})
	if got != 0 {
		t.Errorf("%v allocations for 2,000 entries", got)
	}
}

// BenchmarkEntry reads a dump in which every entry moved, and one in which none
// did. A run is one entry.
func BenchmarkEntry(b *testing.B) {
	const n = 16384
	for _, bb := range []struct {
		name  string
		dumps [2][][]byte
	}{
		{"moving", [2][][]byte{fullDump(n, 1), fullDump(n, 2)}},
		{"idle", [2][][]byte{fullDump(n, 1), fullDump(n, 1)}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			cfg := Config{}.withDefaults()
			l := newLedger(&cfg, discard{})
			play(l, bb.dumps[0])
			b.ReportAllocs()
			i := 0
			for done := 0; done < b.N; done += n {
				i++
				play(l, bb.dumps[i%2])
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64((b.N+n-1)/n*n), "ns/entry")
		})
	}
}
