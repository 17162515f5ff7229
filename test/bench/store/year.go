package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
	"weir/store"
	"weir/store/archive"
)

// begin is when the simulated time begins: in the middle of a night and of no
// slot's begin but an hour's, before winter's and summer's changes of the clock.
var begin = time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC).Unix()

const (
	minute = 60
	hour   = 3600

	snapshotEvery = 6 * hour // as is the default
	maxNames      = 1 << 16
	archiveDir    = "archive"
	rebuiltDir    = "rebuilt"
	hoursDir      = "hours"
)

// options say what is simulated.
type options struct {
	days     int
	flowDays int // of them, at the end, with ended flows
	maxSize  int64
	limit    int64 // of the archive
}

func (o *options) end() int64 { return begin + int64(o.days)*clock.Day }

// calendar is that of the router.
func calendar() (clock.Calendar, error) {
	zone, err := clock.ParseTZ(timeZone)
	return clock.Calendar{Zone: zone}, err
}

// openStore opens the database in a directory at a time that now tells, and the
// house with the handles that its series have there.
func openStore(dir string, maxSize int64, now func() int64) (*store.Store, *house, error) {
	cal, err := calendar()
	if err != nil {
		return nil, nil, err
	}
	names := intern.New(maxNames)
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{
		Names: names, Calendar: cal, MaxSize: maxSize,
		TimeTrusted: func() bool { return true },
		Now:         func() time.Time { return time.Unix(now(), 0) },
	})
	if err != nil {
		return nil, nil, err
	}
	return s, newHouse(cal, names), nil
}

// commits are what commits at one pace wrote.
type commits struct {
	every        int64 // seconds
	n            int
	bytes, worst uint64
}

// year is the simulated time, and what it cost.
type year struct {
	options
	dir     string
	now     int64
	house   *house
	rollup  *rollup.Rollup
	store   *store.Store
	archive *archive.Archive
	flows   *flowMaker

	commits     [3]commits // hourly, every ten minutes, each minute
	largestFile int64
	daily       []int64 // bytes that snapshots wrote, by day
	largest     int64   // bytes of the archive
	slowest     time.Duration
	liveHeap    uint64 // most that lived
	took        time.Duration
}

// simulate lets the days pass and returns what they cost. The store is open then.
func simulate(ctx context.Context, dir string, o options, p *progress) (*year, error) {
	start := time.Now()
	y := &year{options: o, dir: dir, now: begin, daily: make([]int64, o.days)}
	y.commits = [3]commits{{every: hour}, {every: 10 * minute}, {every: minute}}
	err := y.open()
	if err == nil {
		err = y.pass(ctx, p)
	}
	y.took = time.Since(start)
	return y, err
}

func (y *year) open() (err error) {
	if y.store, y.house, err = openStore(y.dir, y.maxSize, func() int64 { return y.now }); err != nil {
		return err
	}
	if y.archive, _, err = store.OpenArchive(filepath.Join(y.dir, archiveDir), y.limit); err != nil {
		return err
	}
	if y.rollup, err = rollup.New(rollup.Config{Calendar: y.house.cal}); err != nil {
		return err
	}
	y.flows = newFlowMaker(y.house)
	y.rollup.Tick(y.now)
	return nil
}

// pass lets all minutes pass.
func (y *year) pass(ctx context.Context, p *progress) error {
	for end := y.end(); y.now < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		y.house.minute(y.now)
		y.house.feed(y.rollup)
		if y.now >= end-int64(y.flowDays)*clock.Day {
			for n := range y.flows.perMinute(y.now) {
				y.store.LogFlow(y.flows.next(y.now + int64(n)*minute/300))
			}
		}
		y.now += minute
		y.store.Append(y.rollup.Tick(y.now))
		if err := y.save(ctx); err != nil {
			return fmt.Errorf("at %s: %w", timeText(y.now), err)
		}
		if y.now%clock.Day == 0 {
			p.day(int((y.now-begin)/clock.Day), y.days)
		}
	}
	return nil
}

// pace returns how often commits are made now: hourly, more often while flows end,
// as the store does by itself when much waits, and at last for each minute's slots,
// as it does in memory.
func (y *year) pace() *commits {
	switch left := y.end() - y.now; {
	case left < clock.Day:
		return &y.commits[2]
	case left < int64(y.flowDays)*clock.Day:
		return &y.commits[1]
	}
	return &y.commits[0]
}

// save commits and takes a snapshot when it is time.
func (y *year) save(ctx context.Context) error {
	if pace := y.pace(); y.now%pace.every == 0 {
		if err := y.commit(pace); err != nil {
			return err
		}
	}
	if y.now%snapshotEvery == 0 {
		return y.snapshot(ctx)
	}
	return nil
}

func (y *year) commit(c *commits) error {
	if y.now%clock.Day == 0 {
		y.store.PutDevices(y.deviceRows())
		y.measureHeap() // with all that waits
	}
	before := y.store.Status().Written
	if err := y.store.Commit(); err != nil {
		return err
	}
	wrote := y.store.Status().Written - before
	c.n++
	c.bytes += wrote
	c.worst = max(c.worst, wrote)
	info, err := os.Stat(y.store.Status().Path)
	if err != nil {
		return err
	}
	y.largestFile = max(y.largestFile, info.Size())
	return nil
}

// deviceRows are the devices, seen just now.
func (y *year) deviceRows() []store.Device {
	rows := make([]store.Device, devices)
	for i := range rows {
		rows[i] = store.Device{Key: nameOf(rollup.Device, i), Name: fmt.Sprintf("device %d", i), First: begin * 1e6, Last: y.now * 1e6}
	}
	return rows
}

func (y *year) snapshot(ctx context.Context) error {
	r, err := y.store.Snapshot(y.observed(ctx), y.archive, y.rollup.Open)
	if err != nil {
		return err
	}
	y.daily[(y.now-1-begin)/clock.Day] += r.Bytes
	y.largest = max(y.largest, y.archive.Status().Bytes)
	y.slowest = max(y.slowest, r.Took)
	return nil
}

// measureHeap notes what lives.
func (y *year) measureHeap() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	y.liveHeap = max(y.liveHeap, m.HeapAlloc)
}

// looking is a context that calls look each time that somebody asks whether it has
// ended: a way into the midst of what takes long.
type looking struct {
	context.Context
	look func()
}

func (l looking) Err() error {
	l.look()
	return l.Context.Err()
}

// observed is ctx, through which memory is measured in the midst of a snapshot; in
// one a week, because that takes long.
func (y *year) observed(ctx context.Context) context.Context {
	if y.now%(7*clock.Day) >= snapshotEvery {
		return ctx
	}
	n := 0
	return looking{ctx, func() {
		if n++; n%32 == 1 {
			y.measureHeap()
		}
	}}
}

// fillHours makes a database beside the other one that has 60 days of hours, as one
// with more room would. The house never rests: in the other one they do not fit.
func fillHours(ctx context.Context, dir string, o options) error {
	now := max(o.end()-60*clock.Day, begin)
	s, h, err := openStore(filepath.Join(dir, hoursDir), 64<<20, func() int64 { return now })
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	r, err := rollup.New(rollup.Config{Fine: []rollup.Tier{}, Tiers: rollup.DefaultTiers()[2:], Calendar: h.cal})
	if err != nil {
		return err
	}
	for r.Tick(now); now < o.end() && ctx.Err() == nil; {
		h.minute(now)
		h.feed(r)
		now += minute
		s.Append(r.Tick(now))
		if now%clock.Day == 0 {
			if err := s.Commit(); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func timeText(t int64) string { return time.Unix(t, 0).UTC().Format("2006-01-02 15:04 UTC") }
