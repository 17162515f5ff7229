package flowlog_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/internal/flowlog"
)

// TestFilters checks every condition against the rows themselves.
func TestFilters(t *testing.T) {
	rows := []flowlog.Flow{filled(1), filled(2), filled(3), {Proto: 17, Server: flowlog.Endpoint{IP: netip.MustParseAddr("2001:db8::5"), Port: 53}}}
	block := pack(t, rows)[0].Bytes
	a := &rows[1]
	country := string(a.Server.Country[:])
	tests := []struct {
		name string
		f    flowlog.Filter
		want []int
	}{
		{"none", flowlog.Filter{}, []int{0, 1, 2, 3}},
		{"client's device", flowlog.Filter{Device: a.Client.Device}, []int{1}},
		{"server's device", flowlog.Filter{Device: a.Server.Device}, []int{1}},
		{"device of a member", flowlog.Filter{Device: 12345, Members: []uint32{99999, a.Client.Device}}, []int{1}},
		{"no such device", flowlog.Filter{Device: 12345}, nil},
		{"address", flowlog.Filter{IP: netip.PrefixFrom(a.Server.IP, 32)}, []int{1}},
		{"network", flowlog.Filter{IP: netip.MustParsePrefix("2001:db8::/32")}, []int{3}},
		{"address of a translation", flowlog.Filter{IP: netip.PrefixFrom(a.NAT.Reply.Dst.IP(), 32)}, nil},
		{"interface", flowlog.Filter{Interface: a.Interface}, []int{1}},
		{"application", flowlog.Filter{App: a.App}, []int{1}},
		{"protocol of what has an application", flowlog.Filter{App: a.Protocol}, nil},
		{"unknown application", flowlog.Filter{App: flowlog.Unknown}, []int{3}},
		{"protocol", flowlog.Filter{Protocol: a.Protocol}, []int{1}},
		{"unknown protocol", flowlog.Filter{Protocol: flowlog.Unknown}, []int{3}},
		{"category", flowlog.Filter{Category: a.Category}, []int{1}},
		{"name asked for", flowlog.Filter{Name: strings.ToUpper(a.Host)}, []int{1}},
		{"name of an end", flowlog.Filter{Name: a.Client.Name}, []int{1}},
		{"country", flowlog.Filter{Country: country}, []int{1}},
		{"system", flowlog.Filter{ASN: a.Server.ASN}, []int{1}},
		{"IP protocol", flowlog.Filter{Proto: 17, HasProto: true}, []int{3}},
		{"server's port", flowlog.Filter{Port: 53}, []int{3}},
		{"client's port", flowlog.Filter{Port: a.Client.Port}, []int{1}},
		{"direction", flowlog.Filter{Dir: a.Dir}, []int{1}},
		{"uplink", flowlog.Filter{Uplink: a.Uplink}, []int{1}},
		{"mapping", flowlog.Filter{Mapping: a.NAT.Mapping}, []int{1}},
		{"text of a detail", flowlog.Filter{Text: strings.ToUpper(a.Detail.UserAgent)}, []int{1}},
		{"text of an address", flowlog.Filter{Text: "2001:DB8"}, []int{3}},
		{"text of nothing", flowlog.Filter{Text: "nothing has this"}, nil},
		{"two that no flow has both of", flowlog.Filter{App: a.App, Interface: rows[0].Interface}, nil},
		{"too many bytes", flowlog.Filter{MinBytes: 1 << 63}, nil},
		{"after all", flowlog.Filter{From: 1 << 60}, nil},
		{"at the beginning", flowlog.Filter{To: 1}, []int{3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			s := flowlog.NewSearch(&tt.f)
			if err := s.Backward(block, flowlog.BlockFlows, func(i int, _ *flowlog.Flow) bool { got = append(got, i); return true }); err != nil {
				t.Fatal(err)
			}
			slices.Reverse(got)
			if tt.name == "country" {
				tt.want = slices.DeleteFunc([]int{0, 1, 2}, func(i int) bool {
					return !strings.EqualFold(string(rows[i].Server.Country[:]), country) && !strings.EqualFold(string(rows[i].Client.Country[:]), country)
				})
				if country != strings.ToUpper(country) {
					tt.want = nil // countries are stored in upper case
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("rows %v, want %v", got, tt.want)
			}
		})
	}
}

// TestChanged checks that a block takes other times and other devices.
func TestChanged(t *testing.T) {
	rows := []flowlog.Flow{filled(1), filled(2)}
	block := pack(t, rows)[0].Bytes
	moved, err := flowlog.AppendMoved(nil, block, -3*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := flowlog.AppendMapped(nil, moved, func(id uint32) uint32 {
		if id == rows[0].Client.Device {
			return 7
		}
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, mapped, flowlog.Filter{})
	if got[0].Last != rows[0].Last-3*3600e6 || got[1].First != rows[1].First-3*3600e6 || got[0].ID != rows[0].ID {
		t.Errorf("moved: %d %d", got[0].Last-rows[0].Last, got[1].First-rows[1].First)
	}
	if got[0].Client.Device != 7 || got[1].Client.Device != 0 {
		t.Errorf("devices %d and %d, want 7 and none", got[0].Client.Device, got[1].Client.Device)
	}
	if n := len(read(t, mapped, flowlog.Filter{Device: 7})); n != 1 {
		t.Errorf("%d flows of the device, want 1", n)
	}
	if b, err := flowlog.Parse(mapped); err != nil || b.Count != 2 || b.Last >= 1_760_000_000_000_000+1<<40 && b.First > b.Last {
		t.Errorf("parsed %+v, %v", b.Count, err)
	}
}

// TestDamaged checks that every flipped bit is found.
func TestDamaged(t *testing.T) {
	rows := []flowlog.Flow{filled(1), filled(2)}
	block := pack(t, rows)[0].Bytes
	all := flowlog.NewSearch(&flowlog.Filter{})
	for i := range block {
		bad := slices.Clone(block)
		bad[i] ^= 0x10
		err := all.Forward(bad, 0, func(int, *flowlog.Flow) bool { return true })
		if !errors.Is(err, flowlog.ErrCorrupt) && !errors.Is(err, flowlog.ErrVersion) {
			t.Fatalf("a flipped bit in byte %d: %v", i, err)
		}
		if _, err := flowlog.Parse(block[:i]); err == nil {
			t.Fatalf("a block of %d bytes passes", i)
		}
	}
}

// TestMemory checks what a builder holds, and that a flow of a kind that it has
// seen takes no memory.
func TestMemory(t *testing.T) {
	flows := corpusFlows(t, false)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := flowlog.NewBuilder()
	for i := range flows {
		if !b.Append(&flows[i]) {
			b.Reset()
			b.Append(&flows[i])
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("a builder holds %d KiB", held>>10)
	if held > 150<<10 {
		t.Errorf("a builder holds %d bytes, at most %d are wanted", held, 150<<10)
	}
	i := 0
	if n := testing.AllocsPerRun(len(flows)-1, func() {
		if !b.Append(&flows[i]) {
			b.Reset()
			b.Append(&flows[i])
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations for each flow", n)
	}
	runtime.KeepAlive(b)
}

// FuzzBlock checks that no block makes the decoder panic or hang, though its
// checksums are right.
func FuzzBlock(f *testing.F) {
	rows := []flowlog.Flow{filled(1), filled(2), filled(3)}
	b := flowlog.NewBuilder()
	for i := range rows {
		b.Append(&rows[i])
	}
	f.Add(b.Close().Bytes)
	b.Append(&flowlog.Flow{})
	f.Add(b.Close().Bytes)
	table := crc32.MakeTable(crc32.Castagnoli)
	f.Fuzz(func(t *testing.T, block []byte) {
		block = slices.Clone(block)
		if n := flowlog.HeaderLen(block); n >= 11 && n <= len(block) {
			binary.BigEndian.PutUint32(block[n-4:], crc32.Checksum(block[n:], table))
			binary.BigEndian.PutUint32(block[3:], crc32.Checksum(block[7:n], table))
		}
		for _, filter := range []flowlog.Filter{{}, {Text: "a", Device: 1, MinBytes: 1, From: 1, Port: 443}} {
			n := 0
			err := flowlog.NewSearch(&filter).Backward(block, flowlog.BlockFlows, func(int, *flowlog.Flow) bool { n++; return true })
			if n > flowlog.BlockFlows || err != nil && n > 0 {
				t.Errorf("%d flows, %v", n, err)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	flows := corpusFlows(b, true)
	builder := flowlog.NewBuilder()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if !builder.Append(&flows[i%len(flows)]) {
			builder.Reset()
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	flows := corpusFlows(b, true)
	blocks := pack(b, flows)
	for _, bb := range []struct {
		name string
		f    flowlog.Filter
	}{{"all", flowlog.Filter{}}, {"text", flowlog.Filter{Text: "nowhere"}}, {"port", flowlog.Filter{Port: 40001}}, {"bytes", flowlog.Filter{MinBytes: 1 << 20}}, {"address", flowlog.Filter{IP: netip.MustParsePrefix("1.2.3.4/32")}}} {
		b.Run(bb.name, func(b *testing.B) {
			s := flowlog.NewSearch(&bb.f)
			for b.Loop() {
				for i := range blocks {
					if err := s.Forward(blocks[i].Bytes, 0, func(int, *flowlog.Flow) bool { return true }); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(flows)), "ns/flow")
		})
	}
}
