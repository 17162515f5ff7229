package dpi

import "weir/internal/packet"

// maxEarly is how many segments wait for one that is missing. Then it is given up.
const maxEarly = 4

// arrange finds the place of a TCP segment in its stream and sets Payload, Offset
// and Joined. It reports false for segments without new bytes and for those that
// came before an earlier one; these are kept, if there is room, until the gap is
// filled. A gap that nothing fills makes the stream one that is joined behind it.
func (in *Inspector) arrange(s *Segment, p *packet.Packet) bool {
	st, way := s.st, s.way()
	bit := uint8(1) << way
	if p.TCPFlags&packet.SYN != 0 {
		st.due[way], st.offset[way] = p.Seq+1, 0
		st.known, st.whole = st.known|bit, st.whole|bit
		return false // data in a SYN (RFC 7413) is sent again or goes on with the stream
	}
	if p.PayLen == 0 {
		return false
	}
	if st.known&bit == 0 {
		st.due[way], st.known = p.Seq, st.known|bit
	}
	s.Joined = st.whole&bit == 0
	ahead := int32(p.Seq - st.due[way])
	switch {
	case ahead > 0 && st.early[way] < maxEarly:
		in.keepEarly(st, way, int(ahead), p.Payload)
		return false
	case ahead > 0: // nothing fills the gap: it was lost, or the filter of the capture left it out
		in.giveBack(st, way)
		st.whole &^= bit
		st.due[way] = p.Seq
		st.offset[way] += uint32(ahead)
		s.Joined, ahead = true, 0
	case int64(ahead)+int64(p.PayLen) <= 0:
		return false // sent again
	}
	st.early[way] = 0
	s.Offset = st.offset[way]
	s.Payload, s.fresh = p.Payload[min(int(-ahead), len(p.Payload)):], int(p.PayLen)-int(-ahead)
	st.due[way] = p.Seq + p.PayLen
	st.offset[way] += p.PayLen - uint32(-ahead)
	if st.stream[way] != 0 {
		in.join(s, way)
	}
	return true
}

// keepEarly keeps a segment that came so many bytes before its turn, if there is
// room.
func (in *Inspector) keepEarly(st *state, way, ahead int, payload []byte) {
	st.early[way]++
	if ahead >= streamBytes {
		return
	}
	if b := in.streamOf(st, way); b != nil {
		b.add(ahead+in.base(st, way), payload)
	}
}

// join puts the segment behind what is kept of its direction, which becomes its
// Payload. What was kept begins at an offset of its own.
func (in *Inspector) join(s *Segment, way int) {
	st, fresh := s.st, s.Payload
	b := in.streams[st.stream[way]-1]
	before := len(b.prefix())
	b.add(before, fresh)
	whole := b.prefix()
	if len(whole) <= before {
		in.giveBack(st, way) // full: what follows is seen piece by piece
		return
	}
	s.Offset -= uint32(before)
	s.Payload = whole
	beyond := uint32(max(0, len(whole)-before-len(fresh))) // of segments that came early; none where the room ends
	if len(fresh) < s.fresh {
		in.giveBack(st, way) // cut by the snap length: a gap that nothing fills
		beyond = 0
	}
	st.due[way] += beyond
	st.offset[way] += beyond
}

// base is where in a stream the next byte of its direction belongs.
func (in *Inspector) base(st *state, way int) int {
	if st.stream[way] == 0 {
		return 0
	}
	return len(in.streams[st.stream[way]-1].prefix())
}

// streamOf returns the stream of a direction, taking one that is free when there
// is none yet, or nil when all are in use.
func (in *Inspector) streamOf(st *state, way int) *stream {
	if n := st.stream[way]; n != 0 {
		return in.streams[n-1]
	}
	switch n := len(in.idle); {
	case n > 0:
		st.stream[way] = in.idle[n-1] + 1
		in.idle = in.idle[:n-1]
	case len(in.streams) < in.max.Streams:
		in.streams = append(in.streams, new(stream))
		st.stream[way] = uint16(len(in.streams))
	default:
		in.stats.NoStream++
		return nil
	}
	b := in.streams[st.stream[way]-1]
	b.reset()
	return b
}

// giveBack frees the stream of a direction.
func (in *Inspector) giveBack(st *state, way int) {
	if n := st.stream[way]; n != 0 {
		st.stream[way] = 0
		in.idle = append(in.idle, n-1)
	}
}

// release gives up the bytes of this direction that are kept, once their message
// is read. Payload stays as it is until the next packet.
func (s *Segment) release() { s.in.giveBack(s.st, s.way()) }
