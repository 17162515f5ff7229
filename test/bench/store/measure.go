package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/internal/clock"
	"weir/internal/flowlog"
	"weir/internal/rollup"
	"weir/store"
)

// figures are what a process with one architecture measures of what the year left.
type figures struct {
	Arch       string
	Open       time.Duration
	Queries    []query
	Rebuild    time.Duration
	Rebuilt    []string // in words
	RebuiltOK  proof
	PeakMemory int64 // bytes that were resident at most, the mapped file included
}

// query is a question and how long the answer took.
type query struct {
	Name         string
	Answer       string
	Median, Most time.Duration
}

// measure opens the database in dir, asks it, and fills a fresh one from the
// archive.
func measure(ctx context.Context, dir string, o options) (*figures, error) {
	f := &figures{Arch: runtime.GOARCH}
	now := func() int64 { return o.end() }
	start := time.Now()
	s, h, err := openStore(dir, o.maxSize, now)
	if err != nil {
		return nil, err
	}
	f.Open = time.Since(start)
	if opened := s.Opened(); opened.Fresh || opened.Why != nil {
		return nil, fmt.Errorf("the database was not opened as it was left: %+v", opened)
	}
	if err := f.askHours(ctx, dir, o); err != nil {
		return nil, err
	}
	if err := f.ask(ctx, s, h, o.end()); err != nil {
		return nil, err
	}
	if err := s.Close(ctx); err != nil {
		return nil, err
	}
	if err := f.rebuild(ctx, dir, o); err != nil {
		return nil, fmt.Errorf("rebuild: %w", err)
	}
	f.PeakMemory, err = peakMemory()
	return f, err
}

// rebuild fills a fresh database and proves what is in it.
func (f *figures) rebuild(ctx context.Context, dir string, o options) error {
	fresh := filepath.Join(dir, rebuiltDir)
	defer os.RemoveAll(fresh)
	start := time.Now()
	s, h, err := openStore(fresh, o.maxSize, func() int64 { return o.end() })
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	a, _, err := store.OpenArchive(filepath.Join(dir, archiveDir), o.limit)
	if err != nil {
		return err
	}
	r, err := s.RebuildFrom(a)
	f.Rebuild, f.Rebuilt = time.Since(start), r.Words()
	if err != nil {
		return err
	}
	if r.Devices != devices || r.Skipped > 0 || r.Unnamed > 0 || len(r.Lost) > 0 {
		return fmt.Errorf("%d of %d devices came back: %q", r.Devices, devices, f.Rebuilt)
	}
	f.RebuiltOK, err = prove(ctx, s, nil, h, o.end())
	return err
}

// askHours asks for 60 days of hours, of the database that has them.
func (f *figures) askHours(ctx context.Context, dir string, o options) error {
	s, h, err := openStore(filepath.Join(dir, hoursDir), 64<<20, o.end)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	q := lastDays(h, o.end(), 60)
	q.Points = int((q.To - q.From) / hour)
	return f.time("60 days of a device, hourly", series(ctx, s, h, q))
}

// lastDays is a query for the last n days of all devices.
func lastDays(h *house, now, n int64) rollup.Query {
	return rollup.Query{Class: rollup.Device, Metric: rollup.Bytes, From: max(now-n*clock.Day, begin), To: now, Calendar: h.cal}
}

// series returns a question for one device.
func series(ctx context.Context, s *store.Store, h *house, q rollup.Query) func() (string, error) {
	q.ID = h.ids[rollup.Device][7]
	return func() (string, error) {
		got, err := s.Series(ctx, q, nil)
		return fmt.Sprintf("%d points of %s", len(got.Values), stepText(got.Step)), err
	}
}

// ask asks each question some times.
func (f *figures) ask(ctx context.Context, s *store.Store, h *house, now int64) error {
	hours := lastDays(h, now, 60)
	hours.Points = int((hours.To - hours.From) / hour)
	kept := hours // as far back as there are hours
	for _, t := range s.Status().Tiers {
		if t.Step == hour {
			kept.From = max(kept.From, t.Oldest)
			kept.Points = int((kept.To - kept.From) / hour)
		}
	}
	minutes := lastDays(h, now, 1)
	minutes.Points = 1440
	month := lastDays(h, now, 30)
	month.Points = 30
	questions := []struct {
		name string
		ask  func() (string, error)
	}{
		{"60 days of a device", series(ctx, s, h, hours)},
		{"all hours of a device", series(ctx, s, h, kept)},
		{"a day of a device, by minutes", series(ctx, s, h, minutes)},
		{"top 20 devices of 30 days", func() (string, error) {
			top, n, err := s.Top(ctx, month, 20, nil)
			return fmt.Sprintf("%d of %d devices", len(top), n), err
		}},
		{"series_list of devices", func() (string, error) {
			list, err := s.List(ctx, rollup.Device, nil)
			return fmt.Sprintf("%d devices", len(list)), err
		}},
		{"flows by name, newest", flowSearch(ctx, s, now, flowlog.Filter{Name: "service-7."}, false)},
		{"flows by name, all, found", flowSearch(ctx, s, now, flowlog.Filter{Name: rareName}, true)},
		{"flows by name, all, none", flowSearch(ctx, s, now, flowlog.Filter{Name: "never.example"}, true)},
		{"flows by country, all, none", flowSearch(ctx, s, now, flowlog.Filter{Country: "ZZ"}, true)},
	}
	for _, q := range questions {
		if err := f.time(q.name, q.ask); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	return nil
}

// flowSearch returns a search of the last 30 days of the flow log: its newest page,
// or all of them.
func flowSearch(ctx context.Context, s *store.Store, now int64, f flowlog.Filter, all bool) func() (string, error) {
	f.From, f.To = max(now-30*clock.Day, 0)*1e6, now*1e6
	return func() (string, error) {
		found, calls, looked, cursor := 0, 0, 0, ""
		for {
			rows, next, stats, err := s.FlowHistory(ctx, f, store.MaxFlowRows, cursor)
			if err != nil {
				return "", err
			}
			found, calls, looked = found+len(rows), calls+1, looked+stats.Flows
			if cursor = next; cursor == "" || !all {
				return fmt.Sprintf("%d found, %d unpacked, %d calls", found, looked, calls), nil
			}
		}
	}
}

// time asks one question five times.
func (f *figures) time(name string, ask func() (string, error)) error {
	var took []time.Duration
	q := query{Name: name}
	for range 5 {
		start := time.Now()
		answer, err := ask()
		if err != nil {
			return err
		}
		took, q.Answer = append(took, time.Since(start)), answer
	}
	slices.Sort(took)
	q.Median, q.Most = took[len(took)/2], took[len(took)-1]
	f.Queries = append(f.Queries, q)
	return nil
}

// peakMemory is the most that this process had resident.
func peakMemory() (int64, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmHWM")
}

// stepText names the step of a tier.
func stepText(step int64) string {
	switch {
	case step%clock.Month == 0:
		return plural(step/clock.Month, "month")
	case step%clock.Day == 0:
		return plural(step/clock.Day, "day")
	case step%hour == 0:
		return plural(step/hour, "hour")
	}
	return fmt.Sprintf("%d s", step)
}

func plural(n int64, what string) string {
	if n == 1 {
		return "a " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
