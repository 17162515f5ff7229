package dpi

import "testing"

func TestIPsec(t *testing.T) {
	// RFC 7296 section 3.1: SPIs, next payload, version, exchange, flags, number, length.
	ike2 := fromHex("0102030405060708 0000000000000000 21 20 22 08 00000000 00000020 00000004")
	ike1 := fromHex("0102030405060708 0000000000000000 01 10 02 00 00000000 0000001c")
	esp := func(spi, number string) string { return fromHex(spi+number) + filled(76) }
	runExchanges(t, []exchange{
		{name: "IKEv2", proto: udp, server: 500, says: []string{">" + ike2}, want: IPsec},
		{name: "IKEv2 on any port", proto: udp, client: 1, server: 2, says: []string{">" + ike2}, want: IPsec},
		{name: "IKEv1", proto: udp, server: 500, says: []string{"<" + ike1}, want: IPsec},
		{name: "behind the marker", proto: udp, server: 4500, says: []string{">\x00\x00\x00\x00" + ike2}, want: IPsec},
		{name: "a length that is wrong", proto: udp, server: 500, says: []string{">" + ike2 + "a"}},
		{name: "a version that is not", proto: udp, server: 500, says: []string{">" + ike1[:17] + "\x30" + ike1[18:]}},
		{name: "ESP", proto: udp, server: 4500, says: []string{">" + esp("c0000001", "00000007"), ">" + esp("c0000001", "00000008")}, want: IPsec},
		{name: "one of ESP", proto: udp, server: 4500, says: []string{">" + esp("c0000001", "00000007")}},
		{name: "two associations", proto: udp, server: 4500, says: []string{">" + esp("c0000001", "00000007"), ">" + esp("c0000002", "00000001"), ">" + esp("c0000001", "00000008")}, want: IPsec},
		{name: "ESP elsewhere", proto: udp, server: 4501, says: []string{">" + esp("c0000001", "00000007"), ">" + esp("c0000001", "00000008")}},
		{name: "over TCP", proto: tcp, server: 4500, says: []string{">IKETCP\x00\x22\x00\x00\x00\x00" + ike2}, want: IPsec},
		{name: "keepalive", proto: udp, server: 4500, says: []string{">\xff"}, want: IPsec, by: FromGuess},
	})
}
