package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// FileName is the usual name of the database in its directory.
const FileName = "weir.db"

// Defaults and sizes.
const (
	DefaultMaxSize    = 16 << 20
	DefaultQueueBytes = 1 << 20
	DefaultMaxDevices = 4096
	DefaultFlowKeep   = 30 * clock.Day

	pageSize   = 4096
	growBy     = 256 << 10 // the file grows by so much at a time
	appendFill = 1.0       // pages are filled, because keys only come at the end
	readFor    = 10 * time.Millisecond
)

// Options of a Store. Zero fields take their defaults, Names is required.
type Options struct {
	Names       *intern.Table  // empty; Open loads the stored names into it
	Tiers       []rollup.Tier  // what is kept for how long, finest first; default rollup.DefaultTiers
	Calendar    clock.Calendar // where days and months begin
	FlowKeep    int64          // seconds that the flow log goes back; default 30 days
	MaxSize     int64          // bytes of the file; default 16 MiB
	QueueBytes  int            // bytes of slots that wait for a commit; default 1 MiB
	MaxDevices  int            // rows; beyond, those seen longest ago go; default 4096
	CommitEvery time.Duration  // at most one commit in this time; 0 commits what comes at once
	KeepBad     int            // copies of unusable databases that stay beside the new one; default 1

	// TimeTrusted tells whether the clock may decide about age; nil means never.
	TimeTrusted func() bool
	Now         func() time.Time // default time.Now
}

func (o *Options) setDefaults() {
	if o.Tiers == nil {
		o.Tiers = rollup.DefaultTiers()
	}
	if o.FlowKeep <= 0 {
		o.FlowKeep = DefaultFlowKeep
	}
	if o.MaxSize <= 0 {
		o.MaxSize = DefaultMaxSize
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = DefaultQueueBytes
	}
	if o.MaxDevices <= 0 {
		o.MaxDevices = DefaultMaxDevices
	}
	if o.KeepBad <= 0 {
		o.KeepBad = 1
	}
	if o.TimeTrusted == nil {
		o.TimeTrusted = func() bool { return false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Store is an open database. Open makes one, Run writes it, Close ends it.
type Store struct {
	path  string
	opt   Options
	db    atomic.Pointer[bolt.DB]
	queue queue
	flows flowLog

	writer  sync.Mutex   // held by the one who commits; guards what follows
	names   uint32       // highest handle whose name was saved
	reused  int          // free handles that were given out and saved
	file    *os.File     // of the database; bbolt closes it
	session uint64       // names this process in the database
	broken  bool         // bbolt met damage: the database has to be opened again
	again   bool         // it was open before
	found   OpenReport   // while opening
	layout  sync.RWMutex // held by readers, and alone by what moves slots about

	// What follows is written under both writer and status, and read under one of
	// them.
	status struct {
		sync.Mutex
		last     time.Time // of the last commit
		commits  uint64
		errors   uint64
		written  written
		reopened uint64
		err      error // of the last try, nil if it went well
	}
	figures figures
	report  OpenReport
	fs      string
	durable bool

	badBlocks atomic.Uint64
	closed    atomic.Bool
	zone      atomic.Pointer[time.Location] // of Options.Calendar; see SetCalendar
}

// calendar tells where days and months begin.
func (s *Store) calendar() clock.Calendar { return clock.Calendar{Zone: s.zone.Load()} }

// SetCalendar says where days and months begin from now on. Slots that are stored
// stay as they are.
func (s *Store) SetCalendar(c clock.Calendar) { s.zone.Store(c.Zone) }

// Opened reports what Open found, or what was found when the database had to be
// opened again, see Status.Reopened.
func (s *Store) Opened() OpenReport {
	s.status.Lock()
	defer s.status.Unlock()
	return s.report
}

// Append queues closed slots for the next commit. It takes the slots' blocks
// over and never waits for the disk.
func (s *Store) Append(slots []rollup.Slot) {
	s.queue.append(slots)
}

// PutDevices queues device rows for the next commit; a row replaces an earlier
// one with its key, a forgotten one deletes it. It takes the rows' slices over and never waits for the disk,
// nor does it bring a commit about: devices go along with slots.
func (s *Store) PutDevices(devices []Device) {
	s.queue.putDevices(devices)
}

// Run commits what is queued until ctx ends, then commits once more and returns
// nil. In memory slots are committed as they come. On a file system that outlives
// a reboot, where each commit wears flash, Options.CommitEvery passes between two,
// unless the queue is half full. After a failure Run waits a second, then longer
// up to a minute.
func (s *Store) Run(ctx context.Context) error {
	const firstDelay, lastDelay = time.Second, time.Minute
	retry := firstDelay
	full := s.queue.full
	timer := time.NewTimer(0)
	defer timer.Stop()
	for stop := false; !stop; {
		select {
		case <-ctx.Done():
		case <-full:
		case <-timer.C:
			select {
			case <-ctx.Done():
			case <-s.queue.wake:
			}
		}
		stop = ctx.Err() != nil
		if err := s.Commit(); err == nil {
			retry, full = firstDelay, s.queue.full
			timer.Reset(s.pause())
		} else {
			signal(s.queue.wake)
			timer.Reset(retry)
			retry, full = min(2*retry, lastDelay), nil
		}
	}
	return nil // status has the last error, and Close tries again
}

// pause is the least time between two commits.
func (s *Store) pause() time.Duration {
	s.status.Lock()
	defer s.status.Unlock()
	if s.durable {
		return s.opt.CommitEvery
	}
	return 0
}

// Close commits what is queued, trying until ctx ends, and closes the database.
// What could not be committed is lost and said in the error.
func (s *Store) Close(ctx context.Context) error {
	const again = 100 * time.Millisecond
	s.keepOpenFlows(true)
	err := s.Commit()
	for err != nil && !errors.Is(err, ErrClosed) {
		select {
		case <-ctx.Done():
			n, _, _ := s.queue.size()
			err = fmt.Errorf("close database %s: %d slots not saved: %w", s.path, n, err)
			return errors.Join(err, s.shut())
		case <-time.After(again):
		}
		err = s.Commit()
	}
	return s.shut()
}

func (s *Store) shut() error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.closed.Swap(true) {
		return nil
	}
	return s.db.Load().Close()
}

// guard runs fn, which uses bbolt. Where bbolt panics over a damaged file, or
// the file shrinks under its mapping, that becomes an error.
func guard(what string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %s: %v", ErrDamaged, what, p)
		}
	}()
	return fn()
}

// view runs fn in a read transaction.
func (s *Store) view(fn func(*bolt.Tx) error) error {
	err := guard("read", func() error { return s.db.Load().View(fn) })
	if s.closed.Load() {
		return ErrClosed
	}
	return err
}
