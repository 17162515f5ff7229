package dpi

import "bytes"

// verdictIf is Yes if ok, else No.
func verdictIf(ok bool) Verdict {
	if ok {
		return Yes
	}
	return No
}

// patience is how many payloads of one end are looked at while the other is
// silent.
const patience = 4

// wait is the verdict of a payload that does not tell. The other end's may, or,
// where only one direction is seen, one of the next few.
func (s *Segment) wait() Verdict {
	if s.Answered().Packets == 0 && s.Sent().Packets < patience-1 {
		return Perhaps
	}
	return No
}

// yesOrWait is Yes if ok, else what wait says.
func (s *Segment) yesOrWait(ok bool) Verdict {
	if ok {
		return Yes
	}
	return s.wait()
}

// whole reports whether Payload is everything that was sent in this packet.
func (s *Segment) whole() bool { return len(s.Payload) >= s.Len }

// text returns room for what a detector has to write anew to tell it, such as a
// name that was encoded. There is one for each call of Inspect.
func (s *Segment) text() []byte { return s.in.scratch[:0] }

// patient is the verdict on a greeting that many protocols have: what the client
// answers tells.
func (s *Segment) patient() Verdict {
	if s.Answered().Packets == 0 {
		return Perhaps
	}
	return No
}

// onPorts reports whether one end has one of the ports.
func (s *Segment) onPorts(ports []uint16) bool {
	for _, p := range ports {
		if s.OnPort(p) {
			return true
		}
	}
	return false
}

// answered reports whether what the other end said first begins with a text.
func (s *Segment) answered(text string) bool {
	return bytes.HasPrefix(s.Answered().Head(), []byte(text))
}
