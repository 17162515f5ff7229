package flow

import "weir/internal/packet"

// Key identifies a flow in both directions: the two endpoints in canonical
// order, the IP protocol and the observation point. It holds no pointers and is
// comparable.
type Key struct {
	AddrA, AddrB packet.Addr // AddrA:PortA sorts before AddrB:PortB
	PortA, PortB uint16
	Proto        uint8 // IANA protocol number
	Point        uint8 // observation point, as source.Sink.Interface numbers it
}
