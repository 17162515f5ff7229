package uci

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Cycle is the period after which accounting begins anew.
type Cycle string

// Cycles.
const (
	CycleDay   Cycle = "day"
	CycleWeek  Cycle = "week"
	CycleMonth Cycle = "month"
	CycleYear  Cycle = "year"
	CycleDays  Cycle = "days" // every so many days from a date
)

// Start is where a cycle begins.
type Start struct {
	Day  int       // of the month or week (1 is Monday); -1: the last; 0: see Date
	Date time.Time // midnight UTC of a date; zero: see Day
}

// WAN is config wan: the accounting cycle of an uplink. The section's name is
// the network.
type WAN struct {
	Ident
	Cycle Cycle
	Start Start
	Every int    // days of a cycle of days
	Layer string // auto, ip or link: which bytes the provider counts
}

func (w *WAN) fields() []field {
	return append(cycleFields(&w.Cycle, &w.Start, &w.Every),
		field{name: "layer", value: oneOf(&w.Layer, "auto", "ip", "link"), def: "auto", help: "Bytes the provider counts: those of IP packets or of frames."})
}

func (w *WAN) check(report func(option, reason, hint string)) {
	checkCycle(w.Cycle, w.Start, report)
}

func cycleFields(c *Cycle, s *Start, every *int) []field {
	return []field{
		{name: "cycle", value: oneOf(c, CycleDay, CycleWeek, CycleMonth, CycleYear, CycleDays), def: "month", help: "When accounting begins anew; days counts option every from option start."},
		{name: "start", value: scalar(s, startCodec()), def: "1", help: "First day of the cycle, -1 for the last of a month, or a date."},
		{name: "every", value: number(every, 1, 3660), def: "30", help: "Length of a cycle of days."},
	}
}

func checkCycle(c Cycle, s Start, report func(option, reason, hint string)) {
	switch {
	case c == CycleDays && s.Date.IsZero():
		report("start", "is no date, which a cycle of days needs", "write the first day of any cycle, like 2026-01-31")
	case c == CycleWeek && s.Date.IsZero() && (s.Day < 1 || s.Day > 7):
		report("start", "is no day of a week", "1 is Monday, 7 is Sunday")
	}
}

func startCodec() codec[Start] {
	return codec[Start]{
		allow: "a day from 1 to 31, -1 for the last, or a date like 2026-01-31",
		parse: func(text string) (Start, error) {
			if date, err := time.Parse(time.DateOnly, text); err == nil {
				return Start{Date: date}, nil
			}
			n, err := strconv.Atoi(text)
			if err != nil || n < -1 || n == 0 || n > 31 {
				return Start{}, errors.New("is no day")
			}
			return Start{Day: n}, nil
		},
		format: func(s Start) string {
			if s.Day == 0 {
				return s.Date.Format(time.DateOnly)
			}
			return strconv.Itoa(s.Day)
		},
	}
}

// Quota is config quota.
type Quota struct {
	Ident
	Enabled   bool
	Scope     string // wan, wan:NAME, device:NAME or pool:NAME
	Bytes     int64
	Direction string // both, rx or tx, as the device or house sees it
	Cycle     Cycle
	Start     Start
	Every     int
	Warn      []int // per cent
	Prior     int64 // bytes used in the first cycle before weir counted
	Free      []Window
	Weekdays  []string // days on which it applies; empty: all
}

// Window is a time of day, in minutes after midnight; To before From runs
// past midnight.
type Window struct{ From, To int }

func (w Window) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", w.From/60, w.From%60, w.To/60, w.To%60)
}

func (q *Quota) fields() []field {
	fields := []field{
		{name: "enabled", value: boolean(&q.Enabled), def: "1", help: "Watch this quota."},
		{name: "scope", value: scalar(&q.Scope, scopeCodec()), def: "wan", help: "Whose bytes count."},
		{name: "bytes", value: size(&q.Bytes, 1, maxSize), required: true, example: "500G", help: "Bytes a cycle."},
		{name: "direction", value: oneOf(&q.Direction, "both", "rx", "tx"), def: "both", help: "Count received bytes, sent bytes, or both."},
	}
	fields = append(fields, cycleFields(&q.Cycle, &q.Start, &q.Every)...)
	return append(fields,
		field{name: "warn", value: numberList(&q.Warn, 1, 100), def: "80 95", help: "Warn when so many per cent are used."},
		field{name: "prior", value: size(&q.Prior, 0, maxSize), def: "0", help: "Bytes used in this cycle before weir began to count."},
		field{name: "free", value: list(&q.Free, windowCodec()), example: "00:00-06:00", help: "Times of day that do not count."},
		field{name: "weekday", value: listOf(&q.Weekdays, "mon", "tue", "wed", "thu", "fri", "sat", "sun"), example: "mon tue wed thu fri", help: "Days that count; without it all."},
	)
}

func (q *Quota) check(report func(option, reason, hint string)) {
	checkCycle(q.Cycle, q.Start, report)
}

func scopeCodec() codec[string] {
	return stringCodec("wan, wan:NETWORK, device:NAME or pool:NAME", func(s string) error {
		class, who, ok := strings.Cut(s, ":")
		switch class {
		case "wan":
			if !ok || who != "" {
				return nil
			}
		case "device", "pool":
			if who != "" {
				return nil
			}
		}
		return errors.New("is no scope")
	})
}

func windowCodec() codec[Window] {
	return codec[Window]{
		allow: "a time of day like 00:00-06:00",
		parse: func(text string) (w Window, err error) {
			from, to, ok := strings.Cut(text, "-")
			a, errA := time.Parse("15:04", from)
			b, errB := time.Parse("15:04", to)
			if !ok || errA != nil || errB != nil {
				return w, errors.New("is no time of day")
			}
			return Window{a.Hour()*60 + a.Minute(), b.Hour()*60 + b.Minute()}, nil
		},
		format: Window.String,
	}
}
