package dpi

import "testing"

func TestBitTorrent(t *testing.T) {
	const handshake = "\x13BitTorrent protocol"
	syn := fromHex("4100 4567 10000001 00000000 00100000 23c6 0000")
	state := fromHex("2100 4567 20000001 00000010 00100000 5001 23c6")
	data := func(conn, time, seq string) string {
		return fromHex("0100"+conn+time+"00000010 00100000"+seq+"5001") + "abc"
	}
	runExchanges(t, []exchange{
		// BEP 3, BEP 5 and BEP 15: the examples there.
		{name: "handshake", proto: tcp, server: 6881, says: []string{">" + handshake + filled(48)}, want: BitTorrent},
		{name: "handshake in pieces", proto: tcp, server: 1, says: []string{">" + handshake[:4], ">" + handshake[4:]}, want: BitTorrent},
		{name: "handshake of the server alone", proto: tcp, server: 1, says: []string{"<" + handshake + filled(48)}, want: BitTorrent},
		{name: "another length", proto: tcp, server: 1, says: []string{">\x14BitTorrent protocol" + filled(48)}},
		{name: "ping", proto: udp, server: 1, says: []string{">d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"}, want: BitTorrent},
		{name: "answer", proto: udp, server: 1, says: []string{"<d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"}, want: BitTorrent},
		{name: "error", proto: udp, server: 1, says: []string{"<d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee"}, want: BitTorrent},
		{name: "a dictionary of something else", proto: udp, server: 1, says: []string{">d3:cow3:moo4:spam4:eggse"}},
		{name: "connect to a tracker", proto: udp, server: 80, says: []string{">" + fromHex("0000041727101980 00000000 12345678")}, want: BitTorrent},
		{name: "announce to a tracker", proto: udp, server: 80, says: []string{">" + filled(8) + fromHex("00000001") + filled(68) + fromHex("00000002") + filled(14)}, want: BitTorrent},
		{name: "announce of no event", proto: udp, server: 80, says: []string{">" + filled(8) + fromHex("00000001") + filled(68) + fromHex("00000004") + filled(14)}},
		{name: "search in the house", proto: udp, server: 6771, says: []string{">BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\n"}, want: BitTorrent},
		{name: "uTP", proto: udp, server: 1, says: []string{">" + syn, "<" + state}, want: BitTorrent},
		{name: "uTP, another connection", proto: udp, server: 1, says: []string{">" + syn, "<" + fromHex("2100 4569 20000001 00000010 00100000 5001 23c6")}},
		{name: "uTP, joined", proto: udp, server: 1, says: []string{">" + data("4568", "10000100", "23c7"), "<" + fromHex("2100 4567 20000001 00000010 00100000 5001 23c7")}, want: BitTorrent},
		{name: "uTP, one way", proto: udp, server: 1, says: []string{">" + data("4568", "10000100", "23c7"), ">" + data("4568", "10000200", "23c8")}, want: BitTorrent, by: FromGuess},
		{name: "uTP, the clock stands", proto: udp, server: 1, says: []string{">" + data("4568", "10000100", "23c7"), ">" + data("4568", "10000100", "23c8")}},
		{name: "uTP with a handshake in it", proto: udp, server: 1, says: []string{">" + data("4568", "10000100", "23c7")[:20] + handshake}, want: BitTorrent},
		{name: "uTP, a state with something behind it", proto: udp, server: 1, says: []string{">" + syn, "<" + state + "abc"}},
	})
}

// A download that began before the capture.
func TestBitTorrentJoined(t *testing.T) {
	request := fromHex("0000000d 06 00000007 00008000 00004000")
	piece := fromHex("00004009 07 00000007 00008000") + filled(1000)
	for name, tt := range map[string]struct {
		says string
		want Protocol
	}{
		"request":          {request, BitTorrent},
		"block":            {piece, BitTorrent},
		"of another size":  {request[:16] + "\x01", NoProtocol},
		"extensions":       {"4:ipv44:abcd1:md11:ut_metadatai3e6:ut_pexi1ee1:pi6881e", BitTorrent},
		"other bencoding":  {"4:ipv44:abcd1:md11:ut_metadata3:abce1:pi6881e", NoProtocol},
		"another message":  {request[:4] + "\x05" + request[5:], NoProtocol},
		"between two ones": {piece[100:], NoProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			in := NewInspector(Config{})
			h := in.Open(tcp)
			p := segment{fromClient: true, seq: 77, text: tt.says}.packet()
			if r := in.Inspect(h, p, true, new(Facts)); r.Protocol != tt.want {
				t.Errorf("got %q, want %q", r.Protocol, tt.want)
			}
		})
	}
}
