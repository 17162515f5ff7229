package usage

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const giga = 1_000_000_000

// books is a Ledger with one scope that counts up.
type books struct {
	t     *testing.T
	l     *Ledger
	zone  *time.Location
	total Total
	now   time.Time
	said  []string
}

func open(t *testing.T, now string, quotas ...Quota) *books {
	t.Helper()
	b := &books{t: t, l: new(Ledger), zone: berlin(t), total: Total{Scope: "wan", Epoch: 1}}
	b.l.Configure(quotas, b.zone)
	b.at(now)
	b.pass(0)
	return b
}

func (b *books) at(text string) {
	b.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", text, b.zone)
	if err != nil {
		b.t.Fatal(err)
	}
	b.now = now
}

// pass counts received bytes as of now, by a clock that is confirmed.
func (b *books) pass(bytes uint64) { b.feed(bytes, true) }

func (b *books) feed(bytes uint64, confirmed bool) {
	b.total.Rx += bytes
	for _, e := range b.l.Feed(b.now, confirmed, []Total{b.total}) {
		b.said = append(b.said, fmt.Sprintf("%s %d%%", e.Quota.Name, e.Percent))
	}
}

// used checks what is used of the first quota.
func (b *books) used(used, free uint64) Use {
	b.t.Helper()
	u := b.l.Uses(b.now)[0]
	if u.Used != used || u.Free != free {
		b.t.Errorf("at %v: %d used, %d free; want %d, %d", b.now, u.Used, u.Free, used, free)
	}
	return u
}

// heard checks which events there were since the last time.
func (b *books) heard(want string) {
	b.t.Helper()
	if got := strings.Join(b.said, ", "); got != want {
		b.t.Errorf("heard %q, want %q", got, want)
	}
	b.said = nil
}

// restart stores the rows and loads them into a new Ledger.
func (b *books) restart(quotas ...Quota) {
	b.t.Helper()
	rows := b.l.Rows()
	b.l = new(Ledger)
	b.l.Configure(quotas, b.zone)
	if n := b.l.Load(rows); n != 0 {
		b.t.Fatalf("%d rows are damaged", n)
	}
}

var plan = Quota{Name: "plan", Scope: "wan", Bytes: 100 * giga, Warn: []int{95, 80}}

func TestLedgerCounts(t *testing.T) {
	b := open(t, "2026-11-20 12:00", plan)
	b.pass(10 * giga)
	b.pass(5 * giga)
	u := b.used(15*giga, 0)
	if u.Percent != 15 || u.From.Format(time.DateOnly) != "2026-11-01" || u.To.Format(time.DateOnly) != "2026-12-01" {
		t.Errorf("%d %%, %v to %v", u.Percent, u.From, u.To)
	}
	b.at("2026-12-01 00:00")
	b.used(0, 0)
	b.pass(giga)
	b.used(giga, 0)
}

func TestLedgerDirections(t *testing.T) {
	for direction, want := range map[Direction]uint64{"": 30, Both: 30, Rx: 20, Tx: 10} {
		q := plan
		q.Direction = direction
		var l Ledger
		l.Configure([]Quota{q}, nil)
		l.Feed(begin, true, []Total{{"wan", 10, 20, 1}, {"device:x", 100, 100, 1}})
		if got := l.Uses(begin)[0].Used; got != want {
			t.Errorf("%q counts %d, want %d", direction, got, want)
		}
	}
}

func TestLedgerTotals(t *testing.T) {
	tests := []struct {
		name   string
		totals []Total
		want   uint64
	}{
		{"since the program began", []Total{{"wan", 0, 10, 1}, {"wan", 0, 25, 1}}, 25},
		{"a counter that nobody knows the beginning of", []Total{{"wan", 0, 1000, 0}, {"wan", 5, 1010, 0}}, 15},
		{"it began anew", []Total{{"wan", 0, 1000, 0}, {"wan", 0, 1010, 0}, {"wan", 0, 7, 0}}, 17},
		{"one way began anew", []Total{{"wan", 50, 50, 1}, {"wan", 10, 60, 1}}, 170},
		{"another epoch with more", []Total{{"wan", 0, 10, 1}, {"wan", 0, 100, 2}}, 110},
		{"nothing new", []Total{{"wan", 0, 10, 1}, {"wan", 0, 10, 1}, {"wan", 0, 10, 1}}, 10},
		{"another scope", []Total{{"wan:wan6", 0, 10, 1}}, 0},
		{"more than can be", []Total{{"wan", 1<<64 - 1, 1<<64 - 1, 1}, {"wan", 5, 5, 2}}, 1<<64 - 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Ledger
			l.Configure([]Quota{plan}, nil)
			for _, total := range tt.totals {
				l.Feed(begin, true, []Total{total})
			}
			if got := l.Uses(begin)[0].Used; got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

func TestLedgerWarnsOnce(t *testing.T) {
	b := open(t, "2026-11-20 12:00", plan)
	b.pass(79 * giga)
	b.heard("")
	b.pass(giga)
	b.heard("plan 80%")
	b.restart(plan)
	b.pass(giga)
	b.heard("")
	b.pass(30 * giga)
	b.heard("plan 95%, plan 100%")
	b.restart(plan)
	b.pass(500 * giga)
	b.heard("")
	b.at("2026-12-01 00:00")
	b.pass(90 * giga)
	b.heard("plan 80%")
	larger := plan
	larger.Bytes *= 10
	b.l.Configure([]Quota{larger}, b.zone)
	b.pass(giga)
	b.heard("")
	b.pass(800 * giga)
	b.heard("plan 80%") // of what it is now
}

func TestLedgerPrior(t *testing.T) {
	q := plan
	q.Prior = 70 * giga
	b := open(t, "2026-11-20 12:00", q)
	if u := b.used(70*giga, 0); u.Prior != 70*giga {
		t.Errorf("prior %d", u.Prior)
	}
	b.pass(10 * giga)
	b.heard("plan 80%")
	b.restart(q)
	b.used(80*giga, 0)
	b.at("2026-12-02 00:00")
	b.pass(giga)
	if u := b.used(giga, 0); u.Prior != 0 {
		t.Errorf("prior %d in the second cycle", u.Prior)
	}
	b.restart(q)
	b.used(giga, 0)
}

func TestLedgerFreeHours(t *testing.T) {
	q := plan
	q.Free = []Window{{23 * 60, 6 * 60}, {12 * 60, 12*60 + 30}}
	q.Weekdays = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
	tests := []struct {
		now  string
		free bool
	}{
		{"2026-11-20 22:59", false}, {"2026-11-20 23:00", true}, {"2026-11-20 05:59", true}, {"2026-11-20 06:00", false},
		{"2026-11-20 12:00", true}, {"2026-11-20 12:30", false}, {"2026-11-21 15:00", true}, {"2026-11-22 15:00", true}, {"2026-11-23 15:00", false},
		{"2026-03-29 03:30", true}, {"2026-10-26 06:30", false},
	}
	for _, tt := range tests {
		b := open(t, tt.now, q)
		b.pass(10)
		if tt.free {
			b.used(0, 10)
		} else {
			b.used(10, 0)
		}
	}
	if all := (Window{60, 60}); !all.holds(0) || !all.holds(60) || !all.holds(1439) {
		t.Error("a window that ends when it begins is not all of the day")
	}
}

func TestLedgerForecast(t *testing.T) {
	b := open(t, "2026-11-01 00:00", plan)
	b.at("2026-11-02 00:00")
	b.pass(3 * giga)
	if u := b.used(3*giga, 0); u.Known {
		t.Error("a forecast after a day")
	}
	b.at("2026-11-11 00:00")
	b.pass(7 * giga)
	if u := b.used(10*giga, 0); !u.Known || u.Forecast != 30*giga {
		t.Errorf("forecast %d, %v; want 30 G", u.Forecast, u.Known)
	}

	q := plan
	q.Prior = 50 * giga
	b = open(t, "2026-11-21 00:00", q)
	b.at("2026-11-22 12:00")
	b.pass(3 * giga)
	if u := b.used(53*giga, 0); !u.Known || u.Forecast != 70*giga {
		t.Errorf("forecast %d, %v; want what was seen in 1.5 days for 8.5 more, 70 G", u.Forecast, u.Known)
	}
	b.at("2026-12-01 00:30")
	if u := b.used(0, 0); u.Known {
		t.Error("a forecast at the beginning of a cycle")
	}
	day := plan
	day.Cycle.Kind = Daily
	b = open(t, "2026-11-21 00:00", day)
	b.at("2026-11-21 00:59")
	if u := b.used(0, 0); u.Known {
		t.Error("a forecast before an hour")
	}
}

// TestLedgerClock sets the clock over the border of a cycle.
func TestLedgerClock(t *testing.T) {
	t.Run("boot in another cycle", func(t *testing.T) {
		b := open(t, "2026-11-20 12:00", plan)
		b.pass(50 * giga)
		b.restart(plan)
		b.at("2033-03-04 05:06")
		b.feed(20*giga, false)
		b.used(20*giga, 0)
		before := b.now
		b.at("2026-11-20 12:10")
		b.l.Move(b.now.Sub(before))
		b.used(70*giga, 0)
		b.pass(15 * giga)
		b.used(85*giga, 0)
		b.heard("plan 80%")
		b.at("2033-03-04 05:06")
		b.used(0, 0) // nothing is left in the future
	})
	t.Run("the first boot, with prior", func(t *testing.T) {
		q := plan
		q.Prior = 10 * giga
		b := &books{t: t, l: new(Ledger), zone: berlin(t), total: Total{Scope: "wan", Epoch: 1}}
		b.l.Configure([]Quota{q}, b.zone)
		b.at("2033-03-04 05:06")
		b.feed(giga, false)
		before := b.now
		b.at("2026-11-20 12:10")
		b.l.Move(b.now.Sub(before))
		b.pass(giga)
		b.used(12*giga, 0)
	})
	t.Run("back and forth by hand", func(t *testing.T) {
		b := open(t, "2026-11-01 00:10", plan)
		b.at("2026-10-31 23:50") // before the border, and what was counted stands
		b.pass(2 * giga)
		b.at("2026-11-01 00:20")
		b.pass(3 * giga)
		b.used(3*giga, 0)
		b.at("2026-10-31 23:55")
		b.used(2*giga, 0)
	})
	t.Run("back over the border, unconfirmed", func(t *testing.T) {
		b := open(t, "2026-10-31 23:00", plan)
		b.pass(40 * giga)
		b.at("2026-11-01 00:05")
		b.feed(2*giga, false)
		b.l.Move(-time.Hour)
		b.at("2026-10-31 23:06")
		b.pass(giga)
		b.used(43*giga, 0)
	})
	t.Run("confirmed is not moved", func(t *testing.T) {
		b := open(t, "2026-11-20 12:00", plan)
		b.pass(40 * giga)
		b.l.Move(-48 * 24 * time.Hour)
		b.used(40*giga, 0)
	})
	t.Run("many times", func(t *testing.T) {
		b := open(t, "2026-11-20 12:00", plan)
		random := rand.New(rand.NewPCG(5, 6))
		var sum uint64
		for range 300 {
			b.now = b.now.Add(time.Minute)
			n := random.Uint64N(giga)
			b.feed(n, false)
			sum += n
			if random.IntN(4) == 0 {
				step := time.Duration(random.Int64N(int64(800*24*time.Hour))) - 400*24*time.Hour
				b.l.Move(step)
				b.now = b.now.Add(step)
			}
			if pages := len(b.l.accounts[0].pages); pages > maxPages {
				t.Fatalf("%d pages", pages)
			}
		}
		b.l.Move(0)
		b.pass(0)
		var all uint64
		for _, p := range b.l.accounts[0].pages {
			all += p.used
		}
		if all != sum {
			t.Errorf("%d bytes, want %d: lost or counted twice", all, sum)
		}
	})
}

func TestLedgerSetAndReset(t *testing.T) {
	q := plan
	q.Prior = 10 * giga
	b := open(t, "2026-11-20 12:00", q)
	b.pass(80 * giga)
	b.heard("plan 80%")
	if b.l.Set("other", 1) || b.l.Reset("other") {
		t.Error("there is no such quota")
	}
	b.l.Set("plan", 30*giga)
	b.used(30*giga, 0)
	b.pass(60 * giga)
	b.heard("plan 80%")
	b.l.Reset("plan")
	b.used(0, 0)
	b.restart(q)
	b.used(0, 0)
	b.pass(giga)
	b.used(giga, 0)
	b.heard("")
}

func TestLedgerConfigure(t *testing.T) {
	second := Quota{Name: "kids", Scope: "pool:kids", Bytes: 5}
	b := open(t, "2026-11-20 12:00", plan, second, plan, Quota{Name: "no bytes"}, Quota{Bytes: 1}, Quota{Name: strings.Repeat("x", 200), Bytes: 1})
	if diff := cmp.Diff([]string{"wan", "pool:kids"}, b.l.Scopes()); diff != "" {
		t.Error(diff)
	}
	b.l.Feed(b.now, true, []Total{{"pool:kids", 1, 1, 1}})
	if n := len(b.l.Rows()); n != 4 {
		t.Errorf("%d rows", n)
	}
	b.l.Configure([]Quota{plan}, b.zone)
	var gone []string
	for _, r := range b.l.Rows() {
		if r.Value == nil {
			gone = append(gone, r.Key)
		}
	}
	if diff := cmp.Diff([]string{"quota/kids", "base/pool:kids"}, gone); diff != "" {
		t.Error(diff)
	}
	many := make([]Quota, 2*MaxQuotas)
	for i := range many {
		many[i] = Quota{Name: fmt.Sprint(i), Scope: "wan", Bytes: 1, Warn: make([]int, 100), Free: make([]Window, 100)}
	}
	b.l.Configure(many, b.zone)
	if n := len(b.l.Uses(b.now)); n != MaxQuotas {
		t.Errorf("%d quotas", n)
	}
	if q := b.l.Uses(b.now)[0].Quota; len(q.Warn) != 1 || len(q.Free) != maxFree {
		t.Errorf("%d warnings, %d windows", len(q.Warn), len(q.Free))
	}
}

func TestLedgerZone(t *testing.T) {
	b := open(t, "2026-11-20 12:00", plan)
	b.pass(giga)
	b.l.Configure([]Quota{plan}, nil) // the zone is known to be another one
	b.pass(giga)
	b.used(2*giga, 0)
}

func TestPercent(t *testing.T) {
	q := Quota{Bytes: 100}
	for _, used := range []uint64{0, 1, 29, 80, 95, 99, 100, 101} {
		if got := q.percent(used); got != int(used) {
			t.Errorf("%d of 100 are %d %%", used, got)
		}
	}
	if got := (&Quota{Bytes: 1}).percent(1<<64 - 1); got != 1_000_000 {
		t.Errorf("%d %%", got)
	}
	if got := (&Quota{Bytes: 1<<64 - 1}).percent(1<<64 - 1); got != 100 {
		t.Errorf("%d %%", got)
	}
}

func FuzzLedgerRow(f *testing.F) {
	a := account{quota: plan, began: begin, prior: true, pages: []page{{from: begin, to: begin.Add(24 * time.Hour), used: 5, free: 6, warned: 80}}}
	f.Add(a.encode(), true)
	f.Add((&account{}).encode(), true)
	f.Add(pack(1, 2, 3), false)
	f.Add([]byte{rowVersion}, true)
	f.Fuzz(func(t *testing.T, value []byte, quota bool) {
		var l Ledger
		l.Configure([]Quota{plan}, nil)
		key := baseKey("wan")
		if quota {
			key = quotaKey("plan")
		}
		l.Load([]Row{{key, value}})
		if pages := l.accounts[0].pages; len(pages) > 0 && pages[len(pages)-1].to.Year() > 2500 {
			return // rows end in 2514
		}
		l.Feed(begin, false, []Total{{"wan", 10, 10, 9}})
		l.Move(400 * 24 * time.Hour)
		l.Feed(begin.Add(400*24*time.Hour), true, []Total{{"wan", 1 << 40, 10, 9}})
		if pages := len(l.accounts[0].pages); pages > maxPages {
			t.Errorf("%d pages", pages)
		}
		var again Ledger
		again.Configure([]Quota{plan}, nil)
		if n := again.Load(l.Rows()); n > 0 {
			t.Errorf("%d of its own rows are damaged", n)
		}
	})
}

func BenchmarkLedger(b *testing.B) {
	var l Ledger
	l.Configure([]Quota{plan}, nil)
	b.ReportAllocs()
	for i := range b.N {
		l.Feed(begin, true, []Total{{"wan", uint64(i), uint64(i), 1}})
	}
}
