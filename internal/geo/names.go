package geo

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Names are in blocks of namesPerBlock, in the order of their values: a byte for
// the length, and the name; the block deflated. What tells where a block begins is
// an offset in the content, one more than there are blocks.

// inflater reads one name. It is 44 kB.
type inflater struct {
	flate  io.ReadCloser
	source blockSource
	buf    [maxName + 1]byte
}

// blockSource reads the content of a table from at to end.
type blockSource struct {
	t       *table
	at, end int64
	buf     [256]byte
	have    []byte
}

// Read and ReadByte make flate read from it directly.
func (b *blockSource) Read(dst []byte) (int, error) {
	if len(b.have) == 0 {
		n := min(int64(len(b.buf)), b.end-b.at)
		if n <= 0 {
			return 0, io.EOF
		}
		b.t.mu.Lock()
		ok := b.t.pages.copy(b.buf[:n], b.at)
		b.t.mu.Unlock()
		if !ok {
			return 0, errDamaged
		}
		b.have, b.at = b.buf[:n], b.at+n
	}
	n := copy(dst, b.have)
	b.have = b.have[n:]
	return n, nil
}

func (b *blockSource) ReadByte() (byte, error) {
	if len(b.have) > 0 {
		c := b.have[0]
		b.have = b.have[1:]
		return c, nil
	}
	var one [1]byte
	_, err := io.ReadFull(b, one[:])
	return one[0], err
}

// inflaterPool keeps inflaters while names are asked for; the garbage collector
// frees them when they are not.
type inflaterPool struct{ sync.Pool }

func (p *inflaterPool) get() *inflater {
	if i, ok := p.Get().(*inflater); ok {
		return i
	}
	return &inflater{flate: flate.NewReader(bytes.NewReader(nil))}
}

// appendName appends the name of a value to dst; nothing where there is none.
func (t *table) appendName(dst []byte, pool *inflaterPool, value uint32) []byte {
	if value == 0 || value >= t.head.values || t.head.nameAt == 0 {
		return dst
	}
	in := pool.get()
	defer pool.Put(in)
	name, err := in.name(t, value)
	if err != nil {
		t.pages.damaged.Add(1)
		return dst
	}
	return append(dst, name...)
}

// name returns the name of a value, valid until in is used again.
func (in *inflater) name(t *table, value uint32) ([]byte, error) {
	index := in.buf[:8]
	t.mu.Lock()
	ok := t.pages.copy(index, int64(t.head.nameAt)+int64(value/namesPerBlock)*4)
	t.mu.Unlock()
	if !ok {
		return nil, errDamaged
	}
	in.source = blockSource{t: t, at: int64(binary.LittleEndian.Uint32(index)), end: int64(binary.LittleEndian.Uint32(index[4:]))}
	if err := in.flate.(flate.Resetter).Reset(&in.source, nil); err != nil {
		return nil, err
	}
	for i := value % namesPerBlock; ; i-- {
		if _, err := io.ReadFull(in.flate, in.buf[:1]); err != nil {
			return nil, err
		}
		name := in.buf[1 : 1+int(in.buf[0])]
		if _, err := io.ReadFull(in.flate, name); err != nil {
			return nil, err
		}
		if i == 0 {
			if !utf8.Valid(name) {
				return nil, errDamaged
			}
			return name, nil
		}
	}
}

// encodeNames returns the blocks of names, and where each begins and the last one
// ends, counted from the first.
func encodeNames(names []string) (blocks []byte, starts []uint32, err error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, nil, err
	}
	for len(names) > 0 {
		starts = append(starts, uint32(out.Len()))
		w.Reset(&out)
		n := min(len(names), namesPerBlock)
		for _, name := range names[:n] {
			if len(name) > maxName {
				return nil, nil, fmt.Errorf("name %q is longer than %d bytes", name, maxName)
			}
			// A write into memory does not fail.
			_, _ = w.Write([]byte{byte(len(name))})
			_, _ = io.WriteString(w, name)
		}
		if err := w.Close(); err != nil {
			return nil, nil, err
		}
		names = names[n:]
	}
	return out.Bytes(), append(starts, uint32(out.Len())), nil
}

// cleanName returns a name as it may be shown and stored: valid UTF-8 without
// control characters, spaces joined, at most maxName bytes.
func cleanName(s string) string {
	var b []byte
	space := false
	for _, r := range s {
		if r == ' ' || !unicode.IsPrint(r) && r != utf8.RuneError {
			space = len(b) > 0
			continue
		}
		if r == utf8.RuneError {
			r = '?'
		}
		if space && len(b)+1+utf8.UTFMax <= maxName {
			b = append(b, ' ')
		}
		space = false
		if len(b)+utf8.RuneLen(r) > maxName {
			break
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}
