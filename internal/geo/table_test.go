package geo

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"weir/internal/packet"
)

// smallTable returns a table of a small internet, and what it was made from.
func smallTable(t testing.TB, kind Kind) ([]byte, truth) {
	t.Helper()
	lines := truth(internet(7, 3000, 800))
	data, err := os.ReadFile(build(t, kind, iptoasn(lines)))
	if err != nil {
		t.Fatal(err)
	}
	return data, lines
}

// TestReproducible wants the same bytes of the same source, and of the same ranges
// in another order.
func TestReproducible(t *testing.T) {
	lines := internet(7, 3000, 800)
	for _, kind := range []Kind{Country, ASN} {
		first, err := os.ReadFile(build(t, kind, iptoasn(lines)))
		if err != nil {
			t.Fatal(err)
		}
		again, _ := os.ReadFile(build(t, kind, iptoasn(lines)))
		if !bytes.Equal(first, again) {
			t.Errorf("%s: two builds differ", kind)
		}
		shuffled := append([]line(nil), lines...)
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if other, _ := os.ReadFile(build(t, kind, iptoasn(shuffled))); !bytes.Equal(first, other) {
			t.Errorf("%s: the order of the source's lines shows", kind)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	good, _ := smallTable(t, Country)
	// with writes something else to the first page, whose checksum stays right.
	with := func(at int, b ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[at:], b)
		binary.LittleEndian.PutUint32(data[payloadSize:], crc32.Checksum(data[:payloadSize], castagnoli))
		return data
	}
	flipped := bytes.Clone(good)
	flipped[200] ^= 1
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"cut off", good[:len(good)-pageSize], "bytes instead of"},
		{"a byte more", append(bytes.Clone(good), 0), "bytes instead of"},
		{"only a head", good[:headSize], "bytes instead of"},
		{"kind", with(8, 9), "holds a kind 9"},
		{"no values", with(24, 0, 0, 0, 0), "impossible"},
		{"values beyond", with(24, 0xff, 0xff, 0xff, 0), "beyond its end"},
		{"entries beyond", with(36, 0xff, 0xff, 0, 0), "entries beyond"},
		{"no entries", with(36, 0, 0, 0, 0), "entries beyond"},
		{"year 100000", with(12, 0, 0, 0, 0, 0, 1), "impossible"},
		{"damaged", flipped, "a checksum is wrong"},
		{"code", with(headSize, bytes.Repeat([]byte{1}, lengthSymbols)...), "has a bad code"},
		{"long code", with(headSize, 200), "has a bad code"},
		{"fences", with(headSize+2*codeBytes, 1), "out of order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Open(writeFile(t, "test.db", tt.data))
			if err == nil {
				d.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "test.db ") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a folder: error %v", err)
	}
	if _, err := Open("missing"); !os.IsNotExist(err) {
		t.Errorf("no file: error %v", err)
	}
}

// TestDamage breaks each page but the first few in turn: what is on it is unknown
// and counted, what is elsewhere stays right.
func TestDamage(t *testing.T) {
	good, lines := smallTable(t, Country)
	whole := open(t, writeFile(t, "whole.db", good))
	first := int(whole.table.head.first[ipv4])
	for page := first; page < len(good)/pageSize; page++ {
		data := bytes.Clone(good)
		data[page*pageSize+17] ^= 0x40
		d := open(t, writeFile(t, "test.db", data))
		if d.Verify() == nil {
			t.Errorf("page %d: Verify finds nothing", page)
		}
		unknown := 0
		for _, l := range lines {
			a := packet.AddrOf(l.from)
			switch got := d.Country(a); got {
			case whole.Country(a):
			case [2]byte{}:
				unknown++
			default:
				t.Fatalf("page %d damaged: %s is in %q, want %q", page, l.from, got, whole.Country(a))
			}
		}
		if n := d.Info().Damaged; (unknown == 0) != (n == 0) || unknown == len(lines) && page < len(good)/pageSize-1 {
			t.Errorf("page %d: %d of %d unknown, %d counted", page, unknown, len(lines), n)
		}
	}
}

// TestClosed wants nothing, and no crash, of a database that was closed.
func TestClosed(t *testing.T) {
	data, lines := smallTable(t, ASN)
	d, err := Open(writeFile(t, "test.db", data))
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if n := d.ASN(packet.AddrOf(lines[0].from)); n != 0 {
		t.Errorf("AS%d", n)
	}
	if s := d.ASName(lines[0].holder.asn); s != "" {
		t.Errorf("name %q", s)
	}
	if d.Verify() == nil {
		t.Error("Verify finds nothing wrong with a closed file")
	}
}

// TestOtherKind asks databases what they do not know.
func TestOtherKind(t *testing.T) {
	country, lines := smallTable(t, Country)
	asn, _ := smallTable(t, ASN)
	c, n := open(t, writeFile(t, "c.db", country)), open(t, writeFile(t, "n.db", asn))
	a := packet.AddrOf(lines[0].from)
	if c.ASN(a) != 0 || c.ASName(lines[0].holder.asn) != "" || c.Vendor(MAC{}) != 0 || len(c.AppendVendorName(nil, 1)) > 0 {
		t.Error("a database of countries tells more")
	}
	if n.Country(a) != [2]byte{} || n.Vendor(MAC{}) != 0 || n.ASName(0) != "" || n.ASName(4_000_000_000) != "" {
		t.Error("a database of networks tells more")
	}
}

// TestAllocations holds lookups to their promise, with the cache cold and warm.
func TestAllocations(t *testing.T) {
	country, lines := smallTable(t, Country)
	asn, _ := smallTable(t, ASN)
	c, n := open(t, writeFile(t, "c.db", country)), open(t, writeFile(t, "n.db", asn))
	m := open(t, writeFile(t, "m.mmdb", mmdbOf(lines[:500], 28, ipinfoLite)))
	v := open(t, vendorFile)
	look := func() {
		for i := 0; i < len(lines); i += 7 {
			a := packet.AddrOf(lines[i].from)
			c.Country(a)
			n.ASN(a)
			m.Country(a)
			v.Vendor(MAC{byte(i) &^ 3, byte(i >> 8), byte(i)})
		}
	}
	look() // fills the caches' slots
	if got := testing.AllocsPerRun(10, look); got > 0 {
		t.Errorf("%v allocations", got)
	}
}

// TestConcurrent asks from many goroutines; the race detector watches.
func TestConcurrent(t *testing.T) {
	data, lines := smallTable(t, ASN)
	d := open(t, writeFile(t, "test.db", data))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range 300 {
				l := lines[r.IntN(len(lines))]
				if n := d.ASN(packet.AddrOf(l.from)); n != l.holder.asn || d.ASName(n) != l.holder.name {
					t.Errorf("%s: AS%d %q, want %+v", l.from, n, d.ASName(n), l.holder)
					return
				}
			}
		})
	}
	wg.Wait()
}

// FuzzTable wants a reader that ends and never panics, whatever pages hold: the
// input is written over a good file. Checksums are put right, else nothing else
// would be tried.
func FuzzTable(f *testing.F) {
	lines := internet(6, 300, 300)
	var good [2][]byte
	for i, kind := range []Kind{Country, ASN} {
		data, err := os.ReadFile(build(f, kind, iptoasn(lines)))
		if err != nil {
			f.Fatal(err)
		}
		good[i] = data
		for at := 0; at < len(data); at += payloadSize / 5 {
			f.Add(i == 0, uint32(at), data[at:min(at+20, len(data))])
		}
		f.Add(i == 0, uint32(headSize), bytes.Repeat([]byte{3}, codeBytes))
	}
	f.Fuzz(func(t *testing.T, country bool, at uint32, patch []byte) {
		data := bytes.Clone(good[1])
		if country {
			data = bytes.Clone(good[0])
		}
		copy(data[int(at%uint32(len(data))):], patch)
		for at := 0; at < len(data); at += pageSize {
			binary.LittleEndian.PutUint32(data[at+payloadSize:], crc32.Checksum(data[at:at+payloadSize], castagnoli))
		}
		tb, err := openTable(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for i := 0; i < len(lines); i += 5 {
			s, k := numberOf(lines[i].from)
			tb.country(s, k)
			tb.asn(s, k)
			tb.find(mac, k)
		}
		pool := new(inflaterPool)
		tb.appendName(nil, pool, tb.valueOf(lines[0].holder.asn))
		tb.appendName(nil, pool, tb.head.values-1)
	})
}
