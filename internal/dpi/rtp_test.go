package dpi

import (
	"strings"
	"testing"
)

func TestRTP(t *testing.T) {
	media := func(kind, seq, time, source string) string {
		return fromHex("80"+kind+seq+time+source) + filled(160)
	}
	first, second, third := media("08", "ffff", "ffffff60", "3796cb71"), media("08", "0000", "00000000", "3796cb71"), media("88", "0001", "000000a0", "3796cb71")
	framed := func(p string) string { return string([]byte{byte(len(p) >> 8), byte(len(p))}) + p }
	// RFC 3550 section 6.4: a report of a sender, and a description of it.
	report := fromHex("80c80006 3796cb71 42c907ca 5efac603 000024c3 00000009 0000060c")
	description := fromHex("81ca0003 3796cb71 0106 616c696365 00")
	receiver := fromHex("80c90001 3796cb71")
	runExchanges(t, []exchange{
		{name: "three packets", proto: udp, server: 40392, says: []string{">" + first, ">" + second, ">" + third}, want: RTP},
		{name: "two packets", proto: udp, server: 40392, says: []string{">" + first, ">" + second}, want: RTP, by: FromGuess},
		{name: "one packet", proto: udp, server: 40392, says: []string{">" + first}},
		{name: "one of each end", proto: udp, server: 40392, says: []string{">" + first, "<" + media("08", "0005", "00000000", "12345678")}},
		{name: "another source", proto: udp, server: 40392, says: []string{">" + first, ">" + media("08", "0000", "00000000", "3796cb72")}},
		{name: "no sequence", proto: udp, server: 137, says: []string{">" + first, ">" + first, ">" + first}},
		{name: "a picture of many packets", proto: udp, server: 40392, says: []string{">" + media("60", "0001", "00000960", "3796cb71"), ">" + media("60", "0002", "00000960", "3796cb71"), ">" + media("60", "0003", "00000960", "3796cb71"), ">" + media("60", "0004", "00001518", "3796cb71")}, want: RTP},
		{name: "a clock that stands", proto: udp, server: 40392, says: []string{">" + media("60", "0001", "00000960", "3796cb71"), ">" + media("60", "0002", "00000960", "3796cb71"), ">" + media("60", "0003", "00000960", "3796cb71")}, want: RTP, by: FromGuess},
		{name: "a number that stands", proto: udp, server: 40392, says: []string{">" + media("60", "0001", "00000960", "3796cb71"), ">" + media("60", "0001", "00000961", "3796cb71"), ">" + media("60", "0001", "00000962", "3796cb71")}},
		{name: "one twice", proto: udp, server: 40392, says: []string{">" + first, ">" + first, ">" + second}, want: RTP},
		{name: "out of sequence", proto: udp, server: 40392, says: []string{">" + first, ">" + media("08", "8000", "00000000", "3796cb71")}},
		{name: "a clock that jumps", proto: udp, server: 40392, says: []string{">" + first, ">" + media("08", "0000", "70000000", "3796cb71")}},
		{name: "a type that is not used", proto: udp, server: 40392, says: []string{">" + media("48", "0001", "00000000", "3796cb71"), ">" + media("48", "0002", "000000a0", "3796cb71")}},
		{name: "over TCP", proto: tcp, server: 5000, says: []string{">" + framed(first), ">" + framed(second), ">" + framed(third)}, want: RTP},
		{name: "compound reports", proto: udp, server: 40393, says: []string{">" + report + description}, want: RTCP},
		{name: "a report", proto: udp, server: 40393, says: []string{">" + receiver}},
		{name: "reports of one source", proto: udp, server: 40393, says: []string{">" + receiver, ">" + receiver}, want: RTCP, by: FromGuess},
		{name: "reports before media", proto: udp, server: 40392, says: []string{">" + report + description, ">" + first}, want: RTP},
		{name: "encrypted reports before media", proto: udp, server: 40392, says: []string{">" + fromHex("81c90007 3796cb71") + filled(46), ">" + first}, want: RTP},
		{name: "encrypted reports of another", proto: udp, server: 40392, says: []string{">" + fromHex("81c90007 3796cb72") + filled(46), ">" + first, ">" + second, ">" + third}},
		{name: "text", proto: udp, server: 1, says: []string{">" + strings.Repeat("hello ", 20), ">" + strings.Repeat("hello ", 20)}},
	})
}
