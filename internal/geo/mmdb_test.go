package geo

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/oschwald/maxminddb-golang/v2"

	"weir/internal/packet"
)

// oracleRecord is all that the shapes have, for maxminddb to decode.
type oracleRecord struct {
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	ASN  uint32 `maxminddb:"autonomous_system_number"`
	Name string `maxminddb:"autonomous_system_organization"`
}

// TestMMDBOracle wants our reader to answer as maxminddb-golang does, and both as
// the source has it.
func TestMMDBOracle(t *testing.T) {
	lines := truth(internet(3, 4000, 1200))
	r := rand.New(rand.NewPCG(4, 4))
	for _, recordBits := range []int{24, 28, 32} {
		for _, shape := range []struct {
			name string
			of   func(*holder) []pair
		}{{"country", maxmindCountry}, {"asn", maxmindASN}} {
			t.Run(shape.name+decimal(uint32(recordBits)), func(t *testing.T) {
				data := mmdbOf(lines, recordBits, shape.of)
				oracle, err := maxminddb.OpenBytes(data)
				if err != nil {
					t.Fatal(err)
				}
				d := open(t, writeFile(t, "test.mmdb", data))
				for range 5000 {
					ip := lines.ask(r)
					if !ip.Is4() && r.IntN(4) == 0 { // what is linked to IPv4
						ip = netip.MustParseAddr("2002:0102:0304::1")
					}
					var want oracleRecord
					if err := oracle.Lookup(ip).Decode(&want); err != nil {
						t.Fatal(err)
					}
					a := packet.AddrOf(ip)
					c := d.Country(a)
					if got := strings.TrimRight(string(c[:]), "\x00"); got != want.Country.Code || d.ASN(a) != want.ASN || d.ASName(want.ASN) != want.Name {
						t.Fatalf("%s: %q AS%d %q, want %+v", ip, got, d.ASN(a), d.ASName(want.ASN), want)
					}
					if h := lines.of(ip); ip.Is4() && (want.Country.Code != h.country && want.ASN != h.asn) {
						t.Fatalf("%s: the oracle says %+v, the source %+v", ip, want, h)
					}
				}
			})
		}
	}
}

func TestMMDBShapes(t *testing.T) {
	lines := truth(internet(5, 1000, 250))
	tests := []struct {
		name         string
		shape        func(*holder) []pair
		country, asn bool
	}{
		{"MaxMind, DB-IP country", maxmindCountry, true, false},
		{"MaxMind, DB-IP ASN", maxmindASN, false, true},
		{"IPinfo Lite", ipinfoLite, true, true},
		{"IPinfo ASN", ipinfoASN, false, true},
		{"IPinfo country", ipinfoCountry, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, "test.mmdb", mmdbOf(lines, 24, tt.shape))
			d := open(t, path)
			var compact [3]*Database // by kind
			for kind, has := range map[Kind]bool{Country: tt.country, ASN: tt.asn} {
				b := NewBuilder(kind)
				err := b.AddFile(path)
				if !has {
					if err == nil || !strings.Contains(err.Error(), "tells nothing about "+kind.String()) {
						t.Errorf("build %s: error %v", kind, err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if _, err := b.WriteTo(&out); err != nil {
					t.Fatal(err)
				}
				compact[kind] = open(t, writeFile(t, "compact", out.Bytes()))
				if got := compact[kind].Info().Built.Unix(); got != 1_700_000_000 {
					t.Errorf("built %d", got)
				}
			}
			for _, l := range lines {
				a := packet.AddrOf(l.from)
				wantC, wantN, wantName := [2]byte{}, uint32(0), ""
				if tt.country {
					wantC = [2]byte([]byte(l.holder.country))
				}
				if tt.asn {
					wantN, wantName = l.holder.asn, l.holder.name
				}
				if c, n := d.Country(a), d.ASN(a); c != wantC || n != wantN || d.ASName(n) != wantName {
					t.Fatalf("%s: %q AS%d %q, want %+v", l.from, c, n, d.ASName(n), l.holder)
				}
				if tt.country && compact[Country].Country(a) != wantC {
					t.Fatalf("%s: built %q, want %q", l.from, compact[Country].Country(a), wantC)
				}
				if n := wantN; tt.asn && (compact[ASN].ASN(a) != n || compact[ASN].ASName(n) != wantName) {
					t.Fatalf("%s: built AS%d %q, want %+v", l.from, compact[ASN].ASN(a), compact[ASN].ASName(n), l.holder)
				}
			}
		})
	}
}

// TestMMDBv4 reads a tree of IPv4 alone.
func TestMMDBv4(t *testing.T) {
	w := newMMDBWriter(24, 4, "Test")
	h := &holder{country: "DE", asn: 64496, name: "Example"}
	w.insert(netip.MustParseAddr("192.0.2.0"), netip.MustParseAddr("192.0.2.255"), ipinfoLite(h))
	path := writeFile(t, "v4.mmdb", w.bytes())
	d := open(t, path)
	for ip, want := range map[string]uint32{"192.0.2.7": 64496, "192.0.3.1": 0, "2001:db8::1": 0} {
		a, _ := packet.ParseAddr(ip)
		if got := d.ASN(a); got != want {
			t.Errorf("%s: AS%d, want AS%d", ip, got, want)
		}
	}
	b := NewBuilder(Country)
	if err := b.AddFile(path); err != nil {
		t.Fatal(err)
	}
	if len(b.ranges[ipv4]) != 1 || len(b.ranges[ipv6]) != 0 || ipv4.rangeText(b.ranges[ipv4][0]) != "192.0.2.0-192.0.2.255" {
		t.Errorf("ranges %v", b.ranges)
	}
}

// TestMMDBWithoutIPv4 reads trees in which IPv4 is nothing, or one record.
func TestMMDBWithoutIPv4(t *testing.T) {
	us, them := &holder{country: "DE", asn: 64496, name: "Us"}, &holder{country: "FR", asn: 64497, name: "Them"}
	for _, whole := range []bool{false, true} {
		w := newMMDBWriter(28, 6, "Test")
		w.insert(netip.MustParseAddr("2a00::"), netip.MustParseAddr("2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ipinfoLite(us))
		want := []string{"2a00::-2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff AS64496 Us"}
		if whole {
			w.insertPrefix(netip.MustParsePrefix("::/96"), ^w.record(ipinfoLite(them)))
			want = append([]string{"0.0.0.0-255.255.255.255 AS64497 Them"}, want...)
		}
		path := writeFile(t, "test.mmdb", w.bytes())
		d, b := open(t, path), NewBuilder(ASN)
		if n := d.ASN(address(t, "8.8.8.8")); (n == 64497) != whole || !whole && n != 0 {
			t.Errorf("whole %t: 8.8.8.8 is in AS%d", whole, n)
		}
		if err := b.AddFile(path); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, told(b)); diff != "" {
			t.Errorf("whole %t (-want +got):\n%s", whole, diff)
		}
	}
}

func TestMMDBErrors(t *testing.T) {
	good := mmdbOf(internet(5, 50, 10), 24, maxmindCountry)
	meta := bytes.LastIndex(good, metadataMark)
	change := func(name string, to byte) []byte {
		data := bytes.Clone(good)
		at := meta + bytes.Index(data[meta:], []byte(name)) + len(name) + 1
		data[at] = to
		return data
	}
	loop := mmdbOf(internet(5, 50, 10), 24, maxmindCountry)
	copy(loop[6:12], []byte{0, 0, 1, 0, 0, 1}) // node 1 is its own child

	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "is neither an MMDB"},
		{"something else", []byte(strings.Repeat("x", 5000)), "is neither an MMDB"},
		{"version", change("binary_format_major_version", 3), "is an MMDB of version 3"},
		{"IP version", change("ip_version", 5), "IP version 5"},
		{"record size", change("record_size", 20), "records of 20 bits"},
		{"cut off", good[meta-1000:], "has a search tree beyond its end"},
		{"metadata cut off", good[:meta+20], "has damaged metadata"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Open(writeFile(t, "test.mmdb", tt.data))
			if err == nil {
				d.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if err := NewBuilder(Country).AddFile(writeFile(t, "loop.mmdb", loop)); err == nil || !strings.Contains(err.Error(), "no tree") {
		t.Errorf("a tree that is a loop: error %v", err)
	}
}

// FuzzMMDB wants a reader that ends and never panics, whatever the file holds: the
// input is written over a good one.
func FuzzMMDB(f *testing.F) {
	lines := internet(6, 40, 10)
	var good [][]byte
	for _, bits := range []int{24, 28, 32} {
		good = append(good, mmdbOf(lines, bits, maxmindCountry), mmdbOf(lines, bits, ipinfoLite))
	}
	for i, data := range good {
		meta := bytes.LastIndex(data, metadataMark)
		for _, at := range []int{0, 1000, meta - 600, meta - 40, meta, meta + 14, meta + 60, len(data) - 30} {
			f.Add(uint8(i), uint32(at), data[at:min(at+20, len(data))])
		}
		f.Add(uint8(i), uint32(6), []byte{0, 0, 1, 0, 0, 1})
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, patch []byte) {
		data := bytes.Clone(good[int(which)%len(good)])
		copy(data[int(at%uint32(len(data))):], patch)
		m, err := openMMDB(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, l := range lines {
			a := packet.AddrOf(l.from)
			m.name(m.lookup(&a).asn)
		}
		_ = NewBuilder(ASN).addMMDB(m)
	})
}
