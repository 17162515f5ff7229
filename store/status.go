package store

import (
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
)

// Status is the present state of a Store.
type Status struct {
	Path    string
	FS      string // file system
	Durable bool   // what is written there outlives a reboot
	// Bytes are what the database uses of its file, FileBytes is the file with
	// the pages that wait for reuse, MaxBytes the limit.
	Bytes, FileBytes, MaxBytes int64

	Tiers []TierStatus // finest first
	Flows TierStatus   // of the flow log: Slots are its blocks

	LastCommit time.Time // zero before the first one
	Commits    uint64
	Errors     uint64 // commits that failed since Open
	Err        error  // of the last commit, nil if it went well
	Reopened   uint64 // times the database was opened again, because its directory had vanished or it was damaged

	Written      uint64 // bytes written since Open
	WrittenToday uint64 // since midnight, as far as the clock knows; survives a restart
	WrittenEver  uint64 // since the database was made

	Pruned      uint64 // slots deleted for age or size since Open
	PrunedFlows uint64 // blocks of the flow log, the same
	PrunedRows  uint64 // rows of kinds that were full

	QueuedSlots, QueuedBytes, MaxQueued int
	QueuedDevices, Devices              int
	QueuedFlows, QueuedRows, Rows       int
	Dropped                             uint64 // slots that a full queue lost
	DroppedFlows                        uint64 // blocks of the flow log, the same
	Refused                             uint64 // slots of no tier, devices and rows without key or room
	BadBlocks                           uint64 // damaged blocks met and left out
	Unsaved                             int    // slots, devices, rows and flow blocks that no snapshot has
	Moves                               int    // of history that wait for a commit
}

// TierStatus is what is stored of one tier.
type TierStatus struct {
	Step  int64 // seconds, 0 for the flow log
	Keep  int64 // seconds, 0 for ever
	Slots int
	Bytes int64
	// Share is the part of the limit that it may fill once the database is full:
	// then the finest that exceeds its share gives its oldest first.
	Share          int64
	Oldest, Newest int64 // starts, seconds since the Unix epoch; 0 if there are none
}

// Status returns the present state. It reads a few pages.
func (s *Store) Status() Status {
	st := Status{
		Path: s.path, MaxBytes: s.opt.MaxSize,
		MaxQueued: s.opt.QueueBytes, BadBlocks: s.badBlocks.Load(),
	}
	s.tierStatus(&st)
	_ = s.view(func(tx *bolt.Tx) error {
		stats := s.db.Load().Stats()
		st.FileBytes = tx.Size()
		st.Bytes = st.FileBytes - int64(stats.FreePageN+stats.PendingPageN)*pageSize
		for i := range st.Tiers {
			t := &st.Tiers[i]
			c := tx.Bucket(bucketSlots(t.Step)).Cursor()
			t.Oldest, t.Newest = firstAndLast(c, slotStart)
		}
		st.Flows.Oldest, st.Flows.Newest = firstAndLast(tx.Bucket(bucketFlows).Cursor(), flowTime)
		return nil
	})
	s.queue.status(&st)
	return st
}

// tierStatus fills in what is counted.
func (s *Store) tierStatus(st *Status) {
	tiers, flows := s.opt.shares()
	s.status.Lock()
	defer s.status.Unlock()
	st.FS, st.Durable, st.Reopened = s.fs, s.durable, s.status.reopened
	for i, t := range s.opt.Tiers {
		f := s.figures.tiers[i]
		st.Tiers = append(st.Tiers, TierStatus{Step: t.Step, Keep: t.Keep, Slots: f.n, Bytes: f.bytes, Share: tiers[i]})
	}
	f := s.figures
	st.Flows = TierStatus{Keep: s.opt.FlowKeep, Slots: f.flows.n, Bytes: f.flows.bytes, Share: flows}
	st.Devices, st.Unsaved = f.devices, f.unsaved
	for _, n := range f.rows {
		st.Rows += n
	}
	st.Pruned, st.PrunedFlows, st.PrunedRows = f.prunedSlots, f.prunedFlows, f.prunedRows
	st.LastCommit, st.Commits, st.Errors, st.Err = s.status.last, s.status.commits, s.status.errors, s.status.err
	w := s.status.written
	st.Written, st.WrittenEver = w.ever-w.before, w.ever
	if s.calendar().Floor(s.opt.Now().Unix(), clock.Day) == w.day {
		st.WrittenToday = w.today
	}
}

// firstAndLast returns the times of the first and last key of a bucket.
func firstAndLast(c *bolt.Cursor, at func(key []byte) (int64, bool)) (first, last int64) {
	k, _ := c.First()
	first, _ = at(k)
	k, _ = c.Last()
	last, _ = at(k)
	return first, last
}

// status fills in what waits.
func (q *queue) status(st *Status) {
	q.mu.Lock()
	defer q.mu.Unlock()
	st.QueuedSlots, st.QueuedBytes, st.QueuedDevices = len(q.slots), q.bytes, len(q.devices)
	st.QueuedFlows, st.QueuedRows, st.Moves = len(q.flows), len(q.rows), len(q.moves)
	st.Dropped, st.DroppedFlows, st.Refused = q.dropped, q.droppedFlows, q.refused
}

// written counts what transactions write. It is stored with each, so that what
// flash has to bear is known over restarts, all but the last transaction.
type written struct {
	ever, before uint64 // since the database was made, and of that before Open
	day          int64  // that today is about
	today        uint64
}

// add counts bytes at the day that begins at day.
func (w *written) add(day int64, bytes uint64) {
	if w.day != day {
		w.day, w.today = day, 0
	}
	w.ever += bytes
	w.today += bytes
}

func (w written) save(tx *bolt.Tx) error {
	b := binary.BigEndian.AppendUint64(nil, w.ever)
	b = binary.BigEndian.AppendUint64(b, uint64(w.day))
	return tx.Bucket(bucketMeta).Put(keyWritten, binary.BigEndian.AppendUint64(b, w.today))
}

func loadWritten(tx *bolt.Tx) (w written) {
	if b := tx.Bucket(bucketMeta).Get(keyWritten); len(b) == 24 {
		w.ever = binary.BigEndian.Uint64(b)
		w.day, w.today = int64(binary.BigEndian.Uint64(b[8:])), binary.BigEndian.Uint64(b[16:])
	}
	w.before = w.ever
	return w
}

// wrote notes what a transaction wrote, told the figures from before it.
func (s *Store) wrote(before bolt.Stats) {
	after := s.db.Load().Stats()
	bytes := after.TxStats.GetPageAlloc() - before.TxStats.GetPageAlloc() + pageSize // and a meta page
	s.status.Lock()
	defer s.status.Unlock()
	s.status.written.add(s.calendar().Floor(s.opt.Now().Unix(), clock.Day), uint64(bytes))
}

// committed notes a transaction of Commit.
func (s *Store) committed() {
	s.status.Lock()
	defer s.status.Unlock()
	s.status.last = s.opt.Now()
	s.status.commits++
}

// tried notes how a Commit went.
func (s *Store) tried(err error) {
	s.status.Lock()
	defer s.status.Unlock()
	if s.status.err = err; err != nil {
		s.status.errors++
	}
}
