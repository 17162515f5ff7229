package store

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"syscall"
)

// Commit writes what is queued: one transaction, or one before and one after each
// move. On an error what is not written stays queued. Run and Close call it; a
// caller that wants its slots on the disk now may do so too.
func (s *Store) Commit() error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	s.keepOpenFlows(false)
	err := s.commitAll()
	if err != nil {
		s.broken = s.broken || errors.Is(err, ErrDamaged)
		err = s.explain(err)
	}
	s.tried(err)
	return err
}

func (s *Store) commitAll() error {
	if err := s.repair(); err != nil {
		return err
	}
	for {
		b := s.queue.begin()
		err := s.commitBatch(b)
		s.queue.done(b, err == nil)
		if err == nil && b.move != nil {
			err = s.runMove(*b.move)
		}
		if err != nil || b.move == nil {
			return err
		}
		s.queue.moved()
	}
}

// commitBatch writes what one transaction takes.
func (s *Store) commitBatch(b batch) error {
	if b.empty() {
		return nil
	}
	// Names are taken after the slots, so every handle in a slot has its name.
	names := s.newNames()
	err := s.update("commit", func(e *edit) error { return e.write(b, names) })
	if err != nil {
		return err
	}
	s.namesSaved(names)
	s.committed()
	return nil
}

// write does one commit's work.
func (e *edit) write(b batch, names newNames) error {
	if err := e.putNames(names); err != nil {
		return err
	}
	done := applied(e.tx) // a commit may have failed after it took effect
	for _, q := range b.slots {
		if q.seq <= done {
			continue
		}
		if err := e.addSlot(q.slot); err != nil {
			return fmt.Errorf("save slot %d of tier %d s: %w", q.slot.Start, q.slot.Step, err)
		}
	}
	for _, f := range b.flows {
		if f.seq <= done {
			continue
		}
		if err := e.putFlowBlock(f); err != nil {
			return fmt.Errorf("save flows until %d: %w", f.last, err)
		}
	}
	if last := b.last(); last > done {
		if err := setApplied(e.tx, last); err != nil {
			return err
		}
	}
	if err := e.putDevices(b.devices); err != nil {
		return err
	}
	for _, row := range b.rows {
		if err := e.putRow(row); err != nil {
			return err
		}
	}
	_, err := e.prune(maxPrune)
	return err
}

// putDevices stores devices, and beyond Options.MaxDevices deletes those that
// were seen longest ago.
func (e *edit) putDevices(devices map[string]Device) error {
	bucket := e.tx.Bucket(bucketDevices)
	for key, d := range devices {
		if err := e.putDevice([]byte(key), d); err != nil {
			return fmt.Errorf("save device %s: %w", key, err)
		}
	}
	if e.devices <= e.s.opt.MaxDevices {
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
	for _, d := range all[:max(len(all)-e.s.opt.MaxDevices, 0)] {
		err := bucket.Delete(d.key)
		if err == nil {
			err = e.markUnsaved(unsavedDevice(string(d.key)))
		}
		if err != nil {
			return fmt.Errorf("forget device %s: %w", d.key, err)
		}
	}
	e.devices = e.s.opt.MaxDevices
	return nil
}

// putDevice stores a device, or deletes one that is to be forgotten.
func (e *edit) putDevice(key []byte, d Device) (err error) {
	bucket := e.tx.Bucket(bucketDevices)
	known := bucket.Get(key) != nil
	switch {
	case !d.Forgotten:
		err = bucket.Put(key, appendDevice(nil, d))
		if !known {
			e.devices++
		}
	case known:
		err = bucket.Delete(key)
		e.devices--
	default:
		return nil
	}
	if err == nil {
		err = e.markUnsaved(unsavedDevice(string(key)))
	}
	return err
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
