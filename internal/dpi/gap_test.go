package dpi

import (
	"strings"
	"testing"

	"weir/internal/packet"
)

// What comes behind a gap that nothing fills is seen as if the connection had been
// joined there.
func TestGapIsGivenUp(t *testing.T) {
	in := NewInspector(Config{Flows: 1, Streams: 1})
	h := in.Open(packet.ProtoTCP)
	show := func(s segment) (Result, Facts) {
		var f Facts
		s.fromClient = true
		return in.Inspect(h, s.packet(), true, &f), f
	}
	show(segment{flags: packet.SYN, seq: 99})
	for i := range uint32(maxEarly) {
		if r, _ := show(segment{seq: 200 + 10*i, text: "0123456789"}); r.Protocol != NoProtocol || r.Done {
			t.Fatalf("segment %d behind the gap: %+v", i, r)
		}
	}
	if len(in.streams)-len(in.idle) != 1 {
		t.Errorf("nothing is kept while the gap may be filled")
	}
	r, f := show(segment{seq: 200 + 10*maxEarly, text: "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"})
	if r.Protocol != HTTP || string(f.Host) != "example.com" {
		t.Errorf("behind the gap: %+v host %q", r, f.Host)
	}
	if len(in.idle) != len(in.streams) {
		t.Errorf("what was kept for the gap is still kept")
	}
}

// A gap that is filled in time leaves no mark.
func TestGapIsFilled(t *testing.T) {
	in := NewInspector(Config{Flows: 1, Streams: 1})
	h := in.Open(packet.ProtoTCP)
	var f Facts
	var r Result
	for _, s := range []segment{
		{flags: packet.SYN, seq: 99}, {seq: 106, text: "HTTP/1.1\r\n"}, {seq: 116, text: "Host: example.com\r\n"}, {seq: 134, text: "\r\n"}, {seq: 100, text: "GET / "},
	} {
		r = in.Inspect(h, s.packet(), true, &f)
	}
	if r.Protocol != HTTP || string(f.Host) != "example.com" || in.states[h].early[0] != 0 {
		t.Errorf("%+v host %q", r, f.Host)
	}
}

// Segments that are sent again and again end an inspection, too.
func TestRepetitionEnds(t *testing.T) {
	in := NewInspector(Config{Flows: 1, Streams: 1})
	h := in.Open(packet.ProtoTCP)
	var f Facts
	for i := range maxPackets {
		r := in.Inspect(h, segment{fromClient: true, seq: 1, text: "\x16\x03\x01"}.packet(), true, &f)
		if r.Done != (i == maxPackets-1) {
			t.Fatalf("segment %d: %+v", i, r)
		}
	}
	if in.Stats().Undecided != 0 || len(in.idle) != len(in.streams) {
		t.Errorf("%+v, %d of %d streams free", in.Stats(), len(in.idle), len(in.streams))
	}
}

// A message for which there is no room left over leaves no gap: what follows it is
// the next segment.
func TestFullStreamGoesOn(t *testing.T) {
	in := NewInspector(Config{Flows: 1, Streams: 1})
	h := in.Open(packet.ProtoTCP)
	var f Facts
	seq := uint32(100)
	in.Inspect(h, segment{fromClient: true, flags: packet.SYN, seq: seq - 1}.packet(), true, &f)
	text := "GET / HTTP/1.1\r\nHost: example.com\r\nX: " + strings.Repeat("x", 961)
	for seq < 100+streamBytes {
		if r := in.Inspect(h, segment{fromClient: true, seq: seq, text: text}.packet(), true, &f); r.Done {
			t.Fatal("decided before the room ends")
		}
		seq += uint32(len(text))
		text = strings.Repeat("x", 1000)
	}
	if got := in.states[h].due[0]; got != seq {
		t.Errorf("the next segment is awaited at %d, it comes at %d", got, seq)
	}
}
