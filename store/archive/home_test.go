package archive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// mapBlock is the Mapper of rollup's blocks; those of flows are as they are.
func mapBlock(dst []byte, kind Kind, block []byte, id func(h uint32) uint32) ([]byte, error) {
	if kind == KindFlow {
		return append(dst, block...), nil
	}
	return rollup.AppendMapped(dst, block, func(_ rollup.Class, h uint32) uint32 { return id(h) })
}

// codec is that of rollup's blocks.
var codec = Codec{Map: mapBlock, Pack: rollup.AppendPack, Unpack: func(packed []byte) (NextBlock, error) {
	u, err := rollup.NewUnpacker(packed)
	return u.AppendNext, err
}}

// home makes up the traffic of a household, every series in every slot: volumes
// spread over orders of magnitude, follow the hour and are never the same twice.
type home struct {
	rng    *rand.Rand
	names  *intern.Table
	series []series
	cells  []series // of the matrices
}

type series struct {
	rollup.Key
	rate float64 // bytes an hour
}

// members are those of the load that the budget is for.
var members = []struct {
	class rollup.Class
	n     int
	label string
}{
	{rollup.Interface, 3, "br-lan.%d"}, {rollup.Device, 40, "living-room-%d"}, {rollup.Application, 120, "application-%d"},
	{rollup.Total, 1, ""}, {rollup.Uplink, 1, "wan%d"}, {rollup.Attributed, 1, "wan%d"}, {rollup.RouterOwn, 1, "wan%d"},
	{rollup.Category, 15, "category-%d"}, {rollup.Country, 60, "C%d"}, {rollup.ASN, 100, "AS%d"},
}

func newHome() *home {
	h := &home{rng: rand.New(rand.NewPCG(1, 2)), names: intern.New(4096)}
	const perHour = 1e12 / 30 / 24 // 1 TB a month
	for _, m := range members {
		sum := 0.0
		for i := range m.n {
			sum += 1 / float64(i+1)
		}
		for i := range m.n {
			id := uint32(0)
			if m.label != "" {
				id = h.names.Handle(fmt.Sprintf(m.label, i))
			}
			h.series = append(h.series, series{rollup.Key{Class: m.class, ID: id}, perHour / sum / float64(i+1)})
		}
	}
	for _, m := range []struct {
		class rollup.Class
		label string
		n     int
	}{{rollup.DeviceApplication, "application-%d", 120}, {rollup.DeviceCountry, "C%d", 60}} {
		for i := range 200 {
			k := rollup.Key{Class: m.class, ID: h.names.Handle(fmt.Sprintf("living-room-%d", i%40)), Sub: h.names.Handle(fmt.Sprintf(m.label, (i*7+i/40)%m.n))}
			h.cells = append(h.cells, series{k, perHour / 6 / float64(i+1)})
		}
	}
	for _, list := range [][]series{h.series, h.cells} {
		slices.SortFunc(list, func(a, b series) int { return a.Compare(b.Key) })
	}
	return h
}

// eighth returns the home with every eighth series of each class, the busiest of them
// among these.
func (h *home) eighth() *home {
	for _, list := range []*[]series{&h.series, &h.cells} {
		var few []series
		seen := map[rollup.Class]int{}
		for _, s := range *list {
			if seen[s.Class]%8 == 0 {
				few = append(few, s)
			}
			seen[s.Class]++
		}
		*list = few
	}
	return h
}

// hour returns the rows of one hour.
func (h *home) hour(list []series, at int64) []rollup.Row {
	shape := 1 + 0.8*math.Sin(float64(at%day)/float64(day)*2*math.Pi)
	rows := make([]rollup.Row, len(list))
	for i, s := range list {
		rx := s.rate * shape * h.rng.ExpFloat64() * h.rng.ExpFloat64()
		tx := rx * (0.02 + 0.3*h.rng.Float64()*h.rng.Float64())
		size := 300 + 1100*h.rng.Float64()
		rows[i] = rollup.Row{Key: s.Key, Values: rollup.Values{
			RxBytes: 200 + uint64(rx), TxBytes: 150 + uint64(tx),
			RxPackets: 1 + uint64(rx/size), TxPackets: 1 + uint64(rx/size*(0.4+0.4*h.rng.Float64())),
			Flows: 1 + uint64(rx/5e5*h.rng.ExpFloat64()),
		}}
	}
	return rows
}

// add adds rows to sums, which are empty or of the same series.
func add(sums, rows []rollup.Row) []rollup.Row {
	if sums == nil {
		return slices.Clone(rows)
	}
	for i := range rows {
		sums[i].Add(rows[i].Values)
	}
	return sums
}

// blockOf packs the rows of the classes that want takes.
func blockOf(rows []rollup.Row, want func(rollup.Class) bool) []byte {
	var part []rollup.Row
	for _, r := range rows {
		if want(r.Class) {
			part = append(part, r)
		}
	}
	return rollup.AppendBlock(nil, part)
}

func isMatrix(c rollup.Class) bool { _, _, ok := c.Matrix(); return ok }

func isMain(c rollup.Class) bool { return c <= rollup.RouterOwn }

func isOther(c rollup.Class) bool { return !isMain(c) && !isMatrix(c) }

func all(rollup.Class) bool { return true }

func openArchive(tb testing.TB, dir string, o Options) (*Archive, Report) {
	tb.Helper()
	o.Codec = codec
	a, report, err := Open(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	return a, report
}
