package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// OpenReport says what Open found.
type OpenReport struct {
	Fresh bool // there was no database, or none that could be used
	// Unfinished says that RebuildFrom did not run to its end since the database was
	// made: where there is an archive, it has to.
	Unfinished bool
	MovedTo    string   // where the unusable one is now, "" if there was none
	Why        error    // it could not be used
	Removed    []string // older unusable ones that made room for it
	Dropped    []string // buckets of tiers that are not configured any more
	Names      int      // names loaded
	Freed      int      // names forgotten, because nothing refers to them
}

// lockFor is how long Open waits for another weir to let go of the database.
const lockFor = time.Second

// Open opens the database file at path, and makes it and its directory if they
// are missing. What is there and cannot be used is moved aside, see Opened.
// Errors are *LockedError, *MapError, *SchemaError, or from the system.
func Open(path string, o Options) (*Store, error) {
	if o.Names == nil {
		return nil, errors.New("open database: no table of names")
	}
	o.setDefaults()
	s := &Store{path: path, opt: o, session: rand.Uint64()}
	s.SetCalendar(o.Calendar)
	if err := s.openAny(); err != nil {
		return nil, err
	}
	return s, nil
}

// openAny opens what is at the path, or a fresh database after moving it aside.
func (s *Store) openAny() error {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s.explain(err)
	}
	fs := fsName(dir)
	s.status.Lock()
	s.fs, s.durable = fs, fs != "tmpfs" && fs != "ramfs"
	s.status.Unlock()
	s.found = OpenReport{}
	err := s.open()
	if errors.Is(err, ErrDamaged) {
		s.found.Why = err
		err = s.open() // it was moved aside: this one is new
	}
	return err
}

// open opens the database once. It moves one that is damaged aside and returns
// an ErrDamaged.
func (s *Store) open() error {
	f, err := lockFile(s.path)
	var locked *LockedError
	if errors.As(err, &locked) {
		return locked
	}
	if err != nil {
		return s.explain(err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(s.explain(err), f.Close())
	}
	s.found.Fresh = info.Size() == 0
	if !s.found.Fresh {
		err = checkFile(f, info.Size())
	}
	if err == nil {
		err = s.openBolt(f)
	}
	if err == nil {
		s.file = f
		return nil
	}
	if errors.Is(err, ErrDamaged) {
		if moveErr := s.moveAside(); moveErr != nil {
			err = fmt.Errorf("%v: %w", err, moveErr) // hides ErrDamaged: trying again would not help
		}
	} else if s.found.Fresh {
		_ = os.Remove(s.path)
	}
	_ = f.Close() // bbolt may have closed it
	return err
}

// openBolt hands the locked and checked file to bbolt and prepares it.
func (s *Store) openBolt(f *os.File) error {
	opt := &bolt.Options{
		PageSize:       pageSize,
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
		OpenFile:       func(string, int, os.FileMode) (*os.File, error) { return f, nil },
	}
	var db *bolt.DB
	err := guard("open", func() (err error) {
		db, err = bolt.Open(s.path, 0o600, opt)
		return err
	})
	if err != nil {
		return s.openError(err)
	}
	db.AllocSize = growBy
	before := s.db.Swap(db)
	if err := guard("open", s.load); err != nil {
		s.db.Store(before) // of a store that is opened again: readers go on with it
		return errors.Join(err, db.Close())
	}
	return nil
}

// openError tells apart why bbolt did not open a file.
func (s *Store) openError(err error) error {
	var file *os.PathError // of reading or writing: mmap has none
	switch {
	case !errors.As(err, &file) && isErrno(err, syscall.EINVAL, syscall.ENODEV):
		return &MapError{Path: s.path, FS: s.fs, Err: err}
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return s.explain(err)
}

// load makes the schema and reads what is kept in memory.
func (s *Store) load() error {
	var names []string
	seq := uint64(0)
	err := s.update("open", (*edit).prepare)
	if err == nil {
		err = s.resumeMove()
	}
	if err == nil {
		err = s.update("open", func(e *edit) (err error) {
			seq = applied(e.tx)
			s.found.Unfinished = e.tx.Bucket(bucketMeta).Get(keyRebuild) != nil
			if names, err = e.loadNames(); err != nil || s.again {
				return err // whoever appends has the open slots still
			}
			return e.rebuild()
		})
	}
	var newer *SchemaError
	if errors.As(err, &newer) {
		return newer
	}
	if err != nil {
		return s.explain(err)
	}
	if !s.again {
		if err := s.opt.Names.Load(names); err != nil {
			return err
		}
		s.queue.init(s.opt, seq)
	}
	s.names, s.reused = uint32(len(names)), 0
	s.found.Names = s.opt.Names.Len()
	s.status.Lock()
	s.report = s.found
	s.status.Unlock()
	return nil
}

// lockFile opens path and locks it as bbolt does. The lock is taken before the
// file is looked at: what another weir is writing to would look damaged.
func lockFile(path string) (*os.File, error) {
	for begin := time.Now(); ; {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && isAt(f, path) {
			return f, nil
		}
		_ = f.Close()
		if err != nil && !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if time.Since(begin) > lockFor {
			return nil, &LockedError{Path: path}
		}
		time.Sleep(lockFor / 20)
	}
}

// isAt reports whether f is still the file at path, and was not moved aside by
// the one who had the lock before.
func isAt(f *os.File, path string) bool {
	a, errA := f.Stat()
	b, errB := os.Stat(path)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// moveAside renames the database to PATH.bad-UNIXTIME and removes all but the
// newest Options.KeepBad of such copies.
func (s *Store) moveAside() error {
	to := ""
	for t := s.opt.Now().Unix(); ; t++ {
		to = fmt.Sprintf("%s.bad-%d", s.path, t)
		if _, err := os.Lstat(to); errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	if err := os.Rename(s.path, to); err != nil {
		return fmt.Errorf("move the database aside: %w", err)
	}
	s.found.MovedTo = to
	old, err := badCopies(s.path)
	if err != nil {
		return fmt.Errorf("list databases moved aside: %w", err)
	}
	old = slices.DeleteFunc(old, func(name string) bool { return name == to })
	for _, name := range old[min(s.opt.KeepBad-1, len(old)):] {
		if err := os.Remove(name); err == nil {
			s.found.Removed = append(s.found.Removed, name)
		}
	}
	return nil
}

// badCopies lists the databases that were moved aside from path, newest first.
func badCopies(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	type copied struct {
		name string
		time int64
	}
	var found []copied
	for _, e := range entries {
		suffix, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".bad-")
		if t, err := strconv.ParseInt(suffix, 10, 64); ok && err == nil {
			found = append(found, copied{filepath.Join(filepath.Dir(path), e.Name()), t})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].time > found[j].time })
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = c.name
	}
	return names, nil
}
