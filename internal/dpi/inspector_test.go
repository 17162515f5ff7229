package dpi

import (
	"testing"
	"unsafe"

	"weir/internal/packet"
)

// The budget of docs/architecture.md.
func TestStateIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(state{}); n > 200 {
		t.Errorf("an undecided flow takes %d bytes, want at most 200", n)
	}
}

// segment is a TCP segment of a client or server.
type segment struct {
	fromClient bool
	flags      uint8
	seq        uint32
	text       string
	length     uint32 // on the wire, 0 for len(text)
}

func (s segment) packet() *packet.Packet {
	p := &packet.Packet{Proto: packet.ProtoTCP, SrcPort: 40000, DstPort: 2022, TCPFlags: s.flags, Seq: s.seq, Payload: []byte(s.text), PayLen: uint32(len(s.text))}
	if s.length > 0 {
		p.PayLen = s.length
	}
	if !s.fromClient {
		p.SrcPort, p.DstPort = p.DstPort, p.SrcPort
	}
	return p
}

// What detectors see of a stream must not depend on how it was cut, repeated and
// shuffled on its way.
func TestStreamsAreArranged(t *testing.T) {
	tests := []struct {
		name     string
		keep     bool
		segments []segment
		want     []string // Payloads that a detector saw, in order
	}{
		{"one after the other", false, []segment{
			{flags: packet.SYN, seq: 99}, {seq: 100, text: "hello "}, {seq: 106, text: "world"},
		}, []string{"hello ", "world"}},
		{"kept", true, []segment{
			{flags: packet.SYN, seq: 99}, {seq: 100, text: "hello "}, {seq: 106, text: "world"},
		}, []string{"hello ", "hello world"}},
		{"sent again", true, []segment{
			{flags: packet.SYN, seq: 99}, {seq: 100, text: "hello "}, {seq: 100, text: "hello "}, {seq: 103, text: "lo world"},
		}, []string{"hello ", "hello world"}},
		{"out of order", false, []segment{
			{flags: packet.SYN, seq: 99}, {seq: 106, text: "world"}, {seq: 100, text: "hello "}, {seq: 111, text: "!"},
		}, []string{"hello world", "hello world!"}},
		{"joined in the middle", true, []segment{
			{seq: 5, text: "a"}, {seq: 6, text: "b"},
		}, []string{"a", "ab"}},
		{"sequence numbers wrap", true, []segment{
			{flags: packet.SYN, seq: 1<<32 - 3}, {seq: 1<<32 - 2, text: "abc"}, {seq: 1, text: "d"},
		}, []string{"abc", "abcd"}},
		{"cut by the snap length", true, []segment{
			{flags: packet.SYN, seq: 99}, {seq: 100, text: "abc", length: 10}, {seq: 110, text: "k"},
		}, []string{"abc", "k"}},
		{"far ahead", true, []segment{
			{flags: packet.SYN, seq: 99}, {seq: 100 + streamBytes, text: "far"}, {seq: 100, text: "a"},
		}, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := NewInspector(Config{Flows: 4, Streams: 2})
			h := in.Open(packet.ProtoTCP)
			st := &in.states[h]
			var got []string
			for _, seg := range tt.segments {
				p := seg.packet()
				s := &Segment{Proto: p.Proto, FromClient: true, Len: int(p.PayLen), st: st, in: in}
				if !in.arrange(s, p) {
					continue
				}
				got = append(got, string(s.Payload))
				if tt.keep {
					s.Keep()
				}
				st.took(s, p)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("saw %q, want %q", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("payload %d is %q, want %q", i, got[i], tt.want[i])
				}
			}
			in.Close(h)
			if len(in.idle) != len(in.streams) {
				t.Errorf("%d of %d streams are free after the end", len(in.idle), len(in.streams))
			}
		})
	}
}

func TestInspectorIsBounded(t *testing.T) {
	in := NewInspector(Config{Flows: 3, Streams: 1})
	var open []Handle
	for range 5 {
		if h := in.Open(packet.ProtoUDP); h != 0 {
			open = append(open, h)
		}
	}
	if len(open) != 3 || in.Stats().NoRoom != 2 {
		t.Fatalf("%d flows are open and %d had no room, want 3 and 2", len(open), in.Stats().NoRoom)
	}
	in.Close(open[1])
	in.Close(open[1]) // twice does no harm
	if h := in.Open(packet.ProtoTCP); h != open[1] {
		t.Errorf("the room of a closed flow is not used again")
	}
	if h := in.Open(packet.ProtoTCP); h != 0 {
		t.Errorf("a flow was closed once and its room given out twice")
	}
	if in.Open(packet.ProtoICMP) != 0 {
		t.Error("ICMP says what it is by itself")
	}
}

func TestFollow(t *testing.T) {
	in := NewInspector(Config{})
	h := in.Open(packet.ProtoTCP)
	var f Facts
	r := in.Inspect(h, segment{fromClient: true, seq: 1, text: "SSH-2.0-OpenSSH_9.6\r\n"}.packet(), true, &f)
	if r.Protocol != SSH || !r.New || r.Done || string(f.UserAgent) != "SSH-2.0-OpenSSH_9.6" {
		t.Errorf("after the client's line: %+v %q", r, f.UserAgent)
	}
	f = Facts{}
	r = in.Inspect(h, segment{seq: 1, text: "SSH-2.0-dropbear\r\n"}.packet(), false, &f)
	if r.Protocol != SSH || r.New || !r.Done || r.By != FromContent || string(f.Server) != "SSH-2.0-dropbear" {
		t.Errorf("after the server's line: %+v %q", r, f.Server)
	}
	if s := in.Stats(); s.Undecided != 0 || s.Decided != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestUnknownEnds(t *testing.T) {
	in := NewInspector(Config{})
	h := in.Open(packet.ProtoUDP)
	var f Facts
	for i := range maxPackets {
		p := &packet.Packet{Proto: packet.ProtoUDP, SrcPort: 5000, DstPort: 123, Payload: []byte{0x23}, PayLen: 48}
		if r := in.Inspect(h, p, true, &f); r.Done {
			if r.Protocol != NTP {
				t.Errorf("packet %d: %+v", i, r)
			}
			return
		}
	}
	t.Error("the inspection does not end")
}

// When too many flows are undecided, the one that is quiet longest is given up, not
// the one that comes last.
func TestQuietestIsGivenUp(t *testing.T) {
	in := NewInspector(Config{Flows: 3, Streams: 1})
	var h [3]Handle
	for i := range h {
		if q := in.Quietest(); q != 0 {
			t.Fatalf("no room for flow %d of 3", i)
		}
		h[i] = in.Open(packet.ProtoUDP)
	}
	var f Facts
	p := packet.Packet{Proto: packet.ProtoUDP, SrcPort: 40000, DstPort: 50000, Payload: []byte("?"), PayLen: 1}
	in.Inspect(h[0], &p, true, &f)
	for _, want := range []Handle{h[1], h[2], h[0]} {
		q := in.Quietest()
		if q != want {
			t.Fatalf("flow %d is quiet longest, want %d", q, want)
		}
		in.GiveUp(q)
		if got := in.Open(packet.ProtoUDP); got != q {
			t.Errorf("the room of flow %d is not used again", q)
		}
	}
	if n := in.Stats().NoRoom; n != 3 {
		t.Errorf("%d flows had no room, want 3", n)
	}
	if q := NewInspector(Config{Flows: -1}); q.Quietest() != 0 || q.Open(packet.ProtoTCP) != 0 {
		t.Error("an Inspector for no flows looks at one")
	}
}
