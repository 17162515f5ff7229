package rollup

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// packHome makes up slots of a house: series come and go, numbers have all sizes
// and go together as traffic's do.
func packHome(seed uint64, slots int) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	var blocks [][]byte
	for range slots {
		var rows []Row
		row := func(k Key) {
			if rng.IntN(10) == 0 {
				return
			}
			n := uint64(rng.ExpFloat64() * rng.ExpFloat64() * 1e7)
			tx := n/20 + rng.Uint64N(4000)
			rows = append(rows, Row{Key: k, Values: Values{TxBytes: tx, RxBytes: n, TxPackets: 3 + tx/200, RxPackets: 3 + n/1200, Flows: n / 500_000}})
		}
		for _, k := range []Key{{Class: Device, ID: 40}, {Class: Application, ID: 120}, {Class: Total, ID: 1}, {Class: Country, ID: 60}} {
			for i := range k.ID {
				row(Key{Class: k.Class, ID: i})
			}
		}
		for i := range uint32(200) {
			row(Key{Class: DeviceApplication, ID: 1 + i/20, Sub: 3 * (i % 20)})
		}
		blocks = append(blocks, AppendBlock(nil, sortRows(rows)))
	}
	return blocks
}

// unpackAll returns the n blocks of a pack.
func unpackAll(t *testing.T, pack []byte, n int) (blocks [][]byte) {
	t.Helper()
	u, err := NewUnpacker(pack)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		b, err := u.AppendNext(nil, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func TestPackGivesTheSameBlocks(t *testing.T) {
	huge := Values{TxBytes: math.MaxUint64, RxBytes: 1 << 63, TxPackets: 1<<63 - 1, Flows: 1, Retrans: 2, RTTSum: 3, RTTCount: math.MaxUint64}
	device := func(id uint32, v Values) Row { return Row{Key{Class: Device, ID: id}, v} }
	empty := AppendBlock(nil, nil)
	tests := []struct {
		name   string
		blocks [][]byte
	}{
		{"none", nil},
		{"empty ones", [][]byte{empty, empty, empty}},
		{"one row", [][]byte{AppendBlock(nil, []Row{device(0, Values{RxBytes: 1})})}},
		{"nothing moved", [][]byte{AppendBlock(nil, []Row{device(1, Values{}), device(9, Values{})}), empty, AppendBlock(nil, []Row{device(9, Values{})})}},
		{"largest numbers", [][]byte{
			AppendBlock(nil, []Row{device(1, huge), device(math.MaxUint32, huge), {Key{Class: DNS, ID: 1}, Values{Flows: 1}}}),
			AppendBlock(nil, []Row{device(1, Values{RxBytes: 1}), device(5, huge), device(math.MaxUint32, huge)}),
		}},
		{"cells, and a class nobody knows", [][]byte{AppendBlock(nil, []Row{
			{Key{DeviceCountry, 0, 0}, huge}, {Key{DeviceCountry, 1, 5}, huge}, {Key{DeviceCountry, 1, math.MaxUint32}, huge}, {Key{DeviceCountry, 2, 0}, huge},
			{Key{255, 2, 7}, huge},
		})}},
		{"a house", packHome(1, 12)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pack, err := AppendPack([]byte("before"), tt.blocks)
			if err != nil || !bytes.HasPrefix(pack, []byte("before")) {
				t.Fatal(err)
			}
			for i, got := range unpackAll(t, pack[len("before"):], len(tt.blocks)) {
				if !bytes.Equal(got, tt.blocks[i]) {
					t.Errorf("block %d of %d bytes came back as one of %d", i, len(tt.blocks[i]), len(got))
				}
			}
		})
	}
}

// TestPackAnyNumbers packs numbers and series that nothing ties together.
func TestPackAnyNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		var blocks [][]byte
		for range 1 + rng.IntN(5) {
			var rows []Row
			for range rng.IntN(60) {
				r := Row{Key: Key{Class: Class(rng.UintN(20)), ID: rng.Uint32() >> rng.UintN(32)}}
				if rng.IntN(3) == 0 {
					r.Sub = rng.Uint32() >> rng.UintN(32)
				}
				for c := range numColumns {
					*r.column(c) = rng.Uint64() >> rng.UintN(64)
				}
				rows = append(rows, r)
			}
			blocks = append(blocks, AppendBlock(nil, unite(sortRows(rows))))
		}
		pack, err := AppendPack(nil, blocks)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range unpackAll(t, pack, len(blocks)) {
			if !bytes.Equal(got, blocks[i]) {
				t.Fatalf("round %d: block %d differs", round, i)
			}
		}
	}
}

// TestPackIsSmall holds what the archive's budget rests on.
func TestPackIsSmall(t *testing.T) {
	blocks, plain := packHome(1, 6), 0
	for _, b := range blocks {
		plain += len(b)
	}
	pack, err := AppendPack(nil, blocks)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes a slot, %d packed", plain/6, len(pack)/6)
	if len(pack) > plain*6/10 {
		t.Errorf("%d bytes became %d", plain, len(pack))
	}
}

func TestPackErrors(t *testing.T) {
	rows := make([]Row, maxPackRows+1)
	for i := range rows {
		rows[i].ID = uint32(i)
	}
	most := AppendBlock(nil, rows[:maxPackRows])
	pack, err := AppendPack(nil, [][]byte{most, most})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range unpackAll(t, pack, 2) {
		if !bytes.Equal(got, most) {
			t.Error("a block of the most rows differs")
		}
	}
	first := AppendBlock(nil, []Row{{Key: Key{Class: Device, ID: 1}}})
	first[0] = 1 // no such version
	tests := []struct {
		name  string
		block []byte
		want  error
	}{
		{"too many rows", AppendBlock(nil, rows), ErrPack},
		{"damaged", first, ErrCorrupt},
		{"nothing", nil, ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AppendPack([]byte{7}, [][]byte{most, tt.block})
			if !errors.Is(err, tt.want) || !bytes.Equal(got, []byte{7}) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	for _, b := range [][]byte{nil, {0}, {numColumns}, {numColumns, 2, 1}, {numColumns, 0x80}, append([]byte{numColumns}, bytes.Repeat([]byte{255}, 11)...)} {
		if _, err := NewUnpacker(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v: %v", b, err)
		}
	}
	if _, err := NewUnpacker([]byte{numColumns + 1, 1}); !errors.Is(err, ErrVersion) {
		t.Error(err)
	}
}

// TestUnpackBounds reads a pack that says there is another series for ever.
func TestUnpackBounds(t *testing.T) {
	for _, fill := range []byte{0, 0x55, 0xff} {
		u, err := NewUnpacker(append([]byte{numColumns, 0x80, 0x80, 2}, bytes.Repeat([]byte{fill}, 1<<16)...)) // 1<<15 bytes are coded
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if _, err := u.AppendNext(nil, 1<<20); err != nil {
				break
			}
		}
		if cap(u.pack.rows) > 2*maxPackRows || len(u.pack.seen) > maxPackSeen {
			t.Errorf("%d rows, %d series", cap(u.pack.rows), len(u.pack.seen))
		}
	}
}

func FuzzUnpack(f *testing.F) {
	for seed := range uint64(3) {
		pack, err := AppendPack(nil, packHome(seed, 2))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(pack)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := NewUnpacker(b)
		if err != nil {
			return
		}
		for range 3 {
			block, err := u.AppendNext(nil, 1<<13)
			if err != nil {
				return
			}
			it := NewIter(block)
			for it.Next() {
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
			again, err := AppendPack(nil, [][]byte{block})
			if err != nil {
				t.Fatal(err)
			}
			if got := unpackAll(t, again, 1); !bytes.Equal(got[0], block) {
				t.Fatal("packed again it differs")
			}
		}
	})
}

func BenchmarkPack(b *testing.B) {
	blocks := packHome(1, 6)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendPack(nil, blocks); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	pack, err := AppendPack(nil, packHome(1, 6))
	if err != nil {
		b.Fatal(err)
	}
	var block []byte
	b.ReportAllocs()
	for b.Loop() {
		u, _ := NewUnpacker(pack)
		for range 6 {
			if block, err = u.AppendNext(block[:0], 1<<20); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestUnpackRoom: a block that is larger than the caller expects is an error.
func TestUnpackRoom(t *testing.T) {
	block := packHome(1, 1)[0]
	pack, err := AppendPack(nil, [][]byte{block})
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{0, 1, 100, len(block) / 2, len(block)} {
		u, err := NewUnpacker(pack)
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.AppendNext([]byte{7}, most)
		if whole := most == len(block); whole != (err == nil) || !whole && (!errors.Is(err, ErrCorrupt) || len(got) != 1) {
			t.Errorf("room for %d of %d bytes: %d bytes, %v", most, len(block), len(got)-1, err)
		}
	}
}
