package pcap

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"weir/internal/packet"
)

// FuzzReader reads whatever comes and checks that each frame is within what was
// read, that reading ends, and that memory does not follow the claimed lengths.
func FuzzReader(f *testing.F) {
	for _, format := range []string{"pcap", "pcapng"} {
		s := sample(format, 3)
		f.Add(s)
		f.Add(zip(f, s))
		f.Add(s[:len(s)-5])
	}
	for _, magic := range []uint32{0xa1b23c4d, 0xa1b2cd34, 0x1c0001ac} {
		f.Add(build(be).head(magic, 113).record(1, 2, make([]byte, 60)).b)
	}
	w := build(be).section()
	w.iface(1, 96, w.option(2, []byte("eth0")), w.option(9, []byte{0x94}), w.option(14, make([]byte, 8)))
	f.Add(w.oldPacket(0, 1, []byte("old")).simple(3, []byte("new")).block(5, make([]byte, 20)).section().b)

	rd, dst := new(Reader), make([]packet.Raw, 16)
	rd.in.buf = make([]byte, windowSize)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := rd.Reset(bytes.NewReader(data)); err != nil {
			return
		}
		plain := len(data) < 2 || data[0] != 0x1f
		var captured, frames int
		for {
			n, err := rd.Batch(dst)
			for i := range dst[:n] {
				r := &dst[i]
				captured += len(r.Data)
				if len(r.Data) > MaxFrame || r.Len < uint32(len(r.Data)) || r.Time < 0 || r.Time > maxTime {
					t.Fatalf("frame out of bounds: %d bytes of %d, time %d", len(r.Data), r.Len, r.Time)
				}
				if !r.Link.Supported() || int(r.Iface) >= len(rd.Interfaces()) {
					t.Fatalf("frame of interface %d with %s", r.Iface, r.Link)
				}
			}
			frames += n
			if err != nil {
				break
			}
			if n == 0 {
				t.Fatal("neither frames nor an error")
			}
			if plain && (captured > len(data) || frames > len(data)/16) {
				t.Fatalf("%d frames of %d bytes from %d bytes", frames, captured, len(data))
			}
		}
		if len(rd.in.buf) != windowSize || len(rd.Interfaces()) > MaxInterfaces {
			t.Fatalf("grown to %d bytes and %d interfaces", len(rd.in.buf), len(rd.Interfaces()))
		}
	})
}

// TestMemoryIsBounded reads captures that claim and repeat much.
func TestMemoryIsBounded(t *testing.T) {
	interfaces := build(le)
	for range 50_000 {
		interfaces.section().iface(1, 0, interfaces.option(2, []byte("eth0")))
	}
	bomb := zip(t, sample("pcap", 1), make([]byte, 64<<20)) // zeroes read as empty frames
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"many sections", interfaces.b},
		{"gzip bomb", bomb},
		{"a block of 4 GiB", append(build(le).section().b, build(le).u32(0xbad, 1<<32-4).b...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rd, err := NewReader(bytes.NewReader(tt.data))
			if err != nil {
				t.Fatal(err)
			}
			dst := make([]packet.Raw, 256)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for err == nil {
				_, err = rd.Batch(dst)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if err != io.EOF && err != ErrTruncated {
				t.Errorf("ended with %v", err)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<10 {
				t.Errorf("grown by %d bytes", grown)
			}
			runtime.KeepAlive(rd)
		})
	}
}
