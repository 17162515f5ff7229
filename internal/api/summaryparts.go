package api

import (
	"context"
	"slices"

	"weir/internal/alert"
	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/rollup"
	"weir/internal/usage"
)

// summarize asks all parts.
func summarize(ctx context.Context, b *Backend) (*summary, error) {
	now := b.now()
	s := &summary{ts: now.Unix(), state: b.Daemon.State(), devices: make(map[uint32]uint64)}
	_, s.zone = now.Zone()
	from := max(b.calendar().Floor(s.ts, clock.Day), 0)
	day := span{from, max(s.ts, from+1)}
	devices, err := largest(ctx, b, rollup.Device, day, rollup.MaxPoints)
	if err != nil {
		return nil, err
	}
	var others []uint32
	for i := range devices {
		d := &devices[i]
		s.devices[d.ID] = rollup.Bytes.Of(d.Values)
		if i < summaryRows && d.ID != rollup.Other {
			others = append(others, d.ID)
		}
	}
	s.now = b.Traffic.Overview(summaryRows, summaryNew, others)
	for class, rows := range map[rollup.Class]*[]rankedRow{rollup.Application: &s.apps, rollup.Country: &s.countries, rollup.ASN: &s.asns} {
		if *rows, err = largest(ctx, b, class, day, summaryRows); err != nil {
			return nil, err
		}
	}
	s.categories = make([]string, len(s.apps))
	for i := range s.apps {
		s.categories[i] = b.Traffic.CategoryOf(s.apps[i].key)
	}
	if s.today, err = todayOf(ctx, b, day); err != nil {
		return nil, err
	}
	if s.cycle, err = cycleOf(ctx, b); err != nil {
		return nil, err
	}
	if s.dns, err = dnsOf(ctx, b, day, &s.state); err != nil {
		return nil, err
	}
	s.coverage = coverageOf(b, &s.state)
	if b.Alerts != nil {
		s.alerts = b.Alerts.List(alert.Filter{Unseen: true, Limit: summaryAlerts})
	}
	return s, nil
}

// largest returns the largest members of a class over a time by their bytes, with
// their names.
func largest(ctx context.Context, b *Backend, class rollup.Class, s span, limit int) ([]rankedRow, error) {
	q := rollup.Query{
		Class: class, Metric: rollup.Bytes, From: s.from, To: s.to,
		Points: s.points(s.grain(b.calendar(), b.now().Unix())), Calendar: b.calendar(),
	}
	amounts, _, err := b.History.Top(ctx, q, limit)
	if err != nil {
		return nil, err
	}
	rows := make([]rankedRow, len(amounts))
	for i := range rows {
		rows[i].Amount = amounts[i]
		if limit < rollup.MaxPoints { // else they are not shown
			rows[i].member = memberOf(b.History, class, amounts[i].ID, 0)
		}
	}
	return rows, nil
}

// today is what passed since midnight, and by this time on the days before.
type today struct {
	class   rollup.Class // Uplink or Total
	from    int64
	now     rollup.Values
	average engine.Pair[uint64]
	days    int // that average is of
}

// The days and hours that the mean of days before is made of.
const (
	averageDays = 7
	hour        = 3600
)

// todayOf sums what uplinks counted, or what the house moved where no flow takes an
// uplink: a machine that watches others has one that is only its own.
func todayOf(ctx context.Context, b *Backend, day span) (t today, err error) {
	t.from, t.class = day.from, rollup.Total
	taken, err := sumOf(ctx, b, rollup.Attributed, day)
	if err != nil {
		return t, err
	}
	if rollup.Bytes.Of(taken) > 0 && !b.othersLine() {
		t.class = rollup.Uplink
	}
	if t.now, err = sumOf(ctx, b, t.class, day); err != nil {
		return t, err
	}
	return t, t.averageOf(ctx, b, day)
}

// othersLine reports whether flows account for clearly more than an uplink counted
// within the last day: they take another way than by this machine.
func (b *Backend) othersLine() bool {
	if b.Uplinks == nil {
		return false
	}
	return slices.ContainsFunc(b.Uplinks.Reports(), func(r usage.Report) bool { return r.Day.Exceeded() })
}

// sumOf sums all members of a class over a time.
func sumOf(ctx context.Context, b *Backend, class rollup.Class, s span) (v rollup.Values, err error) {
	rows, err := largest(ctx, b, class, s, rollup.MaxPoints)
	for i := range rows {
		v.Add(rows[i].Values)
	}
	return v, err
}

// averageOf sums the hours of the days before that are over by this time of the day.
func (t *today) averageOf(ctx context.Context, b *Backend, day span) error {
	members := []uint32{rollup.Other}
	if t.class == rollup.Uplink {
		members, _ = b.History.Members(t.class, "", seriesLimit)
	}
	c := b.calendar()
	known := make(map[int64]bool)
	for _, id := range members {
		for metric, sum := range map[rollup.Metric]*uint64{rollup.TxBytes: &t.average.Tx, rollup.RxBytes: &t.average.Rx} {
			q := rollup.Query{
				Class: t.class, ID: id, Metric: metric, From: max(day.from-averageDays*clock.Day, 0), To: day.from,
				Points: averageDays * 24, Calendar: c,
			}
			if q.From >= q.To {
				return nil // the clock begins
			}
			s, err := b.History.Series(ctx, q)
			if err != nil {
				return err
			}
			if s.Step > hour {
				return nil // no hours are kept that far back
			}
			for i, v := range s.Values {
				at := s.Start + int64(i)*s.Step
				midnight := c.Floor(at, clock.Day)
				if s.Known[i] {
					known[midnight] = true
					*sum += uint64(float64(v) * passed(at-midnight, s.Step, day.to-day.from))
				}
			}
		}
	}
	if t.days = len(known); t.days > 0 {
		t.average.Tx /= uint64(t.days)
		t.average.Rx /= uint64(t.days)
	}
	return nil
}

// passed returns how much of a step that begins at a time of the day is over by
// another one.
func passed(begin, step, by int64) float64 {
	return float64(max(min(by-begin, step), 0)) / float64(step)
}

func (t *today) encode(e *Encoder) {
	e.Table("today")
	if t.class == rollup.Uplink {
		e.Str("of", "line")
	} else {
		e.Str("of", "house")
	}
	e.Int("from", t.from)
	e.Uint("rx", t.now.RxBytes)
	e.Uint("tx", t.now.TxBytes)
	countOrNull(e, "average_rx", t.average.Rx, t.days > 0)
	countOrNull(e, "average_tx", t.average.Tx, t.days > 0)
	mean := float64(t.average.Tx + t.average.Rx)
	milliOrNull(e, "trend_pct", int64(100_000*(float64(rollup.Bytes.Of(t.now))/max(mean, 1)-1)), mean > 0)
	e.EndTable()
}

// cycleNow is the present accounting cycle.
type cycleNow struct {
	name           string
	span           span
	day, days      int
	used, cap      uint64
	forecast       uint64
	capped, likely bool // cap and forecast are known
}

// cycleOf returns the cycle of the first quota of the line, or else of the busiest
// uplink; nil where nothing is accounted, and where no flow takes that.
func cycleOf(ctx context.Context, b *Backend) (*cycleNow, error) {
	if b.Account == nil {
		return nil, nil
	}
	var c cycleNow
	if i, uses := firstOfLine(b.Account.Uses()); i >= 0 {
		u := &uses[i]
		c = cycleNow{
			name: u.Quota.Name, span: span{u.From.Unix(), u.To.Unix()}, used: u.Used, cap: u.Quota.Bytes, capped: true,
			forecast: u.Forecast, likely: u.Known,
		}
	} else {
		rows, err := usageOf(ctx, b, rollup.Uplink, 0)
		if err != nil || len(rows) == 0 || rows[0].attributed == (engine.Pair[uint64]{}) || b.othersLine() {
			return nil, err
		}
		r := &rows[0]
		c = cycleNow{name: r.key, span: r.cycle, used: rollup.Bytes.Of(r.values), forecast: r.forecast, likely: r.forecastKnown}
	}
	cal, now := b.calendar(), b.now().Unix()
	days := func(to int64) int {
		return int((cal.Floor(to, clock.Day) - cal.Floor(c.span.from, clock.Day) + clock.Day/2) / clock.Day)
	}
	c.day, c.days = days(now)+1, max(days(c.span.to), 1)
	return &c, nil
}

// firstOfLine returns the index of the first quota that is about what leaves or
// enters the house, -1 for none.
func firstOfLine(uses []usage.Use) (int, []usage.Use) {
	return slices.IndexFunc(uses, func(u usage.Use) bool {
		return u.Quota.Scope == "wan" || len(u.Quota.Scope) > 4 && u.Quota.Scope[:4] == "wan:"
	}), uses
}

func (c *cycleNow) encode(e *Encoder) {
	if c == nil {
		e.Null("cycle")
		return
	}
	e.Table("cycle")
	e.Str("name", c.name)
	e.Int("start", c.span.from)
	e.Int("end", c.span.to)
	e.Int("day", int64(c.day))
	e.Int("days", int64(c.days))
	e.Uint("used", c.used)
	countOrNull(e, "cap", c.cap, c.capped)
	countOrNull(e, "forecast", c.forecast, c.likely)
	e.EndTable()
}

// coverageSum is how right the figures are.
type coverageSum struct {
	hour               usage.Span // of all uplinks
	mode, offload, why string
}

func coverageOf(b *Backend, s *State) coverageSum {
	c := coverageSum{mode: s.Mode, offload: "off", why: s.ModeWhy}
	switch {
	case s.Offload.Hardware:
		c.offload = "hardware"
	case s.Offload.Software || len(s.Offload.Flowtables) > 0:
		c.offload = "software"
	}
	reason := ""
	for _, u := range coverageNow(b, b.now()) {
		c.hour.Add(&u.Hour)
		for i := range u.reasons {
			if u.reasons[i].Active && reason == "" {
				reason = u.reasons[i].text
			}
		}
	}
	if reason != "" {
		c.why = reason
	}
	return c
}

func (c *coverageSum) encode(e *Encoder) {
	e.Table("coverage")
	encodePercent(e, "pct", &c.hour)
	textOrNull(e, "mode", c.mode)
	e.Str("offload", c.offload)
	textOrNull(e, "why", c.why)
	e.EndTable()
}

// dnsOf returns what came of questions today, nil where none are seen: connection
// tracking alone tells of none.
func dnsOf(ctx context.Context, b *Backend, day span, s *State) (*dnsToday, error) {
	rows, err := largest(ctx, b, rollup.DNS, day, summaryRows)
	if err != nil || len(rows) == 0 && s.Mode == "conntrack" {
		return nil, err
	}
	d := questionsOf(rows)
	outside, _ := b.Traffic.Bypasses()
	asking := make(map[string]bool, len(outside))
	for i := range outside {
		asking[outside[i].Client.String()] = true
	}
	d.bypass = len(asking)
	return &d, nil
}
