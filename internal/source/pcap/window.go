package pcap

import (
	"encoding/binary"
	"io"
	"math/bits"
)

const (
	// windowSize holds the largest record that is accepted, and then some, so that
	// a record always fits whole.
	windowSize = 512 << 10
	// readSize is the most that is read at once: enough for the system calls not to
	// matter, little enough for the bytes to be in the processor's cache still when
	// they are decoded, and for a small file to touch little memory.
	readSize = 128 << 10
	// maxEmptyReads is how often a reader may return nothing without an error.
	maxEmptyReads = 100
)

// order is the byte order of a capture; true is big endian.
type order bool

func (o order) u16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if o {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (o order) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if o {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (o order) u64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if o {
		v = bits.ReverseBytes64(v)
	}
	return v
}

// window is the part of the input that is in memory. Its buffer never grows.
type window struct {
	src      io.Reader
	buf      []byte
	pos, end int    // buf[pos:end] is not decoded yet
	skip     uint64 // input bytes after end that nobody wants
}

// unread returns what is in memory and not decoded yet.
func (w *window) unread() []byte { return w.buf[w.pos:w.end] }

// drop passes over the next n bytes, whether they are in memory or not.
func (w *window) drop(n uint64) {
	have := uint64(w.end - w.pos)
	if n <= have {
		w.pos += int(n)
		return
	}
	w.pos, w.skip = w.end, n-have
}

// fill reads once, blocking until there is something. What was decoded before
// is overwritten.
func (w *window) fill() error {
	if w.pos > 0 {
		w.end = copy(w.buf, w.buf[w.pos:w.end])
		w.pos = 0
	}
	for range maxEmptyReads {
		n, err := w.src.Read(w.buf[w.end:min(w.end+readSize, len(w.buf))])
		w.end += n
		if w.skip > 0 {
			skip := w.skip
			w.skip = 0
			w.drop(skip)
		}
		if n > 0 {
			return nil // an error that came along comes again
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// need fills until at least n undecoded bytes are in memory; n must be small.
func (w *window) need(n int) error {
	for w.end-w.pos < n {
		if err := w.fill(); err != nil {
			return err
		}
	}
	return nil
}

// counter counts what is read from r.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
