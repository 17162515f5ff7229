package store

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// household feeds a Rollup with made-up but lifelike traffic of 2,000 series: few
// are busy all the time, most are seen now and then, and volumes spread over
// orders of magnitude.
type household struct {
	rng  *rand.Rand
	roll *rollup.Rollup
}

func newHousehold(tb testing.TB) *household {
	tb.Helper()
	roll, err := rollup.New(rollup.Config{Tiers: twoTiers()})
	if err != nil {
		tb.Fatal(err)
	}
	return &household{rand.New(rand.NewPCG(1, 2)), roll}
}

const (
	householdSeries = 2000
	householdBusy   = 45 // about so many are busy all the time
)

// fiveMinutes accounts the five minutes from now on and returns what closed.
func (h *household) fiveMinutes(now int64, busy float64) []rollup.Slot {
	closed := h.roll.Tick(now)
	for i := range householdSeries {
		if p := busy / float64(i+int(busy)/3+1); h.rng.Float64() >= p {
			continue
		}
		class, id := rollup.Device, uint32(i+1)
		if i%2 == 1 {
			class = rollup.Application
		}
		packets := uint64(1 + h.rng.ExpFloat64()*h.rng.ExpFloat64()*300)
		h.roll.Add(class, id, rollup.Values{
			TxPackets: packets, RxPackets: packets * 3 / 2,
			TxBytes: packets * (60 + h.rng.Uint64N(200)), RxBytes: packets * (400 + h.rng.Uint64N(900)),
			Flows: 1 + packets/200,
		})
	}
	return closed
}

// BenchmarkStoreSixtyDays commits sixty days of 5 min and 1 h slots, ten where
// every series has traffic in every slot, once an hour, and prints what one commit writes and how large the file becomes.
func BenchmarkStoreSixtyDays(b *testing.B) {
	for _, load := range []struct {
		name string
		busy float64
		days int64
	}{{"quiet", 12, 60}, {"home", householdBusy, 60}, {"dense", 1e6, 10}} {
		b.Run(load.name, func(b *testing.B) {
			for b.Loop() {
				now := int64(0)
				h := newHousehold(b)
				s := open(b, filepath.Join(b.TempDir(), FileName), Options{
					Names:       intern.New(4096),
					TimeTrusted: func() bool { return true },
				})
				s.opt.Now = func() time.Time { return unixTime(now) }
				rows, slots := 0, 0
				most := uint64(0)
				for hour := range load.days * 24 {
					for five := range int64(12) {
						now = hour*3600 + five*300
						closed := h.fiveMinutes(now, load.busy)
						for _, c := range closed {
							if c.Step == 300 {
								rows += len(c.Block)
								slots++
							}
						}
						s.Append(closed)
					}
					before := s.Status().Written
					if err := s.Commit(); err != nil {
						b.Fatal(err)
					}
					most = max(most, s.Status().Written-before)
				}
				st := s.Status()
				b.ReportMetric(float64(st.Written)/float64(st.Commits)/1024, "KB/commit")
				b.ReportMetric(float64(most)/1024, "KB/commit-max")
				b.ReportMetric(float64(st.FileBytes)/(1<<20), "MB-file")
				b.ReportMetric(float64(st.Bytes)/(1<<20), "MB-used")
				b.ReportMetric(float64(rows)/float64(slots), "B/5min-slot")
				b.ReportMetric(float64(oldestAge(b, s, 300))/86400, "days-5min")
				b.ReportMetric(float64(oldestAge(b, s, 3600))/86400, "days-1h")
			}
		})
	}
}
