package flowlog

import (
	"hash/crc32"
	"slices"

	"weir/internal/arith"
)

// AppendBlock appends the block of what was appended so far. More may follow.
func (b *Builder) AppendBlock(dst []byte) []byte {
	h := &b.head
	h.dicts[0], h.dicts[1] = b.texts.len(), len(b.addrs.list)
	for i, d := range b.dicts() {
		h.dicts[2+i] = d.len()
	}
	b.fillSet()
	at := len(dst)
	for i := range h.sections {
		from := len(dst)
		dst = b.section(i).AppendTo(dst)
		h.sections[i] = len(dst) - from
	}
	h.bodySum = crc32.Checksum(dst[at:], castagnoli)
	body := len(dst)
	dst = h.append(dst)
	rotate(dst[at:], body-at)
	return dst
}

// section returns the stream of a section of the body.
func (b *Builder) section(i int) *arith.Coder {
	switch i {
	case 0:
		return &b.texts.stream
	case 1:
		return &b.addrs.stream
	case 2, 3, 4, 5:
		return &b.dicts()[i-2].stream
	}
	return &b.streams[i-numDicts]
}

// rotate moves the first n bytes of b behind the others.
func rotate(b []byte, n int) {
	slices.Reverse(b[:n])
	slices.Reverse(b[n:])
	slices.Reverse(b)
}

// fillSet makes the set of what can be looked for.
func (b *Builder) fillSet() {
	h := &b.head
	size := min((len(b.addrs.list)+len(b.ports)+setOthers)*setBits/8, maxSet)
	h.set = slices.Grow(h.set[:0], size)[:size]
	clear(h.set)
	for i := range b.addrs.list {
		h.addToSet(setAddr, b.addrs.list[i][:])
	}
	for _, p := range b.ports {
		h.addToSet(setPort, two(&b.key, p))
	}
	for i := 1; i <= b.ends.len(); i++ {
		e := b.ends.at(i)
		h.addToSet(setCountry, two(&b.key, uint16(e[endCountry])))
		h.addToSet(setASN, four(&b.key, e[endASN]))
	}
	for i := 1; i <= b.names.len(); i++ {
		e := b.names.at(i)
		h.addToSet(setApp, b.texts.text(appOf(e)))
		h.addToSet(setProtocol, b.texts.text(int(e[nameProtocol])))
		h.addToSet(setCategory, b.texts.text(int(e[nameCategory])))
		h.addToSet(setProto, two(&b.key, uint16(e[nameProto])))
	}
}

// appOf returns the text that a name counts for as an application: the protocol
// where it has none.
func appOf(name []uint32) int {
	if name[nameApp] != 0 {
		return int(name[nameApp])
	}
	return int(name[nameProtocol])
}

// notePort keeps a port for the set.
func (b *Builder) notePort(p uint16) {
	if !slices.Contains(b.ports, p) {
		b.ports = append(b.ports, p)
	}
}
