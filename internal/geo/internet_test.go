package geo

import (
	"bytes"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"weir/internal/packet"
)

// holder is who a range of the made-up internet belongs to.
type holder struct {
	country string
	asn     uint32
	name    string
}

// line is a range of the made-up internet.
type line struct {
	from, to netip.Addr
	holder   *holder
}

// internet makes ranges like those of published tables, always the same for the
// same seed: networks of the sizes that registries give out, most of them /24 and
// /22, some cut finer and some odd; in each region countries and providers of their
// own, a few of which hold most; neighbours often alike, and gaps. n4 and n6 are
// about how many ranges there are.
func internet(seed uint64, n4, n6 int) []line {
	r := rand.New(rand.NewPCG(seed, 1))
	regions := makeRegions(r, (n4+n6)/6)
	lines := make([]line, 0, n4+n6)
	sizes := []int{8, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 10, 10, 10, 10, 11, 12, 13}
	for at := uint64(1 << 24); at < 224<<24 && len(lines) < n4; {
		region := regions[at>>24%uint64(len(regions))]
		bits := sizes[r.IntN(len(sizes))]
		left := uint64(max(n4-len(lines), 1))
		switch mean := (224<<24 - at) / left; {
		case r.IntN(12) == 0:
			bits = 2 + r.IntN(6)
		case mean > 4000 && r.IntN(12) == 0: // so that n4 ranges cover it all
			bits = 14 + r.IntN(8)
		}
		size := uint64(1) << bits
		if r.IntN(8) == 0 {
			size *= uint64(1 + r.IntN(4))
		}
		at = (at + 1<<bits - 1) >> bits << bits
		if r.IntN(12) > 0 {
			lines = append(lines, line{addr4(at), addr4(at + size - 1), region.pick(r)})
		}
		at += size
	}
	return append(lines, internet6(r, regions, n6)...)
}

func internet6(r *rand.Rand, regions []*region, n int) []line {
	var lines []line
	at := uint64(0x2001_0200) << 32 // upper half
	for len(lines) < n && at>>48 < 0x2c10 {
		region := regions[at>>52%uint64(len(regions))]
		bits := []int{32, 32, 32, 35, 35, 16, 16, 16, 16, 24, 28, 20, 12, 0}[r.IntN(14)]
		at = (at + 1<<bits - 1) >> bits << bits
		from, to := at, at+1<<bits-1
		switch r.IntN(40) {
		case 0: // half of it, and a part finer than /64
			a, z := addr6(from, 0), addr6(from, 1<<40-1)
			lines = append(lines, line{a, z, region.pick(r)})
		default:
			lines = append(lines, line{addr6(from, 0), addr6(to, ^uint64(0)), region.pick(r)})
		}
		at = to + 1
		if r.IntN(3) == 0 {
			at += uint64(r.IntN(1<<12)) << 28
		}
		if r.IntN(n/40+1) == 0 { // the next block of a registry
			at = at>>44<<44 + uint64(1+r.IntN(256))<<44
		}
	}
	return lines
}

func addr4(v uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

func addr6(hi, lo uint64) netip.Addr {
	a, _ := netip.AddrFromSlice(ipv6.appendKey(nil, key{hi, lo}))
	return a
}

// region is a part of the internet with holders of its own.
type region struct {
	holders []*holder
	last    []*holder
}

// pick returns a holder: often one of the last few, else a large one rather than a
// small one.
func (g *region) pick(r *rand.Rand) *holder {
	if len(g.last) > 0 && r.IntN(3) > 0 {
		return g.last[r.IntN(len(g.last))]
	}
	f := r.Float64()
	h := g.holders[int(f*f*f*float64(len(g.holders)))]
	if g.last = append(g.last, h); len(g.last) > 6 {
		g.last = g.last[1:]
	}
	return h
}

// makeRegions makes so many holders, in 24 regions.
func makeRegions(r *rand.Rand, holders int) []*region {
	words := []string{"Telecom", "Net", "Internet", "Online", "Hosting", "Cloud", "Fiber", "Data", "University", "Bank", "Media", "Systems", "Link", "Star", "Global"}
	forms := []string{"LLC", "Ltd", "GmbH", "S.A.", "Inc.", "Ltda", "B.V.", "SRL", "Co., Ltd.", "AB"}
	regions := make([]*region, 24)
	for i := range regions {
		regions[i] = new(region)
	}
	for i := range max(holders, 300) {
		n := r.IntN(len(regions))
		c := n*9 + min(r.IntN(12), r.IntN(12), r.IntN(12))
		h := &holder{
			country: string([]byte{'A' + byte(c/24%25), 'A' + byte(c%24)}),
			asn:     uint32(1 + i*5 + r.IntN(5)),
			name:    fmt.Sprintf("%s %s %s", syllables(r), words[r.IntN(len(words))], forms[r.IntN(len(forms))]),
		}
		regions[n].holders = append(regions[n].holders, h)
	}
	return regions
}

// syllables makes up a name of a company.
func syllables(r *rand.Rand) string {
	var b strings.Builder
	for range 2 + r.IntN(3) {
		b.WriteByte("bcdfghklmnprstvwz"[r.IntN(17)])
		b.WriteByte("aeiou"[r.IntN(5)])
		if r.IntN(3) == 0 {
			b.WriteByte("nrslx"[r.IntN(5)])
		}
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

// iptoasn writes lines as iptoasn.com does.
func iptoasn(lines []line) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		fmt.Fprintf(&b, "%s\t%s\t%d\t%s\t%s\n", l.from, l.to, l.holder.asn, l.holder.country, l.holder.name)
	}
	return b.Bytes()
}

// truth answers from lines by search alone.
type truth []line

func (t truth) of(a netip.Addr) *holder {
	i := sort.Search(len(t), func(i int) bool { return a.Less(t[i].from) })
	if i == 0 || t[i-1].to.Less(a) {
		return &holder{}
	}
	return t[i-1].holder
}

// ask makes addresses to look up: half of them anywhere, the others at and beside
// the borders of ranges.
func (t truth) ask(r *rand.Rand) netip.Addr {
	l := t[r.IntN(len(t))]
	switch r.IntN(8) {
	case 0:
		return l.from
	case 1:
		return l.to
	case 2:
		return l.from.Prev()
	case 3:
		return l.to.Next()
	case 4, 5:
		return addr4(r.Uint64() & (1<<32 - 1))
	case 6:
		return addr6(r.Uint64()>>3|1<<61, r.Uint64())
	}
	return addr6(r.Uint64()&(1<<32-1)|0x2a00<<48|uint64(r.IntN(1<<16))<<32, r.Uint64())
}

// build writes a table of lines to a file.
func build(t testing.TB, kind Kind, text []byte) string {
	t.Helper()
	b := NewBuilder(kind)
	if err := b.AddText(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := b.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, kind.String()+".db", out.Bytes())
}

func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *Database {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// fullSize is a table of the whole internet, as published ones are.
const fullSize4, fullSize6 = 400_000, 120_000

// TestAccuracy builds tables of a whole internet, and wants 100,000 addresses to be
// where the source has them.
func TestAccuracy(t *testing.T) {
	n4, n6, questions := fullSize4, fullSize6, 100_000
	if testing.Short() || bits.UintSize == 32 { // as on an emulated processor
		n4, n6, questions = n4/20, n6/20, questions/20
	}
	lines := truth(internet(1, n4, n6))
	text := iptoasn(lines)
	country, asn := open(t, build(t, Country, text)), open(t, build(t, ASN, text))
	for _, d := range []*Database{country, asn} {
		if err := d.Verify(); err != nil {
			t.Error(err)
		}
		i := d.Info()
		t.Logf("%s: source %d lines, %d bytes; %d ranges, %d values, %d bytes (%.2f a range)", i.Kind, len(lines), len(text), i.Ranges, i.Values, i.Bytes, float64(i.Bytes)/float64(i.Ranges))
	}
	if n := country.Info().Bytes; n > 1<<20 {
		t.Errorf("the table of countries has %d bytes, at most 1 MB", n)
	}
	if n := asn.Info().Bytes; n > 3<<20 {
		t.Errorf("the table of networks has %d bytes, at most 3 MB", n)
	}
	r := rand.New(rand.NewPCG(2, 2))
	wrong, known := 0, 0
	for range questions {
		ip := lines.ask(r)
		want, a := lines.of(ip), packet.AddrOf(ip)
		c := country.Country(a)
		if got := asn.ASN(a); string(bytes.TrimRight(c[:], "\x00")) != want.country || got != want.asn {
			if wrong++; wrong < 10 {
				t.Errorf("%s: %q AS%d, want %+v", ip, c, got, want)
			}
		}
		if want.asn != 0 {
			known++
		}
	}
	if wrong > 0 || known < questions/3 {
		t.Errorf("%d of %d wrong, %d known", wrong, questions, known)
	}
	for range 300 {
		h := lines[r.IntN(len(lines))].holder
		if got := asn.ASName(h.asn); got != h.name {
			t.Fatalf("AS%d is %q, want %q", h.asn, got, h.name)
		}
	}
}
