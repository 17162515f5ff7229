package dpi

import (
	"strings"
	"testing"
)

func TestSOCKS(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "5 with a name", proto: tcp, server: 1, says: []string{">\x05\x02\x00\x01", "<\x05\x00", ">\x05\x01\x00\x03\x0bexample.com\x00\x50"}, want: SOCKS, tells: gathered{Host: "example.com"}},
		{name: "5 with a password", proto: tcp, server: 1, says: []string{">\x05\x01\x02", "<\x05\x02", ">\x01\x01a\x01b", "<\x01\x00", ">\x05\x01\x00\x03\x0bexample.com\x00\x50"}, want: SOCKS, tells: gathered{Host: "example.com"}},
		{name: "5 with an address", proto: tcp, server: 1, says: []string{">\x05\x01\x00", "<\x05\x00", ">\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"}, want: SOCKS},
		{name: "5, another method", proto: tcp, server: 1, says: []string{">\x05\x01\x00", "<\x05\x02"}},
		{name: "5, not answered", proto: tcp, server: 1080, says: []string{">\x05\x01\x00"}},
		{name: "4", proto: tcp, server: 1, says: []string{">\x04\x01\x00\x50\xc0\x00\x02\x01me\x00", "<\x00\x5a\x00\x00\x00\x00\x00\x00"}, want: SOCKS},
		{name: "4a", proto: tcp, server: 1, says: []string{">\x04\x01\x00\x50\x00\x00\x00\x01\x00example.com\x00", "<\x00\x5b\x00\x00\x00\x00\x00\x00"}, want: SOCKS, tells: gathered{Host: "example.com"}},
		{name: "4, an answer of something else", proto: tcp, server: 1, says: []string{">\x04\x01\x00\x50\xc0\x00\x02\x01me\x00", "<\x00\x5a\x00\x00"}},
	})
}

func TestPPTP(t *testing.T) {
	start := fromHex("009c 0001 1a2b3c4d 0001 0000 0100 0000 00000003 00000003 0000 0001") + "router" + strings.Repeat("\x00", 58) + "MikroTik" + strings.Repeat("\x00", 56)
	runExchanges(t, []exchange{
		{name: "request", proto: tcp, server: 1723, says: []string{">" + start}, want: PPTP, tells: gathered{DeviceName: "router", UserAgent: "MikroTik"}},
		{name: "joined", proto: tcp, server: 1, says: []string{"<" + fromHex("0018 0001 1a2b3c4d 000f 0000 0000a196 00000000 ffffffff")}, want: PPTP},
		{name: "another cookie", proto: tcp, server: 1723, says: []string{"<" + fromHex("0018 0001 1a2b3c4e 000f 0000 0000a196 00000000 ffffffff")}},
	})
}

func TestL2TP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "request", proto: udp, server: 1701, says: []string{">" + fromHex("c802 0014 0000 0000 0000 0000 8008 0000 0000 0001")}, want: L2TP},
		{name: "version 3", proto: udp, server: 1701, says: []string{">" + fromHex("c803 0014 00000000 0000 0000 8008 0000 0000 0001")}, want: L2TP},
		{name: "acknowledgement", proto: udp, server: 1, says: []string{"<" + fromHex("c802 000c 0001 0000 0001 0002")}, want: L2TP},
		{name: "another attribute first", proto: udp, server: 1701, says: []string{">" + fromHex("c802 0014 0000 0000 0000 0000 8008 0000 0007 0001")}},
		{name: "a length that is wrong", proto: udp, server: 1701, says: []string{">" + fromHex("c802 0015 0000 0000 0000 0000 8008 0000 0000 0001")}},
		{name: "data", proto: udp, server: 1701, says: []string{">" + fromHex("4002 0010 0001 0001 ff03 c021 0101 0004")}, want: L2TP, by: FromGuess},
		{name: "data elsewhere", proto: udp, server: 1702, says: []string{">" + fromHex("4002 0010 0001 0001 ff03 c021 0101 0004")}},
	})
}

func TestEncapsulations(t *testing.T) {
	ip6 := func(from, to string) string { return fromHex("60000000 0000 3b 40" + from + to) }
	const relay, fe80, routers = "20010000 c0000201 0000 0000 00000000", "fe80000000000000 0000000000000001", "ff02000000000000 0000000000000002"
	runExchanges(t, []exchange{
		{name: "VXLAN", proto: udp, server: 4789, says: []string{">" + fromHex("08000000 00002a00 020000000001 020000000002 0800 4500")}, want: VXLAN},
		{name: "VXLAN of nothing", proto: udp, server: 4789, says: []string{">" + fromHex("08000000 00002a00 020000000001 020000000002 0000 4500")}},
		{name: "GTP-U", proto: udp, client: 2152, server: 2152, says: []string{">" + fromHex("30ff 0004 00000001 45000000")}, want: GTP},
		{name: "GTP-U with a number", proto: udp, client: 2152, server: 2152, says: []string{">" + fromHex("32ff 0008 00000001 00010000 45000000")}, want: GTP},
		{name: "GTP-U, echo", proto: udp, client: 2152, server: 2152, says: []string{">" + fromHex("3201 0004 00000000 00010000")}, want: GTP},
		{name: "GTP-C, version 2", proto: udp, server: 2123, says: []string{">" + fromHex("4001 0009 00000100 0300010007")}, want: GTP},
		{name: "GTP-U of no packet", proto: udp, client: 2152, server: 2152, says: []string{">" + fromHex("30ff 0004 00000001 15000000")}},
		{name: "GTP-U elsewhere", proto: udp, server: 2153, says: []string{">" + fromHex("30ff 0004 00000001 45000000")}},
		{name: "Teredo", proto: udp, server: 1, says: []string{">" + ip6(relay, "20010db8000000000000000000000001")}, want: Teredo},
		{name: "Teredo, solicitation", proto: udp, server: 3544, says: []string{">" + fromHex("0001 0000 0102030405060708 00") + ip6(fe80, routers)}, want: Teredo},
		{name: "Teredo, origin", proto: udp, server: 3544, says: []string{"<" + fromHex("0000 633f 3ffffdfe") + ip6(fe80, relay)}, want: Teredo},
		{name: "other IPv6", proto: udp, server: 1, says: []string{">" + ip6(fe80, routers)}},
	})
}

func TestTailscaleZeroTierTinc(t *testing.T) {
	const a, b = "a1a2a3a4a5", "b1b2b3b4b5"
	packet := func(to, from, rest string) string { return fromHex("0102030405060708" + to + from + rest) }
	const sealed = "80 1111111111111111 77 2233445566778899"
	runExchanges(t, []exchange{
		{name: "disco", proto: udp, server: 41641, says: []string{">TS\xf0\x9f\x92\xac" + filled(56+24)}, want: Tailscale},
		{name: "disco behind WireGuard's keepalive", proto: udp, server: 1, says: []string{">" + fromHex("04000000 01020304 0000000000000000") + filled(16), ">TS\xf0\x9f\x92\xac" + filled(56+24)}, want: Tailscale},
		{name: "disco of nothing", proto: udp, server: 41641, says: []string{">TS\xf0\x9f\x92\xac" + filled(20)}},
		{name: "HELLO", proto: udp, server: 9993, says: []string{">" + packet(b, a, "00 1111111111111111 01 0c 01 0a 0000 0000000000000001"+a+"00")}, want: ZeroTier},
		{name: "HELLO of another", proto: udp, server: 9993, says: []string{">" + packet(b, a, "00 1111111111111111 01 0c 01 0a 0000 0000000000000001"+b+"00")}},
		{name: "both ends", proto: udp, server: 1, says: []string{">" + packet(b, a, sealed), "<" + packet(a, b, sealed)}, want: ZeroTier},
		{name: "two others", proto: udp, server: 1, says: []string{">" + packet(b, a, sealed), "<" + packet(b, a, sealed)}},
		{name: "tinc", proto: tcp, server: 655, says: []string{">0 home_1 17.7\n"}, want: Tinc},
		{name: "tinc 1.0", proto: tcp, server: 1, says: []string{"<0 office 17\n"}, want: Tinc},
		{name: "another version", proto: tcp, server: 655, says: []string{"<0 office 18\n"}},
		{name: "no name", proto: tcp, server: 655, says: []string{"<0 of-fice 17\n"}},
	})
}
