package dpi

import (
	"encoding/binary"
	"net/netip"
)

// Message is a DNS message (RFC 1035 section 4) that is read in place: it points
// into the bytes it was made of and costs nothing to make. mDNS (RFC 6762) and
// LLMNR (RFC 4795) use the same format. The zero Message has no records.
type Message struct {
	ID     uint16
	Flags  uint16
	Counts [4]uint16 // records of each Section, as the header says
	bytes  []byte
}

const dnsHeader = 12

// Section is a part of a Message.
type Section uint8

// The sections, in their order.
const (
	Question Section = iota
	Answer
	Authority
	Additional
)

// Types of records that are read here (IANA, DNS parameters).
const (
	TypeA     = 1
	TypeNS    = 2
	TypeCNAME = 5
	TypePTR   = 12
	TypeMX    = 15
	TypeTXT   = 16
	TypeAAAA  = 28
	TypeSRV   = 33
	TypeOPT   = 41
	TypeSVCB  = 64
	TypeHTTPS = 65
)

// ParseMessage reads the header of a message. The records are read by Records;
// b may be cut, and must stay as it is while the Message is used.
func ParseMessage(b []byte) (m Message, ok bool) {
	if len(b) < dnsHeader {
		return Message{}, false
	}
	m.ID, m.Flags, m.bytes = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), b
	for i := range m.Counts {
		m.Counts[i] = binary.BigEndian.Uint16(b[4+2*i:])
	}
	return m, true
}

// Response reports whether the message answers another one.
func (m *Message) Response() bool { return m.Flags&0x8000 != 0 }

// Opcode is the kind of question: 0 for a query, 4 for a notification, 5 for an
// update.
func (m *Message) Opcode() uint8 { return uint8(m.Flags >> 11 & 15) }

// Rcode is the result, without the bits that EDNS adds: 0 for none, 3 for a name
// that does not exist.
func (m *Message) Rcode() uint8 { return uint8(m.Flags & 15) }

// Truncated reports whether the sender left something out (TC).
func (m *Message) Truncated() bool { return m.Flags&0x0200 != 0 }

// Records returns an iterator over questions and records, in their order.
func (m *Message) Records() Records { return Records{m: m, at: dnsHeader, left: m.Counts} }

// Records walks over a Message. It goes forward only: whatever the bytes are, it
// ends after at most as many steps as the message has bytes.
type Records struct {
	m    *Message
	at   int
	left [4]uint16
	cut  bool
}

// Record is a question or resource record. It is valid as long as the bytes of
// its Message.
type Record struct {
	Section Section
	Name    Name
	Type    uint16
	Class   uint16 // as sent: mDNS uses the highest bit for itself
	TTL     uint32 // seconds; 0 in a question
	data    span32
}

// span32 is a range of a message.
type span32 struct{ from, to int32 }

// Next puts the next record into r. It reports false after the last one and when
// what follows is not whole.
func (it *Records) Next(r *Record) bool {
	section := Question
	for it.left[section] == 0 {
		if section == Additional {
			return false
		}
		section++
	}
	it.left[section]--
	if it.cut || !it.read(r, section) {
		it.cut = true
		return false
	}
	return true
}

// Cut reports whether Next ended because the message is cut or not well formed.
func (it *Records) Cut() bool { return it.cut }

// Rest returns what stands behind the records that were read.
func (it *Records) Rest() []byte { return it.m.bytes[min(it.at, len(it.m.bytes)):] }

func (it *Records) read(r *Record, section Section) bool {
	b := it.m.bytes
	name := Name{b, it.at}
	at, ok := name.end()
	fixed := 4
	if section != Question {
		fixed = 10
	}
	if !ok || at+fixed > len(b) {
		return false
	}
	*r = Record{Section: section, Name: name, Type: binary.BigEndian.Uint16(b[at:]), Class: binary.BigEndian.Uint16(b[at+2:])}
	it.at = at + fixed
	if section == Question {
		return true
	}
	r.TTL = binary.BigEndian.Uint32(b[at+4:])
	size := int(binary.BigEndian.Uint16(b[at+8:]))
	if it.at+size > len(b) {
		return false
	}
	r.data = span32{int32(it.at), int32(it.at + size)}
	it.at += size
	return true
}

// Data returns the record's data as it was sent. Names in it may point elsewhere
// in the message: use Target for those.
func (r *Record) Data() []byte { return r.Name.msg[r.data.from:r.data.to] }

// Addr returns the address of an A or AAAA record.
func (r *Record) Addr() (netip.Addr, bool) {
	d := r.Data()
	switch {
	case r.Type == TypeA && len(d) == 4, r.Type == TypeAAAA && len(d) == 16:
		return netip.AddrFromSlice(d)
	}
	return netip.Addr{}, false
}

// Target returns the name that a CNAME, NS, PTR, MX, SRV, SVCB or HTTPS record
// leads to. The root, as Name.Root has it, means for the last two: the name of
// the record itself.
func (r *Record) Target() (Name, bool) {
	skip := int32(0)
	switch r.Type {
	case TypeCNAME, TypeNS, TypePTR:
	case TypeMX, TypeSVCB, TypeHTTPS:
		skip = 2
	case TypeSRV:
		skip = 6
	default:
		return Name{}, false
	}
	n := Name{r.Name.msg, int(r.data.from + skip)}
	if r.data.from+skip >= r.data.to {
		return Name{}, false
	}
	_, ok := n.end()
	return n, ok
}

// Parameters of SVCB and HTTPS records (RFC 9460 section 14.3.2).
const (
	svcIPv4Hint = 4
	svcIPv6Hint = 6
)

// Hints calls f with each address that an SVCB or HTTPS record gives a client to
// use before it has asked for one, until f returns false.
func (r *Record) Hints(f func(netip.Addr) bool) {
	target, ok := r.Target()
	if !ok || r.Type != TypeSVCB && r.Type != TypeHTTPS {
		return
	}
	end, _ := target.end()
	c := cursor{b: r.Name.msg[min(end, int(r.data.to)):r.data.to]}
	for c.more() {
		key, value := c.u16(), c.part(int(c.u16()))
		size := 0
		switch key {
		case svcIPv4Hint:
			size = 4
		case svcIPv6Hint:
			size = 16
		}
		for size > 0 && value.more() {
			if a, ok := netip.AddrFromSlice(value.bytes(size)); !ok || !f(a) {
				return
			}
		}
	}
}

// TXT calls f with each string of a TXT record until f returns false.
func (r *Record) TXT(f func(text []byte) bool) {
	c := cursor{b: r.Data()}
	for r.Type == TypeTXT && c.more() {
		if t := c.bytes(int(c.u8())); c.short || !f(t) {
			return
		}
	}
}
