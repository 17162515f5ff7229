package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// repair opens the database again if its file is not at its place any more,
// because the directory was deleted or its file system unmounted, or if bbolt met
// damage in it. Until that works the queue keeps what comes, and what can still be
// read of the old one is. The caller holds writer.
func (s *Store) repair() error {
	gone := !isAt(s.file, s.path)
	if !gone && !s.broken {
		return nil
	}
	if gone {
		if err := s.copyBack(); err != nil {
			return fmt.Errorf("its directory has vanished: mount or make it again: %w", err)
		}
	}
	before := s.db.Load()
	if s.broken { // it may be the same file, which only one can lock
		_ = guard("close", before.Close)
	}
	s.again = true
	if err := s.openAny(); err != nil {
		return err
	}
	if !s.broken {
		_ = guard("close", before.Close)
	}
	s.broken = false
	s.status.Lock()
	s.status.reopened++
	s.status.Unlock()
	return nil
}

// copyBack writes the database that is still open to its place, if nothing has
// come there and it can be read.
func (s *Store) copyBack() error {
	if _, err := os.Lstat(s.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	copied := s.path + ".copy"
	f, err := os.OpenFile(copied, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = guard("copy", func() error {
		return s.db.Load().View(func(tx *bolt.Tx) error {
			_, err := tx.WriteTo(f)
			return err
		})
	})
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(copied, s.path)
	}
	if err == nil {
		return nil
	}
	_ = os.Remove(copied)
	if errors.Is(err, ErrDamaged) || errors.Is(err, bolterrors.ErrDatabaseNotOpen) || errors.Is(err, io.EOF) ||
		isErrno(err, syscall.EIO, syscall.ENXIO, syscall.ENODEV, syscall.ESTALE) {
		return nil // it cannot be read any more: a fresh one takes its place
	}
	return err
}
