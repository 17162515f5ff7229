package usage

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
	"weir/internal/link"
)

// begin is half a minute past the hour.
var begin = time.Date(2025, 6, 15, 12, 0, 30, 0, time.UTC)

// line is an uplink in a test: it carries packets of 1000 bytes, of which flows
// account for some.
type line struct {
	t *testing.T
	m *Meter
	s Sample
}

func newLine(t *testing.T) *line {
	l := &line{t: t, m: NewMeter("wan")}
	l.s.At = clock.Reading{Wall: begin, Up: time.Hour}
	l.s.Stack = StackOf(links, "wan", "")
	return l
}

// pass lets time go by, in which so many packets came, of which flows account for
// some.
func (l *line) pass(d time.Duration, packets, attributed uint64) {
	l.s.At.Wall, l.s.At.Up = l.s.At.Wall.Add(d), l.s.At.Up+d
	for i := range l.s.Stack {
		c, h := &l.s.Stack[i].Counters, uint64(l.s.Stack[i].Rx)
		c.RxBytes, c.RxPackets = c.RxBytes+packets*(1000+h), c.RxPackets+packets
	}
	l.s.Flows.RxBytes, l.s.Flows.RxPackets = l.s.Flows.RxBytes+1000*attributed, l.s.Flows.RxPackets+attributed
	l.s.Router.RxBytes += 10 * attributed
	l.s.FlowsAt = l.s.At.Wall.UnixMicro()
}

// feed feeds the sample and checks how many packets of interface and flows were
// measured; -1 for nothing.
func (l *line) feed(iface, flows int) {
	l.t.Helper()
	step, ok := l.m.Feed(l.s)
	if !ok {
		step.Interface.RxPackets, step.Flows.RxPackets = ^uint64(0), ^uint64(0)
	} else if step.Interface.RxBytes != 1000*step.Interface.RxPackets {
		l.t.Errorf("%d bytes in %d packets of 1000", step.Interface.RxBytes, step.Interface.RxPackets)
	}
	if int(step.Interface.RxPackets) != iface || int(step.Flows.RxPackets) != flows {
		l.t.Errorf("at %s measured %d and %d packets, want %d and %d", l.s.At.Wall.Format("15:04:05"),
			int(step.Interface.RxPackets), int(step.Flows.RxPackets), iface, flows)
	}
}

// reasons are the causes of a report.
func (l *line) reasons() (names []string) {
	for _, r := range l.m.Report().Reasons {
		name := r.Cause.String()
		if !r.Active {
			name += " (over)"
		}
		names = append(names, name)
	}
	return names
}

func (l *line) wantReasons(want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.reasons()); diff != "" {
		l.t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestMeter(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	for range 20 {
		l.pass(5*time.Second, 100, 95)
		l.feed(100, 95)
	}
	r := l.m.Report()
	if r.Uplink != "wan" || r.Read.Device != "wan" || r.Passed != "" {
		t.Errorf("report of %s, device %s, passed %q", r.Uplink, r.Read.Device, r.Passed)
	}
	if got := r.Minute.Interface.Packets(); got != 1200 || !r.Minute.Start.Equal(begin.Add(30*time.Second)) {
		t.Errorf("the last whole minute, of %v, has %d packets, want 1200", r.Minute.Start, got)
	}
	if r.Hour.Measured != 100*time.Second || r.Hour.Interface.RxBytes != 2_000_000 || r.Hour.Router.RxBytes != 19_000 || r.Day.Flows.RxBytes != 1_900_000 {
		t.Errorf("hour %+v, day %+v", r.Hour, r.Day)
	}
	if low, high, ok := r.Hour.Attributed(); low != 95_000 || high != 95_400 || !ok {
		t.Errorf("attributed %d to %d, %v", low, high, ok)
	}
	minutes, hours := l.m.Spans()
	if len(minutes) != 3 || len(hours) != 1 || minutes[0].Interface.RxPackets != 500 {
		t.Errorf("%d minutes, %d hours, %d packets in the first", len(minutes), len(hours), minutes[0].Interface.RxPackets)
	}
	l.wantReasons()
}

func TestIdleLine(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	for range 30 {
		l.pass(5*time.Second, 0, 0)
		l.feed(0, 0)
	}
	r := l.m.Report()
	if _, _, ok := r.Hour.Attributed(); ok || r.Hour.Measured != 150*time.Second {
		t.Errorf("an idle line is attributed to some part; measured for %v", r.Hour.Measured)
	}
}

// A sample whose flows were not summed up since the one before waits: the next
// one counts for both.
func TestFlowsLagBehind(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	l.pass(5*time.Second, 100, 100)
	l.s.Causes[RingDrops] = 3
	l.feed(100, 100)
	before := l.s
	l.pass(5*time.Second, 100, 0)
	l.s.FlowsAt, l.s.Causes[RingDrops] = before.FlowsAt, 5
	l.feed(-1, -1)
	l.pass(5*time.Second, 100, 200)
	l.feed(200, 200)
	for _, r := range l.m.Report().Reasons {
		if r.Cause == RingDrops && r.Count != 5 {
			t.Errorf("%d ring drops, want 5", r.Count)
		}
	}
	if s := l.m.Report().Hour; s.Measured != 15*time.Second || s.Skew != 0 {
		t.Errorf("measured %v, skew %d", s.Measured, s.Skew)
	}
	l.pass(5*time.Second, 100, 90)
	l.s.FlowsAt -= 500_000
	l.feed(100, 90)
	if s := l.m.Report().Hour; s.Skew != 10_000 {
		t.Errorf("half a second apart at 100 packets in five: %d bytes may have passed, want 10000", s.Skew)
	}
}

func TestLinkChanges(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	l.pass(5*time.Second, 100, 100)
	l.feed(100, 100)
	l.s.Stack = StackOf(links, "wwan0", "")
	l.pass(5*time.Second, 100, 100)
	l.feed(-1, -1)
	l.wantReasons("moved")
	l.pass(5*time.Second, 50, 50)
	l.feed(50, 50)

	l.s.Stack[0].Index = 77 // dialled again
	l.s.Stack[0].Counters = link.Counters{}
	l.pass(5*time.Second, 50, 50)
	l.feed(-1, -1)
	l.pass(5*time.Second, 50, 50)
	l.feed(50, 50)

	l.s.Stack[0].Counters = link.Counters{} // reset by its driver
	l.pass(5*time.Second, 10, 50)
	l.feed(-1, -1)
	l.pass(5*time.Second, 50, 49)
	l.feed(50, 49)

	stack := l.s.Stack
	l.s.Stack = nil // down
	l.pass(5*time.Second, 0, 0)
	l.feed(-1, -1)
	if r := l.m.Report(); r.Read.Device != "" {
		t.Errorf("down, and %s is read", r.Read.Device)
	}
	l.s.Stack = stack
	l.pass(5*time.Second, 50, 50)
	l.feed(-1, -1)
	l.pass(5*time.Second, 50, 50)
	l.feed(50, 50)
	l.wantReasons("restarted", "moved")
	for _, r := range l.m.Report().Reasons {
		if want := map[Cause]uint64{Restarted: 2, Moved: 1}[r.Cause]; r.Count != want {
			t.Errorf("%s %d times, want %d", r.Cause, r.Count, want)
		}
	}
	if got := l.m.Report().Hour; got.Interface.RxPackets != 300 || got.Flows.RxPackets != 299 {
		t.Errorf("%d and %d packets, want 300 and 299: what was not measured counts for neither side", got.Interface.RxPackets, got.Flows.RxPackets)
	}
}

func TestFlowsBeginAnew(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	l.pass(5*time.Second, 100, 100)
	l.feed(100, 100)
	l.s.Flows, l.s.Router = Counts{}, Counts{}
	l.pass(5*time.Second, 100, 50)
	l.feed(-1, -1)
	l.pass(5*time.Second, 100, 100)
	l.feed(100, 100)
	l.wantReasons("recounted")
}

// Counters of 32 bits wrap every 34 s at 1 Gbit/s.
func TestCountersWrap(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	var all uint64
	for range 100 {
		l.pass(5*time.Second, 600_000, 600_000)
		l.s.Stack[0].Counters.RxBytes %= wrapAt
		step, ok := l.m.Feed(l.s)
		if !ok {
			t.Fatal("a wrap was taken for a reset")
		}
		all += step.Interface.RxBytes
	}
	if all != 100*600_000*1000 {
		t.Errorf("%d bytes, want %d", all, uint64(100*600_000*1000))
	}
	l.wantReasons()
}

func TestExceeded(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	for range 12 {
		l.pass(5*time.Second, 100, 150)
		l.feed(100, 150)
	}
	r := l.m.Report()
	if low, high, ok := r.Hour.Attributed(); low != 100_000 || high != 100_000 || !ok {
		t.Errorf("attributed %d to %d, %v, want all of it", low, high, ok)
	}
	l.wantReasons("exceeded")
	for range 30 {
		l.pass(5*time.Second, 100, 100)
		l.feed(100, 100)
	}
	l.wantReasons("exceeded (over)")
}

// What one step lacks, because the machine was slow between reading the two sides,
// the next one has too much: that is no fault, even over the end of a minute.
func TestSlowSample(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	for range 5 {
		l.pass(5*time.Second, 1000, 1000)
		l.feed(1000, 1000)
	}
	l.pass(4*time.Second, 1000, 700)
	l.s.FlowsAt -= 100_000
	l.feed(1000, 700)
	l.pass(5*time.Second, 1000, 1300)
	l.feed(1000, 1300)
	minutes, _ := l.m.Spans()
	if last := &minutes[1]; last.Flows.RxPackets != 1300 || last.Skew != 20_000 {
		t.Errorf("the minute after has %d packets in flows, %d bytes between the sides; want 1300, and 20000 for the sample it is counted from", last.Flows.RxPackets, last.Skew)
	}
	l.wantReasons()
}

// TestBypass is flow offload on PPPoE over a VLAN: its devices' counters freeze
// while those of the port below run.
func TestBypass(t *testing.T) {
	l := newLine(t)
	l.s.Stack = StackOf(links, "pppoe-wan", "wan.7")
	l.feed(-1, -1)
	l.pass(5*time.Second, 1000, 1000)
	l.feed(1000, 1000)
	if got := l.m.Report().Read.Device; got != "pppoe-wan" {
		t.Errorf("%s is read, want the device of the addresses", got)
	}
	frozen := [2]link.Counters{}
	freeze := func() {
		frozen[0], frozen[1] = l.s.Stack[0].Counters, l.s.Stack[1].Counters
	}
	freeze()
	for range 3 {
		l.pass(5*time.Second, 1000, 990)
		l.s.Stack[0].Counters, l.s.Stack[1].Counters = frozen[0], frozen[1]
		l.feed(1000, 990)
	}
	if r := l.m.Report(); r.Read.Device != "wan" || r.Passed != "pppoe-wan" || r.Hour.Interface.RxBytes != 4_000_000 {
		t.Errorf("%s is read, passed %q, %d bytes", r.Read.Device, r.Passed, r.Hour.Interface.RxBytes)
	}
	if s := l.m.Report().Hour; s.Slack != 8*3000 || s.Uncertain() != 24_000 {
		t.Errorf("%d bytes of VLAN tags and checksums may be counted, %d are uncertain; want 24000 of the 30000 that are missing", s.Slack, s.Uncertain())
	}
	// The port goes on being read for a while when the flows have ended.
	for range 13 {
		l.pass(time.Minute, 1000, 1000)
		l.feed(1000, 1000)
	}
	if got := l.m.Report().Read.Device; got != "pppoe-wan" {
		t.Errorf("%s is read ten minutes after offload ended", got)
	}
}

func TestCausesAreCounted(t *testing.T) {
	l := newLine(t)
	l.s.Causes[RingDrops], l.s.Causes[Evicted] = 100, 7 // before anything was measured
	l.feed(-1, -1)
	l.wantReasons()
	l.pass(5*time.Second, 1, 1)
	l.s.Causes[RingDrops], l.s.Causes[NoCounter] = 300, 2
	l.feed(1, 1)
	l.pass(5*time.Second, 1, 1)
	l.s.Causes[RingDrops] = 112 // the source was started again
	l.feed(1, 1)
	l.wantReasons("ring_drops", "no_counter")
	r := l.m.Report().Reasons
	if r[0].Count != 312 || !r[0].Since.Equal(begin.Add(5*time.Second)) || !r[0].Last.Equal(begin.Add(10*time.Second)) {
		t.Errorf("ring drops %+v", r[0])
	}
	if got := r[1].Text(l.s.At.Wall); r[1].Count != 2 || got != "flow offload without counters since 12:00" {
		t.Errorf("%d: %s", r[1].Count, got)
	}
	l.s.Causes[NoCounter] = 0
	l.pass(2*time.Minute, 1, 1)
	l.feed(1, 1)
	l.wantReasons("ring_drops (over)", "no_counter (over)")
	minutes, _ := l.m.Spans()
	if minutes[0].Causes[RingDrops] != 312 || minutes[0].Causes[NoCounter] != 2 || minutes[1].Causes != (Causes{}) {
		t.Errorf("first minute %v, last one %v", minutes[0].Causes, minutes[1].Causes)
	}
	// A day later nobody needs to know.
	for range 25 {
		l.pass(time.Hour, 1, 1)
		l.feed(1, 1)
	}
	l.wantReasons()
}

// Counters that stand still prove nothing while all that passes is accounted for.
func TestStandingCounters(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	l.s.Causes[Standing], l.s.Causes[SoftStanding] = 3, 1
	for range 6 {
		l.pass(5*time.Second, 1000, 990)
		l.feed(1000, 990)
	}
	l.wantReasons()
	for range 12 {
		l.pass(5*time.Second, 1000, 100)
		l.feed(1000, 100)
	}
	l.wantReasons("hardware_standing", "software_standing")
	if r := l.m.Report().Reasons[0]; r.Count != 3 || r.Text(l.s.At.Wall) != "hardware offload without counters since 12:01" {
		t.Errorf("%d: %s", r.Count, r.Text(l.s.At.Wall))
	}
}

// What comes all the time is told with the count of a day and the time of that
// day's beginning.
func TestCountsAreOfADay(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	for range 3 * 24 {
		l.pass(time.Hour, 1, 1)
		l.s.Causes[RingDrops] += 10
		l.s.Causes[NoCounter] = 1
		l.feed(1, 1)
	}
	for _, r := range l.m.Report().Reasons {
		switch {
		case r.Cause == RingDrops && (r.Count != 240 || l.s.At.Wall.Sub(r.Since) > 24*time.Hour):
			t.Errorf("%d drops since %v at %v", r.Count, r.Since, l.s.At.Wall)
		case r.Cause == NoCounter && !r.Since.Equal(l.s.At.Wall): // an hour between two samples is a gap
			t.Errorf("without counter since %v", r.Since)
		}
	}
}

// TestClockSteps sets the wall clock to and fro: nothing measured is lost, nothing
// lies in the future, and the times of reasons follow.
func TestClockSteps(t *testing.T) {
	for _, by := range []time.Duration{
		55 * 365 * 24 * time.Hour, -55 * 365 * 24 * time.Hour, 90 * time.Second, -90 * time.Second,
		time.Hour, -time.Hour, -time.Second, 30 * time.Minute, -30 * time.Minute,
	} {
		t.Run(by.String(), func(t *testing.T) {
			l := newLine(t)
			l.feed(-1, -1)
			for range 36 {
				l.pass(5*time.Second, 100, 90)
				l.feed(100, 90)
			}
			l.s.Causes[NoCounter] = 1
			l.pass(5*time.Second, 100, 90)
			l.feed(100, 90)
			l.s.At.Wall = l.s.At.Wall.Add(by)
			l.pass(5*time.Second, 100, 90)
			l.feed(100, 90)
			minutes, hours := l.m.Spans()
			for _, spans := range [][]Span{minutes, hours} {
				var all uint64
				for i := range spans {
					all += spans[i].Interface.RxPackets
					if spans[i].Start.After(l.s.At.Wall) || i > 0 && !spans[i-1].Start.Before(spans[i].Start) {
						t.Errorf("span %d of %d begins %v, it is %v", i, len(spans), spans[i].Start, l.s.At.Wall)
					}
				}
				if all != 3800 {
					t.Errorf("%d packets, want 3800", all)
				}
			}
			r := l.m.Report()
			if len(r.Reasons) != 1 || !r.Reasons[0].Active || !r.Reasons[0].Since.Equal(l.s.At.Wall.Add(-5*time.Second)) {
				t.Errorf("reasons %+v at %v", r.Reasons, l.s.At.Wall)
			}
		})
	}
}

// TestMeterIsBounded runs a random life of years and checks what is kept.
func TestMeterIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	l := newLine(t)
	for range 20_000 {
		n := rng.Uint64N(1000)
		l.pass(time.Duration(rng.Int64N(int64(10*time.Minute))), n, n/2)
		switch rng.IntN(50) {
		case 0:
			l.s.At.Wall = l.s.At.Wall.Add(time.Duration(rng.Int64N(int64(100*time.Hour))) - 50*time.Hour)
		case 1:
			l.s.Stack = StackOf(links, []string{"wan", "wwan0", "pppoe-wan", "none"}[rng.IntN(4)], "wan.7")
		case 2:
			l.s.Flows = Counts{}
		case 3:
			l.s.Causes[rng.IntN(NumCauses)] = rng.Uint64N(5)
		}
		l.m.Feed(l.s)
		minutes, hours := l.m.Spans()
		if len(minutes) > 60 || len(hours) > 24 {
			t.Fatalf("%d minutes, %d hours", len(minutes), len(hours))
		}
		for i := range minutes {
			if start := minutes[i].Start; start.After(l.s.At.Wall) || l.s.At.Wall.Sub(start) > time.Hour || start.Second() != 0 {
				t.Fatalf("a minute of %v at %v", start, l.s.At.Wall)
			}
		}
		r := l.m.Report()
		if low, high, ok := r.Hour.Attributed(); ok && (low < 0 || low > high || high > 100_000) || len(r.Reasons) > NumCauses {
			t.Fatalf("attributed %d to %d, %d reasons", low, high, len(r.Reasons))
		}
		for i := range r.Reasons {
			if reason := &r.Reasons[i]; reason.Count == 0 || reason.Since.After(reason.Last) {
				t.Fatalf("%+v", reason)
			}
		}
	}
}

func TestFeedKeepsNothing(t *testing.T) {
	l := newLine(t)
	l.feed(-1, -1)
	l.pass(5*time.Second, 10, 10)
	l.feed(10, 10)
	l.s.Stack[0].Counters = link.Counters{} // the caller's own slice
	l.s.Stack = StackOf(links, "wan", "")
	l.s.Stack[0].Counters = link.Counters{RxBytes: 20 * 1014, RxPackets: 20}
	l.s.At.Up += time.Second
	l.s.FlowsAt++
	l.feed(10, 0)
}

func BenchmarkFeed(b *testing.B) {
	m := NewMeter("wan")
	s := Sample{At: clock.Reading{Wall: begin, Up: time.Hour}, Stack: StackOf(links, "pppoe-wan", "wan.7")}
	b.ReportAllocs()
	for b.Loop() {
		s.At.Wall, s.At.Up = s.At.Wall.Add(time.Second), s.At.Up+time.Second
		s.Stack[0].Counters.RxBytes += 1e6
		s.Flows.RxBytes += 1e6
		m.Feed(s)
	}
}
