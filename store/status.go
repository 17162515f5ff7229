package store

import (
	"time"

	bolt "go.etcd.io/bbolt"
)

// Status is the present state of a Store.
type Status struct {
	Path string
	FS   string // file system
	// Bytes are what the database uses of its file, FileBytes is the file with
	// the pages that wait for reuse, MaxBytes the limit.
	Bytes, FileBytes, MaxBytes int64

	LastCommit time.Time // zero before the first one
	Commits    uint64
	Written    uint64 // bytes written by commits since Open
	Pruned     uint64 // slots deleted for age or size since Open
	Errors     uint64 // commits that failed since Open
	Err        error  // of the last commit, nil if it went well

	QueuedSlots, QueuedBytes, MaxQueued int
	QueuedDevices, Devices              int
	Dropped                             uint64 // slots that a full queue lost
	Refused                             uint64 // slots of no tier, devices without key or room
	BadBlocks                           uint64 // damaged blocks met and left out
}

// Status returns the present state. It does not touch the disk.
func (s *Store) Status() Status {
	st := Status{Path: s.path, FS: s.fs, MaxBytes: s.opt.MaxSize, MaxQueued: s.opt.QueueBytes, BadBlocks: s.badBlocks.Load()}
	_ = s.view(func(tx *bolt.Tx) error {
		stats := s.db.Stats()
		st.FileBytes = tx.Size()
		st.Bytes = st.FileBytes - int64(stats.FreePageN+stats.PendingPageN)*pageSize
		return nil
	})
	st.QueuedSlots, st.QueuedBytes, st.QueuedDevices = s.queue.size()
	s.queue.mu.Lock()
	st.Dropped, st.Refused = s.queue.dropped, s.queue.refused
	s.queue.mu.Unlock()
	s.status.Lock()
	defer s.status.Unlock()
	st.Devices, st.Pruned = s.figures.devices, s.figures.prunedSlots
	st.LastCommit, st.Commits, st.Written = s.status.last, s.status.commits, s.status.written
	st.Errors, st.Err = s.status.errors, s.status.err
	return st
}

// wrote notes what a transaction wrote, told the figures from before it.
func (s *Store) wrote(before bolt.Stats) {
	after := s.db.Stats()
	bytes := after.TxStats.GetPageAlloc() - before.TxStats.GetPageAlloc() + pageSize // and a meta page
	s.status.Lock()
	defer s.status.Unlock()
	s.status.written += uint64(bytes)
}

// committed notes a commit that went well.
func (s *Store) committed() {
	s.status.Lock()
	defer s.status.Unlock()
	s.status.last = s.opt.Now()
	s.status.commits++
	s.status.err = nil
}

// failed notes a commit that did not.
func (s *Store) failed(err error) {
	s.status.Lock()
	defer s.status.Unlock()
	s.status.errors++
	s.status.err = err
}
