package archive

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"weir/internal/rollup"
)

// FuzzReader reads hostile backups: it ends, it stays within its memory, and
// blocks come out sound or not at all. A segment of the same bytes can be written
// to afterwards.
func FuzzReader(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "backup-2.seg"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:len(golden)-3])
	f.Add(append(bytes.Clone(golden), golden...))
	f.Add([]byte(magic))
	for _, raw := range [][]byte{{1}, appendRecord(nil, &Record{Kind: kindNames, Start: 1 << 40, Data: []byte("\x01a")}), bytes.Repeat([]byte{0}, maxRaw)} {
		p := &packer{}
		chunk := p.chunk(&codec, raw, 0, 0, 0)
		f.Add(append([]byte(magic), chunk...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(bytes.NewReader(data), codec)
		for n := 0; ; n++ {
			rec, err := r.Next()
			if err == io.EOF || errors.Is(err, ErrForeign) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if n > len(data)*1100 {
				t.Fatal("more records than bytes can hold")
			}
			if len(rec.Data) > MaxData || len(rec.Key) > MaxKey {
				t.Fatalf("record of %d and %d bytes", len(rec.Key), len(rec.Data))
			}
			if !rec.block() || rec.Kind == KindFlow {
				continue
			}
			block, err := mapBlock(nil, rec.Kind, rec.Data, r.Names(rec, func(string) uint32 { return 1 }))
			if err != nil {
				continue
			}
			it := rollup.NewIter(block)
			for it.Next() {
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
		}
		if cap(r.raw) > maxRaw || cap(r.scan.buf) > maxPacked+trailerLen || len(r.names.list) > maxNames || len(r.scan.losses) > maxLosses {
			t.Fatal("out of bounds")
		}
		d := newDisk(1)
		d.files[fileName(Identity, 0, 0)] = &diskFile{data: data}
		a, _, err := openIn(d, "", Options{Codec: codec})
		if err != nil {
			t.Fatal(err)
		}
		b, err := a.Begin(storyBegin)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(Identity, Record{Kind: KindDevice, Key: "new", Data: []byte("1")}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		found := false
		if _, err := a.Read(func(_ *Reader, rec Record) error { found = found || rec.Key == "new"; return nil }); err != nil || !found {
			t.Fatal(found, err)
		}
	})
}

// TestBomb reads a stream of chunks that are each 64 times what they take: memory
// stays what one chunk takes.
func TestBomb(t *testing.T) {
	p := &packer{}
	chunk := bytes.Clone(p.chunk(&codec, appendRecord(nil, &Record{Kind: KindDevice, Data: make([]byte, MaxData)}), 0, 0, 0))
	lies := bytes.Clone(chunk)
	h, _ := parseHeader(lies)
	h.raw = 1000 // less than there is
	appendHeader(lies[:0], h)
	const chunks = 200
	stream := []io.Reader{bytes.NewReader([]byte(magic))}
	for i := range chunks {
		if i%2 == 0 {
			stream = append(stream, bytes.NewReader(chunk))
		} else {
			stream = append(stream, bytes.NewReader(lies))
		}
	}
	p = nil
	r := NewReader(io.MultiReader(stream...), codec)
	most, n := uint64(0), 0
	base := heap()
	for ; ; n++ {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if n%10 == 0 {
			most = max(most, heap()-min(base, heap()))
		}
	}
	lost, losses := r.Lost()
	if n != chunks/2 || lost != chunks/2 || len(losses) != maxLosses {
		t.Errorf("%d records, %d losses, %d told", n, lost, len(losses))
	}
	if most > 1<<20 {
		t.Errorf("%d bytes while reading", most)
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
