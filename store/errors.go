package store

import (
	"errors"
	"fmt"
)

// ErrDamaged is returned, wrapped, when bbolt panics or faults over what it
// finds in its file.
var ErrDamaged = errors.New("damaged database")

// ErrClosed is returned by what is called after Close.
var ErrClosed = errors.New("store is closed")

// LockedError is returned by Open when another process has the database open.
type LockedError struct{ Path string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("database %s is in use by another weir: stop that one, or set another option path in section store", e.Path)
}

// MapError is returned by Open when the file system cannot map files into
// memory, as bbolt needs it to.
type MapError struct {
	Path string
	FS   string // name of the file system
	Err  error
}

func (e *MapError) Error() string {
	return fmt.Sprintf("database %s: file system %s cannot map a file into memory (%v): set option path in section store to a directory on tmpfs, such as /var/lib/weir", e.Path, e.FS, e.Err)
}

// Unwrap returns the kernel's error.
func (e *MapError) Unwrap() error { return e.Err }

// SchemaError is returned by Open for a database that a newer weir wrote. The
// file is left as it is.
type SchemaError struct {
	Path       string
	Have, Want uint32
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("database %s has schema %d and this weir reads up to %d: install the newer weir again, or move the file away to start afresh", e.Path, e.Have, e.Want)
}
