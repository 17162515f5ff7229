package dpi

// mqtt recognises MQTT 3.1, 3.1.1 and 5 (OASIS, section 2) by the packet that
// connects, and a connection joined later by what both ends say.
var mqtt = Detector{MQTT, OverTCP, detectMQTT,
	"the packet that connects; joined later, what both ends say"}

const (
	mqttPort = 1883

	mqttConnect     = 1
	mqttConnAck     = 2
	mqttPublish     = 3
	mqttPubAck      = 4
	mqttPubRec      = 5
	mqttPubRel      = 6
	mqttPubComp     = 7
	mqttSubscribe   = 8
	mqttSubAck      = 9
	mqttUnsubscribe = 10
	mqttUnsubAck    = 11
	mqttPing        = 12
	mqttPong        = 13
	mqttVersion5    = 5
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
	case mqttPubAck:
		if s.Len == 4 && first&15 == 0 && length == 2 && (s.OnPort(mqttPort) || isPublish(s.Answered().Head(), body.u16())) {
			return Yes
		}
	case mqttPublish:
		if _, _, ok := readPublish(first, body); ok && s.OnPort(mqttPort) {
			return Yes
		}
		return s.patient()
	case mqttSubscribe, mqttSubAck, mqttPubRec, mqttPubRel, mqttPubComp, mqttUnsubscribe, mqttUnsubAck:
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
	if kind == mqttSubscribe || kind == mqttUnsubscribe {
		c.u16() // packet identifier
		return flags == 2 && printable(c.bytes(int(c.u16())))
	}
	return length >= 2 && length == len(c.b)
}

// readPublish reads the body of a PUBLISH packet as far as its identifier, which
// it has when it is to be acknowledged.
func readPublish(first uint8, c cursor) (id uint16, has, ok bool) {
	quality := first >> 1 & 3
	if quality == 3 || !printable(c.bytes(int(c.u16()))) {
		return 0, false, false
	}
	if quality > 0 {
		id, has = c.u16(), true
	}
	return id, has, !c.short
}

// isPublish reports whether what one end began with is a PUBLISH packet with an
// identifier, which the other end acknowledges.
func isPublish(head []byte, id uint16) bool {
	c := cursor{b: head}
	first := c.u8()
	c.remaining()
	got, has, ok := readPublish(first, c)
	return first>>4 == mqttPublish && has && ok && got == id
}
