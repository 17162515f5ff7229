package flowlog

import (
	"weir/internal/arith"
	"weir/internal/packet"
)

// Builder packs flows into a block as they come. The zero Builder is not ready:
// NewBuilder makes one. It is not safe for concurrent use.
type Builder struct {
	texts    texts
	addrs    addrs
	ends     entries
	names    entries
	ways     entries
	details  entries
	rows     rows
	head     Header
	lastTime int64 // of the newest flow
	streams  [numColumns]arith.Coder
	ports    []uint16 // of servers, and well-known ones of clients
	key      [4]byte  // scratch of fillSet
}

// rows is what the columns of a block are coded with.
type rows struct {
	columns [numColumns]column
	last    [numColumns][]uint16 // by key, for the columns that have one
}

// keys is for how many keys the last value is kept.
const keys = 256

func (r *rows) init() {
	for c, l := range layout {
		if l.how >= likely {
			r.last[c] = make([]uint16, keys)
		}
	}
}

func (r *rows) forget() {
	for c := range r.columns {
		r.columns[c].forget()
		clear(r.last[c])
	}
}

// code codes column c of a row. key is the row's entry in the column's key.
func (r *rows) code(s *arith.Coder, c, class int, key, v uint64) uint64 {
	m := &r.columns[c]
	switch layout[c].how {
	case plain:
		return m.code(s, class, v)
	case signed:
		return uint64(m.signed(s, class, int64(v)))
	}
	last := &r.last[c][key%keys]
	if layout[c].how == indexed {
		v = m.index(s, min(class, numClasses-2), uint64(*last), v)
	} else {
		v = m.expect(s, class, uint64(*last), v)
	}
	*last = uint16(min(v, 1<<16-1))
	return v
}

// classOf returns the context of a row's columns.
func classOf(c int, proto uint8, packetsTx, packetsRx uint64) int {
	switch {
	case c <= colName:
		return 0
	case c <= colPacketsRx:
		return int(flag(proto == packet.ProtoTCP))
	case packetsTx <= 1 && packetsRx <= 1:
		return 0
	case proto == packet.ProtoTCP:
		return 1
	}
	return 2
}

// NewBuilder returns an empty Builder.
func NewBuilder() *Builder {
	b := new(Builder)
	b.texts.bytes = make([]byte, 0, maxTextBytes+MaxText/2)
	b.texts.slots, b.addrs.slots = new(hashed), new(hashed)
	for _, d := range b.dicts() {
		d.slots = new(hashed)
	}
	b.ends.init(endMembers)
	b.names.init(nameMembers)
	b.ways.init(wayMembers)
	b.details.init(detailMembers)
	b.rows.init()
	b.Reset()
	return b
}

func (b *Builder) dicts() [4]*entries { return [4]*entries{&b.ends, &b.names, &b.ways, &b.details} }

// Reset empties the Builder; it keeps its memory.
func (b *Builder) Reset() {
	b.texts.bytes, b.texts.ends = b.texts.bytes[:0], b.texts.ends[:0]
	clear(b.texts.slots[:])
	b.texts.model.forget()
	b.texts.stream.Write()
	b.addrs.list = b.addrs.list[:0]
	clear(b.addrs.slots[:])
	b.addrs.forget()
	b.addrs.stream.Write()
	for _, d := range b.dicts() {
		d.forget()
		clear(d.slots[:])
		d.stream.Write()
	}
	b.rows.forget()
	for c := range b.streams {
		b.streams[c].Write()
	}
	b.head.begin()
	b.lastTime, b.ports = 0, b.ports[:0]
}

// Len returns how many flows the Builder holds.
func (b *Builder) Len() int { return b.head.Count }

// Full reports whether there may be no room for another flow: then Append takes
// none.
func (b *Builder) Full() bool {
	if b.head.Count == BlockFlows || b.texts.len() > maxTexts-flowTexts || len(b.texts.bytes) > maxTextBytes || len(b.addrs.list) > maxAddrs-flowAddrs {
		return true
	}
	for _, d := range b.dicts() {
		if d.len() > maxEntries-2 {
			return true
		}
	}
	return false
}

// Append packs a flow, of which it keeps nothing, and reports whether there was
// room.
func (b *Builder) Append(f *Flow) bool {
	if b.Full() {
		return false
	}
	var v values
	if b.head.add(f); b.head.Count == 1 {
		b.lastTime = f.Last
	}
	b.fill(&v, f, b.lastTime)
	b.lastTime = f.Last
	b.notePort(f.Server.Port)
	if f.Client.Port < wellKnown {
		b.notePort(f.Client.Port)
	}
	for c := range v {
		class := classOf(c, f.Proto, v[colPacketsTx], v[colPacketsRx])
		key := uint64(0)
		if k := layout[c].key; int(k) != c {
			key = v[k]
		}
		b.rows.code(&b.streams[c], c, class, key, v[c])
	}
	return true
}

// Block returns the block of what was appended so far, in memory of its own. More
// may follow.
func (b *Builder) Block() Block {
	return Block{First: b.head.First, Last: b.head.Last, Count: b.head.Count, Bytes: b.AppendBlock(nil)}
}

// Close returns the block of what was appended and empties the Builder.
func (b *Builder) Close() Block {
	block := b.Block()
	b.Reset()
	return block
}
