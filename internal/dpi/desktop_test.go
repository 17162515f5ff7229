package dpi

import (
	"strings"
	"testing"
)

func TestRDP(t *testing.T) {
	syn := "\x00\x40\x00\x01\x00\x00\x00\x01\x04\xd0\x04\xd0" + strings.Repeat("\x00", 1216)
	runExchanges(t, []exchange{
		{name: "cookie", proto: tcp, server: 3390, says: []string{">\x03\x00\x00\x25\x20\xe0\x00\x00\x00\x00\x00Cookie: mstshash=someone\r\n"}, want: RDP},
		{name: "negotiation", proto: tcp, server: 3390, says: []string{">\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"}, want: RDP},
		{name: "confirmation", proto: tcp, server: 3390, says: []string{"<\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"}, want: RDP},
		{name: "request of iso transport", proto: tcp, server: 102, says: []string{">\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"}, want: NoProtocol},
		{name: "over udp", proto: udp, server: 3389, says: []string{">\xff\xff\xff\xff" + syn}, want: RDP},
		{name: "over udp with an mtu too small", proto: udp, server: 3389, says: []string{">\xff\xff\xff\xff" + strings.Replace(syn, "\x04\xd0", "\x02\xd0", 1)}, want: NoProtocol},
	})
}

func TestVNC(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "version", proto: tcp, server: 6900, says: []string{"<RFB 003.008\n", ">RFB 003.008\n"}, want: VNC, tells: gathered{Version: "RFB 003.008"}},
		{name: "no version", proto: tcp, server: 5900, says: []string{"<RFB 3.8\n      "}, want: NoProtocol},
	})
}
