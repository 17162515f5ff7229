package pcap

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"weir/internal/packet"
)

// dialect is one way to write classic captures
// (draft-ietf-opsawg-pcap, and Wireshark's wiretap/libpcap.h for the others).
type dialect struct {
	magic   uint32 // in the writer's byte order
	nanos   bool   // fractions of a second are nanoseconds, not microseconds
	header  int    // bytes before each frame
	preface int    // bytes between the file header and the first record
}

var dialects = []dialect{
	{magic: 0xa1b2c3d4, header: 16},                          // everybody
	{magic: 0xa1b23c4d, header: 16, nanos: true},             // nanoseconds
	{magic: 0xa1b2cd34, header: 24},                          // Kuznetzov's patch: interface index, protocol, packet type
	{magic: 0xa12b3c4d, header: 16},                          // Navtel
	{magic: 0x1c0001ac, header: 16, nanos: true, preface: 4}, // Ixia lcap of hardware; 4 bytes say the file's size
	{magic: 0x1c0001ab, header: 16, nanos: true, preface: 4}, // Ixia lcap of software
}

const fileHeader = 24

// dialectOf finds the dialect of a file that begins with magic.
func dialectOf(magic []byte) (dialect, bool) {
	m := binary.LittleEndian.Uint32(magic)
	for _, d := range dialects {
		if d.magic == m || bits.ReverseBytes32(d.magic) == m {
			return d, true
		}
	}
	return dialect{}, false
}

// lengths is how a record header orders the captured and the original length.
type lengths uint8

const (
	capturedFirst lengths = iota
	wireFirst             // versions before 2.3 and DG/UX
	smallerFirst          // version 2.3: written both ways; the captured length is the smaller
)

// classic decodes the records of a pcap file.
type classic struct {
	order   order
	lengths lengths
	header  int   // bytes of a record header
	unit    int64 // nanoseconds in one fraction of a second
	link    packet.LinkType
	records uint64
}

// newClassic reads the file header.
func newClassic(rd *Reader, d dialect) (*classic, error) {
	if err := rd.in.need(fileHeader + d.preface); err == io.EOF {
		return nil, fmt.Errorf("file header: %w", ErrTruncated)
	} else if err != nil {
		return nil, cause(err)
	}
	h := rd.in.unread()
	c := &classic{header: d.header, unit: 1000}
	c.order = binary.BigEndian.Uint32(h) == d.magic
	if d.nanos {
		c.unit = 1
	}
	major, minor := c.order.u16(h[4:]), c.order.u16(h[6:])
	switch {
	case major == 543, major == 2 && minor < 3:
		c.lengths = wireFirst
	case major == 2 && minor == 3:
		c.lengths = smallerFirst
	case major != 2 && d.preface == 0:
		return nil, fmt.Errorf("unsupported pcap version %d.%d", major, minor)
	}
	// The upper half tells whether frames end in a checksum, which nobody needs.
	c.link = packet.LinkType(c.order.u32(h[20:]) & 0xffff)
	if !c.link.Supported() {
		return nil, &LinkError{c.link}
	}
	rd.iface("if0", c.link, c.order.u32(h[16:]))
	rd.in.drop(uint64(fileHeader + d.preface))
	return c, nil
}

func (c *classic) decode(w *window, dst []packet.Raw) (n int, err error) {
	b := w.unread()
	for n < len(dst) && len(b) >= c.header {
		h := b[:16]
		captured, wire := c.order.u32(h[8:]), c.order.u32(h[12:])
		if c.lengths == wireFirst || c.lengths == smallerFirst && captured > wire {
			captured, wire = wire, captured
		}
		if captured > MaxFrame {
			err = &FormatError{c.records + 1, tooLong(captured)}
			break
		}
		size := c.header + int(captured)
		if len(b) < size {
			break
		}
		// Field by field: a processor that copied a whole Raw would have to wait
		// for its own stores.
		r := &dst[n]
		*r = packet.Raw{}
		r.Time = min(int64(c.order.u32(h))*1e9+int64(c.order.u32(h[4:]))*c.unit, maxTime)
		r.Data = b[c.header:size:size]
		r.Len, r.Link = max(captured, wire), c.link
		n++
		c.records++
		b = b[size:]
	}
	w.pos = w.end - len(b)
	return n, err
}

func tooLong(captured uint32) string {
	return fmt.Sprintf("captured length %d is above the limit of %d bytes", captured, MaxFrame)
}
