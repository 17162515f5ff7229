package archive

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrForeign is returned, wrapped, for a stream in which nothing is weir's.
var ErrForeign = errors.New("not a backup of weir")

// ErrNoRoom is returned by Batch.Add for what the limit, or the day's share of
// writing, has no room for. It is a decision and not a failure: such records are
// counted, and need not be tried again.
var ErrNoRoom = errors.New("archive: no room in its band")

// ErrRecord is returned, wrapped, for a record that breaks a bound.
var ErrRecord = errors.New("archive: record out of bounds")

// errDamaged is why a chunk was stepped over.
var errDamaged = errors.New("damaged chunk")

// explain adds the remedy to an error that has one.
func (a *Archive) explain(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrNoRoom) || errors.Is(err, ErrRecord):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("snapshots in %s: the file system is full: free space, or lower option snapshot_size in section store: %w", a.dir, err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("snapshots in %s: the file system is read-only: mount it writable, or set another option snapshot_path in section store: %w", a.dir, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("snapshots in %s: make the directory writable for the user that weir runs as, or set another option snapshot_path in section store: %w", a.dir, err)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("snapshots in %s: the directory is gone: mount what it is on, or set another option snapshot_path in section store: %w", a.dir, err)
	}
	return fmt.Errorf("snapshots in %s: %w", a.dir, err)
}
