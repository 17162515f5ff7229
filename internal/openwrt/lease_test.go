package openwrt

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var written = time.Unix(1_780_000_000, 0)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

var compare = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})}

func TestParseLease(t *testing.T) {
	none := netip.AddrPort{}
	tests := []struct {
		name, line string
		want       PortLease
	}{
		{"UPnP", "TCP:35670:192.168.54.225:22000:1780003600:syncthing-35670",
			PortLease{6, 35670, addr("192.168.54.225"), 22000, none, time.Unix(1_780_003_600, 0), "syncthing-35670", false}},
		{"NAT-PMP", "TCP:62536:192.168.54.216:22000:1780003600:NAT-PMP 62536 tcp",
			PortLease{6, 62536, addr("192.168.54.216"), 22000, none, time.Unix(1_780_003_600, 0), "NAT-PMP 62536 tcp", true}},
		{"PCP", "UDP:4500:192.168.1.9:4501:1780000120:PCP MAP 0123456789abcdef01234567",
			PortLease{17, 4500, addr("192.168.1.9"), 4501, none, time.Unix(1_780_000_120, 0), "PCP MAP 0123456789abcdef01234567", true}},
		{"for ever", "UDP:3074:192.168.1.20:3074:0:Xbox",
			PortLease{17, 3074, addr("192.168.1.20"), 3074, none, time.Time{}, "Xbox", false}},
		{"time that remains", "TCP:65229:192.168.1.75:65229:600:libminiupnpc",
			PortLease{6, 65229, addr("192.168.1.75"), 65229, none, written.Add(10 * time.Minute), "libminiupnpc", false}},
		{"the last time of 32 bits", "TCP:1:10.0.0.1:1:4294967295:x",
			PortLease{6, 1, addr("10.0.0.1"), 1, none, time.Unix(4_294_967_295, 0), "x", false}},
		{"colons in the name", "UDP:6881:10.0.0.2:6881:0:a:b::c",
			PortLease{17, 6881, addr("10.0.0.2"), 6881, none, time.Time{}, "a:b::c", false}},
		{"no name", "UDP:6881:10.0.0.2:6881:0:",
			PortLease{17, 6881, addr("10.0.0.2"), 6881, none, time.Time{}, "", false}},
		{"a name that is hidden", "UDP:6881:10.0.0.2:6881:0: \x1b[31mStreßtest\u202e\xff\u00a0. ",
			PortLease{17, 6881, addr("10.0.0.2"), 6881, none, time.Time{}, "[31mStreßtest.", false}},
		{"a long name", "UDPLITE:1:10.0.0.2:2:0:" + strings.Repeat("é", 40),
			PortLease{136, 1, addr("10.0.0.2"), 2, none, time.Time{}, strings.Repeat("é", 32), false}},
		{"pinhole", "TCP;2001:db8::22;8080;;0;1;1779990000;web;server",
			PortLease{6, 8080, addr("2001:db8::22"), 8080, none, time.Time{}, "web;server", false}},
		{"pinhole for one", "UDP;2001:db8::22;5000;2001:db8:1::9;6000;17;0;PCP MAP 00",
			PortLease{17, 5000, addr("2001:db8::22"), 5000, netip.MustParseAddrPort("[2001:db8:1::9]:6000"), time.Time{}, "PCP MAP 00", true}},
		{"pinhole for one port", "UDP;2001:db8::22;5000;;53;17;0;",
			PortLease{17, 5000, addr("2001:db8::22"), 5000, netip.AddrPortFrom(netip.Addr{}, 53), time.Time{}, "", false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseLease(tt.line, written)
			if !ok {
				t.Fatal("is malformed")
			}
			if diff := cmp.Diff(tt.want, got, compare); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// malformed are lines that are no lease.
var malformed = []string{
	"x", "#comment", "TCP", "TCP:80", "TCP:80:192.168.1.2:80:0", // no name
	"SCTP:80:192.168.1.2:80:0:n", "*UNKNOWN*:80:192.168.1.2:80:0:n",
	"TCP:0:192.168.1.2:80:0:n", "TCP:65536:192.168.1.2:80:0:n", "TCP:-1:192.168.1.2:80:0:n", "TCP:80:192.168.1.2:0:0:n",
	"TCP:80:192.168.1:80:0:n", "TCP:80:host:80:0:n", "TCP:80::::80:0:n", "TCP:80:192.168.1.2:80:soon:n", "TCP:80:192.168.1.2:80:4294967296:n",
	"TCP;192.168.1.2;80;;0;1;0;n", "TCP;2001:db8::1;80;;0;1;0", "TCP;2001:db8::1;80;*;0;1;0;n", "TCP;fe80::1%eth0;80;;0;1;0;n",
	"TCP;2001:db8::1;80;192.0.2.1;0;1;0;n", "TCP;2001:db8::1;x;;0;1;0;n", "TCP;2001:db8::1;80;;x;1;0;n", "TCP;::ffff:10.0.0.1;80;;0;1;0;n",
	"TCP:80;2001:db8::1;80;;0;1;0;n",
}

func TestMalformedLinesHideNothing(t *testing.T) {
	for _, line := range malformed {
		text := "TCP:1:10.0.0.1:1:0:before\r\n\n" + line + "\nTCP;2001:db8::1;80;;0;1;0;after"
		var all PortLeases
		all.add([]byte(text), written)
		if len(all.Leases) != 2 || all.Leases[0].Name != "before" || all.Leases[1].Name != "after" || all.Malformed != 1 || all.Cut {
			t.Errorf("%q: %+v", line, all)
		}
	}
}

func leaseFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "leases")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadPortLeases(t *testing.T) {
	mappings := leaseFile(t, "TCP:80:10.0.0.1:8080:60:one\n")
	pinholes := leaseFile(t, "TCP;2001:db8::1;80;;0;1;0;two\nbroken\n")
	absent := filepath.Join(t.TempDir(), "absent")

	got, err := ReadPortLeases(mappings, absent, pinholes)
	if err != nil {
		t.Fatal(err)
	}
	want := PortLeases{Malformed: 1, Leases: []PortLease{
		{Proto: 6, Outside: 80, Target: addr("10.0.0.1"), TargetPort: 8080, Expires: written.Add(time.Minute), Name: "one"},
		{Proto: 6, Outside: 80, Target: addr("2001:db8::1"), TargetPort: 80, Name: "two"},
	}}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	folder := t.TempDir()
	got, err = ReadPortLeases(folder, mappings)
	if len(got.Leases) != 1 || err == nil || !strings.Contains(err.Error(), folder) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder before a file: %d leases, error %v", len(got.Leases), err)
	}
	if got, err := ReadPortLeases(); err != nil || got.Leases != nil {
		t.Errorf("no file: %v, %v", got, err)
	}
}

func TestReadingIsBounded(t *testing.T) {
	t.Run("leases", func(t *testing.T) {
		var b strings.Builder
		for i := range MaxLeases + 1 {
			fmt.Fprintf(&b, "TCP:%d:10.0.0.1:1:0:n\n", i+1)
		}
		got, err := ReadPortLeases(leaseFile(t, b.String()))
		if err != nil || len(got.Leases) != MaxLeases || !got.Cut || got.Malformed != 0 {
			t.Errorf("%d leases, cut %v, %d malformed, error %v", len(got.Leases), got.Cut, got.Malformed, err)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		line := "TCP:1:10.0.0.1:1:0:first\n"
		long := line + "UDP:1:10.0.0.1:1:0:" + strings.Repeat("n", MaxLeaseFile)
		got, err := ReadPortLeases(leaseFile(t, long))
		if err != nil || len(got.Leases) != 1 || !got.Cut || got.Malformed != 0 {
			t.Errorf("%d leases, cut %v, %d malformed, error %v", len(got.Leases), got.Cut, got.Malformed, err)
		}
		full := line + "UDP:1:10.0.0.1:1:0:"
		full += strings.Repeat("n", MaxLeaseFile-len(full))
		got, err = ReadPortLeases(leaseFile(t, full))
		if err != nil || len(got.Leases) != 2 || got.Cut {
			t.Errorf("a full file: %d leases, cut %v, error %v", len(got.Leases), got.Cut, err)
		}
	})
}

// FuzzPortLeases reads any bytes as a lease file: what comes out is within the
// bounds and can be shown.
func FuzzPortLeases(f *testing.F) {
	f.Add([]byte("TCP:35670:192.168.54.225:22000:1466783211:syncthing-35670\nTCP:62536:192.168.54.216:22000:1466786358:NAT-PMP 62536 tcp\n"))
	f.Add([]byte("TCP:65229:192.168.1.75:65229:600:libminiupnpc\r\nUDP;2001:db8::22;5000;2001:db8:1::9;6000;17;0;PCP MAP 00\n"))
	for _, line := range malformed {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var all PortLeases
		all.add(text, written)
		lines := strings.Count(string(text), "\n") + 1
		if len(all.Leases) > MaxLeases || len(all.Leases)+all.Malformed > lines {
			t.Fatalf("%d leases and %d malformed of %d lines", len(all.Leases), all.Malformed, lines)
		}
		for _, l := range all.Leases {
			if !l.Target.IsValid() || l.Target.Is4() && (l.Outside == 0 || l.TargetPort == 0) || l.Target.Is6() && !l.Expires.IsZero() {
				t.Fatalf("%+v", l)
			}
			if len(l.Name) > MaxLeaseName || !utf8.ValidString(l.Name) || strings.ContainsFunc(l.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("name %q", l.Name)
			}
		}
	})
}

func BenchmarkReadPortLeases(b *testing.B) {
	text := []byte(strings.Repeat("TCP:62536:192.168.54.216:22000:1466786358:NAT-PMP 62536 tcp\n", 100))
	b.ReportAllocs()
	for b.Loop() {
		var all PortLeases
		all.add(text, written)
	}
}
