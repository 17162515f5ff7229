package conntrack

import "encoding/binary"

// order is the byte order of the machine that wrote a message. The headers of
// netlink are in it; the payloads of ctnetlink are in network order everywhere.
type order bool

const (
	littleEndian order = false
	bigEndian    order = true
)

// hostOrder returns the order of this machine.
func hostOrder() order { return order(binary.NativeEndian.Uint16([]byte{0, 1}) == 1) }

func (o order) uint16(b []byte) uint16 {
	if o == bigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (o order) uint32(b []byte) uint32 {
	if o == bigEndian {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

// Sizes of struct nlmsghdr, struct nfgenmsg and struct nlattr. All three, and
// what follows them, are aligned to 4 bytes.
const (
	messageHeader   = 16
	familyHeader    = 4
	attributeHeader = 4
)

func align(n int) int { return (n + 3) &^ 3 }

// message is one netlink message.
type message struct {
	typ, flags uint16
	seq        uint32
	body       []byte // after its header; part of the datagram
}

// nextMessage returns the first message of a datagram and what follows it. It
// reports false when there is none that is whole.
func nextMessage(b []byte, o order) (m message, rest []byte, ok bool) {
	if len(b) < messageHeader {
		return m, nil, false
	}
	// The length is compared unsigned: it may be beyond an int of 32 bits.
	length := o.uint32(b)
	if length < messageHeader || uint64(length) > uint64(len(b)) {
		return m, nil, false
	}
	n := int(length)
	m = message{typ: o.uint16(b[4:]), flags: o.uint16(b[6:]), seq: o.uint32(b[8:]), body: b[messageHeader:n]}
	return m, b[min(align(n), len(b)):], true
}

// nextAttribute returns the first attribute of b, its type without the flags
// NLA_F_NESTED and NLA_F_NET_BYTEORDER, and what follows it. It reports false
// when there is none that is whole.
func nextAttribute(b []byte, o order) (typ uint16, value, rest []byte, ok bool) {
	if len(b) < attributeHeader {
		return 0, nil, nil, false
	}
	n := int(o.uint16(b))
	if n < attributeHeader || n > len(b) {
		return 0, nil, nil, false
	}
	return o.uint16(b[2:]) & 0x3fff, b[attributeHeader:n], b[min(align(n), len(b)):], true
}

// number32 and its kin read what is in network order everywhere. They report
// false when there are more or fewer bytes than that.
func number32(n *uint32, v []byte) bool {
	if len(v) != 4 {
		return false
	}
	*n = binary.BigEndian.Uint32(v)
	return true
}

func number16(n *uint16, v []byte) bool {
	if len(v) != 2 {
		return false
	}
	*n = binary.BigEndian.Uint16(v)
	return true
}

func number64(n *uint64, v []byte) bool {
	if len(v) != 8 {
		return false
	}
	*n = binary.BigEndian.Uint64(v)
	return true
}
