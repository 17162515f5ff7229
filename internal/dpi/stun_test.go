package dpi

import (
	"encoding/hex"
	"strings"
	"testing"
)

// fromHex reads bytes that are written in hexadecimal, with spaces.
func fromHex(text string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// filled returns n bytes that mean nothing.
func filled(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*37 + 0x55)
	}
	return string(b)
}

// request5769 begins like the example of RFC 5769 section 2.1, with its SOFTWARE.
const request5769 = "0001 0014 2112a442 b7e7a701bc34d686fa87dfae 8022 0010 5354554e207465737420636c69656e74"

func TestSTUN(t *testing.T) {
	request := fromHex(request5769)
	classic := fromHex("0001 0008 000102030405060708090a0b0c0d0e0f 0003 0004 00000006")
	bare := fromHex("0001 0000 000102030405060708090a0b0c0d0e0f")
	answer := fromHex("0101 000c 000102030405060708090a0b0c0d0e0f 0001 0008 0001 9c40 c0000201")
	channel := func(number, size string, n int) string { return fromHex(number+size) + filled(n) }
	software := gathered{UserAgent: "STUN test client"}
	media := func(seq string) string { return fromHex("8060" + seq + "00000960 11223344" + strings.Repeat("5a", 40)) }
	runExchanges(t, []exchange{
		{name: "RFC 8489", proto: udp, server: 50000, says: []string{">" + request}, want: STUN, tells: software},
		{name: "over TCP", proto: tcp, server: 443, says: []string{">" + request}, want: STUN, tells: software},
		{name: "over TCP behind a length", proto: tcp, server: 50000, says: []string{">" + fromHex("0028") + request}, want: STUN, tells: software},
		{name: "server's software", proto: udp, server: 3478, says: []string{"<" + fromHex("0101 000c 2112a442 b7e7a701bc34d686fa87dfae 8022 0006 636f7475726e 0000")}, want: STUN, tells: gathered{Server: "coturn"}},
		{name: "a relay's realm", proto: udp, server: 3478, says: []string{"<" + fromHex("0113 0010 2112a442 b7e7a701bc34d686fa87dfae 0014 000b 6578616d706c652e6f7267 00")}, want: STUN, tells: gathered{Host: "example.org"}},
		{name: "a realm that is no domain", proto: udp, server: 3478, says: []string{"<" + fromHex("0113 000c 2112a442 b7e7a701bc34d686fa87dfae 0014 0006 6d79206c616e 0000")}, want: STUN},
		{name: "longer than it is", proto: udp, server: 50000, says: []string{">" + request[:30]}},
		{name: "RFC 3489 with an attribute", proto: udp, server: 50000, says: []string{">" + classic}, want: STUN},
		{name: "RFC 3489, attribute too long", proto: udp, server: 50000, says: []string{">" + fromHex("0001 0008 000102030405060708090a0b0c0d0e0f 0003 0008 00000006")}},
		{name: "bare request", proto: udp, server: 50000, says: []string{">" + bare}, want: STUN, by: FromGuess},
		{name: "bare request on its port", proto: udp, server: 3478, says: []string{">" + bare}, want: STUN},
		{name: "bare request, answered", proto: udp, server: 50000, says: []string{">" + bare, "<" + answer}, want: STUN},
		{name: "bare request, answered barely", proto: udp, server: 50000, says: []string{">" + bare, "<\x01\x01" + bare[2:]}, want: STUN},
		{name: "three of a channel", proto: udp, server: 50000, says: []string{">" + channel("4001", "0030", 48), ">" + channel("4001", "0031", 49), ">" + channel("4001", "000a", 12)}, want: STUN},
		{name: "two of a channel", proto: udp, server: 50000, says: []string{">" + channel("4001", "0030", 48), ">" + channel("4001", "0031", 49)}, want: STUN, by: FromGuess},
		{name: "one of a channel", proto: udp, server: 50000, says: []string{">" + channel("4001", "0030", 48)}},
		{name: "one of a channel on its port", proto: udp, server: 3478, says: []string{">" + channel("4001", "0030", 48)}, want: STUN},
		{name: "no channel", proto: udp, server: 50000, says: []string{">" + channel("4001", "0030", 47)}},
		{name: "media behind it", proto: udp, server: 50000, says: []string{">" + request, ">" + media("0001")}, want: SRTP, tells: software},
		{name: "media much later", proto: udp, server: 50000, says: []string{">" + request, ">" + request, ">" + request, ">" + request, ">" + request, ">" + request, ">" + request, ">" + media("0001")}, want: STUN, tells: software},
		{name: "reports behind it", proto: udp, server: 50000, says: []string{">" + request, ">" + fromHex("81c9 0007") + filled(28)}, want: STUN, tells: software},
		{name: "DTLS behind it", proto: udp, server: 50000, says: []string{">" + request, "<" + fromHex("15 fefd 0000 000000000001 0002 0100")}, want: DTLS, tells: software},
		{name: "media behind DTLS", proto: udp, server: 50000, says: []string{">" + request, "<" + fromHex("15 fefd 0000 000000000001 0002 0100"), ">" + media("0001")}, want: DTLS, tells: software},
	})
}
