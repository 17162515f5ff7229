package dpi

import (
	"strings"
	"testing"

	"weir/internal/packet"
)

func TestDHCP(t *testing.T) {
	bootp := func(op byte) string {
		return string([]byte{op, 1, 6, 0}) + "\x39\x03\xf3\x26" + strings.Repeat("\x00", 20) + "\x02\x00\x00\x00\x00\x01" + strings.Repeat("\x00", 202)
	}
	discover := bootp(1) + "\x63\x82\x53\x63" + "\x35\x01\x01" + "\x00" + "\x3c\x08MSFT 5.0" + "\x37\x04\x01\x03\x06\x0f"
	runExchanges(t, []exchange{
		{name: "discover", proto: udp, client: 68, server: 67, says: []string{">" + discover + "\x0c\x06laptop\xff"}, want: DHCP, tells: gathered{DeviceName: "laptop", Vendor: "MSFT 5.0", Fingerprint: "\x01\x03\x06\x0f"}},
		{name: "name in a later message", proto: udp, client: 68, server: 67, says: []string{">" + discover + "\xff", ">" + bootp(1) + "\x63\x82\x53\x63\x35\x01\x03\x0c\x03pad\xff"}, want: DHCP, tells: gathered{DeviceName: "pad", Vendor: "MSFT 5.0", Fingerprint: "\x01\x03\x06\x0f"}},
		{name: "fqdn", proto: udp, client: 68, server: 67, says: []string{">" + discover + "\x51\x0c\x00\x00\x00pc.home.x\xff"}, want: DHCP, tells: gathered{DeviceName: "pc", Vendor: "MSFT 5.0", Fingerprint: "\x01\x03\x06\x0f"}},
		{name: "fqdn as dns has it", proto: udp, client: 68, server: 67, says: []string{">" + discover + "\x51\x0c\x04\x00\x00\x02pc\x04home\x00\xff"}, want: DHCP, tells: gathered{DeviceName: "pc", Vendor: "MSFT 5.0", Fingerprint: "\x01\x03\x06\x0f"}},
		{name: "offer", proto: udp, client: 68, server: 67, says: []string{"<" + bootp(2) + "\x63\x82\x53\x63\x35\x01\x02\x0c\x06laptop\xff"}, want: DHCP},
		{name: "option cut", proto: udp, client: 68, server: 67, says: []string{">" + discover + "\x0c\x09lap"}, want: DHCP, tells: gathered{Vendor: "MSFT 5.0", Fingerprint: "\x01\x03\x06\x0f"}},
		{name: "too short", proto: udp, client: 68, server: 67, says: []string{">" + bootp(1)[:60]}, want: NoProtocol},
		{name: "bootp", proto: udp, client: 68, server: 67, says: []string{">" + bootp(1) + strings.Repeat("\x00", 64)}, want: DHCP},
		{name: "no cookie, other port", proto: udp, server: 6767, says: []string{">" + bootp(1) + strings.Repeat("\x00", 64)}, want: NoProtocol},
	})
}

func TestDHCPv6(t *testing.T) {
	solicit := "\x01\x10\x08\x74\x00\x01\x00\x0a\x00\x03\x00\x01\x02\x00\x00\x00\x00\x01\x00\x10\x00\x0e\x00\x00\x01\x37\x00\x08MSFT 5.0\x00\x27\x00\x0a\x00\x06laptop\x01x"
	runExchanges(t, []exchange{
		{name: "solicit", proto: udp, client: 546, server: 547, says: []string{">" + solicit}, want: DHCPv6, tells: gathered{DeviceName: "laptop", Vendor: "MSFT 5.0"}},
		{name: "relayed", proto: udp, client: 547, server: 547, says: []string{">\x0c\x00" + strings.Repeat("\x20", 32) + "\x00\x09\x00\x01x"}, want: DHCPv6},
		{name: "options that do not fit", proto: udp, client: 546, server: 547, says: []string{">\x01\x10\x08\x74\x00\x01\x00\xff\x00"}, want: NoProtocol},
		{name: "other port", proto: udp, server: 5470, says: []string{">" + solicit}, want: NoProtocol},
	})
}

// A capture may leave no more than the head of a message.
func TestDHCPCut(t *testing.T) {
	in := NewInspector(Config{})
	h := in.Open(udp)
	p := packet.Packet{Proto: udp, SrcPort: 68, DstPort: 67, Payload: []byte("\x01\x01\x06\x00\x39\x03\xf3\x26"), PayLen: 300}
	if r := in.Inspect(h, &p, true, new(Facts)); r.Protocol != DHCP || !r.Done {
		t.Errorf("%+v", r)
	}
}
