package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// Commit writes what is queued in one transaction. On an error everything stays
// queued. Run and Close call it; a caller that wants its slots on the disk now
// may do so too.
func (s *Store) Commit() error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	b := s.queue.begin()
	if b.empty() {
		s.queue.done(b, true)
		return nil
	}
	// Names are taken after the slots, so every handle in a slot has its name.
	names := s.opt.Names.Names(s.names + 1)
	rows := int(s.rows.Load())
	before := s.db.Stats()
	pruned := 0
	err := guard("commit", func() error {
		return s.db.Update(func(tx *bolt.Tx) (err error) {
			pruned, err = s.write(tx, b, names, &rows)
			return err
		})
	})
	s.queue.done(b, err == nil)
	if err != nil {
		err = s.explain(err)
		s.failed(err)
		return err
	}
	s.names += uint32(len(names))
	s.rows.Store(int64(rows))
	s.committed(before, pruned)
	return nil
}

// write does one commit's work and returns how many slots it pruned.
func (s *Store) write(tx *bolt.Tx, b batch, names []string, rows *int) (int, error) {
	if err := putNames(tx, s.names+1, names); err != nil {
		return 0, err
	}
	done := applied(tx) // a commit may have failed after it took effect
	for _, e := range b.slots {
		if e.seq <= done {
			continue
		}
		if err := s.putSlot(tx, e.slot); err != nil {
			return 0, fmt.Errorf("save slot %d of tier %d s: %w", e.slot.Start, e.slot.Step, err)
		}
	}
	if n := len(b.slots); n > 0 {
		seq := binary.BigEndian.AppendUint64(nil, max(done, b.slots[n-1].seq))
		if err := tx.Bucket(bucketMeta).Put(keyApplied, seq); err != nil {
			return 0, err
		}
	}
	if err := s.writeDevices(tx, b.devices, rows); err != nil {
		return 0, err
	}
	return s.prune(tx)
}

// writeDevices stores rows, and beyond Options.MaxDevices deletes those that
// were seen longest ago.
func (s *Store) writeDevices(tx *bolt.Tx, devices map[string]Device, rows *int) error {
	bucket := tx.Bucket(bucketDevices)
	for key, d := range devices {
		if bucket.Get([]byte(key)) == nil {
			*rows++
		}
		if err := bucket.Put([]byte(key), appendDevice(nil, d)); err != nil {
			return fmt.Errorf("save device %s: %w", key, err)
		}
	}
	if *rows <= s.opt.MaxDevices {
		return nil
	}
	type seen struct {
		key  []byte
		last int64
	}
	var all []seen
	err := bucket.ForEach(func(k, v []byte) error {
		d, _ := decodeDevice(k, v) // a damaged row has Last 0 and goes first
		all = append(all, seen{slices.Clone(k), d.Last})
		return nil
	})
	if err != nil {
		return err
	}
	sort.Slice(all, func(i, j int) bool { return all[i].last < all[j].last })
	for _, d := range all[:len(all)-s.opt.MaxDevices] {
		if err := bucket.Delete(d.key); err != nil {
			return fmt.Errorf("forget device %s: %w", d.key, err)
		}
	}
	*rows = s.opt.MaxDevices
	return nil
}

// explain adds the remedy to an error that has one.
func (s *Store) explain(err error) error {
	switch {
	case isErrno(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		return fmt.Errorf("database %s: file system %s is full: free space, or lower option max_size in section store: %w", s.path, s.fs, err)
	case isErrno(err, syscall.EROFS):
		return fmt.Errorf("database %s: file system %s is read-only: mount it writable, or set another option path in section store: %w", s.path, s.fs, err)
	case isErrno(err, syscall.EACCES, syscall.EPERM):
		return fmt.Errorf("database %s: make its directory writable for the user that weir runs as, or set another option path in section store: %w", s.path, err)
	}
	return fmt.Errorf("database %s: %w", s.path, err)
}

// isErrno reports whether err is one of the kernel's errors. bbolt passes those
// of growing the file on as text alone.
func isErrno(err error, list ...syscall.Errno) bool {
	return slices.ContainsFunc(list, func(e syscall.Errno) bool {
		return errors.Is(err, e) || strings.HasSuffix(err.Error(), ": "+e.Error())
	})
}
