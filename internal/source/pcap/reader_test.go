package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"weir/internal/packet"
)

// frame is a packet.Raw whose data are its own.
type frame struct {
	Time  int64
	Data  string
	Len   uint32
	Link  packet.LinkType
	Iface uint8
}

// collect reads frames until there is an error and returns both.
func collect(t *testing.T, r io.Reader) ([]frame, error) {
	t.Helper()
	rd, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	return drain(t, rd)
}

func drain(t *testing.T, rd *Reader) ([]frame, error) {
	t.Helper()
	var all []frame
	var dst [3]packet.Raw
	for {
		n, err := rd.Batch(dst[:])
		for _, r := range dst[:n] {
			all = append(all, frame{r.Time, string(r.Data), r.Len, r.Link, r.Iface})
		}
		if (n == 0) != (err != nil) {
			t.Fatalf("Batch returned %d frames and error %v", n, err)
		}
		if err != nil {
			if _, again := rd.Batch(dst[:]); again != err {
				t.Errorf("error %v became %v", err, again)
			}
			return all, err
		}
	}
}

func TestDialects(t *testing.T) {
	const sec = 1_700_000_000
	at := func(ns int64) int64 { return sec*1e9 + ns }
	kuznetsov := make([]byte, 8)
	tests := []struct {
		name         string
		magic        uint32
		major, minor uint16
		preface      []byte
		a, b         uint32 // captured and original length as they are written
		extra        []byte // rest of the record header
		time         int64
	}{
		{name: "microseconds", magic: 0xa1b2c3d4, major: 2, minor: 4, a: 3, b: 9, time: at(7000)},
		{name: "nanoseconds", magic: 0xa1b23c4d, major: 2, minor: 4, a: 3, b: 9, time: at(7)},
		{name: "modified", magic: 0xa1b2cd34, major: 2, minor: 4, a: 3, b: 9, extra: kuznetsov, time: at(7000)},
		{name: "navtel", magic: 0xa12b3c4d, major: 2, minor: 4, a: 3, b: 9, time: at(7000)},
		{name: "ixia hardware", magic: 0x1c0001ac, major: 2, minor: 4, preface: make([]byte, 4), a: 3, b: 9, time: at(7)},
		{name: "ixia software", magic: 0x1c0001ab, major: 2, minor: 4, preface: make([]byte, 4), a: 3, b: 9, time: at(7)},
		{name: "version 2.3, swapped", magic: 0xa1b2c3d4, major: 2, minor: 3, a: 9, b: 3, time: at(7000)},
		{name: "version 2.3, not swapped", magic: 0xa1b2c3d4, major: 2, minor: 3, a: 3, b: 9, time: at(7000)},
		{name: "version 2.2", magic: 0xa1b2c3d4, major: 2, minor: 2, a: 9, b: 3, time: at(7000)},
		{name: "version 543.0", magic: 0xa1b2c3d4, major: 543, a: 9, b: 3, time: at(7000)},
	}
	for _, tt := range tests {
		for _, o := range []binary.AppendByteOrder{le, be} {
			t.Run(tt.name+" "+o.String(), func(t *testing.T) {
				w := build(o).u32(tt.magic).u16(tt.major, tt.minor).u32(0, 0, 65535, 0x5400_0000|1).raw(tt.preface)
				for _, data := range []string{"abc", "def"} {
					w.u32(sec, 7, tt.a, tt.b).raw(tt.extra).raw([]byte(data))
				}
				got, err := collect(t, bytes.NewReader(w.b))
				if err != io.EOF {
					t.Errorf("ended with %v", err)
				}
				want := []frame{{tt.time, "abc", 9, 1, 0}, {tt.time, "def", 9, 1, 0}}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestClassicLimits(t *testing.T) {
	tests := []struct {
		name          string
		captured, len uint32
		data          int
		wantLen       uint32
		want          string // of the error
	}{
		{name: "nothing captured", len: 60, wantLen: 60, want: "EOF"},
		{name: "captured more than there was", captured: 8, len: 4, data: 8, wantLen: 8, want: "EOF"},
		{name: "largest", captured: MaxFrame, len: MaxFrame, data: MaxFrame, wantLen: MaxFrame, want: "EOF"},
		{name: "too large", captured: MaxFrame + 1, len: MaxFrame + 1, data: MaxFrame + 1,
			want: "damaged capture: record 2: captured length 262145 is above the limit of 262144 bytes"},
		{name: "absurd", captured: 1<<32 - 1, len: 1<<32 - 1,
			want: "damaged capture: record 2: captured length 4294967295 is above the limit of 262144 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := build(le).head(0xa1b2c3d4, 1).record(1, 0, []byte("first"))
			w.u32(2, 0, tt.captured, tt.len).raw(make([]byte, tt.data))
			got, err := collect(t, bytes.NewReader(w.b))
			if err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if len(got) == 0 || got[0].Data != "first" {
				t.Fatalf("the frame before is missing: %v", got)
			}
			if tt.wantLen == 0 {
				return
			}
			if len(got) != 2 || got[1].Len != tt.wantLen || len(got[1].Data) != tt.data {
				t.Errorf("got %d frames, the last of length %d", len(got), got[len(got)-1].Len)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name, input, want string
		is                error
	}{
		{"empty", "", "not a capture file (pcap or pcapng expected): it is empty", ErrNotCapture},
		{"short", "abc", "not a capture file (pcap or pcapng expected)", ErrNotCapture},
		{"text", "hello, world\n", "not a capture file (pcap or pcapng expected)", ErrNotCapture},
		{"zstd", "\x28\xb5\x2f\xfd....", "not a capture file (pcap or pcapng expected): it is zstd compressed: decompress it first", ErrNotCapture},
		{"gzip of text", string(zip(t, []byte("hello, world\n"))), "not a capture file (pcap or pcapng expected)", ErrNotCapture},
		{"gzip of gzip", string(zip(t, zip(t, []byte("hello")))), "not a capture file (pcap or pcapng expected): it is gzip compressed twice: decompress it first", ErrNotCapture},
		{"half a header", string(build(le).head(0xa1b2c3d4, 1).b[:20]), "file header: capture is cut short: it ends in the middle of a record", ErrTruncated},
		{"half a gzip header", "\x1f\x8b\x08\x00", "capture is cut short: it ends in the middle of a record", ErrTruncated},
		{"named link type", string(build(le).head(0xa1b2c3d4, 127).b), "link type 127 (ieee-802.11-radiotap) is not supported", nil},
		{"other link type", string(build(be).head(0xa1b2c3d4, 107).b), "link type 107 is not supported", nil},
		{"version", string(build(le).u32(0xa1b2c3d4).u16(3, 0).u32(0, 0, 0, 1).b), "unsupported pcap version 3.0", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewReader(strings.NewReader(tt.input))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is not %v", err, tt.is)
			}
		})
	}
}

// sample is a capture of both formats with n frames.
func sample(name string, n int) []byte {
	w := build(le)
	if name == "pcap" {
		w.head(0xa1b2c3d4, 1)
		for i := range n {
			w.record(uint32(i), 0, bytes.Repeat([]byte{byte(i)}, 20+i*5))
		}
		return w.b
	}
	w.section().iface(1, 0)
	for i := range n {
		w.packet(0, uint64(i)*1e6, bytes.Repeat([]byte{byte(i)}, 20+i*5))
		w.block(5, make([]byte, 40)) // statistics, which nobody reads
	}
	return w.b
}

func TestCutAnywhere(t *testing.T) {
	for _, format := range []string{"pcap", "pcapng"} {
		whole := sample(format, 5)
		want, err := collect(t, bytes.NewReader(whole))
		if len(want) != 5 || err != io.EOF {
			t.Fatalf("%s: %d frames, %v", format, len(want), err)
		}
		ends := 0
		for cut := 32; cut < len(whole); cut++ {
			got, err := collect(t, bytes.NewReader(whole[:cut]))
			if err == io.EOF {
				ends++
			} else if err != ErrTruncated {
				t.Fatalf("%s cut at %d: %v", format, cut, err)
			}
			if diff := cmp.Diff(want[:len(got)], got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s cut at %d: %s", format, cut, diff)
			}
			// A record is delivered as soon as its last byte is there.
			if more, _ := collect(t, bytes.NewReader(whole[:cut+1])); len(more) < len(got) || len(more) > len(got)+1 {
				t.Fatalf("%s: %d frames of %d bytes, %d of one byte more", format, len(got), cut, len(more))
			}
		}
		// Only between two records does a capture end cleanly.
		if most := map[string]int{"pcap": 4, "pcapng": 11}[format]; ends == 0 || ends > most {
			t.Errorf("%s: %d of the cuts went unnoticed, at most %d are between records", format, ends, most)
		}
	}
}

func TestUnwillingReaders(t *testing.T) {
	broken := errors.New("cable pulled")
	for _, format := range []string{"pcap", "pcapng"} {
		whole := sample(format, 40)
		want, _ := collect(t, bytes.NewReader(whole))
		for _, tt := range []struct {
			name string
			r    io.Reader
			err  error
		}{
			{"byte by byte", iotest.OneByteReader(bytes.NewReader(whole)), io.EOF},
			{"halves", iotest.HalfReader(bytes.NewReader(whole)), io.EOF},
			{"data with the end", iotest.DataErrReader(bytes.NewReader(whole)), io.EOF},
			{"error at the end", io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(broken)), broken},
			{"nothing at the end", io.MultiReader(bytes.NewReader(whole), idle{}), io.ErrNoProgress},
			{"gzip", bytes.NewReader(zip(t, whole)), io.EOF},
			{"gzip members", bytes.NewReader(zip(t, whole[:100], nil, whole[100:300], whole[300:])), io.EOF},
			{"gzip byte by byte", iotest.OneByteReader(bytes.NewReader(zip(t, whole))), io.EOF},
		} {
			got, err := collect(t, tt.r)
			if err != tt.err {
				t.Errorf("%s, %s: ended with %v, want %v", format, tt.name, err, tt.err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: %s", format, tt.name, diff)
			}
		}
	}
}

// idle never has anything to say.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestBrokenGzip(t *testing.T) {
	whole := zip(t, sample("pcap", 200))
	cut := whole[:len(whole)-6]
	got, err := collect(t, bytes.NewReader(cut))
	if err != ErrTruncated || len(got) != 200 {
		t.Errorf("cut: %d frames, %v", len(got), err)
	}
	bad := bytes.Clone(whole)
	bad[len(bad)-6] ^= 1 // checksum
	got, err = collect(t, bytes.NewReader(bad))
	if err == nil || err.Error() != "gzip: invalid checksum" || len(got) != 200 {
		t.Errorf("bad checksum: %d frames, %v", len(got), err)
	}
}

// TestBatchDoesNotWait reads what a writer has written while it still writes.
func TestBatchDoesNotWait(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	whole := sample("pcap", 3)
	go w.Write(whole[:len(whole)-3]) // two frames and most of a third
	rd, err := NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	var dst [8]packet.Raw
	n, err := rd.Batch(dst[:])
	if n != 2 || err != nil {
		t.Fatalf("%d frames, %v", n, err)
	}
	go func() { w.Write(whole[len(whole)-3:]); w.Close() }()
	n, err = rd.Batch(dst[:])
	if n != 1 || err != nil || !bytes.Equal(dst[0].Data, bytes.Repeat([]byte{2}, 30)) {
		t.Fatalf("%d frames, %v", n, err)
	}
	if n, err = rd.Batch(dst[:]); n != 0 || err != io.EOF {
		t.Fatalf("%d frames, %v", n, err)
	}
}

func TestNext(t *testing.T) {
	rd, err := NewReader(bytes.NewReader(sample("pcapng", 3)))
	if err != nil {
		t.Fatal(err)
	}
	var raw packet.Raw
	for i := range 3 {
		if err := rd.Next(&raw); err != nil || raw.Time != int64(i)*1e9 || len(raw.Data) != 20+5*i {
			t.Errorf("frame %d: %+v, %v", i, raw, err)
		}
	}
	if err := rd.Next(&raw); err != io.EOF {
		t.Errorf("ended with %v", err)
	}
	if want := int64(len(sample("pcapng", 3))); rd.Offset() != want {
		t.Errorf("offset %d, want %d", rd.Offset(), want)
	}
}

// endless repeats the records of a capture after its header.
type endless struct {
	header, records []byte
	at              int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if len(e.header) > 0 {
		n = copy(p, e.header)
		e.header = e.header[n:]
		return n, nil
	}
	for n < len(p) {
		m := copy(p[n:], e.records[e.at:])
		n += m
		e.at = (e.at + m) % len(e.records)
	}
	return n, nil
}

func TestSteadyStateAllocs(t *testing.T) {
	for format, header := range map[string]int{"pcap": fileHeader, "pcapng": 28 + 20} {
		whole := sample(format, 100)
		rd, err := NewReader(&endless{header: whole[:header], records: whole[header:]})
		if err != nil {
			t.Fatal(err)
		}
		var dst [256]packet.Raw
		if n := testing.AllocsPerRun(500, func() {
			if n, err := rd.Batch(dst[:]); n == 0 || err != nil {
				t.Fatal(n, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a batch", format, n)
		}
	}
}

func TestReset(t *testing.T) {
	rd, err := NewReader(bytes.NewReader(sample("pcapng", 4)))
	if err != nil {
		t.Fatal(err)
	}
	if err := rd.Reset(strings.NewReader("nonsense")); !errors.Is(err, ErrNotCapture) {
		t.Errorf("error %v", err)
	}
	var raw packet.Raw
	if err := rd.Next(&raw); !errors.Is(err, ErrNotCapture) {
		t.Errorf("a refused input gave %v", err)
	}
	if err := rd.Reset(bytes.NewReader(sample("pcap", 4))); err != nil {
		t.Fatal(err)
	}
	got, err := drain(t, rd)
	if len(got) != 4 || err != io.EOF {
		t.Errorf("%d frames, %v", len(got), err)
	}
}
