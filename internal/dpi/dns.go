package dpi

import (
	"encoding/binary"

	"weir/internal/packet"
)

// dns recognises DNS over UDP and TCP (RFC 1035) and, by their ports, its
// relatives on the link: mDNS (RFC 6762) and LLMNR (RFC 4795). On port 53 a sane
// header is enough; elsewhere the whole message must be one.
var dns = Detector{DNS, OverTCP | OverUDP, detectDNS,
	"a message that is whole; on port 53 a sane header is enough"}

const (
	dnsPort   = 53
	mdnsPort  = 5353
	llmnrPort = 5355

	// mostRecords is how many records of one message are looked at.
	mostRecords = 32
)

func detectDNS(s *Segment) Verdict {
	port := s.OnPort(dnsPort)
	switch {
	case s.OnPort(mdnsPort):
		s.Is, port = MDNS, true
	case s.OnPort(llmnrPort):
		s.Is, port = LLMNR, true
	}
	b, cut := s.Payload, !s.whole()
	if s.Proto == packet.ProtoTCP {
		var v Verdict
		if b, cut, v = dnsOverTCP(s, port); v != Yes {
			return v
		}
	}
	m, ok := ParseMessage(b)
	if !ok || !m.saneHeader() || !port && !m.proper(cut) {
		return No
	}
	m.tell(s)
	if s.Is == MDNS || !m.Response() {
		return Follow
	}
	return Yes
}

// dnsOverTCP takes the first message out of a stream, where each has its length
// before it (RFC 1035 section 4.2.2). Yes means that there is one, perhaps cut.
func dnsOverTCP(s *Segment, port bool) (b []byte, cut bool, v Verdict) {
	b = s.Payload
	switch {
	case len(b) == 2 && port && s.First():
		s.Keep() // some clients send the length alone
		return nil, false, Perhaps
	case len(b) < 2+dnsHeader:
		return nil, false, No
	}
	n := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	if n < dnsHeader || !port && len(b) > n {
		return nil, false, No
	}
	return b[:min(len(b), n)], len(b) < n, Yes
}

// saneHeader reports whether the header is one that DNS has: a known operation,
// and a question or an answer.
func (m *Message) saneHeader() bool {
	switch m.Opcode() {
	case 0, 1, 2, 4, 5, 6:
	default:
		return false
	}
	q, n := int(m.Counts[Question]), 0
	for _, c := range m.Counts[Answer:] {
		n += int(c)
	}
	// 5 and 11 are the sizes of the smallest question and record.
	return q+n > 0 && q <= 64 && q*5+n*11 <= 1<<16
}

// proper reports whether the message says, beyond doubt, what DNS says: one
// question for a name of hosts, of a known class and type, and all else whole.
// Of a message that is cut only the question counts.
func (m *Message) proper(cut bool) bool {
	if m.Counts[Question] != 1 || m.Flags&0x0040 != 0 || !m.Response() && (m.Counts[Answer] != 0 || m.Rcode() != 0) {
		return false
	}
	var r Record
	it := m.Records()
	if !it.Next(&r) || r.Class != 1 && r.Class != 255 || !knownType(r.Type) || r.Name.Root() || !r.Name.hostLike() {
		return false
	}
	for i := 1; i < mostRecords && it.Next(&r); i++ {
	}
	return cut || !it.Cut() && (len(it.Rest()) == 0 || it.left != [4]uint16{})
}

// knownType reports whether a type of record has been assigned (IANA, DNS
// parameters). The one that NetBIOS uses for itself is not among them.
func knownType(t uint16) bool {
	return t > 0 && t <= 65 && t != nbTypeName || t >= 99 && t <= 109 || t >= 249 && t <= 261
}

// tell puts what a message says into the Facts.
func (m *Message) tell(s *Segment) {
	var r Record
	it := m.Records()
	if m.Response() {
		s.Facts.Code = uint16(m.Rcode()) + 1
	}
	if m.Counts[Question] > 0 && it.Next(&r) {
		if s.Is == DNS {
			s.Facts.Host = r.Name.AppendTo(s.text())
		} else {
			s.Facts.Host = r.Name.AppendText(s.text())
		}
	}
	if s.Is == DNS && string(r.Name.Label(0)) == "2" && isWord(r.Name.Label(1), "DNSCRYPT-CERT") {
		s.Is = DNSCrypt // a client asks for its resolver's certificate, and goes on in secret
	}
	if s.Is != MDNS && s.Is != LLMNR || !m.Response() {
		return
	}
	for i := 0; i < mostRecords && it.Next(&r); i++ {
		if r.Section != Question {
			announced(s, &r)
		}
	}
}

// announced takes what a record of mDNS or LLMNR tells of the device that sent it.
func announced(s *Segment, r *Record) {
	f := s.Facts
	switch r.Type {
	case TypeA, TypeAAAA:
		if len(f.DeviceName) == 0 && (s.Is == LLMNR || isWord(r.Name.Label(1), "LOCAL")) {
			f.DeviceName = r.Name.Label(0)
		}
	case TypeSRV:
		if t, ok := r.Target(); ok && len(f.DeviceName) == 0 && isWord(t.Label(1), "LOCAL") {
			f.DeviceName = t.Label(0)
		}
	case TypeTXT:
		r.TXT(func(text []byte) bool {
			announcedText(f, text)
			return true
		})
	}
}

// modelKeys are the keys of service descriptions (RFC 6763 section 6) that name
// the product: of Apple's _device-info and _airplay, of casts and accessories,
// of audio receivers, of printers.
var modelKeys = [...]string{"MODEL=", "MD=", "AM=", "TY=", "USB_MDL="}

// announcedText takes the model out of a string of a service description, and
// the name that people gave a device ("fn", of casts).
func announcedText(f *Facts, text []byte) {
	for _, key := range modelKeys {
		if hasWord(text, key) && len(text) > len(key) && len(f.DeviceModel) == 0 {
			f.DeviceModel = text[len(key):]
		}
	}
	if hasWord(text, "FN=") && len(text) > 3 {
		f.DeviceName = text[3:]
	}
}
