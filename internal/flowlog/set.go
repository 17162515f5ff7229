package flowlog

import "encoding/binary"

// The set of a block is a Bloom filter of what can be looked for: 8 bits a
// member, so that 3 in 100 searches for what is not there look in vain.
const (
	setBits   = 8
	setHashes = 3
)

// What a member of the set is.
const (
	setAddr uint8 = iota
	setApp
	setCategory
	setProtocol
	setProto
	setPort
	setCountry
	setASN
)

func setSum(kind uint8, b []byte) uint32 {
	h := (2166136261 ^ uint32(kind)) * 16777619
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	h ^= h >> 16
	h *= 0x7feb352d
	return h ^ h>>15
}

// places calls yield with the bits of a member.
func places(set []byte, sum uint32, yield func(at uint32) bool) bool {
	step := sum>>17 | 1
	for range setHashes {
		if !yield(sum % uint32(8*len(set))) {
			return false
		}
		sum += step * 0x9e3779b1
	}
	return true
}

func setAdd(set []byte, sum uint32) {
	places(set, sum, func(at uint32) bool { set[at/8] |= 1 << (at % 8); return true })
}

// addToSet adds a member to the set, which has room of its own by now.
func (h *Header) addToSet(kind uint8, b []byte) { setAdd(h.set, setSum(kind, b)) }

// has reports whether a member may be in the block.
func (h *Header) has(kind uint8, b []byte) bool {
	return len(h.set) > 0 && places(h.set, setSum(kind, b), func(at uint32) bool { return h.set[at/8]&(1<<(at%8)) != 0 })
}

// wellKnown bounds the ports that are in the set, be they the client's or the
// server's.
const wellKnown = 1024

// setOthers is how many members a set has room for beside addresses and ports.
const setOthers = 48

// two and four write a number as the set has it.
func two(b *[4]byte, v uint16) []byte {
	binary.BigEndian.PutUint16(b[:], v)
	return b[:2]
}

func four(b *[4]byte, v uint32) []byte {
	binary.BigEndian.PutUint32(b[:], v)
	return b[:]
}
