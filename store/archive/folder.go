package archive

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// folder is the directory of an archive. There are two: the system's, and in
// tests one that loses what was not synced.
type folder interface {
	make() error
	// list returns the files, without those that are no regular ones.
	list() ([]entry, error)
	open(name string) (io.ReadCloser, error)
	// extend opens a file for writing behind its first size bytes and cuts off
	// the others; it makes the file if it is missing.
	extend(name string, size int64) (output, error)
	rename(from, to string) error
	remove(name string) error
	// sync makes what was made, renamed and removed last.
	sync() error
}

// entry is one file of a folder.
type entry struct {
	name  string
	size  int64
	mtime int64 // nanoseconds
}

// output is a file that is written to.
type output interface {
	io.Writer
	Truncate(size int64) error
	Sync() error
	Close() error
}

// osFolder is a directory of the system.
type osFolder string

func (d osFolder) path(name string) string { return filepath.Join(string(d), name) }

func (d osFolder) make() error { return os.MkdirAll(string(d), 0o700) }

func (d osFolder) list() ([]entry, error) {
	found, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var files []entry
	for _, e := range found {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, entry{e.Name(), info.Size(), info.ModTime().UnixNano()})
		}
	}
	return files, nil
}

func (d osFolder) open(name string) (io.ReadCloser, error) { return os.Open(d.path(name)) }

func (d osFolder) extend(name string, size int64) (output, error) {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = f.Truncate(size)
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("cut %s to %d bytes: %w", name, size, err)
	}
	return f, nil
}

func (d osFolder) rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d osFolder) remove(name string) error { return os.Remove(d.path(name)) }

func (d osFolder) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
