package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"weir/internal/clock"
)

// The budgets. A megabyte that was written or lives in memory has 1,000,000 bytes,
// a limit that is configured 1,048,576.
const (
	maxCommit   = 100_000 // bytes a commit of a minute's slots writes, on average
	maxDaily    = 500_000 // bytes a day written to flash, on average
	maxHeap     = 4_000_000
	maxSeries   = 50 * time.Millisecond // 60 days of a device, on a 64-bit machine
	hoursOnDisk = 14 * clock.Day        // kept in the archive, of the main classes
	daysOnDisk  = 365 * clock.Day
)

// budget is one figure and its limit.
type budget struct {
	name, figure, limit string
	ok                  bool
}

func (r *report) printBudgets(w io.Writer) {
	fmt.Fprintln(w, "figure\tmeasured\tbudget\t")
	for _, b := range slices.Concat(r.sums(), r.sizes(), r.restored(), r.times()) {
		verdict := ""
		if !b.ok {
			verdict = "TOO MUCH"
			r.failures = append(r.failures, fmt.Errorf("%s: %s, the budget is %s", b.name, b.figure, b.limit))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.name, b.figure, b.limit, verdict)
	}
}

// most is a budget of bytes.
func most(name string, n, limit int64) budget {
	return budget{name, bytesText(n), "≤ " + bytesText(limit), n <= limit}
}

// shown is a figure without a budget.
func shown(name, figure string) budget { return budget{name, figure, "", true} }

// sums are about what is exact in the database.
func (r *report) sums() []budget {
	exact, wrong, first := 0, 0, ""
	for _, t := range r.status.Tiers {
		for g, k := range r.proof[t.Step] {
			exact += k.Exact
			if wrong += k.Wrong + k.Absent; k.Wrong > 0 && first == "" {
				first = ", first " + k.First
			} else if k.Absent > 0 && first == "" {
				first = fmt.Sprintf(", %s of %s are missing", group(g), stepText(t.Step))
			}
		}
	}
	f := r.flows
	missing := int64(f.newest-f.oldest+1) - int64(f.n)
	if f.n == 0 {
		missing = 0
	}
	lost := r.status.Dropped + r.status.DroppedFlows + r.status.Refused + r.status.BadBlocks + r.status.Errors
	return []budget{
		{"slots that equal the input", fmt.Sprint(exact), "some", exact > 0},
		{"slots that do not", fmt.Sprint(wrong) + first, "0", wrong == 0},
		{"flows missing in the log", fmt.Sprint(missing), "0", missing == 0 && (r.year.flowDays == 0 || f.newest == r.year.flows.made)},
		{"dropped, refused, damaged", fmt.Sprint(lost), "0", lost == 0},
	}
}

// sizes are about bytes.
func (r *report) sizes() []budget {
	y := r.year
	list := []budget{most("database file, at most", y.largestFile, y.maxSize)}
	for _, c := range y.commits {
		if c.n == 0 {
			continue
		}
		name, mean := fmt.Sprintf("commit every %d minutes", c.every/minute), int64(c.bytes)/int64(c.n)
		if c.every == minute {
			list = append(list, most(name+", mean", mean, maxCommit))
		} else {
			list = append(list, shown(name+", mean", bytesText(mean)))
		}
		list = append(list, shown(name+", worst", bytesText(int64(c.worst))))
	}
	var sum, worst int64
	for _, n := range y.daily {
		sum, worst = sum+n, max(worst, n)
	}
	return append(list,
		most("to flash a day, mean", sum/int64(len(y.daily)), maxDaily),
		shown("to flash a day, worst", bytesText(worst)),
		shown("longest snapshot", timeMS(y.slowest)),
		most("archive, at most", max(y.largest, r.files), y.limit),
		most("heap of rollup, store and flow log", int64(y.liveHeap), maxHeap),
		shown("resident memory (VmHWM)", bytesText(r.peak)),
	)
}

// restored are about what comes back from the archive alone.
func (r *report) restored() (list []budget) {
	y := r.year
	reaches := func(name string, p proof, step, back int64) {
		k := p[step][mainClasses]
		from := y.house.cal.Floor(max(y.end()-back, begin), step)
		since := "none"
		if k.Since > 0 {
			since = "since " + timeText(k.Since)
		}
		list = append(list, budget{name, since, "since " + timeText(from), k.Since > 0 && k.Since <= from})
	}
	for _, f := range r.figures {
		wrong, first := 0, ""
		for _, groups := range f.RebuiltOK {
			for _, k := range groups {
				if wrong += k.Wrong; k.Wrong > 0 {
					first = ", one is " + k.First
				}
			}
		}
		list = append(list, budget{"rebuilt on " + f.Arch + ", wrong slots", fmt.Sprint(wrong) + first, "0", wrong == 0})
		reaches("  months", f.RebuiltOK, clock.Month, y.end()-begin)
		reaches("  days of main classes", f.RebuiltOK, clock.Day, daysOnDisk)
		reaches("  hours of main classes", f.RebuiltOK, hour, hoursOnDisk)
	}
	return list
}

// times are about how long answers take. Another processor is only shown.
func (r *report) times() []budget {
	if len(r.figures) == 0 || len(r.figures[0].Queries) == 0 {
		return nil
	}
	q := r.figures[0].Queries[0]
	return []budget{{q.Name + ", " + q.Answer, timeMS(q.Median), "≤ " + timeMS(maxSeries), q.Median <= maxSeries}}
}
