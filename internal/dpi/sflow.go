package dpi

// sflow recognises sFlow 5 (sflow.org, section 5): the agent's address and the
// first sample.
var sflow = Detector{SFlow, OverUDP, detectSFlow,
	"version 5, the agent's address and the first sample"}

func detectSFlow(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	if c.u32() != 5 {
		return No
	}
	switch c.u32() {
	case 1:
		c.bytes(4)
	case 2:
		c.bytes(16)
	default:
		return No
	}
	c.bytes(12) // sub-agent, sequence, uptime
	samples := c.u32()
	format, size := c.u32(), int(c.u32())
	if samples == 0 {
		return verdictIf(s.OnPort(6343) && s.Len <= 40)
	}
	return verdictIf(!c.short && samples <= 100 && (format>>12 != 0 || format >= 1 && format <= 5) && size >= 8 && size%4 == 0 && size <= s.Len)
}
