package rollup

import (
	"runtime"
	"testing"
)

// heap returns the bytes that live on the heap.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// fill gives every level all of n series, and the cells all that they hold.
func fill(r *Rollup, n int) {
	for i := range r.levels {
		for j := range n {
			k := Key{Class: Class(j % int(ASN)), ID: uint32(j/int(ASN) + 1)}
			if i == r.cells() {
				k = Key{DeviceApplication, uint32(j%40 + 1), uint32(j/40 + 1)}
			}
			r.count(i, k, &Values{TxBytes: 1500, TxPackets: 1})
		}
	}
}

// TestLevelsAreSmall has 340 series in all of the levels, as a house of 40 devices
// comes to: a map for each of them would take half a megabyte.
func TestLevelsAreSmall(t *testing.T) {
	const limit = 300 << 10
	before := heap()
	r := newRollup(t, Config{})
	fill(r, 340)
	took := int64(heap()) - int64(before)
	t.Logf("%d bytes", took)
	if took > limit {
		t.Errorf("%d bytes, at most %d are meant", took, limit)
	}
	if s := r.Stats(); s.Series != 340 || s.Cells != 340 || s.Overflow != 0 {
		t.Errorf("%+v", s)
	}
	runtime.KeepAlive(r)
}

// TestRingsAreSmall runs a busy house for a day and looks at what all of it takes.
func TestRingsAreSmall(t *testing.T) {
	before := heap()
	r := newRollup(t, Config{})
	for now := int64(0); now < 6*3600+60; now++ {
		r.Add(Total, Other, Values{TxBytes: 1500, RxBytes: 1e6, TxPackets: 100, RxPackets: 1000, Flows: 1})
		for id := range uint32(now % 60) {
			r.Add(Device, id+1, Values{TxBytes: 1500, RxBytes: 1e6, TxPackets: 100, RxPackets: 1000, Flows: 1})
		}
		r.Tick(now)
	}
	st, took := r.Stats(), int64(heap())-int64(before)
	t.Logf("%d bytes, %+v", took, st)
	if took > 700<<10 || st.Bytes > st.MaxBytes || st.Dropped > 0 || st.Slots < 600+6*360-2 {
		t.Errorf("%d bytes, %+v", took, st)
	}
	runtime.KeepAlive(r)
}

// TestSteadyStateDoesNotAllocate adds and ticks: nothing is allocated but the blocks
// of closed slots.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	r := newRollup(t, Config{})
	second := func(now int64) {
		for id := range uint32(90) {
			r.Add(Device, id+1, Values{TxBytes: 1500})
			r.Add(Country, id+1, Values{TxBytes: 1500})
			r.AddCell(DeviceApplication, id+1, 7, Values{TxBytes: 1500})
		}
		r.Tick(now)
	}
	now := int64(0)
	for ; now < 4000; now++ { // warm up: all levels have seen all series
		second(now)
	}
	if n := testing.AllocsPerRun(100, func() { second(now - 1) }); n != 0 {
		t.Errorf("%v allocations within a slot", n)
	}
	now = 4081
	if n := testing.AllocsPerRun(1, func() { now++; second(now) }); n > 2 {
		t.Errorf("%v allocations for a slot that closes in memory", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	r := newRollup(b, Config{})
	r.Tick(0)
	b.ReportAllocs()
	id := uint32(0)
	for b.Loop() {
		r.Add(Device, id%500, Values{TxBytes: 1500, TxPackets: 1})
		id++
	}
}

// BenchmarkTickSecond is a second of 340 series.
func BenchmarkTickSecond(b *testing.B) {
	r := newRollup(b, Config{})
	now := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		for id := range uint32(340) {
			r.Add(Device, id+1, Values{TxBytes: 150000, RxBytes: 1500000, TxPackets: 300, RxPackets: 1000, Flows: 1})
		}
		now++
		r.Tick(now)
	}
}

// BenchmarkTickHour closes a slot of each tier up to the hour, with as many series as
// there may be.
func BenchmarkTickHour(b *testing.B) {
	r := newRollup(b, Config{})
	now := int64(0)
	r.Tick(now)
	b.ReportAllocs()
	for b.Loop() {
		for id := range uint32(DefaultMaxSeries) {
			r.Add(Device, id, Values{TxBytes: 150000, RxBytes: 1500000, TxPackets: 300, RxPackets: 1000, Flows: 1})
		}
		now += 3600
		r.Tick(now)
	}
}

// BenchmarkOpen is what each question to the store costs under the engine's lock.
func BenchmarkOpen(b *testing.B) {
	r := newRollup(b, Config{})
	r.Tick(0)
	fill(r, 340)
	b.ReportAllocs()
	for b.Loop() {
		r.Open()
	}
}
