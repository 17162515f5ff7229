package dpi

// Tags of BER (X.690 section 8) that protocols begin with.
const (
	berInteger     = 0x02
	berOctets      = 0x04
	berEnumerated  = 0x0a
	berSequence    = 0x30
	berApplication = 0x60 // constructed, number 0
	berContext     = 0xa0 // constructed, number 0
)

// element reads the head of an element: its tag, of one byte, and its definite
// length. What is there of the value is left to be read.
func (c *cursor) element() (tag uint8, length int) {
	tag = c.u8()
	length = int(c.u8())
	switch {
	case length <= 0x7f:
	case length == 0x81:
		length = int(c.u8())
	case length == 0x82:
		length = int(c.u16())
	case length == 0x83:
		length = c.u24()
	case length == 0x84:
		length = int(c.u32() & 0x7fffffff)
	default:
		c.short = true
	}
	return tag, length
}

// integer reads an INTEGER of at most four bytes, and reports false for any other
// element.
func (c *cursor) integer() (v uint32, ok bool) {
	tag, n := c.element()
	if tag != berInteger || n < 1 || n > 4 || c.short {
		return 0, false
	}
	v = c.number(n)
	return v, !c.short
}

// sequence enters a SEQUENCE and returns the length of its value.
func (c *cursor) sequence() (length int, ok bool) {
	tag, n := c.element()
	return n, tag == berSequence && !c.short
}
