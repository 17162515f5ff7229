package dpi

import "testing"

func TestCursor(t *testing.T) {
	c := cursor{b: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	if a, b, d, e := c.u8(), c.u16(), c.u24(), c.u32(); a != 1 || b != 0x203 || d != 0x40506 || e != 0x0708090a || c.short {
		t.Errorf("read %#x %#x %#x %#x, short %v", a, b, d, e, c.short)
	}
	if p := c.part(1); len(p.b) != 1 || p.b[0] != 11 || p.short || c.short {
		t.Errorf("part %v", p)
	}
	if p := c.part(3); len(p.b) != 1 || !p.short || !c.short || c.more() {
		t.Errorf("part %v of a message that is cut", p)
	}
}

func TestCursorBeyondTheEnd(t *testing.T) {
	tests := []struct {
		name string
		read func(*cursor)
	}{
		{"u8", func(c *cursor) { c.bytes(2); c.u8() }},
		{"u16", func(c *cursor) { c.u8(); c.u16() }},
		{"u24", func(c *cursor) { c.u24() }},
		{"u32", func(c *cursor) { c.u32() }},
		{"bytes", func(c *cursor) { c.bytes(3) }},
		{"fewer than none", func(c *cursor) { c.bytes(-1) }},
		{"part of fewer than none", func(c *cursor) { c.part(-1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := cursor{b: []byte{1, 2}}
			tt.read(&c)
			if !c.short || c.more() {
				t.Errorf("short %v, %d bytes left", c.short, len(c.b))
			}
		})
	}
}

// The examples of RFC 9000 appendix A.1, the longest as what it is cut to.
func TestVarint(t *testing.T) {
	tests := []struct {
		bytes string
		want  int
	}{
		{"\xc2\x19\x7c\x5e\xff\x14\xe8\x8c", maxVarint}, {"\x9d\x7f\x3e\x7d", 494878333}, {"\x7b\xbd", 15293}, {"\x25", 37}, {"\x40\x25", 37},
	}
	for _, tt := range tests {
		c := cursor{b: []byte(tt.bytes)}
		if got := c.varint(); got != tt.want || c.short || c.more() {
			t.Errorf("%x is %d, want %d", tt.bytes, got, tt.want)
		}
	}
}
