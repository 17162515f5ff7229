package dpi

import (
	"strings"
	"testing"
)

func TestSLP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "service request", proto: udp, server: 427, says: []string{">\x02\x01\x00\x00\x1f\x00\x00\x00\x00\x00\x12\x34\x00\x02en\x00\x00\x00\x05a:b:c\x00\x00\x00\x00\x00\x00"}, want: SLP},
		{name: "length of another message", proto: udp, server: 427, says: []string{">\x02\x01\x00\x00\x20\x00\x00\x00\x00\x00\x12\x34\x00\x02en\x00\x00\x00\x05a:b:c\x00\x00\x00\x00\x00\x00"}, want: NoProtocol},
		{name: "version 1", proto: udp, server: 427, says: []string{">\x01\x01\x00\x0c\x00\x00en\x00\x03\x12\x34"}, want: SLP},
	})
}

func TestNATPMP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "address request", proto: udp, server: 5351, says: []string{">\x00\x00"}, want: NATPMP},
		{name: "mapping", proto: udp, server: 5351, says: []string{">\x00\x01\x00\x00\x1f\x90\x1f\x90\x00\x00\x0e\x10"}, want: NATPMP},
		{name: "pcp", proto: udp, server: 5351, says: []string{">\x02\x01\x00\x00\x00\x00\x0e\x10" + strings.Repeat("\x00", 52)}, want: NATPMP},
		{name: "announcement", proto: udp, client: 5351, server: 5350, says: []string{">\x00\x80\x00\x00\x00\x00\x00\x01\xc0\x00\x02\x01"}, want: NATPMP},
		{name: "wrong length", proto: udp, server: 5351, says: []string{">\x00\x01\x00"}, want: NoProtocol},
		{name: "other port", proto: udp, server: 5355, says: []string{">\x00\x00"}, want: NoProtocol},
	})
}

func TestPTP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "announce", proto: udp, client: 320, server: 320, says: []string{">\x0b\x02\x00\x40" + strings.Repeat("\x00", 60)}, want: PTP},
		{name: "version 2.1", proto: udp, client: 319, server: 319, says: []string{">\x10\x12\x00\x2c" + strings.Repeat("\x00", 40)}, want: PTP},
		{name: "version 1", proto: udp, client: 319, server: 319, says: []string{">\x00\x01\x00\x01" + strings.Repeat("\x00", 120)}, want: PTP},
		{name: "version 3", proto: udp, client: 319, server: 319, says: []string{">\x00\x03\x00\x2c" + strings.Repeat("\x00", 40)}, want: NoProtocol},
	})
}

func TestNTP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "client", proto: udp, server: 123, says: []string{">\x23\x00\x06\x20" + strings.Repeat("\x00", 44)}, want: NTP},
		{name: "with a digest", proto: udp, client: 123, server: 123, says: []string{"<\x24\x02\x06\xe9" + strings.Repeat("\x01", 64)}, want: NTP},
		{name: "control", proto: udp, server: 123, says: []string{">\x16\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"}, want: NTP},
		{name: "version 7", proto: udp, server: 123, says: []string{">\x3b" + strings.Repeat("\x00", 47)}, want: NoProtocol},
		{name: "other port", proto: udp, server: 1230, says: []string{">\x23" + strings.Repeat("\x00", 47)}, want: NoProtocol},
	})
}
