package conntrack

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/flow"
	"weir/internal/packet"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

// described returns one line per message of a recording.
func described(tb testing.TB, b []byte, o order) string {
	tb.Helper()
	var out strings.Builder
	for len(b) > 0 {
		m, rest, ok := nextMessage(b, o)
		if !ok {
			tb.Fatal("malformed message")
		}
		b = rest
		fmt.Fprintf(&out, "type %#x flags %#x", m.typ, m.flags)
		if m.typ == messageNew || m.typ == messageDelete {
			var e entry
			if !e.parse(m.body, o) {
				tb.Fatalf("malformed entry % x", m.body)
			}
			fmt.Fprintf(&out, " id %08x proto %d zone %d mark %#x status %#x tcp %d\n\torig  %s\n\treply %s\n\tcounted %v packets %d bytes %d start %d stop %d",
				e.id, e.proto, e.zone, e.mark, e.status, e.tcp, ends(&e.orig), ends(&e.reply), e.counted, e.packets, e.bytes, e.start, e.stop)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func ends(t *flow.Tuple) string {
	return fmt.Sprintf("%v %d > %v %d", t.Src, t.SrcPort, t.Dst, t.DstPort)
}

// TestRecorded reads what a kernel said, as it said it and as a big-endian one
// would have.
func TestRecorded(t *testing.T) {
	for _, name := range recordings {
		t.Run(name, func(t *testing.T) {
			b := recorded(t, name)
			got := described(t, b, littleEndian)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(got, described(t, swapped(t, b), bigEndian)); diff != "" {
				t.Errorf("big-endian differs:\n%s", diff)
			}
		})
	}
}

// TestParse reads entries that this machine's kernel does not make: those that a
// flowtable forwards have neither CTA_TIMEOUT nor CTA_PROTOINFO.
func TestParse(t *testing.T) {
	with := func(change func(*entry)) *entry {
		e := udpEntry(7, 3)
		e.proto = packet.ProtoTCP
		change(e)
		return e
	}
	tests := []struct {
		name   string
		status uint32
		extra  func(order) []byte
		want   *entry
	}{
		{name: "offloaded in software", status: 0x4000 | ipsSeenReply | ipsAssured,
			want: with(func(e *entry) { e.status = flow.ConnReplied | flow.ConnAssured | flow.ConnOffloaded })},
		{name: "offloaded in hardware", status: 0xc000, want: with(func(e *entry) { e.status = flow.ConnOffloaded | flow.ConnHardware })},
		{name: "state of TCP", extra: func(o order) []byte {
			return attribute(o, ctaProtoinfo, attribute(o, ctaProtoinfoTCP, attribute(o, ctaProtoinfoTCPState, []byte{3})))
		}, want: with(func(e *entry) { e.tcp = flow.TCPEstablished })},
		{name: "state of TCP to come", extra: func(o order) []byte {
			return attribute(o, ctaProtoinfo, attribute(o, ctaProtoinfoTCP, attribute(o, ctaProtoinfoTCPState, []byte{200})))
		}, want: with(func(e *entry) {})},
		{name: "state of another protocol", extra: func(o order) []byte {
			return attribute(o, ctaProtoinfo, attribute(o, 3, attribute(o, 1, []byte{3})))
		}, want: with(func(e *entry) {})},
		{name: "times", extra: func(o order) []byte {
			return attribute(o, ctaTimestamp, attribute(o, ctaTimestampStart, be64(5)), attribute(o, ctaTimestampStop, be64(6)))
		}, want: with(func(e *entry) { e.start, e.stop = 5, 6 })},
		{name: "zone and mark", extra: func(o order) []byte {
			return append(attribute(o, ctaZone, be16(9)), attribute(o, ctaMark, be32(1<<31))...)
		}, want: with(func(e *entry) { e.zone, e.mark = 9, 1<<31 })},
		{name: "attribute to come", extra: func(o order) []byte { return attribute(o, 0x3fff, []byte("anything")) },
			want: with(func(e *entry) {})},
	}
	for _, tt := range tests {
		for _, o := range []order{littleEndian, bigEndian} {
			t.Run(fmt.Sprintf("%s, big-endian %v", tt.name, o), func(t *testing.T) {
				b := body(o, tt.want, tt.status)
				if tt.extra != nil {
					b = append(b, tt.extra(o)...)
				}
				got := entry{mark: 1, tcp: 2} // of the message before
				if !got.parse(b, o) {
					t.Fatal("refused")
				}
				if diff := cmp.Diff(*tt.want, got, cmp.AllowUnexported(entry{})); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
}

func TestParseMalformed(t *testing.T) {
	o := littleEndian
	good := body(o, udpEntry(1, 1), 0)
	without := func(typ uint16) []byte {
		b := append([]byte(nil), good[:familyHeader]...)
		for rest := good[familyHeader:]; len(rest) > 0; {
			got, _, more, _ := nextAttribute(rest, o)
			if got != typ {
				b = append(b, rest[:len(rest)-len(more)]...)
			}
			rest = more
		}
		return b
	}
	mixed := udpEntry(1, 1)
	tests := []struct {
		name string
		b    []byte
	}{
		{"nothing", nil},
		{"half a header", []byte{2, 0}},
		{"no attributes", []byte{2, 0, 0, 0}},
		{"no identity", without(ctaID)},
		{"no original tuple", without(ctaTupleOrig)},
		{"no reply tuple", without(ctaTupleReply)},
		{"cut short", good[:len(good)-4]},
		{"two protocols", append(without(ctaTupleReply), tuple(o, ctaTupleReply, mixed.reply, packet.ProtoTCP)...)},
		{"short identity", append(without(ctaID), attribute(o, ctaID, []byte{1})...)},
		{"long counters", append(good, attribute(o, ctaCountersOrig, attribute(o, ctaCountersBytes, make([]byte, 16)))...)},
		{"broken counters", append(good, attribute(o, ctaCountersOrig, []byte{0xff, 0xff, 0, 0})...)},
		{"broken times", append(good, attribute(o, ctaTimestamp, []byte{1, 0, 0, 0})...)},
		{"short stop", append(good, attribute(o, ctaTimestamp, attribute(o, ctaTimestampStop, be32(1)))...)},
		{"broken state", append(good, attribute(o, ctaProtoinfo, []byte{3, 0, 0, 0})...)},
		{"long state", append(good, attribute(o, ctaProtoinfo, attribute(o, ctaProtoinfoTCP, attribute(o, ctaProtoinfoTCPState, be16(3))))...)},
		{"short zone", append(good, attribute(o, ctaZone, []byte{1})...)},
		{"short mark", append(good, attribute(o, ctaMark, be16(1))...)},
		{"short status", append(good, attribute(o, ctaStatus, be16(1))...)},
		{"long IPv6 address", append(good, attribute(o, ctaTupleOrig, attribute(o, ctaTupleIP, attribute(o, ctaIPv6Src, make([]byte, 17))))...)},
		{"short IPv4 address", append(good, attribute(o, ctaTupleOrig, attribute(o, ctaTupleIP, attribute(o, ctaIPv4Dst, be16(1))))...)},
		{"two families", append(good, attribute(o, ctaTupleOrig, attribute(o, ctaTupleIP, attribute(o, ctaIPv6Dst, make([]byte, 16))))...)},
		{"long protocol", append(good, attribute(o, ctaTupleOrig, attribute(o, ctaTupleProto, attribute(o, ctaProtoNum, be16(6))))...)},
		{"short port", append(good, attribute(o, ctaTupleOrig, attribute(o, ctaTupleProto, attribute(o, ctaProtoSrcPort, []byte{6})))...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A copy of exact size, so that reading beyond its end panics.
			if new(entry).parse(append([]byte(nil), tt.b...), o) {
				t.Error("accepted")
			}
		})
	}
	if !new(entry).parse(good, o) {
		t.Error("the entry that these are made of is refused")
	}
}
