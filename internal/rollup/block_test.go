package rollup

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func row(c Class, id uint32, v ...uint64) Row {
	r := Row{Key: Key{Class: c, ID: id}}
	for i, n := range v {
		*r.column(i) = n
	}
	return r
}

func cell(c Class, id, sub uint32, v ...uint64) Row {
	r := row(c, id, v...)
	r.Sub = sub
	return r
}

func collect(t testing.TB, it Iter) []Row {
	t.Helper()
	var rows []Row
	for it.Next() {
		rows = append(rows, it.Row())
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return rows
}

// sampleRows are n rows over all classes with gaps between their ids.
func sampleRows(n int, seed uint64) []Row {
	rng := rand.New(rand.NewPCG(seed, 0))
	rows := make([]Row, 0, n)
	for i := range n {
		c := Class(i * NumClasses / n)
		id := uint32(rng.Uint64N(5))
		if len(rows) > 0 && rows[len(rows)-1].Class == c {
			id += rows[len(rows)-1].ID + 1
		}
		r := row(c, id, rng.Uint64()>>rng.Uint64N(64), rng.Uint64N(1e6), rng.Uint64N(1000), 0, 1)
		if c == Device {
			r.Retrans, r.RTTSum, r.RTTCount, r.Watched = rng.Uint64N(10), rng.Uint64N(1e6), 1+rng.Uint64N(5), rng.Uint64N(1000)
		}
		if _, _, matrix := c.Matrix(); matrix {
			r.Sub = uint32(rng.Uint64N(1000))
			if last := len(rows) - 1; last >= 0 && rows[last].Class == c && i%3 > 0 {
				r.ID, r.Sub = rows[last].ID, rows[last].Sub+1+uint32(rng.Uint64N(300))
			}
		}
		rows = append(rows, r)
	}
	return rows
}

func TestBlockRoundTrip(t *testing.T) {
	tests := []struct {
		name string
		rows []Row
	}{
		{"empty", nil},
		{"one", []Row{row(Device, 7, 1, 2, 3, 4, 5, 6, 7, 8)}},
		{"zero", []Row{row(Device, 7)}},
		{"cells", []Row{cell(DeviceApplication, 0, 0, 9), cell(DeviceApplication, 0, 3, 1), cell(DeviceApplication, 5, 1, 1),
			cell(DeviceApplication, 5, math.MaxUint32, 1), cell(DeviceCountry, math.MaxUint32, 0, 1), cell(DeviceCountry, math.MaxUint32, math.MaxUint32, 1)}},
		{"other alone", []Row{row(Device, Other, 1)}},
		{"extremes", []Row{row(Interface, 0), row(Total, math.MaxUint32, math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64)}},
		{"neighbours", []Row{row(Device, 0, 1), row(Device, 1, 2), row(Application, 0, 3), row(Application, math.MaxUint32, 4)}},
		{"many", sampleRows(2000, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prefix := []byte("prefix")
			b := AppendBlock(prefix, tt.rows)[len(prefix):]
			if diff := cmp.Diff(tt.rows, collect(t, NewIter(b))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			for class := range Class(NumClasses) {
				var want []Row
				for _, r := range tt.rows {
					if r.Class == class {
						want = append(want, r)
					}
				}
				if diff := cmp.Diff(want, collect(t, NewClassIter(b, class))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", class, diff)
				}
				for i, r := range collect(t, NewIDIter(b, class)) {
					if r.Key != want[i].Key {
						t.Errorf("%s: id %v, want %v", class, r.Key, want[i].Key)
					}
				}
			}
			for _, r := range tt.rows {
				if v, ok, err := Find(b, r.Key); v != r.Values || !ok || err != nil {
					t.Errorf("find %v: %v %t %v", r.Key, v, ok, err)
				}
			}
			if _, ok, err := Find(b, Key{Class: Device, ID: 12345678}); ok || err != nil {
				t.Errorf("found what is not there: %v", err)
			}
		})
	}
}

// TestBlockBytes holds the format still: stored blocks must stay readable, on
// every architecture.
func TestBlockBytes(t *testing.T) {
	rows := []Row{
		row(Interface, 0, 1), row(Device, 3, 300, 2, 1, 1, 1), row(Device, 200, 0, 0, 0, 0, 70000, 0, 0, 1),
		cell(DeviceCountry, 3, 300, 7), cell(DeviceCountry, 3, 302, 7), cell(DeviceCountry, 4, 1, 7),
	}
	const want = "02" + // version
		"00" + "02" + "01" + "0100" + "0101" + // interface: tx bytes, 1 row, id 0
		"01" + "be02" + "02" + "0303c501" + "03ac0200" + "020200" + "020100" + "020100" + "0401f0a204" + "020001" +
		"0f" + "03" + "03" + "03030001" + "04ac020201" + "03070707" + // country: subs and tx bytes
		"a280ed15"
	if got := hex.EncodeToString(AppendBlock(nil, rows)); got != want {
		t.Errorf("block\n%s, want\n%s", got, want)
	}
}

// TestVersion1 reads a block as the first version wrote it: the same rows, with the
// five columns of then.
func TestVersion1(t *testing.T) {
	old, err := hex.DecodeString("01" +
		"00050101000101010001000100" + "0100" + // interface: 5 columns, 1 row
		"01050203" + "03c501" + "03ac0200" + "020200" + "020100" + "020100" + "0401f0a204" +
		"c6dfe8cf")
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{row(Interface, 0, 1), row(Device, 3, 300, 2, 1, 1, 1), row(Device, 200, 0, 0, 0, 0, 70000)}
	if diff := cmp.Diff(want, collect(t, NewIter(old))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for _, r := range want {
		if v, ok, err := Find(old, r.Key); v != r.Values || !ok || err != nil {
			t.Errorf("find %v: %v %t %v", r.Key, v, ok, err)
		}
	}
	filtered, err := AppendFiltered(nil, old, func(c Class) bool { return c == Device })
	if diff := cmp.Diff(want[1:], collect(t, NewIter(filtered))); diff != "" || err != nil {
		t.Errorf("filtered: %v (-want +got):\n%s", err, diff)
	}
	merged, err := AppendMerged(nil, old, AppendBlock(nil, []Row{row(Interface, 0, 1, 0, 0, 0, 0, 0, 0, 9)}))
	if got := collect(t, NewIter(merged)); err != nil || got[0] != row(Interface, 0, 2, 0, 0, 0, 0, 0, 0, 9) {
		t.Errorf("merged: %v %v", got, err)
	}
}

func TestDamagedBlocks(t *testing.T) {
	good := AppendBlock(nil, sampleRows(50, 2))
	for i := range good {
		for _, bit := range []byte{1, 0x80} {
			b := append([]byte(nil), good...)
			b[i] ^= bit
			it := NewIter(b)
			for it.Next() {
			}
			if !errors.Is(it.Err(), ErrCorrupt) {
				t.Fatalf("byte %d flipped: %v", i, it.Err())
			}
		}
		it := NewIter(good[:i])
		if it.Next() || !errors.Is(it.Err(), ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v", i, it.Err())
		}
	}
}

// seal gives a body the checksum that makes a reader look inside.
func seal(body ...byte) []byte {
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, castagnoli))
}

func TestMalformedBlocks(t *testing.T) {
	tests := []struct {
		name  string
		block []byte
		want  error
	}{
		{"nothing", nil, ErrCorrupt},
		{"no version", seal(), ErrCorrupt},
		{"version 0", seal(0), ErrCorrupt},
		{"newer", seal(3), ErrVersion},
		{"1: half a section", seal(1, 0), ErrCorrupt},
		{"1: no rows", seal(1, 0, 5, 0), ErrCorrupt},
		{"1: more rows than ids", seal(1, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 0, 0, 0, 0, 0), ErrCorrupt},
		{"1: column longer than the block", seal(1, 0, 5, 1, 1, 1, 0xff, 0x7f, 1), ErrCorrupt},
		{"1: too few columns", seal(1, 0, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), ErrCorrupt},
		{"1: column without values", seal(1, 0, 5, 1, 1, 1, 0, 0, 0, 0, 0), ErrCorrupt},
		{"1: same id twice", seal(1, 0, 5, 2, 2, 1, 0, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1), ErrCorrupt},
		{"1: id beyond 32 bits", seal(1, 0, 5, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), ErrCorrupt},
		{"1: classes out of order", seal(1, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), ErrCorrupt},
		{"1: class twice", seal(1, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), ErrCorrupt},
		{"half a section", seal(2, 0), ErrCorrupt},
		{"no rows", seal(2, 0, 2, 0, 0, 0), ErrCorrupt},
		{"more rows than ids", seal(2, 0, 2, 2, 1, 1, 2, 1, 1), ErrCorrupt},
		{"column longer than the block", seal(2, 0, 2, 1, 1, 1, 2, 1), ErrCorrupt},
		{"column without values", seal(2, 0, 2, 1, 1, 1, 0), ErrCorrupt},
		{"same id twice", seal(2, 0, 2, 2, 2, 1, 0, 2, 1, 1), ErrCorrupt},
		{"subs missing", seal(2, 15, 3, 2, 2, 1, 0, 1, 1, 2, 1, 1), ErrCorrupt},
		{"same sub twice", seal(2, 15, 3, 2, 2, 1, 0, 2, 1, 0, 2, 1, 1), ErrCorrupt},
		{"sub beyond 32 bits", seal(2, 15, 3, 1, 1, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 1), ErrCorrupt},
		{"subs beyond 32 bits", seal(2, 15, 3, 2, 2, 1, 0, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0x0f, 2, 1, 1), ErrCorrupt},
		{"all columns and no bytes", seal(2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1, 1), ErrCorrupt},
		{"class twice", seal(2, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1), ErrCorrupt},
		{"endless varint", seal(2, 0, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it := NewIter(tt.block)
			for it.Next() {
			}
			if !errors.Is(it.Err(), tt.want) {
				t.Errorf("iterate: %v, want %v", it.Err(), tt.want)
			}
			if dst, err := AppendMerged([]byte("x"), AppendBlock(nil, nil), tt.block); !errors.Is(err, tt.want) || string(dst) != "x" {
				t.Errorf("merge: %q, %v", dst, err)
			}
		})
	}
}

// TestNewerColumns reads blocks with columns that are not known, as a later weir
// of the same block version may write them.
func TestNewerColumns(t *testing.T) {
	for _, tt := range []struct {
		name  string
		block []byte
		want  Row
	}{
		{"version 1", seal(1, byte(Device), 10, 1, 1, 9, 1, 1, 1, 2, 1, 3, 1, 4, 1, 5, 1, 6, 1, 7, 1, 8, 1, 9, 1, 99), row(Device, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)},
		{"version 2", seal(2, byte(Device), 0x84, 0x18, 1, 1, 9, 1, 2, 1, 98, 1, 99), row(Device, 9, 0, 2)},
	} {
		if diff := cmp.Diff([]Row{tt.want}, collect(t, NewIter(tt.block))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestMergeSums(t *testing.T) {
	a, b := sampleRows(300, 3), sampleRows(200, 4)
	want := map[Key]Values{}
	for _, rows := range [][]Row{a, b} {
		for _, r := range rows {
			v := want[r.Key]
			v.Add(r.Values)
			want[r.Key] = v
		}
	}
	merged, err := AppendMerged(nil, AppendBlock(nil, a), AppendBlock(nil, b))
	if err != nil {
		t.Fatal(err)
	}
	got := map[Key]Values{}
	for _, r := range collect(t, NewIter(merged)) {
		got[r.Key] = r.Values
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
}

func TestIterDoesNotAllocate(t *testing.T) {
	b := AppendBlock(nil, sampleRows(500, 5))
	var sum uint64
	if n := testing.AllocsPerRun(20, func() {
		it := NewClassIter(b, Device)
		for it.Next() {
			sum += it.Row().TxBytes
		}
		if _, _, err := Find(b, Key{Class: Application, ID: 40}); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzBlock(f *testing.F) {
	f.Add(AppendBlock(nil, nil))
	f.Add(AppendBlock(nil, sampleRows(5, 6)))
	f.Add(AppendBlock(nil, sampleRows(40, 7)))
	f.Fuzz(func(t *testing.T, data []byte) {
		// The checksum is made right, or nothing behind it would be reached.
		b := append([]byte(nil), data...)
		if len(b) >= emptyLen {
			b = seal(b[:len(b)-crcLen]...)
		}
		it := NewIter(b)
		var rows []Row
		for it.Next() {
			rows = append(rows, it.Row())
			if len(rows) > len(b) {
				t.Fatalf("%d rows from %d bytes", len(rows), len(b))
			}
		}
		for _, k := range []Key{{Class: Interface}, {Class: Device, ID: 3}, {Class: Application, ID: 1 << 31}} {
			if v, ok, err := Find(b, k); ok && err == nil && it.Err() == nil {
				found := false
				for _, r := range rows {
					found = found || r.Key == k && r.Values == v
				}
				if !found {
					t.Fatalf("%v found and not iterated", k)
				}
			}
		}
		merged, err := AppendMerged(nil, b, AppendBlock(nil, nil))
		if (err == nil) != (it.Err() == nil) {
			t.Fatalf("merge: %v, iterate: %v", err, it.Err())
		}
		if err == nil && NewIter(merged).err != nil {
			t.Fatal("merge made a damaged block")
		}
	})
}

func BenchmarkFind(b *testing.B) {
	block := AppendBlock(nil, sampleRows(2000, 8))
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Find(block, Key{Class: Application, ID: 600}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendBlock(b *testing.B) {
	rows := sampleRows(340, 8)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendBlock(dst[:0], rows)
	}
	b.SetBytes(int64(len(dst)))
}
