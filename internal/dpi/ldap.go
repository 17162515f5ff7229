package dpi

// ldap recognises LDAP (RFC 4511 section 4.1.1) over TCP and, as Active Directory
// answers pings (MS-ADTS section 6.3.3), over UDP: a SEQUENCE of a message ID and
// an operation.
var ldap = Detector{LDAP, OverTCP | OverUDP, detectLDAP,
	"a sequence of a message ID and an operation"}

func detectLDAP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	outer, ok := c.sequence()
	if !ok {
		return s.wait()
	}
	left := len(c.b)
	if _, ok = c.integer(); !ok {
		return No
	}
	op, length := c.element()
	head := left - len(c.b)
	if c.short || !ldapOperation(op, &c) || head+length > outer || head+length+1 < outer && !c.ldapControls(length, outer-head-length) {
		return No
	}
	return Yes
}

// ldapControls reports whether controls, and nothing else, follow an operation;
// what is not there passes.
func (c *cursor) ldapControls(skip, rest int) bool {
	if skip >= len(c.b) {
		return true
	}
	after := cursor{b: c.b[skip:]}
	tag, n := after.element()
	return tag == berContext && (after.short || n+2 <= rest)
}

// ldapOperation reports whether an operation's tag exists and its first element is
// the one that it begins with.
func ldapOperation(op uint8, c *cursor) bool {
	if len(c.b) == 0 {
		return op == 0x42 // unbind has no value
	}
	first := c.b[0]
	switch op {
	case 0x60: // bind: the version
		return len(c.b) > 2 && first == berInteger && c.b[1] == 1 && (c.b[2] == 2 || c.b[2] == 3)
	case 0x61, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x78: // results: the code
		return first == berEnumerated
	case 0x63, 0x64, 0x66, 0x68, 0x6c, 0x6e: // search, entry, modify, add, rename, compare: a name
		return first == berOctets
	case 0x73: // reference
		return first == berOctets
	case 0x77: // extended: the name of the operation
		return first == 0x80
	case 0x79: // intermediate
		return first == 0x80 || first == 0x81
	case 0x42:
		return true
	}
	return false
}
