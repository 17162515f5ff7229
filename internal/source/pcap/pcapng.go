package pcap

import (
	"fmt"

	"weir/internal/packet"
)

// Block types (draft-ietf-opsawg-pcapng section 4). All others are skipped.
const (
	blockSection   = 0x0a0d0d0a // reads the same in both byte orders
	blockInterface = 1
	blockOldPacket = 2 // obsolete, but written for years
	blockSimple    = 3
	blockPacket    = 6
)

const (
	byteOrderMagic = 0x1a2b3c4d
	blockFrame     = 12 // type and length before a body, length after it
	// maxBlock bounds the blocks that are held whole: the largest frame and its options.
	maxBlock = MaxFrame + 64<<10
	// maxDescribed bounds the interface descriptions of one section.
	maxDescribed = 4096
)

// described is an interface of the current section.
type described struct {
	timing
	snapLen uint32
	link    packet.LinkType
	iface   uint8 // index in Reader.Interfaces
	skip    bool  // link type is not supported
}

// blocks decodes the blocks of a pcapng file.
type blocks struct {
	rd     *Reader
	order  order
	ifaces []described // of the section
	last   int64       // time of the last frame, for blocks that have none
	count  uint64      // blocks read
}

// damaged makes the error of the block that is being read.
func (p *blocks) damaged(format string, args ...any) error {
	return &FormatError{p.count + 1, fmt.Sprintf(format, args...)}
}

func (p *blocks) decode(w *window, dst []packet.Raw) (n int, err error) {
	for n < len(dst) {
		b := w.unread()
		if len(b) < blockFrame {
			return n, nil
		}
		kind := p.order.u32(b)
		if kind == blockSection {
			if err := p.turn(b); err != nil {
				return n, err
			}
		}
		claimed := p.order.u32(b[4:])
		if claimed < blockFrame {
			return n, p.damaged("block length %d is too short", claimed)
		}
		size := (uint64(claimed) + 3) &^ 3 // some writers leave the padding out of the length
		if !wanted(kind) {
			w.drop(size)
			p.count++
			continue
		}
		if size > maxBlock {
			return n, p.damaged("block length %d is above the limit of %d bytes", claimed, maxBlock)
		}
		if uint64(len(b)) < size {
			return n, nil
		}
		b = b[:size]
		if again := p.order.u32(b[size-4:]); again != claimed {
			return n, p.damaged("block length is %d before and %d after the block", claimed, again)
		}
		took, err := p.block(kind, b[8:size-4], &dst[n])
		if err != nil {
			return n, err
		}
		if took {
			n++
		}
		p.count++
		w.drop(size)
	}
	return n, nil
}

func wanted(kind uint32) bool {
	switch kind {
	case blockPacket, blockSimple, blockOldPacket, blockInterface, blockSection:
		return true
	}
	return false
}

// turn takes the byte order from the first 12 bytes of a section header.
func (p *blocks) turn(b []byte) error {
	switch order(false).u32(b[8:]) {
	case byteOrderMagic:
		p.order = false
	case 0x4d3c2b1a:
		p.order = true
	default:
		return p.damaged("section header without a byte-order magic")
	}
	return nil
}

// block reads one block's body and reports whether it left a frame in raw.
func (p *blocks) block(kind uint32, body []byte, raw *packet.Raw) (bool, error) {
	switch kind {
	case blockPacket:
		return p.enhanced(body, raw)
	case blockSimple:
		return p.simple(body, raw)
	case blockOldPacket:
		return p.old(body, raw)
	case blockInterface:
		return false, p.describe(body)
	default:
		return false, p.section(body)
	}
}

// section begins a new section: its interfaces are numbered from 0 again.
func (p *blocks) section(body []byte) error {
	if len(body) < 16 {
		return p.damaged("section header of %d bytes is too short", len(body))
	}
	if major, minor := p.order.u16(body[4:]), p.order.u16(body[6:]); major != 1 {
		return p.damaged("unsupported pcapng version %d.%d", major, minor)
	}
	p.ifaces = p.ifaces[:0]
	return nil
}

// describe adds an interface to the section.
func (p *blocks) describe(body []byte) error {
	if len(body) < 8 {
		return p.damaged("interface description of %d bytes is too short", len(body))
	}
	if len(p.ifaces) == maxDescribed {
		return p.damaged("more than %d interfaces in one section", maxDescribed)
	}
	d := described{
		timing:  microseconds,
		link:    packet.LinkType(p.order.u16(body)),
		snapLen: p.order.u32(body[4:]),
	}
	d.skip = !d.link.Supported()
	name := fmt.Sprintf("if%d", len(p.ifaces))
	if err := p.options(body[8:], &d, &name); err != nil {
		return err
	}
	d.iface = p.rd.iface(name, d.link, d.snapLen)
	p.ifaces = append(p.ifaces, d)
	return nil
}

// enhanced reads an Enhanced Packet Block.
func (p *blocks) enhanced(body []byte, raw *packet.Raw) (bool, error) {
	if len(body) < 20 {
		return false, p.damaged("packet block of %d bytes is too short", len(body))
	}
	return p.frame(p.order.u32(body), body, raw)
}

// old reads an obsolete Packet Block, which differs in the first four bytes.
func (p *blocks) old(body []byte, raw *packet.Raw) (bool, error) {
	if len(body) < 20 {
		return false, p.damaged("packet block of %d bytes is too short", len(body))
	}
	return p.frame(uint32(p.order.u16(body)), body, raw)
}

// frame reads the part that both packet blocks have in common.
func (p *blocks) frame(id uint32, body []byte, raw *packet.Raw) (bool, error) {
	if id >= uint32(len(p.ifaces)) {
		return false, p.damaged("frame of interface %d, which is not described", id)
	}
	d := &p.ifaces[id]
	captured := p.order.u32(body[12:])
	switch {
	case captured > MaxFrame:
		return false, p.damaged("%s", tooLong(captured))
	case int(captured) > len(body)-20:
		return false, p.damaged("captured length %d is above the block's %d bytes", captured, len(body)-20)
	case d.skip:
		p.rd.ifaces[d.iface].Skipped++
		return false, nil
	}
	ticks := uint64(p.order.u32(body[4:]))<<32 | uint64(p.order.u32(body[8:]))
	p.last = d.nanos(ticks)
	*raw = packet.Raw{} // and then field by field, as in classic.decode
	raw.Time = p.last
	raw.Data = body[20 : 20+captured : 20+captured]
	raw.Len = max(captured, p.order.u32(body[16:]))
	raw.Link, raw.Iface = d.link, d.iface
	return true, nil
}

// simple reads a Simple Packet Block: of the first interface, without a time,
// and with the captured length to be inferred. It gets the time of the frame
// before it, 0 when there is none.
func (p *blocks) simple(body []byte, raw *packet.Raw) (bool, error) {
	if len(body) < 4 {
		return false, p.damaged("packet block of %d bytes is too short", len(body))
	}
	if len(p.ifaces) == 0 {
		return false, p.damaged("frame of interface 0, which is not described")
	}
	d := &p.ifaces[0]
	wire := p.order.u32(body)
	captured := min(wire, uint32(len(body)-4), MaxFrame)
	if d.snapLen > 0 {
		captured = min(captured, d.snapLen)
	}
	if d.skip {
		p.rd.ifaces[d.iface].Skipped++
		return false, nil
	}
	*raw = packet.Raw{
		Time:  p.last,
		Data:  body[4 : 4+captured : 4+captured],
		Len:   wire,
		Link:  d.link,
		Iface: d.iface,
	}
	return true, nil
}
