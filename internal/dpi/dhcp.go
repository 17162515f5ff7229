package dpi

// dhcp recognises DHCP and BOOTP (RFC 2131 section 2, RFC 951) by the magic
// cookie, or the shape of the message on its ports. What clients say of
// themselves is in options (RFC 2132, RFC 4702).
var dhcp = Detector{DHCP, OverUDP, detectDHCP,
	"the magic cookie, or the shape of the message on ports 67 and 68"}

const (
	bootpHeader = 236
	bootpServer = 67
	bootpClient = 68
)

// Options that are read.
const (
	dhcpPad         = 0
	dhcpHostName    = 12
	dhcpRequestList = 55
	dhcpVendorClass = 60
	dhcpClientFQDN  = 81
	dhcpEnd         = 255
)

func detectDHCP(s *Segment) Verdict {
	b := s.Payload
	port := s.OnPort(bootpServer) || s.OnPort(bootpClient)
	if len(b) < 4 || b[0] != 1 && b[0] != 2 || b[2] > 16 || s.Len < bootpHeader+4 {
		return No
	}
	if len(b) < bootpHeader+4 {
		return verdictIf(port && b[1] == 1 && b[2] == 6 && !s.whole()) // cut
	}
	if string(b[bootpHeader:bootpHeader+4]) != "\x63\x82\x53\x63" {
		return verdictIf(port && b[1] == 1 && b[2] == 6)
	}
	if b[0] == 2 { // from a server: it tells nothing of the client
		return Yes
	}
	s.Facts.dhcpOptions(cursor{b: b[bootpHeader+4:]})
	if len(s.Facts.DeviceName) == 0 {
		return Follow // other messages may tell more
	}
	return Yes
}

// dhcpOptions takes what a client says.
func (f *Facts) dhcpOptions(c cursor) {
	for c.more() {
		code := c.u8()
		if code == dhcpPad {
			continue
		}
		if code == dhcpEnd {
			return
		}
		value := c.bytes(int(c.u8()))
		if c.short {
			return
		}
		switch code {
		case dhcpHostName:
			f.DeviceName = untilNUL(value)
		case dhcpVendorClass:
			f.Vendor = value
		case dhcpRequestList:
			f.Fingerprint = value
		case dhcpClientFQDN:
			if len(f.DeviceName) == 0 && len(value) > 3 {
				f.DeviceName = fqdnOption(value[0]&4 != 0, value[3:])
			}
		}
	}
}

// fqdnOption returns the first label of a name, encoded as DNS does or not.
func fqdnOption(encoded bool, name []byte) []byte {
	if encoded {
		return Name{name, 0}.Label(0)
	}
	for i, c := range name {
		if c == '.' || c == 0 {
			return name[:i]
		}
	}
	return name
}
