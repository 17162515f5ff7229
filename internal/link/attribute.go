package link

import (
	"bytes"
	"encoding/binary"
)

// cursor walks the attributes of a netlink message.
type cursor struct {
	rest  []byte
	order binary.ByteOrder
	typ   uint16
	val   []byte // of the current attribute
	bad   bool   // an attribute contradicts the length of the message
}

// next moves to the next attribute and reports whether there is one.
func (c *cursor) next() bool {
	if len(c.rest) < attributeHeader {
		c.bad = c.bad || len(c.rest) != 0
		return false
	}
	n := int(c.order.Uint16(c.rest))
	if n < attributeHeader || n > len(c.rest) {
		c.bad = true
		return false
	}
	c.typ = c.order.Uint16(c.rest[2:]) & 0x3fff // without the flags nested and net byte order
	c.val = c.rest[attributeHeader:n]
	c.rest = c.rest[min((n+3)&^3, len(c.rest)):]
	return true
}

// u8, u16, u32 and text read the current attribute, zero where it is too short.
func (c *cursor) u8() uint8 {
	if len(c.val) < 1 {
		return 0
	}
	return c.val[0]
}

func (c *cursor) u16() uint16 {
	if len(c.val) < 2 {
		return 0
	}
	return c.order.Uint16(c.val)
}

func (c *cursor) u32() uint32 {
	if len(c.val) < 4 {
		return 0
	}
	return c.order.Uint32(c.val)
}

func (c *cursor) text() string {
	b, _, _ := bytes.Cut(c.val, []byte{0})
	return string(b)
}

func (c *cursor) nested() cursor { return cursor{rest: c.val, order: c.order} }

// appendAttribute adds an attribute of a request to b, padded to 4 bytes.
func appendAttribute(b []byte, order binary.AppendByteOrder, typ uint16, val []byte) []byte {
	b = order.AppendUint16(b, uint16(attributeHeader+len(val)))
	b = append(order.AppendUint16(b, typ), val...)
	return append(b, make([]byte, -len(b)&3)...)
}

// appendText adds an attribute that is a C string.
func appendText(b []byte, typ uint16, s string) []byte {
	return appendAttribute(b, binary.NativeEndian, typ, append([]byte(s), 0))
}
