package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packetWithOption is an Enhanced Packet Block of a frame cut by 100 bytes, with options after it.
func (w *builder) packetWithOption(iface uint32, ticks uint64, data []byte) *builder {
	n := uint32(len(data))
	body := build(w.AppendByteOrder).u32(iface, uint32(ticks>>32), uint32(ticks), n, n+100).raw(data)
	body.raw(make([]byte, -len(data)&3)).raw(w.option(2, []byte{1, 2, 3, 4})).u32(0)
	return w.block(blockPacket, body.b)
}

// oldPacket is an obsolete Packet Block.
func (w *builder) oldPacket(iface uint16, ticks uint64, data []byte) *builder {
	n := uint32(len(data))
	body := build(w.AppendByteOrder).u16(iface, 0xffff).u32(uint32(ticks>>32), uint32(ticks), n, n).raw(data)
	return w.block(blockOldPacket, body.b)
}

// simple is a Simple Packet Block of a frame with wire bytes.
func (w *builder) simple(wire uint32, data []byte) *builder {
	return w.block(blockSimple, build(w.AppendByteOrder).u32(wire).raw(data).b)
}

func TestSections(t *testing.T) {
	// Two sections of opposite byte order, each with interfaces of its own.
	for _, orders := range [][2]binary.AppendByteOrder{{le, be}, {be, le}} {
		w := build(orders[0]).section()
		w.iface(1, 0, w.option(2, []byte("eth0")), w.option(9, []byte{9}))
		w.iface(101, 4, w.option(2, []byte("tun0\x00")), w.option(0, nil))
		w.packet(0, 1_500_000_000_000_000_001, []byte("ab"))
		w.block(0xbad, []byte("custom"))
		w.packetWithOption(1, 1_600_000_000_000_001, []byte("cdefg"))
		w.oldPacket(1, 1_600_000_000_000_002, []byte("hij"))
		w.simple(9, []byte("klmnopqrs"))

		v := build(orders[1]).section()
		v.iface(1, 0, v.option(2, []byte("tun0")))
		v.iface(1, 3)
		v.packet(0, 7, []byte("tu"))
		v.simple(2, []byte("vw"))

		rd, err := NewReader(bytes.NewReader(append(w.b, v.b...)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(t, rd)
		if err != io.EOF {
			t.Errorf("ended with %v", err)
		}
		want := []frame{
			{1_500_000_000_000_000_001, "ab", 2, 1, 0},
			{1_600_000_000_000_001_000, "cdefg", 105, 101, 1},
			{1_600_000_000_000_002_000, "hij", 3, 101, 1},
			{1_600_000_000_000_002_000, "klmnopqrs", 9, 1, 0},
			{7000, "tu", 2, 1, 1},
			{7000, "vw", 2, 1, 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		ifaces := []Interface{{Name: "eth0", Link: 1}, {Name: "tun0", Link: 101, SnapLen: 4}, {Name: "if1", Link: 1, SnapLen: 3}}
		if diff := cmp.Diff(ifaces, rd.Interfaces()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSimplePacketSnapLen(t *testing.T) {
	w := build(be).section().iface(1, 5).simple(9, []byte("klmnopqrs")).simple(3, []byte("abc"))
	got, err := collect(t, bytes.NewReader(w.b))
	if err != io.EOF {
		t.Errorf("ended with %v", err)
	}
	if diff := cmp.Diff([]frame{{0, "klmno", 9, 1, 0}, {0, "abc", 3, 1, 0}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTiming(t *testing.T) {
	const most = math.MaxUint64
	tests := []struct {
		name   string
		tsres  int // -1 for none
		offset int64
		ticks  uint64
		want   int64
	}{
		{"default", -1, 0, 1_700_000_000_123_456, 1_700_000_000_123_456_000},
		{"milliseconds", 3, 0, 1_700_000_000_123, 1_700_000_000_123_000_000},
		{"seconds", 0, 0, 1_700_000_000, 1_700_000_000_000_000_000},
		{"nanoseconds", 9, 0, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789},
		{"picoseconds", 12, 0, 5_999, 5},
		{"10^-28", 28, 0, most, 1},
		{"10^-29", 29, 0, most, 0},
		{"10^-127", 127, 0, most, 0},
		{"2^-1", 0x81, 0, 3, 1_500_000_000},
		{"2^-20", 0x94, 0, 1_700_000_000<<20 | 1<<19, 1_700_000_000_500_000_000},
		{"2^-32", 0xa0, 0, 1_700_000_000<<32 | 1<<30, 1_700_000_000_250_000_000},
		{"2^-64", 0xc0, 0, 1 << 63, 500_000_000},
		{"2^-127", 0xff, 0, most, 0},
		{"2^0", 0x80, 0, 12, 12_000_000_000},
		{"offset", 6, 1_700_000_000, 5, 1_700_000_000_000_005_000},
		{"offset backwards", 6, -5, 6_000_000, 1_000_000_000},
		{"before 1970", 6, -5, 4_000_000, 0},
		{"after 2106", 6, 0, most, maxTime},
		{"after 2106 in seconds", 0, 0, most, maxTime},
		{"after 2106 by its offset", 9, math.MaxInt64, 1 << 62, maxTime},
		{"before time", 9, math.MinInt64, 0, 0},
		{"overflow undone by offset", 9, -9_000_000_000, 9_100_000_000_000_000_000, 100_000_000_000_000_000},
		{"last of the plain products", 6, 0, uint64(maxTime) / 1000, maxTime},
		{"first after them", 6, 0, uint64(maxTime)/1000 + 1, maxTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, offsetFirst := range []bool{false, true} {
				w := build(le)
				var opts [][]byte
				if tt.tsres >= 0 {
					opts = append(opts, w.option(9, []byte{byte(tt.tsres)}))
				}
				if tt.offset != 0 {
					o := w.option(14, build(le).u64(uint64(tt.offset)).b)
					if offsetFirst {
						opts = append([][]byte{o}, opts...)
					} else {
						opts = append(opts, o)
					}
				}
				w.section().iface(1, 0, opts...).packet(0, tt.ticks, nil)
				got, err := collect(t, bytes.NewReader(w.b))
				if err != io.EOF || len(got) != 1 || got[0].Time != tt.want {
					t.Errorf("got %+v, %v; want time %d", got, err, tt.want)
				}
			}
		})
	}
}

func TestDamagedBlocks(t *testing.T) {
	start := func() *builder {
		w := build(le).section()
		return w.iface(1, 0).packet(0, 1, []byte("first"))
	}
	head := func(kind, size uint32) []byte { return build(le).u32(kind, size, 0, 0, 0, 0, 0, 0).b }
	tests := []struct {
		name  string
		bytes []byte
		want  string // after "damaged capture: record 4: "
	}{
		{"no length", head(6, 0), "block length 0 is too short"},
		{"short length", head(77, 11), "block length 11 is too short"},
		{"endless packet", head(6, 1<<32-1), "block length 4294967295 is above the limit of 327680 bytes"},
		{"endless section", build(le).u32(0x0a0d0d0a, 0xfffffffc, 0x1a2b3c4d).b, "block length 4294967292 is above the limit of 327680 bytes"},
		{"lengths differ", build(le).u32(6, 16, 0, 20).b, "block length is 16 before and 20 after the block"},
		{"no byte order", build(le).block(0x0a0d0d0a, make([]byte, 16)).b, "section header without a byte-order magic"},
		{"short section", build(le).block(0x0a0d0d0a, build(le).u32(byteOrderMagic).b).b, "section header of 4 bytes is too short"},
		{"new version", build(be).block(0x0a0d0d0a, build(be).u32(byteOrderMagic).u16(2, 1).u64(0).b).b, "unsupported pcapng version 2.1"},
		{"short interface", build(le).block(1, make([]byte, 4)).b, "interface description of 4 bytes is too short"},
		{"short packet", build(le).block(6, make([]byte, 16)).b, "packet block of 16 bytes is too short"},
		{"short old packet", build(le).block(2, make([]byte, 16)).b, "packet block of 16 bytes is too short"},
		{"short simple packet", build(le).block(3, nil).b, "packet block of 0 bytes is too short"},
		{"unknown interface", build(le).packet(1, 0, nil).b, "frame of interface 1, which is not described"},
		{"interface from nowhere", build(le).packet(1<<31, 0, nil).b, "frame of interface 2147483648, which is not described"},
		{"simple without interface", build(be).section().simple(4, make([]byte, 4)).b, "frame of interface 0, which is not described"},
		{"captured past the block", build(le).block(6, build(le).u32(0, 0, 0, 13, 13, 1, 2, 3).b).b, "captured length 13 is above the block's 12 bytes"},
		{"captured absurdly", build(le).block(6, build(le).u32(0, 0, 0, 1<<31, 13, 1, 2, 3).b).b, "captured length 2147483648 is above the limit of 262144 bytes"},
		{"option past the block", build(le).iface(1, 0, []byte{2, 0, 255, 255}).b, "option 2 of 65535 bytes leaves its block"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := collect(t, bytes.NewReader(append(start().b, tt.bytes...)))
			var damaged *FormatError
			if !errors.As(err, &damaged) || damaged.Detail != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if len(got) != 1 || got[0].Data != "first" {
				t.Errorf("the frame before is missing: %v", got)
			}
		})
	}
}

// TestSkipHugeBlock passes over a block that is larger than all memory of the
// reader, written with and without its padding counted.
func TestSkipHugeBlock(t *testing.T) {
	const size = 3*windowSize + 5
	for _, claimed := range []uint32{12 + size, 12 + size + 3} {
		w := build(le).section().iface(1, 0)
		w.u32(0x0bad, claimed).raw(make([]byte, size+3)).u32(claimed)
		w.packet(0, 0, []byte("after"))
		got, err := collect(t, bytes.NewReader(w.b))
		if err != io.EOF || len(got) != 1 || got[0].Data != "after" {
			t.Errorf("length %d: %v, %v", claimed, got, err)
		}
		if _, err = collect(t, bytes.NewReader(w.b[:len(w.b)/2])); err != ErrTruncated {
			t.Errorf("length %d, cut: %v", claimed, err)
		}
	}
}

func TestUnsupportedInterfaces(t *testing.T) {
	w := build(le).section()
	w.iface(127, 0, w.option(2, []byte("wlan0mon"))).iface(1, 0, w.option(2, []byte("eth0")))
	w.packet(0, 0, []byte("air")).simple(3, []byte("air"))
	rd, err := NewReader(bytes.NewReader(w.b))
	if err != nil {
		t.Fatal(err)
	}
	var link *LinkError
	if got, err := drain(t, rd); len(got) > 0 || !errors.As(err, &link) || link.Link != 127 {
		t.Errorf("all unsupported: %v, %v", got, err)
	}
	if rd.Skipped() != 2 {
		t.Errorf("%d skipped, want 2", rd.Skipped())
	}
	w.packet(1, 0, []byte("wire"))
	if err := rd.Reset(bytes.NewReader(w.b)); err != nil {
		t.Fatal(err)
	}
	if got, err := drain(t, rd); err != io.EOF || len(got) != 1 || got[0].Iface != 1 {
		t.Errorf("one supported: %v, %v", got, err)
	}
	want := []Interface{{Name: "wlan0mon", Link: 127, Skipped: 2}, {Name: "eth0", Link: 1}}
	if diff := cmp.Diff(want, rd.Interfaces()); diff != "" {
		t.Error(diff)
	}
}

func TestManyInterfaces(t *testing.T) {
	w := build(le).section()
	for i := range 100 {
		w.iface(1, 0, w.option(2, fmt.Appendf(nil, "eth%d", i))).packet(uint32(i), 0, []byte("x"))
	}
	w.section().iface(1, 0, w.option(2, []byte("eth5"))).packet(0, 0, []byte("x"))
	rd, err := NewReader(bytes.NewReader(w.b))
	if err != nil {
		t.Fatal(err)
	}
	got, err := drain(t, rd)
	if err != io.EOF || len(got) != 101 {
		t.Fatalf("%d frames, %v", len(got), err)
	}
	for i, f := range got {
		if want := min(i%95, MaxInterfaces-1); i < 95 && int(f.Iface) != want {
			t.Errorf("frame %d is of interface %d, want %d", i, f.Iface, want)
		}
	}
	if f := got[100]; f.Iface != 5 {
		t.Errorf("eth5 of the second section is interface %d", f.Iface)
	}
	ifaces := rd.Interfaces()
	if len(ifaces) != MaxInterfaces || ifaces[MaxInterfaces-1].Name != "other" {
		t.Errorf("%d interfaces, the last is %q", len(ifaces), ifaces[len(ifaces)-1].Name)
	}

	w = build(le).section()
	for range maxDescribed + 1 {
		w.iface(1, 0)
	}
	if _, err := collect(t, bytes.NewReader(w.b)); err == nil || !strings.Contains(err.Error(), "more than 4096 interfaces in one section") {
		t.Errorf("error %v", err)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"eth0":                    "eth0",
		"eth0\x00\x00":            "eth0",
		" Wi-Fi à la carte ":      "Wi-Fi à la carte",
		"\x1b[31mred\n":           "?[31mred?",
		"\xff\xfe":                "??",
		"\x00":                    "",
		strings.Repeat("n", 1000): strings.Repeat("n", maxName),
		`\Device\NPF_{2179B9E9-7A3B-4B2A-8D50-D2A4CB0C9B11}`: `\Device\NPF_{2179B9E9-7A3B-4B2A-8D50-D2A4CB0C9B11}`,
	} {
		if got := printable([]byte(in)); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}
