package api

import (
	"time"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// periods are times that end now. A month is 30 days, as charts want it.
var periods = []struct {
	name   string
	length int64 // seconds
}{
	{"5m", 300}, {"hour", 3600}, {"day", clock.Day}, {"week", 7 * clock.Day}, {"month", clock.Month}, {"year", 365 * clock.Day},
}

// maxTime is the end of the year 9999.
const maxTime = 253402300800

var timeArgs = []Arg{
	{Name: "period", Type: String, Doc: "time that ends now, a day when nothing is given; cycle is the present accounting cycle; custom goes with from", Values: []string{"5m", "hour", "day", "week", "month", "year", "cycle", "custom"}},
	{Name: "from", Type: Int, Doc: "beginning, epoch seconds", Max: maxTime},
	{Name: "to", Type: Int, Doc: "end, epoch seconds, not included; now by default", Max: maxTime},
}

// span is a time from a second to before another.
type span struct{ from, to int64 }

// spanOf returns the time that a's period, from and to name; a day by default.
func spanOf(b *Backend, a Args) (span, error) {
	now := b.now()
	period := arg[string](a, "period")
	from, hasFrom := a["from"].(int64)
	to, hasTo := a["to"].(int64)
	switch {
	case period == "custom" && !hasFrom:
		return span{}, invalid("give from, and to unless it is now", "period custom needs the argument from")
	case period != "" && period != "custom" && (hasFrom || hasTo):
		return span{}, invalid("give either", "period %s and from or to contradict each other", period)
	case hasTo && !hasFrom:
		return span{}, invalid("give both", "argument to needs the argument from")
	case period == "cycle":
		if b.Account == nil {
			return span{}, &Error{NotSupported, "period cycle: nothing is accounted here", "give from and to"}
		}
		from := b.cycle("", 0).from
		return span{from, max(now.Unix(), from+1)}, nil
	}
	if !hasFrom {
		length := clock.Day
		for _, p := range periods {
			if p.name == period {
				length = p.length
			}
		}
		return span{max(now.Unix()-length, 0), max(now.Unix(), 1)}, nil
	}
	if !hasTo {
		to = now.Unix()
	}
	if to <= from {
		return span{}, invalid("times are epoch seconds", "from %d is not before to %d", from, to)
	}
	return span{from, to}, nil
}

// grains are the lengths that sums over a time are made of, coarsest first. They
// are those of the tiers that are stored by default.
var grains = []int64{clock.Month, clock.Day, 3600, 300, 60}

// grain returns the length of the slots that a sum over s is best made of: the
// coarsest that s begins with and that is short beside s, and which ends with s
// unless s ends at the present. Such a sum is exact.
func (s span) grain(c clock.Calendar, now int64) int64 {
	for _, g := range grains {
		ends := s.to >= now || c.Floor(s.to, g) == s.to
		if ends && c.Floor(s.from, g) == s.from && (s.to-s.from)/g <= rollup.MaxPoints {
			return g
		}
	}
	return s.fine()
}

// fine is the grain whose slots at the ends of s make no odds: a hundred of them
// fit.
func (s span) fine() int64 {
	for _, g := range grains {
		if (s.to-s.from)/g >= 100 {
			return g
		}
	}
	return max((s.to-s.from)/100, 1)
}

// points is how many steps of a grain s has, as a query takes them.
func (s span) points(grain int64) int {
	return int(min(max((s.to-s.from)/grain, 1), rollup.MaxPoints))
}

// before returns the time before s that is as long: as many months or days of the
// calendar where s begins with one and ends with one.
func (s span) before(zone *time.Location) span {
	from, to := time.Unix(s.from, 0).In(zone), time.Unix(s.to, 0).In(zone)
	start := s.from - (s.to - s.from)
	if c := (clock.Calendar{Zone: zone}); c.Floor(s.from, clock.Day) == s.from && c.Floor(s.to, clock.Day) == s.to {
		days := int((s.to - s.from + clock.Day/2) / clock.Day)
		start = from.AddDate(0, 0, -days).Unix()
		if from.Day() == 1 && to.Day() == 1 {
			start = from.AddDate(0, (from.Year()-to.Year())*12+int(from.Month()-to.Month()), 0).Unix()
		}
	}
	return span{max(start, 0), s.from}
}
