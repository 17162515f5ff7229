package dpi

// cursor reads a message in network order field by field. What is not there
// reads as zero and sets short, so that a parse asks once, at its end, whether
// the message was whole.
type cursor struct {
	b     []byte // what is left
	short bool   // something was asked for that is not there
}

// u8 reads one byte.
func (c *cursor) u8() uint8 {
	if len(c.b) < 1 {
		c.short = true
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

// u16 reads two bytes.
func (c *cursor) u16() uint16 {
	if len(c.b) < 2 {
		c.b, c.short = nil, true
		return 0
	}
	v := uint16(c.b[0])<<8 | uint16(c.b[1])
	c.b = c.b[2:]
	return v
}

// u24 reads three bytes.
func (c *cursor) u24() int { return int(c.number(3)) }

// u32 reads four bytes.
func (c *cursor) u32() uint32 { return c.number(4) }

// number reads n bytes, at most four.
func (c *cursor) number(n int) (v uint32) {
	for _, b := range c.bytes(n) {
		v = v<<8 | uint32(b)
	}
	return v
}

// varint reads an integer of QUIC (RFC 9000 section 16). What no packet can hold
// reads as maxVarint.
func (c *cursor) varint() int {
	b := c.u8()
	v := uint64(b & 0x3f)
	for _, x := range c.bytes(1<<(b>>6) - 1) {
		v = v<<8 | uint64(x)
	}
	return int(min(v, maxVarint))
}

const maxVarint = 1 << 30

// bytes reads n bytes, or none and all that is left when there are fewer.
func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.b, c.short = nil, true
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

// part reads the next n bytes as a message of its own. When there are fewer it
// has what is there, and both are short.
func (c *cursor) part(n int) cursor {
	if n < 0 || n > len(c.b) {
		p := cursor{b: c.b, short: true}
		c.b, c.short = nil, true
		return p
	}
	return cursor{b: c.bytes(n)}
}

// more reports whether anything is left.
func (c *cursor) more() bool { return len(c.b) > 0 }
