package dpi

import (
	"math/bits"

	"weir/internal/packet"
)

// Limits of an inspection: what was not recognised by then stays unknown.
const (
	maxPackets = 16       // payloads of both directions
	maxBytes   = 16 << 10 // of payload, both directions
)

// Handle names the state of an undecided flow; 0 is none.
type Handle uint16

// Config bounds an Inspector. Zeros mean the defaults.
type Config struct {
	Flows   int // undecided at once, at most 65,535; negative for none: nothing is inspected
	Streams int // put together at once, 4 KiB each; made when they are first needed
}

// Defaults of Config.
const (
	DefaultFlows   = 1024
	DefaultStreams = 32
)

// Stats counts what an Inspector did.
type Stats struct {
	Undecided, MaxUndecided int
	Decided                 uint64 // by content
	Unknown                 uint64 // that content did not tell
	NoRoom                  uint64 // flows given up, or not inspected, because too many were undecided
	NoStream                uint64 // messages not put together because too many were
}

// Inspector asks the detectors about the first payloads of flows. It is not safe
// for concurrent use: the engine's lock guards it.
type Inspector struct {
	states  []state
	free    []Handle
	streams []*stream
	idle    []uint16 // streams not in use
	max     Config
	stats   Stats
	seg     Segment           // reused
	scratch [streamBytes]byte // of the detector at work: what it put together or decrypted
}

// state is what is kept of an undecided flow.
type state struct {
	alive    candidates
	turns    [2]Turn
	due      [2]uint32 // sequence number after what was seen of each direction
	offset   [2]uint32 // stream offset of due
	stream   [2]uint16 // number of a stream + 1, 0 for none
	bytes    uint16
	packets  uint8
	known    uint8    // directions whose due is valid, bits 0 and 1
	whole    uint8    // directions that were seen from their SYN on
	early    [2]uint8 // segments that came before one that is missing
	likely   Protocol
	follow   uint8 // number of the detector that follows + 1, 0 for none
	protocol Protocol
	open     bool

	// Neighbours in the ring of open flows, which states[0] closes: behind it stands
	// the one that was looked at last, before it the one that is quiet longest.
	prev, next Handle
}

// candidates is a set of detectors.
type candidates [2]uint64

func (c *candidates) empty() bool { return c[0]|c[1] == 0 }

// Result is what is known of a flow after a packet.
type Result struct {
	Protocol Protocol // NoProtocol while it is not known
	By       By
	New      bool // Protocol became known with this packet
	Done     bool // nothing more need be seen: the Handle is no longer valid
}

// By says how a protocol is known.
type By uint8

// The kinds of By, the surest last.
const (
	FromNothing By = iota
	FromPort
	FromGuess // the shape of what is said
	FromName  // the name that was asked for
	FromContent
)

var byNames = [...]string{"", "port", "guess", "name", "content"}

// String returns the name as the API shows it, "" for FromNothing.
func (b By) String() string { return byNames[b] }

// NewInspector returns an Inspector without flows.
func NewInspector(c Config) *Inspector {
	if c.Flows == 0 {
		c.Flows = DefaultFlows
	}
	if c.Streams <= 0 {
		c.Streams = DefaultStreams
	}
	c.Flows, c.Streams = max(0, min(c.Flows, 1<<16-1)), min(c.Streams, 1<<16-1)
	return &Inspector{states: make([]state, 1, min(c.Flows, 256)+1), max: c}
}

// Stats returns what the Inspector did so far.
func (in *Inspector) Stats() Stats {
	s := in.stats
	s.Undecided, s.MaxUndecided = len(in.states)-1-len(in.free), in.max.Flows
	return s
}

// Open makes room for a flow over TCP or UDP and returns 0 when there is none or
// the protocol is another one.
func (in *Inspector) Open(proto uint8) Handle {
	all, ok := candidatesOf(proto)
	if !ok {
		return 0
	}
	var h Handle
	switch n := len(in.free); {
	case n > 0:
		h = in.free[n-1]
		in.free = in.free[:n-1]
	case len(in.states) <= in.max.Flows:
		in.states = append(in.states, state{})
		h = Handle(len(in.states) - 1)
	default:
		in.stats.NoRoom++
		return 0
	}
	in.states[h] = state{alive: all, open: true}
	in.attach(h)
	return h
}

// Quietest returns 0 while there is room for another flow, else the flow that was
// looked at longest ago: whoever closes it makes room.
func (in *Inspector) Quietest() Handle {
	if len(in.free) > 0 || len(in.states) <= in.max.Flows {
		return 0
	}
	return in.states[0].prev
}

// attach puts a flow into the ring as the one that was looked at last.
func (in *Inspector) attach(h Handle) {
	first := in.states[0].next
	in.states[h].prev, in.states[h].next = 0, first
	in.states[first].prev, in.states[0].next = h, h
}

// detach takes a flow out of the ring.
func (in *Inspector) detach(h Handle) {
	st := &in.states[h]
	in.states[st.prev].next, in.states[st.next].prev = st.next, st.prev
}

// touch notes that a flow is looked at.
func (in *Inspector) touch(h Handle) {
	if in.states[0].next != h {
		in.detach(h)
		in.attach(h)
	}
}

// GiveUp is Close for want of room, which Stats count.
func (in *Inspector) GiveUp(h Handle) Result {
	in.stats.NoRoom++
	return in.Close(h)
}

// Close gives up a flow that ended or was decided elsewhere. It returns what its
// shape makes it likely to be.
func (in *Inspector) Close(h Handle) Result {
	if h == 0 || int(h) >= len(in.states) || !in.states[h].open {
		return Result{}
	}
	st := &in.states[h]
	r := st.result()
	for way := range st.stream {
		in.giveBack(st, way)
	}
	if r.Protocol == NoProtocol {
		in.stats.Unknown++
	} else {
		in.stats.Decided++
	}
	in.detach(h)
	*st = state{}
	in.free = append(in.free, h)
	return r
}

// result is what is known of a flow whose inspection ends.
func (st *state) result() Result {
	switch {
	case st.protocol != NoProtocol:
		return Result{Protocol: st.protocol, By: FromContent}
	case st.likely != NoProtocol:
		return Result{Protocol: st.likely, By: FromGuess}
	}
	return Result{}
}

// Inspect looks at a packet of an open flow. facts, which the caller clears, takes
// what it tells. Once the Result is Done, the Handle is closed.
func (in *Inspector) Inspect(h Handle, p *packet.Packet, fromClient bool, facts *Facts) Result {
	in.touch(h)
	st := &in.states[h]
	if p.PayLen == 0 && p.TCPFlags&packet.SYN == 0 {
		return Result{Protocol: st.protocol}
	}
	s := &in.seg
	*s = Segment{Proto: p.Proto, FromClient: fromClient, Facts: facts, st: st, in: in, Len: int(p.PayLen)}
	s.Client, s.Server, s.ClientPort, s.ServerPort = &p.Src, &p.Dst, p.SrcPort, p.DstPort
	if !fromClient {
		s.Client, s.Server, s.ClientPort, s.ServerPort = &p.Dst, &p.Src, p.DstPort, p.SrcPort
	}
	if p.Proto == packet.ProtoTCP {
		if !in.arrange(s, p) {
			return in.passedOver(h, p)
		}
	} else {
		s.Payload = p.Payload
	}
	if s.Len == 0 {
		return Result{Protocol: st.protocol}
	}
	before := st.protocol
	done := len(s.Payload) > 0 && in.ask(s) // the snap length may have left none of it
	st.took(s, p)
	r := Result{Protocol: st.protocol, New: before != st.protocol}
	if r.Protocol != NoProtocol {
		r.By = FromContent
	}
	if done || st.packets >= maxPackets || st.bytes >= maxBytes {
		end := in.Close(h)
		end.New = before != end.Protocol
		end.Done = true
		return end
	}
	return r
}

// passedOver counts a segment that detectors do not see, so that an inspection ends
// even if what is missing never comes.
func (in *Inspector) passedOver(h Handle, p *packet.Packet) Result {
	st := &in.states[h]
	if p.PayLen > 0 && p.TCPFlags&packet.SYN == 0 {
		st.packets = min(st.packets, 254) + 1
	}
	if st.packets < maxPackets {
		return Result{Protocol: st.protocol}
	}
	before := st.protocol
	end := in.Close(h)
	end.New, end.Done = before != end.Protocol, true
	return end
}

// took notes a payload after the detectors saw it.
func (st *state) took(s *Segment, p *packet.Packet) {
	t := &st.turns[s.way()]
	if int(t.Packets) < turnSizes {
		t.Sizes[t.Packets] = uint16(min(p.PayLen, 1<<16-1))
	}
	if t.Packets == 0 {
		t.headLen = uint8(copy(t.head[:], p.Payload))
	}
	t.Packets = min(t.Packets, 254) + 1
	st.packets = min(st.packets, 254) + 1
	st.bytes = uint16(min(uint32(st.bytes)+min(p.PayLen, maxBytes), 1<<16-1))
}

// ask puts the segment before the detectors that are still in question, in their
// order, and reports whether the flow is decided.
func (in *Inspector) ask(s *Segment) (done bool) {
	st := s.st
	if st.follow != 0 {
		return in.conclude(s, int(st.follow)-1)
	}
	for w := range st.alive {
		for left := st.alive[w]; left != 0; left &= left - 1 {
			i := 64*w + bits.TrailingZeros64(left)
			d := detectors[i]
			s.Is = d.Protocol
			switch d.Detect(s) {
			case No:
				st.alive[w] &^= left & -left
			case Likely:
				if st.likely == NoProtocol {
					st.likely = s.Is
				}
			case Yes:
				st.protocol = s.Is
				return true
			case Follow:
				st.protocol, st.follow = s.Is, uint8(i+1)
				return false
			}
		}
	}
	return st.alive.empty()
}

// conclude lets the detector that knows the flow already see what comes next.
func (in *Inspector) conclude(s *Segment, i int) (done bool) {
	s.Is = s.st.protocol
	v := detectors[i].Detect(s)
	s.st.protocol = s.Is
	return v == No || v == Yes
}
