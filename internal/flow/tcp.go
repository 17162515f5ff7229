package flow

import "weir/internal/packet"

// A segment that fills a gap was reordered on the way when at most
// reorderExtent segments overtook it (a sender sends again after three duplicate
// acknowledgements, RFC 5681 section 3.2) and it trails the segment before it by
// at most reorderLimit microseconds or, where the handshake gave one, a round
// trip. Otherwise it was sent again.
const (
	reorderExtent = 3
	reorderLimit  = 3000
)

// segment follows one TCP segment (RFC 9293) that e sent, since microseconds
// after its segment before.
func (f *Flow) segment(s *side, p *packet.Packet, e End, since uint32) {
	seen := s.tcpFlags
	s.tcpFlags |= p.TCPFlags
	switch {
	case p.TCPFlags&packet.SYN != 0:
		f.syn(p, e)
		s.seq = p.Seq + 1 + p.PayLen
		return
	case p.TCPFlags&packet.RST != 0:
		if e == B && (seen|f.sides[A].tcpFlags)&packet.RST == 0 {
			f.flags |= resetByB
		}
		return // a reset's sequence number need not continue the stream
	case f.flags&ackPending != 0 && p.TCPFlags&packet.ACK != 0 && e == f.Client():
		f.client = saturate(f.Last-f.First) - f.client
		f.flags = f.flags&^ackPending | clientDone
	}
	length := p.PayLen
	if p.TCPFlags&packet.FIN != 0 {
		length++
	}
	if length == 0 {
		return
	}
	if seen == 0 {
		s.seq = p.Seq + length // the stream was joined in the middle
		return
	}
	f.follow(s, p, length, since)
}

// syn notes the handshake: who opened the flow and how long each end took.
func (f *Flow) syn(p *packet.Packet, e End) {
	after := saturate(f.Last - f.First)
	if p.TCPFlags&packet.ACK == 0 {
		f.setClient(e, true)
		if f.flags&serverDone == 0 {
			// A SYN sent again starts the clock anew: its answer may be for
			// either, and the later one gives the lower bound.
			f.server, f.flags = after, f.flags|synPending
		}
		return
	}
	f.setClient(e.Other(), true)
	if f.flags&synPending != 0 {
		f.server, f.flags = after-f.server, f.flags&^synPending|serverDone
	}
	if f.flags&clientDone == 0 {
		f.client, f.flags = after, f.flags|ackPending
	}
}

// setClient says which end opened the flow; once sure, it stays.
func (f *Flow) setClient(e End, sure bool) {
	if f.flags&clientSure != 0 {
		return
	}
	f.flags &^= clientB
	if e == B {
		f.flags |= clientB
	}
	if sure {
		f.flags |= clientSure
	}
}

// follow compares a segment of length sequence numbers with the next one
// expected. One that begins beyond it leaves a gap: its missing wire segments
// count as lost. One that begins before it either fills such a gap, reordered or
// sent again, or repeats what was seen, and then it was sent again. No list of
// gaps is kept: counts are enough for the figures and cost no memory.
func (f *Flow) follow(s *side, p *packet.Packet, length, since uint32) {
	ahead := int32(p.Seq - s.seq)
	switch {
	case ahead >= 0:
		if ahead > 0 {
			if s.lost == 0 {
				s.beyond = 0
			}
			size := s.segmentSize(p)
			s.lost += (uint32(ahead) + size - 1) / size
		}
		if s.lost > 0 {
			s.beyond = uint8(min(uint32(s.beyond)+p.Segments, 255))
		}
		s.seq = p.Seq + length
	case ahead == -1 && p.PayLen <= 1 && p.TCPFlags&packet.FIN == 0:
		// A keep-alive probe (RFC 9293 section 3.8.4).
	case s.lost > 0:
		s.lost -= min(s.lost, p.Segments)
		if s.beyond <= reorderExtent && since <= f.reorderTime() {
			s.ooo += p.Segments
		} else {
			s.retrans += p.Segments
		}
	default:
		s.retrans += p.Segments
		if end := p.Seq + length; int32(end-s.seq) > 0 {
			s.seq = end
		}
	}
}

// fullSegment is the payload of a full TCP segment over IPv4 on Ethernet.
const fullSegment = 1460

// segmentSize guesses how long the missing segments before p are: as long as p,
// unless p is a short last one or a bare FIN, which tells nothing; then full ones
// are missing.
func (s *side) segmentSize(p *packet.Packet) uint32 {
	sent := uint64(s.payloadHi)<<32 | uint64(s.payloadLo)
	packets := uint64(s.packetsHi)<<32 | uint64(s.packetsLo)
	size := (p.PayLen + p.Segments - 1) / p.Segments
	if size == 0 || uint64(size)*packets < sent {
		return fullSegment
	}
	return size
}

// reorderTime returns how long a reordered segment may trail.
func (f *Flow) reorderTime() uint32 {
	if f.flags&(clientDone|serverDone) == clientDone|serverDone {
		return max(reorderLimit, f.client+f.server)
	}
	return reorderLimit
}

// State names what was seen of a TCP connection as Zeek's conn_state does: S0
// attempt without answer, S1 established, SF closed by both, REJ refused, S2 and
// S3 half closed by client and server, RSTO and RSTR reset by client and server,
// RSTOS0 SYN then reset by the client, RSTRH SYN-ACK then reset by the server,
// SH and SHR the same with FIN, OTH joined in the middle. It is "" for other
// protocols.
func (f *Flow) State() string {
	if f.Key.Proto != packet.ProtoTCP {
		return ""
	}
	c, s := f.Client(), f.Client().Other()
	cf, sf := f.sides[c].tcpFlags, f.sides[s].tcpFlags
	resetBy, reset := f.resetBy()
	switch {
	case cf&packet.SYN != 0 && sf&packet.SYN != 0:
		return established(cf, sf, reset, resetBy == c)
	case cf&packet.SYN != 0:
		switch {
		case reset && resetBy == s:
			return "REJ"
		case reset:
			return "RSTOS0"
		case cf&packet.FIN != 0:
			return "SH"
		case sf == 0:
			return "S0"
		}
	case sf&packet.SYN != 0:
		switch {
		case reset && resetBy == s:
			return "RSTRH"
		case sf&packet.FIN != 0:
			return "SHR"
		}
	}
	return "OTH"
}

// established names the states after both SYNs.
func established(cf, sf uint8, reset, byClient bool) string {
	switch {
	case reset && byClient:
		return "RSTO"
	case reset:
		return "RSTR"
	case cf&sf&packet.FIN != 0:
		return "SF"
	case cf&packet.FIN != 0:
		return "S2"
	case sf&packet.FIN != 0:
		return "S3"
	}
	return "S1"
}

// resetBy returns the end that reset the connection first.
func (f *Flow) resetBy() (End, bool) {
	if (f.sides[A].tcpFlags|f.sides[B].tcpFlags)&packet.RST == 0 {
		return A, false
	}
	if f.flags&resetByB != 0 {
		return B, true
	}
	return A, true
}

// closed reports whether nothing more is expected of a TCP connection.
func (f *Flow) closed() bool {
	a, b := f.sides[A].tcpFlags, f.sides[B].tcpFlags
	return (a|b)&packet.RST != 0 || a&b&packet.FIN != 0
}
