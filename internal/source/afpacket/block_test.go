package afpacket

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
)

// testFrame is one frame of a block that blockOf lays out as the kernel does.
type testFrame struct {
	sec, nsec uint32
	wire      uint32
	vlan      uint16
	valid     bool // the VLAN
	gsoType   byte
	gsoSize   uint16
	data      []byte
}

// blockOf returns a block of so many bytes which holds the frames.
func blockOf(size int, frames ...testFrame) []byte {
	o := binary.NativeEndian
	b := make([]byte, size)
	o.PutUint32(b[blockStatus:], statusUser)
	o.PutUint32(b[blockFrames:], uint32(len(frames)))
	o.PutUint32(b[blockFirst:], blockHeader)
	at := blockHeader
	for i, f := range frames {
		const mac = 92 // 48 + 20 for the address, aligned to 16, + 10, + what the kernel reserves
		h := b[at:]
		o.PutUint32(h[frameSec:], f.sec)
		o.PutUint32(h[frameNsec:], f.nsec)
		o.PutUint32(h[frameCaplen:], uint32(len(f.data)))
		o.PutUint32(h[frameLen:], f.wire)
		if f.valid {
			o.PutUint32(h[frameStatus:], statusUser|statusVLAN)
		}
		o.PutUint32(h[frameTCI:], uint32(f.vlan))
		o.PutUint16(h[frameMAC:], mac)
		h[mac-vnetHeader+vnetGSOType] = f.gsoType
		o.PutUint16(h[mac-vnetHeader+vnetGSOSize:], f.gsoSize)
		copy(h[mac:], f.data)
		next := (mac + len(f.data) + 7) &^ 7
		if i < len(frames)-1 {
			o.PutUint32(h[frameNext:], uint32(next))
		}
		at += next
	}
	return b
}

// walk reads a block to its end, in batches of n.
func walk(b *block, mem []byte, n int) (all []packet.Raw, broken uint32) {
	b.reset(mem)
	for {
		batch := make([]packet.Raw, n)
		got, bad := b.fill(batch)
		all, broken = append(all, batch[:got]...), broken+bad
		if got == 0 {
			return all, broken
		}
	}
}

func TestBlock(t *testing.T) {
	frames := []testFrame{
		{sec: 3_000_000_000, nsec: 999_999_999, wire: 1514, data: []byte("cut to this")},
		{sec: 1, wire: 3, vlan: 0xf014, valid: true, data: []byte("tag")},
		{sec: 2, wire: 3, vlan: 20, data: []byte("not")},
		{sec: 3, wire: 7306, gsoType: gsoTCPv4, gsoSize: 1448, data: []byte("tso")},
		{sec: 4, wire: 180022, gsoType: gsoTCPv6 | gsoECN, gsoSize: 1428, data: []byte("big tcp")},
		{sec: 5, wire: 3000, gsoType: gsoUDPL4, gsoSize: 1200, data: []byte("quic")},
		{sec: 6, wire: 3000, gsoType: 3, gsoSize: 1480, data: []byte("ufo")},
		{sec: 7, wire: 0, data: []byte("shorter on the wire than captured")},
	}
	mem := blockOf(4096, frames...)
	want := []packet.Raw{
		{Time: 3_000_000_000_999_999_999, Len: 1514},
		{Time: 1e9, Len: 3, VLAN: 20},
		{Time: 2e9, Len: 3},
		{Time: 3e9, Len: 7306, GSOSize: 1448},
		{Time: 4e9, Len: 180022, GSOSize: 1428},
		{Time: 5e9, Len: 3000, GSOSize: 1200},
		{Time: 6e9, Len: 3000},
		{Time: 7e9, Len: 33},
	}
	for i := range want {
		want[i].Data, want[i].Link, want[i].Iface = frames[i].data, packet.LinkEthernet, 9
		want[i].Weight, want[i].Whole = 100, true
	}
	for _, n := range []int{1, 3, 8, 256} {
		b := block{link: packet.LinkEthernet, iface: 9, vnet: true, weight: 100}
		got, broken := walk(&b, mem, n)
		if d := cmp.Diff(want, got); d != "" || broken != 0 {
			t.Errorf("in batches of %d, %d broken: %s", n, broken, d)
		}
	}
	t.Run("without vnet headers", func(t *testing.T) {
		b := block{link: packet.LinkRaw}
		got, _ := walk(&b, mem, 256)
		if got[3].GSOSize != 0 || got[3].Link != packet.LinkRaw {
			t.Errorf("got %+v", got[3])
		}
	})
	t.Run("data cannot grow over the next frame", func(t *testing.T) {
		b := block{}
		got, _ := walk(&b, mem, 256)
		if d := got[0].Data; cap(d) != len(d) {
			t.Errorf("capacity %d, length %d", cap(d), len(d))
		}
	})
}

func TestBrokenBlock(t *testing.T) {
	three := func() []byte {
		return blockOf(1024, testFrame{data: []byte("one")}, testFrame{data: []byte("two")}, testFrame{data: []byte("three")})
	}
	second := blockHeader + 96
	tests := []struct {
		name   string
		at     int
		value  uint32
		narrow bool // the value has 16 bits
		frames int
		broken uint32
	}{
		{name: "first frame beyond the block", at: blockFirst, value: 5000, broken: 3},
		{name: "first frame's header cut by the end", at: blockFirst, value: 1000, broken: 3},
		{name: "more frames than there are", at: blockFrames, value: 1 << 31, frames: 3, broken: 1024/frameHeader - 3},
		{name: "no way to the next", at: second + frameNext, value: 0, frames: 2, broken: 1},
		{name: "next beyond the block", at: second + frameNext, value: 1 << 20, frames: 2, broken: 1},
		{name: "next wraps around", at: second + frameNext, value: 1<<32 - 8, frames: 2, broken: 1},
		{name: "data in the header", at: second + frameMAC, value: 20, narrow: true, frames: 2, broken: 1},
		{name: "data beyond the block", at: second + frameMAC, value: 0xffff, narrow: true, frames: 2, broken: 1},
		{name: "more data than there is", at: second + frameCaplen, value: 1 << 31, frames: 2, broken: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mem := three()
			if tt.narrow {
				binary.NativeEndian.PutUint16(mem[tt.at:], uint16(tt.value))
			} else {
				binary.NativeEndian.PutUint32(mem[tt.at:], tt.value)
			}
			b := block{vnet: true}
			got, broken := walk(&b, mem, 2)
			if len(got) != tt.frames || broken != tt.broken {
				t.Errorf("%d frames and %d broken, want %d and %d", len(got), broken, tt.frames, tt.broken)
			}
		})
	}
}

// FuzzBlock walks any bytes as a block: every frame lies within, and no walk is
// longer than the block can hold.
func FuzzBlock(f *testing.F) {
	f.Add(blockOf(512, testFrame{wire: 60, data: []byte("one")}, testFrame{wire: 3000, gsoType: 1, gsoSize: 1448, data: []byte("two")}))
	f.Add(blockOf(256, testFrame{vlan: 20, valid: true, data: []byte("x")}))
	f.Fuzz(func(t *testing.T, mem []byte) {
		if len(mem) < blockHeader {
			return
		}
		b := block{vnet: true}
		b.reset(mem)
		batch := make([]packet.Raw, 16)
		for frames := 0; ; {
			n, _ := b.fill(batch)
			if n == 0 {
				return
			}
			if frames += n; frames > len(mem) {
				t.Fatalf("%d frames in %d bytes", frames, len(mem))
			}
			for _, r := range batch[:n] {
				if int(r.Len) < len(r.Data) || len(r.Data) > len(mem) || r.VLAN > vlanMask {
					t.Fatalf("frame %+v in %d bytes", r, len(mem))
				}
			}
		}
	})
}

func TestFillDoesNotAllocate(t *testing.T) {
	mem := blockOf(4096, testFrame{data: []byte("one")}, testFrame{data: []byte("two")})
	b, batch := block{vnet: true}, make([]packet.Raw, 8)
	if n := testing.AllocsPerRun(100, func() {
		b.reset(mem)
		b.fill(batch)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFill(b *testing.B) {
	frames := make([]testFrame, 90)
	for i := range frames {
		frames[i] = testFrame{wire: 1500, data: make([]byte, 256)}
	}
	mem := blockOf(32<<10, frames...)
	w, batch := block{vnet: true}, make([]packet.Raw, 256)
	for b.Loop() {
		w.reset(mem)
		if n, _ := w.fill(batch); n != len(frames) {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(frames)), "ns/frame")
}
