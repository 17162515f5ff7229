package dpi

import "encoding/binary"

// modbus recognises Modbus over TCP (Modbus Messaging on TCP/IP section 3.1). On
// other ports than its own a request must be answered.
var modbus = Detector{Modbus, OverTCP, detectModbus,
	"a header whose length fits the function; elsewhere than on port 502 a request and its answer"}

func detectModbus(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	id, protocol, size := c.u16(), c.u16(), int(c.u16())
	c.u8() // unit
	function := c.u8() &^ 0x80
	if c.short || protocol != 0 || size != s.Len-6 || size < 2 || size > 254 || function == 0 || function > 43 {
		return s.wait()
	}
	if s.OnPort(502) {
		return Yes
	}
	other := s.Answered().Head()
	if len(other) < 8 {
		return s.patient()
	}
	return verdictIf(binary.BigEndian.Uint16(other) == id && other[2] == 0 && other[3] == 0 && other[7]&^0x80 == function)
}
