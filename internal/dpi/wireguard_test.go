package dpi

import "testing"

func TestWireGuard(t *testing.T) {
	message := func(head string, size int) string {
		b := fromHex(head)
		return b + filled(size-len(b))
	}
	data := func(receiver, counter string, size int) string {
		return message("04000000"+receiver+counter+"000000"+counter, size)
	}
	runExchanges(t, []exchange{
		{name: "initiation", proto: udp, server: 51820, says: []string{">" + message("01000000 d8000001", 148)}, want: WireGuard},
		{name: "initiation of another size", proto: udp, server: 51820, says: []string{">" + message("01000000 d8000001", 149)}},
		{name: "response", proto: udp, server: 1, says: []string{"<" + message("02000000 06000002 d8000001", 92)}, want: WireGuard},
		{name: "cookie", proto: udp, server: 1, says: []string{"<" + message("03000000 d8000001", 64)}, want: WireGuard},
		{name: "keepalive", proto: udp, server: 1, says: []string{">" + data("d8000001", "0a00000000", 32)}, want: WireGuard, by: FromGuess},
		{name: "data", proto: udp, server: 1, says: []string{">" + data("d8000001", "fe00000000", 32), ">" + data("d8000001", "0001000000", 1424)}, want: WireGuard},
		{name: "data of two ends", proto: udp, server: 1, says: []string{">" + data("d8000001", "fe00000000", 32), "<" + data("06000002", "0700000000", 96)}, want: WireGuard, by: FromGuess},
		{name: "a counter that falls", proto: udp, server: 1, says: []string{">" + data("d8000001", "fe00000000", 32), ">" + data("d8000001", "0100000000", 32)}, want: WireGuard, by: FromGuess},
		{name: "data that repeats", proto: udp, server: 1, says: []string{">" + message("04000000 d8000001 0100000000000000", 96), ">" + message("04000000 d8000001 0200000000000000", 96)}, want: WireGuard, by: FromGuess},
		{name: "not padded", proto: udp, server: 1, says: []string{">" + data("d8000001", "fe00000000", 33)}},
		{name: "marked", proto: udp, server: 2408, says: []string{">" + message("01a1b2c3 d8000001", 148), "<" + message("02a1b2c3 06000002 d8000001", 92)}, want: WireGuard},
		{name: "marked, for another", proto: udp, server: 2408, says: []string{">" + message("01a1b2c3 d8000001", 148), "<" + message("02a1b2c3 06000002 d8000002", 92)}},
		{name: "reserved", proto: udp, server: 1, says: []string{">" + message("01000100 d8000001", 148)}},
	})
}
