package packet

// Tuple is one direction of a connection: who sends to whom. Ports are 0 for
// protocols without them; an ICMP echo's identifier is not a port.
type Tuple struct {
	Src, Dst         Addr
	SrcPort, DstPort uint16
}

// Inverted returns t seen from the other end.
func (t Tuple) Inverted() Tuple {
	return Tuple{Src: t.Dst, Dst: t.Src, SrcPort: t.DstPort, DstPort: t.SrcPort}
}
