package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// busyHome are the series of a home that is busy all day, by class: 340 in all.
var busyHome = map[rollup.Class]int{
	rollup.Interface: 8, rollup.Device: 40, rollup.Application: 120, rollup.Total: 1, rollup.Uplink: 1,
	rollup.Attributed: 1, rollup.RouterOwn: 1, rollup.Category: 24, rollup.Network: 5, rollup.Zone: 4,
	rollup.Pool: 5, rollup.Country: 60, rollup.ASN: 66, rollup.DNS: 4,
}

// busySlot is a slot in which each of those series has traffic. Without full, those
// classes are left out that have no slots so fine.
func busySlot(rng *rand.Rand, step, start int64, full bool) rollup.Slot {
	var rows []rollup.Row
	row := func(key rollup.Key) {
		packets := uint64(float64(step/60) * 20 * rng.ExpFloat64() * rng.ExpFloat64())
		rows = append(rows, rollup.Row{Key: key, Values: rollup.Values{
			TxPackets: packets, RxPackets: packets * 3 / 2, Flows: packets / 100,
			TxBytes: packets * (60 + rng.Uint64N(200)), RxBytes: packets * (400 + rng.Uint64N(900)),
		}})
	}
	levels := rollup.DefaultLevels()
	for class := range rollup.Class(rollup.NumClasses) {
		if _, _, matrix := class.Matrix(); matrix {
			for cell := 0; step >= clock.Day && cell < rollup.MaxCells; cell++ {
				row(rollup.Key{Class: class, ID: uint32(1 + cell/20), Sub: uint32(100 + 3*(cell%20))})
			}
			continue
		}
		if !full && step < 3600 && levels[class] != rollup.Full {
			continue
		}
		for i := range busyHome[class] {
			row(rollup.Key{Class: class, ID: uint32(1 + 7*i)})
		}
	}
	return rollup.Slot{Step: step, Start: start, Block: rollup.AppendBlock(nil, rows)}
}

// memoryDir is a directory in memory, where a router has its database, if possible.
func memoryDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "weir")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fillTiers appends more of every tier than fits, each as far back as it is kept,
// and ends at the given time.
func fillTiers(tb testing.TB, s *Store, rng *rand.Rand, end int64, full bool) {
	tb.Helper()
	for _, t := range s.opt.Tiers {
		keep := t.Keep
		if keep == 0 {
			keep = 5 * 12 * clock.Month
		}
		n := 0
		for start := s.opt.Calendar.Floor(end-keep, t.Step); start < end; start = s.opt.Calendar.Next(start, t.Step) {
			s.Append([]rollup.Slot{busySlot(rng, t.Step, start, full)})
			if n++; n%8 == 0 {
				commit(tb, s)
			}
		}
		commit(tb, s)
	}
	if _, err := s.Prune(); err != nil {
		tb.Fatal(err)
	}
}

// describe prints what is kept of each tier.
func describe(s *Store) string {
	var b strings.Builder
	st := s.Status()
	fmt.Fprintf(&b, "%.1f MB file, %.1f of %.1f MB used\n", mb(st.FileBytes), mb(st.Bytes), mb(st.MaxBytes))
	fmt.Fprintf(&b, "%8s %7s %9s %9s %9s %10s\n", "step", "slots", "KB", "share KB", "B/slot", "days back")
	for _, t := range st.Tiers {
		fmt.Fprintf(&b, "%8d %7d %9d %9d %9d %10.1f\n", t.Step, t.Slots, t.Bytes>>10, t.Share>>10,
			t.Bytes/int64(max(t.Slots, 1)), float64(t.Newest-t.Oldest+t.Step)/86400)
	}
	return b.String()
}

func mb(n int64) float64 { return float64(n) / (1 << 20) }

// BenchmarkStoreBusyHome fills databases of the sizes that small and large routers
// have, and then commits a day, minute by minute as in memory, and every ten minutes
// as on flash. It prints what each commit writes and what is kept of each tier.
func BenchmarkStoreBusyHome(b *testing.B) {
	for _, size := range []int64{4 << 20, 16 << 20} {
		for _, full := range []bool{false, true} {
			for _, every := range []int64{1, 10} {
				b.Run(fmt.Sprintf("%dMB/allclasses=%t/minutes=%d", size>>20, full, every), func(b *testing.B) {
					for b.Loop() {
						busyDay(b, size, full, every)
					}
				})
			}
		}
	}
}

func busyDay(b *testing.B, size int64, full bool, every int64) {
	s := open(b, filepath.Join(memoryDir(b), FileName), Options{
		Names: intern.New(4096), Tiers: rollup.DefaultTiers(), MaxSize: size,
	})
	rng := rand.New(rand.NewPCG(3, 3))
	now := int64(20000 * clock.Day)
	fillTiers(b, s, rng, now, full)
	before, most, last := s.Status(), uint64(0), uint64(0)
	last = before.Written
	for end := now + clock.Day; now < end; {
		for range every {
			now += 60
			for _, t := range s.opt.Tiers {
				if now%t.Step == 0 {
					s.Append([]rollup.Slot{busySlot(rng, t.Step, now-t.Step, full)})
				}
			}
		}
		commit(b, s)
		wrote := s.Status().Written
		most, last = max(most, wrote-last), wrote
	}
	after := s.Status()
	b.ReportMetric(float64(after.Written-before.Written)/float64(after.Commits-before.Commits)/1024, "KB/commit")
	b.ReportMetric(float64(most)/1024, "KB/commit-max")
	b.ReportMetric(mb(int64(after.Written-before.Written)), "MB/day")
	b.Log("\n" + describe(s))
}

// TestShares fills a small database with all tiers and the flow log: the file stays
// within its limit, no tier exceeds its share by much while another lacks, months
// are all there, and the newest of each tier is.
func TestShares(t *testing.T) {
	const limit, end = 2 << 20, 20000 * clock.Day
	s := open(t, filepath.Join(memoryDir(t), FileName), Options{Tiers: rollup.DefaultTiers(), MaxSize: limit})
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range int64(100) {
		s.queue.appendFlows(flowBlock{last: 1000 + i, data: make([]byte, 8<<10)})
		commit(t, s)
	}
	fillTiers(t, s, rng, end, false)
	st := s.Status()
	if st.FileBytes > limit || st.Bytes > limit/5*4+64<<10 || st.Bytes < limit/2 || st.Pruned == 0 || st.PrunedFlows == 0 {
		t.Errorf("%d bytes of %d used, %d slots and %d blocks pruned", st.Bytes, st.FileBytes, st.Pruned, st.PrunedFlows)
	}
	shares := int64(0)
	for _, tier := range append(st.Tiers, st.Flows) {
		if shares += tier.Share; tier.Bytes > tier.Share+tier.Share/4 && tier.Step != clock.Month {
			t.Errorf("tier %d s has %d bytes, its share is %d", tier.Step, tier.Bytes, tier.Share)
		}
		if tier.Slots == 0 || tier.Step != 0 && tier.Newest != s.opt.Calendar.Floor(end-1, tier.Step) {
			t.Errorf("tier %+v", tier)
		}
	}
	if shares > limit || shares < limit/5*4-100 {
		t.Errorf("shares sum up to %d", shares)
	}
	if months := st.Tiers[4]; months.Slots < 60 {
		t.Errorf("%d months of 60 are left", months.Slots)
	}
}

// TestPruneGivesMonthsLast leaves no room but for months: those stay, with the
// newest slot of each other tier.
func TestPruneGivesMonthsLast(t *testing.T) {
	s := open(t, filepath.Join(memoryDir(t), FileName), Options{Tiers: rollup.DefaultTiers(), MaxSize: 64 << 20})
	fillTiers(t, s, rand.New(rand.NewPCG(4, 4)), 3000*clock.Day, false)
	for step, size := range []int64{3 << 19, 256 << 10} {
		s.opt.MaxSize = size
		if _, err := s.Prune(); err != nil {
			t.Fatal(err)
		}
		st := s.Status()
		if step == 0 && (st.Tiers[4].Slots < 60 || st.Tiers[0].Slots > 200) {
			t.Errorf("%d months are left and %d minutes", st.Tiers[4].Slots, st.Tiers[0].Slots)
		}
		if step == 1 && (st.Tiers[4].Slots < 2 || st.Tiers[0].Slots != 1 || st.Tiers[3].Slots != 1) {
			t.Errorf("%d months, %d days, %d minutes are left", st.Tiers[4].Slots, st.Tiers[3].Slots, st.Tiers[0].Slots)
		}
		for _, tier := range st.Tiers {
			if tier.Newest+tier.Step < 3000*clock.Day-31*clock.Day {
				t.Errorf("tier %d s ends at %d", tier.Step, tier.Newest)
			}
		}
	}
}
