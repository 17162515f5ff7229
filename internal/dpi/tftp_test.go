package dpi

import "testing"

func TestTFTP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "read", proto: udp, server: 69, says: []string{">\x00\x01pxelinux.0\x00octet\x00blksize\x001456\x00"}, want: TFTP, tells: gathered{URL: "pxelinux.0"}},
		{name: "write on another port", proto: udp, server: 1069, says: []string{">\x00\x02a.cfg\x00NetASCII\x00"}, want: TFTP, tells: gathered{URL: "a.cfg"}},
		{name: "data from a port of its own", proto: udp, server: 50000, says: []string{"<\x00\x03\x00\x01text", ">\x00\x04\x00\x01"}, want: TFTP},
		{name: "acknowledgement, then data", proto: udp, server: 50000, says: []string{"<\x00\x04\x00\x00", ">\x00\x03\x00\x01text"}, want: TFTP},
		{name: "joined in the middle", proto: udp, server: 50000, says: []string{"<\x00\x03\x02\x11text", ">\x00\x04\x02\x11"}, want: TFTP},
		{name: "acknowledgement of another block", proto: udp, server: 50000, says: []string{"<\x00\x03\x02\x11text", ">\x00\x04\x09\x11"}, want: NoProtocol},
		{name: "options", proto: udp, server: 50000, says: []string{"<\x00\x06tsize\x004096\x00"}, want: TFTP},
		{name: "error", proto: udp, server: 50000, says: []string{"<\x00\x05\x00\x01File not found\x00"}, want: TFTP},
		{name: "unknown mode", proto: udp, server: 69, says: []string{">\x00\x01file\x00fast\x00"}, want: NoProtocol},
	})
}
