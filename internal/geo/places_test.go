package geo

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"weir/internal/packet"
)

func address(t testing.TB, s string) packet.Addr {
	t.Helper()
	a, ok := packet.ParseAddr(s)
	if !ok {
		t.Fatalf("%q is no address", s)
	}
	return a
}

func TestSpecial(t *testing.T) {
	tests := []struct {
		addrs string
		want  Special
		label string
		local bool
	}{
		{"0.0.0.0 0.255.255.255 ::", Unspecified, "unspecified", true},
		{"127.0.0.1 127.255.255.255 ::1", Loopback, "loopback", true},
		{"169.254.0.1 fe80::1 febf:ffff::1", LinkLocal, "link-local", true},
		{"10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255", Private, "private", true},
		{"fc00::1 fdff:ffff::1", UniqueLocal, "unique local", true},
		{"100.64.0.0 100.127.255.255", SharedCGNAT, "CGNAT", true},
		{"fec0::1", SiteLocal, "site-local", true},
		{"224.0.0.1 239.255.255.255 ff02::1", Multicast, "multicast", true},
		{"255.255.255.255", Broadcast, "broadcast", true},
		{"192.0.0.1 192.0.0.170 2001:1::1 2001:1ff:ffff::1", Protocol, "protocol", true},
		{"198.18.0.1 198.19.255.255 2001:2::1", Benchmark, "benchmark", true},
		{"192.0.2.1 198.51.100.1 203.0.113.255 2001:db8::1 3fff:fff::1", Documentation, "documentation", true},
		{"100::1", Discard, "discard", true},
		{"240.0.0.1 255.255.255.254 5f00::1 100:0:0:1::", Reserved, "reserved", true},
		{"64:ff9b:1::1", LocalNAT64, "local NAT64", true},
		{"2001:10::1 2001:20::1 2001:2f:ffff::1 2001:3f::1", ORCHID, "ORCHID", true},
		{"192.88.99.1", Relay6to4, "6to4 relay", false},
		{"192.31.196.1 192.175.48.1 2001:4:112::1 2620:4f:8000::1", AS112, "AS112", false},
		{"192.52.193.1 2001:3::1", AMT, "AMT", false},
		{"64:ff9b::8.8.8.8", NAT64, "NAT64", false},
		{"2002:808:808::1", SixToFour, "6to4", false},
		{"2001::1 2001:0:ffff::1", Teredo, "Teredo", false},
		{"1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 172.15.255.255 172.32.0.0 191.255.255.255 " +
			"192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2001:200::1 2001:db7::1 2001:db9::1 " +
			"2003::1 fbff::1 fe00::1 ::2 ::1:0:0:0 64:ff9b::1:0:0", 0, "", false},
	}
	for _, tt := range tests {
		for _, s := range strings.Fields(tt.addrs) {
			got := SpecialOf(address(t, s))
			if got != tt.want || got.String() != tt.label || got.Local() != tt.local {
				t.Errorf("%s is %d %q, local %t; want %d %q, %t", s, got, got, got.Local(), tt.want, tt.label, tt.local)
			}
		}
	}
	for s := Unspecified; s < numSpecial; s++ {
		if s.String() == "" {
			t.Errorf("%d has no label", s)
		}
	}
	if s := numSpecial.String(); s != "" {
		t.Errorf("what is no purpose is called %q", s)
	}
}

// TestSpecialOracle compares with net/netip where that has words for it.
func TestSpecialOracle(t *testing.T) {
	for _, l := range internet(8, 3000, 1000) {
		for _, ip := range []netip.Addr{l.from, l.to, l.from.Prev()} {
			s := SpecialOf(packet.AddrOf(ip))
			if got, want := s == Private || s == UniqueLocal, ip.IsPrivate(); got != want {
				t.Fatalf("%s: private %t", ip, want)
			}
			if (s == Multicast) != ip.IsMulticast() || (s == Loopback) != ip.IsLoopback() || (s == LinkLocal) != ip.IsLinkLocalUnicast() {
				t.Fatalf("%s is %s", ip, s)
			}
		}
	}
}

const everywhere = "0.0.0.0\t255.255.255.255\t64496\tDE\tEverywhere\n::\tffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\t64497\tFR\tElsewhere\n"

func TestPlacesLookup(t *testing.T) {
	var p Places
	defer p.Close()
	if c, n := p.Lookup(address(t, "8.8.8.8")); c != [2]byte{} || n != 0 || p.ASName(64496) != "" || p.VendorName(MAC{}) != "" || p.Info() != nil {
		t.Error("knows something without a database")
	}
	files := Files{Country: build(t, Country, []byte(everywhere)), ASN: build(t, ASN, []byte(everywhere))}
	if err := p.Load(files); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		addr, country string
		asn           uint32
		name          string
	}{
		{"8.8.8.8", "DE", 64496, "Everywhere"},
		{"2a00::1", "FR", 64497, "Elsewhere"},
		{"64:ff9b::8.8.8.8", "DE", 64496, "Everywhere"},
		{"2002:808:808::1", "DE", 64496, "Everywhere"},
		{"192.88.99.1", "DE", 64496, "Everywhere"},
		{"10.1.2.3", "", 0, ""},
		{"64:ff9b::10.1.2.3", "", 0, ""},
		{"100.64.0.1", "", 0, ""},
		{"fe80::1", "", 0, ""},
		{"ff02::fb", "", 0, ""},
	}
	for _, tt := range tests {
		c, n := p.Lookup(address(t, tt.addr))
		if got := strings.TrimRight(string(c[:]), "\x00"); got != tt.country || n != tt.asn || p.ASName(n) != tt.name {
			t.Errorf("%s: %q AS%d %q, want %q AS%d %q", tt.addr, got, n, p.ASName(n), tt.country, tt.asn, tt.name)
		}
	}
	if got := testing.AllocsPerRun(100, func() { p.Lookup(address(t, "8.8.8.8")) }); got > 0 {
		t.Errorf("%v allocations", got)
	}
	if info := p.Info(); len(info) != 2 || info[0].Kind != Country || info[1].Kind != ASN {
		t.Errorf("info %+v", info)
	}
}

// TestPlacesLoad exchanges a file, breaks it, and takes it away.
func TestPlacesLoad(t *testing.T) {
	path := build(t, Country, []byte(everywhere))
	var p Places
	defer p.Close()
	load := func(files Files, wantErr string) {
		t.Helper()
		err := p.Load(files)
		if (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("error %v, want %q", err, wantErr)
		}
	}
	want := func(country string) {
		t.Helper()
		c, _ := p.Lookup(address(t, "8.8.8.8"))
		if got := strings.TrimRight(string(c[:]), "\x00"); got != country {
			t.Errorf("country %q, want %q", got, country)
		}
	}
	files := Files{Country: path}
	load(files, "")
	want("DE")
	before := p.country.Load()
	load(files, "")
	if p.country.Load() != before {
		t.Error("a file that did not change was opened again")
	}
	replace(t, build(t, Country, []byte("8.0.0.0\t8.255.255.255\tUS\n")), path)
	load(files, "")
	want("US")
	replace(t, writeFile(t, "broken", []byte("nothing")), path)
	load(files, "is neither an MMDB")
	want("US")
	load(Files{Country: path + "x", ASN: build(t, ASN, []byte(everywhere))}, "no such file")
	want("US")
	if _, n := p.Lookup(address(t, "8.8.8.8")); n != 64496 {
		t.Errorf("AS%d: one file that cannot be used keeps the other from use", n)
	}
	load(Files{}, "")
	want("")
}

func replace(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestExchangeInUse exchanges databases under readers, who find the old, the new,
// or, where they were just between, nothing.
func TestExchangeInUse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "country.db")
	versions := []string{build(t, Country, []byte("8.0.0.0\t8.255.255.255\tUS\n")), build(t, Country, []byte("8.0.0.0\t8.255.255.255\tCA\n"))}
	a := address(t, "8.8.8.8")
	var p Places
	defer p.Close()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch c, _ := p.Lookup(a); string(c[:]) {
				case "US", "CA", "\x00\x00":
				default:
					t.Errorf("country %q", c)
					return
				}
			}
		})
	}
	for i := range 50 {
		data, err := os.ReadFile(versions[i%2])
		if err != nil {
			t.Fatal(err)
		}
		replace(t, writeFile(t, "new", data), path)
		if err := p.Load(Files{Country: path}); err != nil {
			t.Fatal(err)
		}
		if c, _ := p.Lookup(a); string(c[:]) != []string{"US", "CA"}[i%2] {
			t.Errorf("version %d: %q", i, c)
		}
	}
	close(stop)
	wg.Wait()
}
