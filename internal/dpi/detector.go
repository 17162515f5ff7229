package dpi

import "weir/internal/packet"

// A Detector recognises one protocol by what is said in it. It is a pure function
// of the Segment: it keeps nothing, allocates nothing, and looks at a bounded
// number of bytes.
type Detector struct {
	Protocol Protocol
	Over     Over
	Detect   func(*Segment) Verdict
	How      string // what it goes by, as docs/protocols.md tells it
}

// Over says which transports a protocol is spoken over.
type Over uint8

// The transports of Over.
const (
	OverTCP Over = 1 << iota
	OverUDP
)

// Verdict is what a Detector makes of a Segment.
type Verdict uint8

// The verdicts.
const (
	// No: the flow does not speak the protocol, do not ask again.
	No Verdict = iota
	// Perhaps: this Segment does not tell; ask again with the next.
	Perhaps
	// Likely: by shape rather than content. It holds if no other detector says Yes
	// before the inspection ends.
	Likely
	// Yes: the flow speaks the protocol, and nothing more need be seen.
	Yes
	// Follow: the flow speaks the protocol, and this detector alone wants to see
	// what comes next, for its Facts. It ends with Yes or No, or with the inspection.
	Follow
)

// Segment is what a Detector looks at: the payload of one packet and what was
// seen of the flow before. It is reused; nothing of it may be kept.
type Segment struct {
	Proto          uint8 // packet.ProtoTCP or packet.ProtoUDP
	FromClient     bool  // who sent it
	Client, Server *packet.Addr
	ClientPort     uint16
	ServerPort     uint16

	// Payload is a datagram, or what this direction of a TCP connection sent from
	// Offset on: without gaps, and from where a detector asked to Keep it.
	Payload []byte
	Offset  uint32 // of Payload in the stream; always 0 for datagrams
	Joined  bool   // the beginning of this direction's stream was not seen: Offset counts from where it was joined
	Len     int    // bytes of the datagram or segment on the wire; more than Payload has when the capture cut it

	// Facts takes what the detector learns. Slices put there point into Payload or
	// into memory of the Inspector and hold until Inspect returns.
	Facts *Facts

	// Is may be set by a detector that recognises several related protocols: the
	// flow speaks this one instead of the detector's own.
	Is Protocol

	fresh int // bytes of Payload that are new in this segment, as on the wire

	// The first line of Payload, once it was looked for.
	firstLine            []byte
	lineFound, lineEnded bool

	st *state
	in *Inspector
}

// headBytes is how much of each direction's first payload is remembered, and
// turnSizes of how many packets the sizes are.
const (
	headBytes = 32
	turnSizes = 6
)

// Turn is what one direction of a flow sent before the Segment at hand.
type Turn struct {
	Packets uint8             // with payload, saturating
	headLen uint8             // bytes in head
	Sizes   [turnSizes]uint16 // payload bytes of the first packets
	head    [headBytes]byte   // how its first payload began
}

// Head returns how the direction's first payload began, at most 32 bytes.
func (t *Turn) Head() []byte { return t.head[:t.headLen] }

// Sent returns what the sender of this Segment sent before it.
func (s *Segment) Sent() *Turn { return &s.st.turns[s.way()] }

// Answered returns what the other end sent before it.
func (s *Segment) Answered() *Turn { return &s.st.turns[1-s.way()] }

// First reports whether this is the first payload of its direction.
func (s *Segment) First() bool { return s.Sent().Packets == 0 }

// way is the index of the sender: 0 for the client.
func (s *Segment) way() int {
	if s.FromClient {
		return 0
	}
	return 1
}

// OnPort reports whether one end has that port.
func (s *Segment) OnPort(port uint16) bool { return s.ServerPort == port || s.ClientPort == port }

// Keep asks for the bytes of this direction of a TCP connection to be kept, if
// there is room: the message goes on in the next segment, whose Payload will
// begin where this one does.
func (s *Segment) Keep() {
	if s.Proto != packet.ProtoTCP || s.st.stream[s.way()] != 0 || len(s.Payload) < s.fresh {
		return // kept already, or cut by the snap length: a gap that nothing fills
	}
	if b := s.in.streamOf(s.st, s.way()); b != nil {
		b.add(0, s.Payload)
	}
}

// kept reports whether bytes of this direction are kept.
func (s *Segment) kept() bool { return s.st.stream[s.way()] != 0 }

// Assemble puts a piece of a message that its protocol cut into pieces (QUIC's
// CRYPTO frames) at its place in the sender's stream and returns what is there
// from the beginning without gaps. It returns nil when there is no room.
func (s *Segment) Assemble(offset int, piece []byte) []byte {
	b := s.in.streamOf(s.st, s.way())
	if b == nil {
		return nil
	}
	b.add(offset, piece)
	return b.prefix()
}
