package dpi

import (
	"strings"
	"testing"
)

func TestPeers(t *testing.T) {
	hash := filled(16)
	hello := fromHex("e3 2c000000 01") + hash + fromHex("c0000201 1236 00000000") + filled(17)
	runExchanges(t, []exchange{
		{name: "eDonkey hello", proto: tcp, server: 4661, says: []string{">" + hello}, want: EDonkey},
		{name: "eDonkey, two messages", proto: tcp, server: 1, says: []string{">" + hello + hello}, want: EDonkey},
		{name: "eDonkey, something behind it", proto: tcp, server: 1, says: []string{">" + hello + "abc"}},
		{name: "eDonkey, server's state", proto: udp, server: 4665, says: []string{">" + fromHex("e396 55aa1234"), "<" + fromHex("e397 55aa1234 00000001 00000002")}, want: EDonkey},
		{name: "eDonkey, state of another", proto: udp, server: 4665, says: []string{">" + fromHex("e396 55aa1234"), "<" + fromHex("e397 55aa1235 00000001 00000002")}, want: EDonkey, by: FromGuess},
		{name: "Kademlia", proto: udp, server: 1, says: []string{">" + fromHex("e421 0b") + hash + hash}, want: EDonkey},
		{name: "Kademlia, one byte more", proto: udp, server: 1, says: []string{">" + fromHex("e421 0b") + hash + hash + "a"}},
		{name: "Gnutella", proto: tcp, server: 6346, says: []string{">GNUTELLA CONNECT/0.6\r\nUser-Agent: LimeWire/4.9\r\n\r\n"}, want: Gnutella, tells: gathered{UserAgent: "LimeWire/4.9"}},
		{name: "Gnutella's answer", proto: tcp, server: 1, says: []string{"<GNUTELLA/0.6 200 OK\r\nUser-Agent: gtk-gnutella/1.2\r\n\r\n"}, want: Gnutella, tells: gathered{Server: "gtk-gnutella/1.2"}},
		{name: "Gnutella 2", proto: udp, server: 1, says: []string{">GND\x02\x00\x01\x01\x01" + filled(9)}, want: Gnutella},
		{name: "Gnutella 2, part 2 of 1", proto: udp, server: 1, says: []string{">GND\x02\x00\x01\x02\x01" + filled(9)}},
		{name: "Syncthing in the house", proto: udp, server: 21027, says: []string{">" + fromHex("2ea7d90b 0a20") + filled(60)}, want: Syncthing},
		{name: "Syncthing's relay", proto: tcp, server: 22067, says: []string{">" + fromHex("9e79bc40 00000002 00000024 00000020") + filled(32)}, want: Syncthing},
		{name: "another magic", proto: udp, server: 21027, says: []string{">" + fromHex("2ea7d90c 0a20") + filled(60)}},
	})
}

func TestCurrencies(t *testing.T) {
	version := fromHex("f9beb4d9 76657273696f6e0000000000 65000000 5f1a69d2") + filled(101)
	// A list in RLP behind digest, signature and kind.
	discovery := func(kind, list string) string {
		signature := filled(96) + "\x01"
		return signature + fromHex(kind+list)
	}
	ping := discovery("01", "dc 04 cb 847f000001 82765f 82765f c9 84c0000201 82765f 80 8443b9a355")
	runExchanges(t, []exchange{
		{name: "Bitcoin", proto: tcp, server: 8333, says: []string{">" + version}, want: Bitcoin},
		{name: "Bitcoin, no command", proto: tcp, server: 8333, says: []string{">" + version[:4] + "Version\x00\x00\x00\x00\x00" + version[16:]}},
		{name: "Stratum", proto: tcp, server: 3333, says: []string{`>{"id": 1, "method": "mining.subscribe", "params": ["cgminer/4.10.0"]}` + "\n"}, want: Mining},
		{name: "CryptoNote", proto: tcp, server: 443, says: []string{`>{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"44Af","pass":"x","agent":"XMRig/6.0"}}` + "\n"}, want: Mining},
		{name: "other JSON", proto: tcp, server: 443, says: []string{`>{"id":1,"jsonrpc":"2.0","method":"status","params":{}}` + "\n"}},
		{name: "Ethereum", proto: udp, server: 30303, says: []string{">" + ping}, want: Ethereum},
		{name: "Ethereum, a neighbour is looked for", proto: udp, server: 1, says: []string{">" + discovery("03", "f847 b840"+strings.Repeat("ab", 64)+"8443b9a355")}, want: Ethereum},
		{name: "Ethereum, a list too short", proto: udp, server: 1, says: []string{">" + discovery("03", "f846 b840"+strings.Repeat("ab", 64)+"8443b9a355")}},
	})
}

func TestGames(t *testing.T) {
	const magic = "00ffff00fefefefefdfdfdfd12345678"
	runExchanges(t, []exchange{
		{name: "RakNet, ping", proto: udp, server: 19132, says: []string{">" + fromHex("01 0000000000000001"+magic+"0000000000000002")}, want: RakNet},
		{name: "RakNet, open", proto: udp, server: 1, says: []string{">" + fromHex("05"+magic+"0b") + filled(100)}, want: RakNet},
		{name: "RakNet behind a relay", proto: udp, server: 1, says: []string{">" + filled(31) + fromHex("7b"+magic)}, want: RakNet},
		{name: "RakNet cut", proto: udp, server: 1, says: []string{">" + fromHex("05"+magic[:30])}},
		{name: "Source, information", proto: udp, server: 27015, says: []string{">\xff\xff\xff\xffTSource Engine Query\x00"}, want: SourceEngine},
		{name: "Source, answer", proto: udp, server: 1, says: []string{"<\xff\xff\xff\xffI\x11My server\x00de_dust\x00cstrike\x00Counter-Strike\x00"}, want: SourceEngine},
		{name: "Source, challenge", proto: udp, server: 1, says: []string{"<\xff\xff\xff\xffA\x01\x02\x03\x04"}, want: SourceEngine},
		{name: "Source, challenge too long", proto: udp, server: 1, says: []string{"<\xff\xff\xff\xffA\x01\x02\x03\x04\x05"}},
		{name: "RTPS", proto: udp, server: 7400, says: []string{">RTPS\x02\x01\x01\x0f" + filled(12)}, want: RTPS},
		{name: "RTPS of another version", proto: udp, server: 7400, says: []string{">RTPS\x09\x01\x01\x0f" + filled(12)}},
		{name: "Spotify", proto: udp, client: 57621, server: 57621, says: []string{">SpotUdp0" + filled(36)}, want: SpotifyConnect},
	})
}

func TestCallsAndStreams(t *testing.T) {
	ts := "\x47\x01\x00\x10" + filled(184)
	c1 := "\x03" + fromHex("00000000 00000000") + filled(1528)
	setup := fromHex("03000010 08 02 0001 05 04 03 88c0a5 70 00 7e")
	runExchanges(t, []exchange{
		{name: "H.323", proto: tcp, server: 1720, says: []string{">" + setup}, want: H323},
		{name: "TPKT of a desktop", proto: tcp, server: 1720, says: []string{">" + fromHex("03000013 0e e0 0000 0000 00 0100080003000000")[:9]}},
		{name: "H.323, registration", proto: udp, server: 1719, says: []string{">" + fromHex("0e c0 0001 06 0008914a0004") + filled(40)}, want: H323},
		{name: "MGCP", proto: udp, server: 2427, says: []string{">RSIP 1204 aaln/1@rgw2567.example.net MGCP 1.0\nRM: restart\n"}, want: MGCP, tells: gathered{Method: "RSIP", Host: "rgw2567.example.net"}},
		{name: "IAX2, new call", proto: udp, server: 1, says: []string{">" + fromHex("8001 0000 00000003 00 00 06 01 0b 02 0002 01 03 313233")}, want: IAX},
		{name: "IAX2, element too long", proto: udp, server: 4569, says: []string{">" + fromHex("8001 0000 00000003 00 00 06 01 0b 09 0002")}},
		{name: "IAX2, poke", proto: udp, server: 4569, says: []string{">" + fromHex("8001 0000 00000003 00 00 06 1e")}, want: IAX},
		{name: "IAX2, poke elsewhere", proto: udp, server: 1, says: []string{">" + fromHex("8001 0000 00000003 00 00 06 1e")}},
		{name: "transport stream", proto: udp, server: 1234, says: []string{">" + strings.Repeat(ts, 7)}, want: MPEGTS},
		{name: "one packet", proto: udp, server: 1234, says: []string{">" + ts}, want: MPEGTS, by: FromGuess},
		{name: "a packet without sync", proto: udp, server: 1234, says: []string{">" + strings.Repeat(ts, 2) + "\x48" + ts[1:]}},
		{name: "RTMP", proto: tcp, server: 1935, says: []string{">" + c1[:1460], ">" + c1[1460:], "<\x03" + fromHex("00000000 00000000") + filled(1000)}, want: RTMP},
		{name: "RTMP, no answer", proto: tcp, server: 1935, says: []string{">" + c1}, want: RTMP, by: FromGuess},
		{name: "RTMP, another answer", proto: tcp, server: 1935, says: []string{">" + c1, "<\x04" + filled(1000)}, want: RTMP, by: FromGuess},
	})
}
