package openwrt

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
)

// TestReadDHCPLeases reads a file as dnsmasq has it, with leases of both families.
func TestReadDHCPLeases(t *testing.T) {
	got, err := ReadDHCPLeases("testdata/dhcp/dhcp.leases", written)
	if err != nil {
		t.Fatal(err)
	}
	one := func(text string) []netip.Addr { return []netip.Addr{addr(text)} }
	want := DHCPLeases{Leases: []DHCPLease{
		{MAC: packet.MAC{0xd8, 0x3a, 0xdd, 0x11, 0x22, 0x33}, ClientID: "01d83add112233", Name: "raspberrypi", Addrs: one("192.168.1.20"), Left: time.Hour},
		{MAC: packet.MAC{0x9a, 0xb1, 2, 0, 0, 1}, ClientID: "019ab102000001", Name: "Annas-iPhone", Addrs: one("192.168.1.117"), Left: 2 * time.Hour},
		{MAC: packet.MAC{0, 0x11, 0x32, 0, 0, 2}, ClientID: "ff320000020001000128fca7001132000002", Name: "nas", Addrs: one("192.168.1.5")},
		{MAC: packet.MAC{0x3c, 0x61, 5, 0xaa, 0xbb, 0xcc}, Addrs: one("192.168.1.60"), Left: Forever},
		{MAC: packet.MAC{2, 0, 0, 0, 0, 7}, Name: "no-clock", Addrs: one("192.168.1.61"), Left: Forever},
		{MAC: packet.MAC{0x52, 0x54, 0, 0x12, 0x34, 0x56}, ClientID: "0102", Addrs: one("192.168.1.62"), Left: time.Hour},
		{DUID: "0001000128fca7013c6105aabbcc", Name: "laptop", Addrs: one("2001:db8:1::abc"), Left: time.Hour},
		{DUID: "0004112233445566778899aabbccddeeff00", Addrs: one("2001:db8:1::def"), Left: time.Hour},
	}}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// badLeases are lines that are no lease.
var badLeases = []string{
	"x", "1780003600 d8:3a:dd:11:22:33 192.168.1.20 name", "soon d8:3a:dd:11:22:33 192.168.1.20 * *",
	"4294967296 d8:3a:dd:11:22:33 192.168.1.20 * *", "-1 d8:3a:dd:11:22:33 192.168.1.20 * *",
	"1 d8:3a:dd:11:22 192.168.1.20 * *", "1 zz:3a:dd:11:22:33 192.168.1.20 * *", "1 123-d8:3a:dd:11:22:33 192.168.1.20 * *",
	"1 d8:3a:dd:11:22:33 192.168.1 * *", "1 d8:3a:dd:11:22:33 2001:db8::1 * *", "duid", "duid 00:01 too much",
}

func TestMalformedLeasesHideNothing(t *testing.T) {
	for _, line := range badLeases {
		text := "0 02:00:00:00:00:01 10.0.0.1 before *\r\n\n" + line + "\n0 02:00:00:00:00:02 10.0.0.2 after *"
		var all DHCPLeases
		all.add([]byte(text), written)
		if len(all.Leases) != 2 || all.Leases[1].Name != "after" || all.Malformed != 1 || all.Cut {
			t.Errorf("%q: %+v", line, all)
		}
	}
	for _, line := range []string{"1 7 192.168.1.20 * 00:01", "1 X7 2001:db8::1 * 00:01", "1 7 fe80::1%eth0 * 00:01", "1 99999999999 2001:db8::1 * *"} {
		var all DHCPLeases
		all.add([]byte("duid 00:01\n"+line+"\n1 7 2001:db8::2 * zz"), written)
		if len(all.Leases) != 1 || all.Malformed != 1 || all.Leases[0].DUID != "" {
			t.Errorf("%q: %+v", line, all)
		}
	}
}

func TestReadEthers(t *testing.T) {
	got, malformed, err := ReadEthers("testdata/dhcp/ethers")
	if err != nil || malformed != 0 {
		t.Fatal(malformed, err)
	}
	want := []Ether{
		{MAC: packet.MAC{0, 0x11, 0x32, 0, 0, 2}, Name: "nas"},
		{MAC: packet.MAC{0, 0x1a, 0x2b, 3, 4, 5}, Addr: addr("192.168.1.44")},
		{MAC: packet.MAC{0x3c, 0x61, 5, 0xaa, 0xbb, 0xcc}, Addr: addr("2001:db8:1::44")},
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bad := "00:11:32:00:00 nas\n00:11:32:00:00:2222 nas\n00:11:32:00:00:02\nx nas\n00:11:32:00:00:-2 nas\n00:11:32:00:00:02 \x01\n"
	if got, malformed := parseEthers([]byte(bad)); len(got) != 0 || malformed != 6 {
		t.Errorf("%v, %d malformed", got, malformed)
	}
}

func TestHostFiles(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	if got, err := ReadDHCPLeases(absent, written); err != nil || got.Leases != nil {
		t.Errorf("no leases: %v, %v", got, err)
	}
	if got, _, err := ReadEthers(absent); err != nil || got != nil {
		t.Errorf("no ethers: %v, %v", got, err)
	}
	folder := t.TempDir()
	if _, err := ReadDHCPLeases(folder, written); err == nil || !strings.Contains(err.Error(), folder) {
		t.Errorf("a folder: %v", err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	if _, _, err := ReadEthers(pipe); err == nil {
		t.Error("a pipe is a file")
	}
}

func TestHostFilesAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range MaxHostLines + 1 {
		fmt.Fprintf(&b, "0 02:00:00:00:%02x:%02x 10.0.%d.%d * *\n", i>>8, i&255, i>>8, i&255)
	}
	got, err := ReadDHCPLeases(leaseFile(t, b.String()), written)
	if err != nil || len(got.Leases) != MaxHostLines || !got.Cut || got.Malformed != 0 {
		t.Errorf("%d leases, cut %v, %d malformed, error %v", len(got.Leases), got.Cut, got.Malformed, err)
	}
	long := "0 02:00:00:00:00:01 10.0.0.1 first *\n0 02:00:00:00:00:02 10.0.0.2 " + strings.Repeat("n", MaxHostFile)
	got, err = ReadDHCPLeases(leaseFile(t, long), written)
	if err != nil || len(got.Leases) != 1 || !got.Cut {
		t.Errorf("%d leases, cut %v, error %v", len(got.Leases), got.Cut, err)
	}
	if got.add([]byte("0 02:00:00:00:00:02 10.0.0.2 "+strings.Repeat("ä", 999)+" *"), written); len(got.Leases[1].Name) > MaxReplyText {
		t.Errorf("a name of %d bytes", len(got.Leases[1].Name))
	}
}

// FuzzDHCPLeases reads any bytes as the files that tell whose addresses are.
func FuzzDHCPLeases(f *testing.F) {
	for _, name := range []string{"dhcp.leases", "ethers"} {
		text, err := os.ReadFile(filepath.Join("testdata/dhcp", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, line := range badLeases {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var all DHCPLeases
		all.add(text, written)
		lines := strings.Count(string(text), "\n") + 1
		if len(all.Leases) > MaxHostLines || len(all.Leases)+all.Malformed > lines {
			t.Fatalf("%d leases and %d malformed of %d lines", len(all.Leases), all.Malformed, lines)
		}
		for _, l := range all.Leases {
			if len(l.Addrs) != 1 || !l.Addrs[0].IsValid() || l.Left < Forever || len(l.DUID)+len(l.ClientID) > 4*maxIdentifier {
				t.Fatalf("%+v", l)
			}
			if len(l.Name) > MaxReplyText || !utf8.ValidString(l.Name) || strings.ContainsFunc(l.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("name %q", l.Name)
			}
		}
		ethers, malformed := parseEthers(text)
		if len(ethers) > MaxHostLines || len(ethers)+malformed > lines {
			t.Fatalf("%d lines of ethers and %d malformed of %d", len(ethers), malformed, lines)
		}
	})
}
