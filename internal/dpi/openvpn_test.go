package dpi

import (
	"strings"
	"testing"
)

func TestOpenVPN(t *testing.T) {
	const mine, theirs = "a1a2a3a4a5a6a7a8", "b1b2b3b4b5b6b7b8"
	reset := fromHex("38" + mine + "00 00000000")
	reply := fromHex("40" + theirs + "01 00000000" + mine + "00000000")
	signed := func(n int) string {
		return fromHex("38"+mine) + filled(n) + fromHex("00000001 65000000 00 00000000")
	}
	crypt := fromHex("38"+mine+"00000001 65000000") + filled(32+5)
	control := func(session string) string { return fromHex("20"+session+"00 00000001 160301") + filled(40) }
	ack := fromHex("28" + mine + "01 00000000" + theirs)
	data := func(number string) string { return fromHex("48 000005"+number+number+number) + filled(60) }
	over := func(p string) string { return string([]byte{byte(len(p) >> 8), byte(len(p))}) + p }
	runExchanges(t, []exchange{
		{name: "reset", proto: udp, server: 1194, says: []string{">" + reset}, want: OpenVPN},
		{name: "reset over TCP", proto: tcp, server: 443, says: []string{">" + over(reset)}, want: OpenVPN},
		{name: "reset of the server", proto: udp, server: 1, says: []string{"<" + reply}, want: OpenVPN},
		{name: "tls-auth with SHA-1", proto: udp, server: 1, says: []string{">" + signed(20)}, want: OpenVPN},
		{name: "tls-auth with SHA-512", proto: tcp, server: 1, says: []string{">" + over(signed(64))}, want: OpenVPN},
		{name: "tls-auth with a digest that is none", proto: udp, server: 1, says: []string{">" + signed(21)}},
		{name: "tls-crypt", proto: udp, server: 1, says: []string{">" + crypt}, want: OpenVPN},
		{name: "tls-crypt, no time", proto: udp, server: 1, says: []string{">" + strings.Replace(crypt, "\x65\x00\x00\x00", "\x00\x00\x00\x65", 1)}},
		{name: "tls-crypt-v2", proto: udp, server: 1, says: []string{">" + fromHex("50"+mine+"0f000001 65000000") + filled(37+300)}, want: OpenVPN},
		{name: "reset with a key", proto: udp, server: 1, says: []string{">\x39" + reset[1:]}},
		{name: "joined in the handshake", proto: udp, server: 1, says: []string{">" + control(mine), ">" + control(mine)}, want: OpenVPN},
		{name: "a tag that repeats", proto: udp, server: 1, says: []string{">" + fromHex("2f"+mine) + filled(30), ">" + fromHex("2f"+mine) + filled(40)}},
		{name: "a session that was not drawn", proto: udp, server: 1, says: []string{">" + control("0100000000000001"), ">" + control("0100000000000001")}},
		{name: "two sessions", proto: udp, server: 1, says: []string{">" + control(mine), ">" + control(theirs)}},
		{name: "an acknowledgement", proto: udp, server: 1, says: []string{"<" + control(theirs), ">" + ack}, want: OpenVPN},
		{name: "joined in the handshake over TCP", proto: tcp, server: 1, says: []string{"<" + over(control(theirs)), ">" + over(ack)}, want: OpenVPN},
		{name: "data", proto: udp, server: 1, says: []string{">" + data("00000100"), ">" + data("00000101"), ">" + data("00000103")}, want: OpenVPN},
		{name: "two of data", proto: udp, server: 1, says: []string{">" + data("00000100"), ">" + data("00000101")}, want: OpenVPN, by: FromGuess},
		{name: "data without order", proto: udp, server: 1, says: []string{">" + data("00000100"), ">" + data("00000001")}},
		{name: "data that repeats", proto: udp, server: 1, says: []string{">" + fromHex("48 000005 00000001") + filled(60), ">" + fromHex("48 000005 00000002") + filled(60)}},
		{name: "text", proto: udp, server: 1, says: []string{">HELLO this is a text of some length", ">HELLO this is a text of some length", ">HELLO this is a text of some length"}},
	})
}
