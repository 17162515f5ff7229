package pcap

import (
	"encoding/binary"
)

// builder writes captures by hand, so that the tests share no code and no
// misunderstanding with the reader.
type builder struct {
	binary.AppendByteOrder
	b []byte
}

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

func build(o binary.AppendByteOrder) *builder { return &builder{AppendByteOrder: o} }

func (w *builder) u16(v ...uint16) *builder {
	for _, v := range v {
		w.b = w.AppendUint16(w.b, v)
	}
	return w
}

func (w *builder) u32(v ...uint32) *builder {
	for _, v := range v {
		w.b = w.AppendUint32(w.b, v)
	}
	return w
}

func (w *builder) u64(v uint64) *builder {
	w.b = w.AppendUint64(w.b, v)
	return w
}

func (w *builder) raw(b []byte) *builder {
	w.b = append(w.b, b...)
	return w
}

// head is the file header of a classic capture, version 2.4.
func (w *builder) head(magic, link uint32) *builder {
	return w.u32(magic).u16(2, 4).u32(0, 0, 65535, link)
}

// record is a classic record whose lengths are those of data.
func (w *builder) record(sec, frac uint32, data []byte) *builder {
	return w.u32(sec, frac, uint32(len(data)), uint32(len(data))).raw(data)
}

// block is a pcapng block with the right lengths and padding.
func (w *builder) block(kind uint32, body []byte) *builder {
	pad := -len(body) & 3
	size := uint32(12 + len(body) + pad)
	return w.u32(kind, size).raw(body).raw(make([]byte, pad)).u32(size)
}

// section is a section header of unknown length.
func (w *builder) section() *builder {
	body := build(w.AppendByteOrder).u32(0x1a2b3c4d).u16(1, 0).u64(1<<64 - 1)
	return w.block(0x0a0d0d0a, body.b)
}

// iface is an interface description; opts are whole options.
func (w *builder) iface(link uint16, snap uint32, opts ...[]byte) *builder {
	body := build(w.AppendByteOrder).u16(link, 0).u32(snap)
	for _, o := range opts {
		body.raw(o)
	}
	return w.block(1, body.b)
}

// option is one option with its padding.
func (w *builder) option(code uint16, value []byte) []byte {
	o := build(w.AppendByteOrder).u16(code, uint16(len(value))).raw(value)
	return append(o.b, make([]byte, -len(value)&3)...)
}

// packet is an Enhanced Packet Block.
func (w *builder) packet(iface uint32, ticks uint64, data []byte) *builder {
	n := uint32(len(data))
	body := build(w.AppendByteOrder).u32(iface, uint32(ticks>>32), uint32(ticks), n, n).raw(data)
	return w.block(6, body.b)
}
