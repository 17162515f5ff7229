package rollup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// household is what a day of a house has: numbers of all sizes, two matrices.
func household(seed uint64) []Row {
	rng := rand.New(rand.NewPCG(seed, 7))
	var rows []Row
	row := func(k Key) {
		bytes := uint64(rng.ExpFloat64() * rng.ExpFloat64() * 1e7)
		rows = append(rows, Row{Key: k, Values: Values{
			TxBytes: bytes / 20, RxBytes: bytes, TxPackets: bytes / 2400, RxPackets: bytes / 1200, Flows: bytes / 500_000,
		}})
	}
	for class, n := range map[Class]int{Device: 40, Application: 120, Total: 1, Country: 60} {
		for i := range n {
			row(Key{Class: class, ID: uint32(i)})
		}
	}
	for i := range 200 {
		row(Key{Class: DeviceApplication, ID: uint32(1 + i/20), Sub: uint32(3 * (i % 20))})
	}
	return sortRows(rows)
}

func TestPackedIsTheSameBlock(t *testing.T) {
	var huge Values
	for c := range numColumns {
		*huge.column(c) = []uint64{math.MaxUint64, 1 << 63, 1<<63 - 1, 0, 1, 2, 3}[c%7]
	}
	tests := []struct {
		name string
		rows []Row
	}{
		{"empty", nil},
		{"one", []Row{{Key{Class: Total}, Values{RxBytes: 1}}}},
		{"nothing moved", []Row{{Key{Class: Device, ID: 1}, Values{}}, {Key{Class: Device, ID: 9}, Values{}}}},
		{"largest numbers", []Row{{Key{Class: Device, ID: 1}, huge}, {Key{Class: Device, ID: math.MaxUint32}, huge}, {Key{Class: DNS, ID: 1}, Values{Flows: 1}}}},
		{"largest beside none", []Row{{Key{Class: Device, ID: 1}, Values{RxBytes: math.MaxUint64}}, {Key{Class: Device, ID: 2}, Values{TxBytes: math.MaxUint64}}}},
		{"cells", []Row{
			{Key{DeviceCountry, 0, 0}, huge}, {Key{DeviceCountry, 1, 5}, huge}, {Key{DeviceCountry, 1, math.MaxUint32}, huge}, {Key{DeviceCountry, 2, 0}, huge},
		}},
		{"a household", household(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			block := AppendBlock(nil, tt.rows)
			packed, err := AppendPacked([]byte("before"), block)
			if err != nil {
				t.Fatal(err)
			}
			got, err := AppendUnpacked([]byte("too"), packed[len("before"):])
			if err != nil || !bytes.Equal(got, append([]byte("too"), block...)) {
				t.Errorf("%d rows came back as %x, %v; packed %d bytes", len(tt.rows), got, err, len(packed))
			}
			if same, err := AppendUnpacked(nil, block); err != nil || !bytes.Equal(same, block) {
				t.Errorf("a block that is not packed: %v", err)
			}
		})
	}
}

// TestPackedIsSmaller holds what the archive's budget rests on.
func TestPackedIsSmaller(t *testing.T) {
	plain, packed := 0, 0
	for seed := range uint64(20) {
		block := AppendBlock(nil, household(seed))
		p, err := AppendPacked(nil, block)
		if err != nil {
			t.Fatal(err)
		}
		plain += len(block)
		packed += len(p)
	}
	t.Logf("%d bytes of %d, %.0f %%", packed, plain, 100*float64(packed)/float64(plain))
	if packed > plain*3/4 {
		t.Errorf("%d bytes of %d", packed, plain)
	}
}

// TestDamagedPackedBlocks flips and cuts everywhere: with the checksum that was,
// it is noticed; with one that fits, nothing breaks.
func TestDamagedPackedBlocks(t *testing.T) {
	block := AppendBlock(nil, household(3)[:60])
	packed, err := AppendPacked(nil, block)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AppendPacked([]byte("x"), append(bytes.Clone(block[:9]), block[10:]...)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("packing a damaged block: %v", err)
	}
	for i := range packed {
		bad := bytes.Clone(packed)
		bad[i] ^= 0x41
		if got, err := AppendUnpacked([]byte("x"), bad); i > 0 && (!errors.Is(err, ErrCorrupt) || string(got) != "x") {
			t.Fatalf("byte %d: %v", i, err)
		}
		checkHostile(t, resummed(bad))
		if i > 0 {
			checkHostile(t, packed[:i])
			checkHostile(t, resummed(packed[:i]))
		}
	}
}

// TestPackedColumnOfANewerWeir packs a column that this program does not know: it
// is stepped over.
func TestPackedColumnOfANewerWeir(t *testing.T) {
	rows := household(5)[:9]
	p := newPacking()
	p.coded.Write()
	p.coded.Bit(&p.more, 1)
	p.coded.Tree(p.classes[:], classBits, uint32(rows[0].Class))
	p.number(&p.rows, 0, uint64(len(rows)))
	p.coded.Bit(&p.subbed, 0)
	for c := range p.used {
		p.coded.Bit(&p.used[c], 1)
	}
	var prev Key
	for _, r := range rows {
		p.key(&r.Key, prev, false)
		prev = r.Key
		for c := range p.columns {
			n := uint64(1000 + c)
			if c < numColumns {
				n = *r.column(c)
			}
			expected := 0
			if b := beside[c]; b >= 0 {
				expected = bits.Len64(*r.column(b))
			}
			p.number(&p.columns[c], expected, n)
		}
	}
	p.coded.Bit(&p.more, 0)
	coded := p.coded.AppendTo(nil)
	b := binary.AppendUvarint([]byte{packedVersion}, uint64(len(coded)))
	b = appendSum(append(append(b, coded...), p.plain.buf...), 0)
	got, err := AppendUnpacked(nil, b)
	if err != nil || !bytes.Equal(got, AppendBlock(nil, rows)) {
		t.Errorf("%x, %v", got, err)
	}
}

// resummed gives a damaged block a checksum that fits.
func resummed(b []byte) []byte {
	n := max(len(b)-crcLen, 0)
	return binary.LittleEndian.AppendUint32(bytes.Clone(b[:n]), crc32.Checksum(b[:n], castagnoli))
}

// checkHostile wants an error, or a block that can be read whole.
func checkHostile(t *testing.T, b []byte) {
	t.Helper()
	block, err := AppendUnpacked(nil, b)
	if err != nil || len(b) == 0 || b[0] != packedVersion {
		return
	}
	n := 0
	for it := NewIter(block); ; n++ {
		if !it.Next() {
			if it.Err() != nil {
				t.Fatalf("unpacked to what cannot be read: %v", it.Err())
			}
			break
		}
	}
	if n > MaxRows {
		t.Fatalf("%d rows", n)
	}
}

func FuzzPacked(f *testing.F) {
	for seed := range uint64(3) {
		packed, err := AppendPacked(nil, AppendBlock(nil, household(seed)[:30+20*seed]))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkHostile(t, b)
		checkHostile(t, resummed(b))
		if packed, err := AppendPacked(nil, b); err == nil { // it was a block
			again, err := AppendUnpacked(nil, packed)
			if err != nil {
				t.Fatalf("what was packed cannot be unpacked: %v", err)
			}
			want, err := AppendFiltered(nil, b, func(Class) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			if was, is := rowsIn(t, want), rowsIn(t, again); was != is {
				t.Fatalf("%d rows became %d", was, is)
			}
		}
	})
}

func rowsIn(t *testing.T, block []byte) (n int) {
	t.Helper()
	it := NewIter(block)
	for it.Next() {
		n++
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return n
}

func BenchmarkPacked(b *testing.B) {
	block := AppendBlock(nil, household(1))
	packed, err := AppendPacked(nil, block)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("pack", func(b *testing.B) {
		b.SetBytes(int64(len(block)))
		for b.Loop() {
			_, _ = AppendPacked(nil, block)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		b.SetBytes(int64(len(block)))
		for b.Loop() {
			_, _ = AppendUnpacked(nil, packed)
		}
	})
}

// TestPackedRowsCostBytes takes a packed block of a few bytes that says there are many
// rows: it is refused, for a backup could have millions of such blocks.
func TestPackedRowsCostBytes(t *testing.T) {
	var rows []Row
	for i := range 30_000 {
		rows = append(rows, Row{Key: Key{Class: Device, ID: uint32(i + 1)}})
	}
	packed, err := AppendPacked(nil, AppendBlock(nil, rows))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AppendUnpacked(nil, packed); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%d rows in %d bytes: %v", len(rows), len(packed), err)
	}
	// The least that honest rows take: handles one after the other, and one packet.
	for i := range rows {
		rows[i].TxPackets, rows[i].TxBytes, rows[i].Flows = 1, 40+uint64(i%7), 1
	}
	block := AppendBlock(nil, rows)
	if packed, err = AppendPacked(nil, block); err != nil {
		t.Fatal(err)
	}
	if got, err := AppendUnpacked(nil, packed); err != nil || !bytes.Equal(got, block) {
		t.Errorf("%d rows in %d bytes: %v", len(rows), len(packed), err)
	}
}
