package dpi

// matter recognises sessions of Matter being made (Core Specification sections 4.4
// and 4.14): a message that is not encrypted yet, of the secure channel protocol.
var matter = Detector{Matter, OverUDP, detectMatter,
	"a message of the secure channel protocol that is not encrypted yet"}

func detectMatter(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	flags, session, security := c.u8(), c.u16(), c.u8()
	c.u32() // counter
	if flags&^0x07 != 0 || session != 0 || security != 0 {
		return No // another version, or encrypted: nothing to go by
	}
	switch flags & 3 { // destination
	case 1:
		c.bytes(8)
	case 2:
		c.bytes(2)
	}
	if flags&4 != 0 {
		c.bytes(8)
	}
	exchange, opcode := c.u8(), c.u8()
	c.u16() // exchange
	protocol := c.u16()
	if c.short || exchange&^0x1f != 0 || protocol != 0 {
		return No
	}
	if exchange&2 != 0 {
		c.u32() // acknowledges
	}
	switch {
	case opcode == 0x10: // acknowledgement alone
		return verdictIf(exchange&2 != 0 && len(c.b) == 0 && s.whole())
	case opcode >= 0x20 && opcode <= 0x24, opcode >= 0x30 && opcode <= 0x33: // PASE, CASE: a structure
		return verdictIf(c.u8() == 0x15)
	case opcode == 0x40: // status report
		return verdictIf(len(c.b) >= 8 && s.OnPort(5540))
	}
	return No
}
