package dpi

// talkPackets is how many payloads of a conversation in clear are looked at for
// the ClientHello that may end it.
const talkPackets = 12

// goesOn is the verdict on a payload of a conversation that is recognised: it
// stays what it is when TLS takes over (STARTTLS and its like), and the
// ClientHello is told.
func (s *Segment) goesOn() Verdict {
	if len(s.Payload) > recordHeader && s.Payload[0] == recordHandshake && s.Payload[1] == 3 {
		messages, _ := s.handshakes()
		if len(messages) < handshakeHeader+2 {
			s.Keep()
			return Follow
		}
		if messages[0] != clientHelloType {
			return Yes
		}
		spoken := s.Is
		v := clientSaysTLS(s, messages)
		s.Is = spoken
		if v == No || s.Facts.JA4.Set() {
			return Yes
		}
		return Follow
	}
	if int(s.Sent().Packets)+int(s.Answered().Packets) >= talkPackets {
		return Yes
	}
	return Follow
}

// talking reports whether the flow was recognised before: the detector follows it.
func (s *Segment) talking() bool { return s.st.follow != 0 }
