package dpi

// mqtt recognises MQTT 3.1, 3.1.1 and 5 (OASIS, section 2) by the packet that
// connects, and a connection joined later by what both ends say.
var mqtt = Detector{MQTT, OverTCP, detectMQTT}

const (
	mqttPort = 1883

	mqttConnect   = 1
	mqttConnAck   = 2
	mqttPublish   = 3
	mqttSubscribe = 8
	mqttSubAck    = 9
	mqttPing      = 12
	mqttPong      = 13
	mqttVersion5  = 5
)

func detectMQTT(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	first, length := c.u8(), c.remaining()
	if c.short {
		return s.wait()
	}
	kind := first >> 4
	body := c.part(length)
	switch kind {
	case mqttConnect:
		if first&15 == 0 && s.mqttConnect(body) {
			return Yes
		}
	case mqttConnAck:
		if first == 0x20 && length >= 2 && !body.short && body.b[0] <= 1 && (body.b[1] <= 5 || body.b[1] >= 0x80) && s.OnPort(mqttPort) {
			return Yes
		}
	case mqttPing, mqttPong:
		// Two bytes that come back as two others.
		other := s.Answered().Head()
		if first&15 == 0 && length == 0 && s.Len == 2 && (s.OnPort(mqttPort) || len(other) == 2 && other[0] == (mqttPing^mqttPong^kind)<<4 && other[1] == 0) {
			return Yes
		}
		return s.patient()
	case mqttPublish, mqttSubscribe, mqttSubAck, 4, 5, 6, 7, 10, 11:
		return s.yesOrWait(s.OnPort(mqttPort) && s.mqttMessage(kind, first&15, length, body))
	}
	return s.wait()
}

// remaining reads the variable length of a packet (section 2.1.4 of version 5).
func (c *cursor) remaining() (n int) {
	for i := range 4 {
		b := c.u8()
		n |= int(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return n
		}
	}
	c.short = true
	return 0
}

// mqttConnect reads the body of a CONNECT packet and tells the client's name for
// itself.
func (s *Segment) mqttConnect(c cursor) bool {
	name := c.bytes(int(c.u16()))
	if string(name) != "MQTT" && string(name) != "MQIsdp" {
		return false
	}
	version := c.u8()
	c.bytes(3) // flags, keep alive
	if version == mqttVersion5 {
		c.bytes(c.remaining())
	}
	if id := c.bytes(int(c.u16())); !c.short {
		s.Facts.UserAgent = id
	}
	return true
}

// mqttMessage reports whether a packet of a connection joined in its middle is one.
func (s *Segment) mqttMessage(kind, flags uint8, length int, c cursor) bool {
	switch kind {
	case mqttPublish:
		return flags>>1&3 != 3 && printable(c.bytes(int(c.u16())))
	case mqttSubscribe:
		c.u16()
		return flags == 2 && printable(c.bytes(int(c.u16())))
	}
	return length >= 2 && length == len(c.b)
}
