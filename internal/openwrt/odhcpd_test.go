package openwrt

import (
	"os"
	"testing"
	"time"

	"weir/internal/packet"
)

// TestReadODHCPDLeases reads a file as odhcpd has it: leases between the lines of a
// hosts file.
func TestReadODHCPDLeases(t *testing.T) {
	now := time.Unix(1750000000, 0)
	got, err := ReadODHCPDLeases("testdata/dhcp/odhcpd", now)
	check(t, DHCPLeases{Malformed: 3, Leases: []DHCPLease{
		{Device: "br-lan", DUID: "00010001302a4b5c0255ab34cd01", Name: "laptop", Addrs: addrs("2001:db8:0:3::abc", "fd00:1:2:3::abc"), Left: time.Hour},
		{Device: "br-lan", DUID: "000300010255ab340001", Prefixes: prefixes("2001:db8:0:4::/62"), Left: Forever},
		{Device: "br-lan", DUID: "000400010255ab340002", Name: "my_tv", Addrs: addrs("2001:db8:0:3::def"), Left: 400 * time.Second},
		{Device: "br-guest", MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 2}, Name: "tablet", Addrs: addrs("192.168.2.117"), Left: 41723 * time.Second},
		{Device: "br-guest", MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 3}, Name: "old", Addrs: addrs("192.168.2.118")},
	}}, got, err)
	if none, err := ReadODHCPDLeases("testdata/dhcp/none", now); err != nil || len(none.Leases) != 0 {
		t.Errorf("a file that is not there: %+v, %v", none, err)
	}
	if _, err := ReadODHCPDLeases("testdata/dhcp", now); err == nil {
		t.Error("a folder is no error")
	}
}

func FuzzODHCPDLeases(f *testing.F) {
	text, err := os.ReadFile("testdata/dhcp/odhcpd")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("# a 00 1 - 9223372036854775807 1 1 ::/256 ::1%a/128 1.2.3.4/33"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var all DHCPLeases
		all.addState(text, written)
		for _, l := range all.Leases {
			if l.Left < Forever || len(l.Name) > MaxReplyText || (l.MAC == packet.MAC{}) == (l.DUID == "") && l.DUID != "" {
				t.Fatalf("%+v", l)
			}
			for _, a := range l.Addrs {
				if !a.IsValid() || a.Zone() != "" {
					t.Fatalf("%+v", l)
				}
			}
		}
	})
}
