package dpi

// dcerpc recognises DCE/RPC (C706 chapter 12) over TCP, version 5, and over UDP,
// version 4: a known type, a representation, and the length of a fragment.
var dcerpc = Detector{DCERPC, OverTCP | OverUDP, detectDCERPC,
	"a known type, a data representation and the length of a fragment"}

const (
	dcerpcDatagram = 80 // bytes of the header of a datagram
	dcerpcLength   = 74 // where the length of its body stands
)

func detectDCERPC(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	if s.datagram() {
		if len(c.b) < dcerpcDatagram || c.b[0] != 4 || c.b[1] > 11 || c.b[4]&^0x11 != 0 || c.b[5] > 3 || c.b[6] != 0 {
			return No
		}
		length := c.b[dcerpcLength:]
		size := int(length[0])<<8 | int(length[1])
		if c.b[4]&0x10 != 0 { // little endian
			size = int(length[0]) | int(length[1])<<8
		}
		return verdictIf(size+dcerpcDatagram <= s.Len && size+dcerpcDatagram+64 > s.Len) // an authentication may follow
	}
	version, minor, kind, _ := c.u8(), c.u8(), c.u8(), c.u8()
	order, zero := c.u8(), c.u24()
	size := int(c.u8())
	if order&0x10 != 0 { // little endian
		size |= int(c.u8()) << 8
	} else {
		size = size<<8 | int(c.u8())
	}
	c.bytes(6) // authentication, call
	ok := !c.short && version == 5 && minor <= 1 && kind <= 20 && order&^0x11 == 0 && zero&^0xff00 == 0
	return s.yesOrWait(ok && size >= 16)
}
