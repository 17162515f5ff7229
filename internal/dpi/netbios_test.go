package dpi

import "testing"

// nbName encodes a name as RFC 1001 section 14.1 does, with its length and root.
func nbName(name string, suffix byte) string {
	b := []byte("               ")
	copy(b, name)
	out := []byte{32}
	for _, c := range append(b, suffix) {
		out = append(out, 'A'+c>>4, 'A'+c&15)
	}
	return string(append(out, 0))
}

func TestNetBIOS(t *testing.T) {
	register := "\x00\x01\x29\x10\x00\x01\x00\x00\x00\x00\x00\x01" + nbName("LAPTOP", 0) + "\x00\x20\x00\x01\xc0\x0c\x00\x20\x00\x01\x00\x04\x93\xe0\x00\x06"
	runExchanges(t, []exchange{
		{name: "query", proto: udp, client: 137, server: 137, says: []string{">\x00\x01\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00" + nbName("NAS", 0x20) + "\x00\x20\x00\x01"}, want: NetBIOS, tells: gathered{Host: "NAS"}},
		{name: "query from another port", proto: udp, server: 1137, says: []string{">\x00\x01\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00" + nbName("NAS", 0x20) + "\x00\x20\x00\x01"}, want: NetBIOS, tells: gathered{Host: "NAS"}},
		{name: "registration", proto: udp, client: 137, server: 137, says: []string{">" + register + "\x00\x00\x0a\x00\x00\x02"}, want: NetBIOS, tells: gathered{DeviceName: "LAPTOP"}},
		{name: "registration of a group", proto: udp, client: 137, server: 137, says: []string{">" + register + "\x80\x00\x0a\x00\x00\x02"}, want: NetBIOS},
		{name: "status", proto: udp, client: 137, server: 137, says: []string{"<\x00\x01\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" + nbName("*", 0) + "\x00\x21\x00\x01\x00\x00\x00\x00\x00\x25\x02" +
			"HOME           \x00\x80\x00" + "NAS            \x20\x04\x00"}, want: NetBIOS, tells: gathered{DeviceName: "NAS", Code: 1}},
		{name: "datagram", proto: udp, client: 138, server: 138, says: []string{">\x11\x0a\x00\x01\x0a\x00\x00\x02\x00\x8a\x00\xbb\x00\x00" + nbName("LAPTOP", 0) + nbName("HOME", 0x1d)}, want: NetBIOS, tells: gathered{DeviceName: "LAPTOP"}},
		{name: "session", proto: tcp, server: 139, says: []string{">\x81\x00\x00\x44" + nbName("NAS", 0x20) + nbName("LAPTOP", 0), "<\x82\x00\x00\x00"}, want: NetBIOS, tells: gathered{DeviceName: "LAPTOP"}},
		{name: "session of smb", proto: tcp, server: 139, says: []string{">\x81\x00\x00\x44" + nbName("NAS", 0x20) + nbName("LAPTOP", 0), "<\x82\x00\x00\x00", ">\x00\x00\x00\x54\xffSMBr"}, want: SMB, tells: gathered{DeviceName: "LAPTOP"}},
		{name: "letters beyond P", proto: udp, server: 1137, says: []string{">\x00\x01\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20" + "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ" + "\x00\x00\x20\x00\x01"}, want: NoProtocol},
	})
}
