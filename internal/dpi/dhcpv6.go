package dpi

// dhcpv6 recognises DHCPv6 (RFC 8415 section 8) by its ports, a known message,
// and options that fill it. Clients tell their name (RFC 4704) and vendor class.
var dhcpv6 = Detector{DHCPv6, OverUDP, detectDHCPv6,
	"a known message whose options fill it, on ports 546 and 547"}

const (
	dhcpv6Client = 546
	dhcpv6Server = 547

	dhcpv6VendorClass = 16
	dhcpv6ClientFQDN  = 39
	dhcpv6RelayForw   = 12
	dhcpv6RelayReply  = 13
	dhcpv6LastMessage = 36 // of the IANA registry
)

func detectDHCPv6(s *Segment) Verdict {
	if !s.OnPort(dhcpv6Client) && !s.OnPort(dhcpv6Server) {
		return No
	}
	c := cursor{b: s.Payload}
	kind := c.u8()
	switch {
	case kind == 0 || kind > dhcpv6LastMessage:
		return No
	case kind == dhcpv6RelayForw || kind == dhcpv6RelayReply:
		c.bytes(33) // hops, two addresses
	default:
		c.u24() // transaction
	}
	for n := 0; c.more() && n < mostRecords; n++ {
		code, value := c.u16(), c.part(int(c.u16()))
		if value.short {
			return verdictIf(!s.whole())
		}
		switch code {
		case dhcpv6VendorClass:
			value.u32() // enterprise
			s.Facts.Vendor = value.bytes(int(value.u16()))
		case dhcpv6ClientFQDN:
			if value.u8(); s.Facts.DeviceName == nil {
				s.Facts.DeviceName = Name{value.b, 0}.Label(0)
			}
		}
	}
	return verdictIf(!c.short)
}
