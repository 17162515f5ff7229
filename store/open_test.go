package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// sampleFile makes a database with slots, names and devices and returns its
// path. Its buckets have branch pages.
func sampleFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	names := intern.New(4096)
	s := open(t, path, Options{Names: names})
	var devices []Device
	for id := range uint32(300) {
		names.Handle(fmt.Sprintf("name %d", id))
		d := sampleDevice()
		d.Key = fmt.Sprintf("device %d", id)
		devices = append(devices, d)
	}
	s.PutDevices(devices)
	h := newHousehold(t)
	for now := int64(0); now < 24*3600; now += 300 {
		s.Append(h.fiveMinutes(now, householdBusy))
	}
	closeAndCheck(t, s)
	return path
}

func TestOpenMakesPrivateFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, filepath.Join(dir, FileName), Options{})
	if !s.Opened().Fresh {
		t.Errorf("opened %+v", s.Opened())
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, s.path: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
	}
}

func TestOpenLocked(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	begin := time.Now()
	_, err := Open(s.path, Options{Names: intern.New(1)})
	var locked *LockedError
	if !errors.As(err, &locked) || !strings.Contains(err.Error(), s.path) {
		t.Errorf("%v", err)
	}
	if took := time.Since(begin); took > 3*lockFor {
		t.Errorf("took %v", took)
	}
}

// TestOpenWaitsForAnother opens while the other one closes within the time.
func TestOpenWaitsForAnother(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	time.AfterFunc(lockFor/4, func() { _ = s.Close(t.Context()) })
	open(t, s.path, Options{})
}

// TestUnusableDatabases opens what is no usable database of ours. All of it must
// be moved aside unchanged, with the reason, and a fresh one must work.
func TestUnusableDatabases(t *testing.T) {
	sample, err := os.ReadFile(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(sample)) }
	tests := []struct {
		name string
		file []byte
		why  string
	}{
		{"text", []byte(strings.Repeat("not a database\n", 1000)), "not a bbolt database"},
		{"one byte", []byte{0}, "file of 1 bytes"},
		{"zeros", make([]byte, 64<<10), "not a bbolt database"},
		{"one page", sample[:pageSize], "file of 4096 bytes"},
		{"cut in half", sample[:len(sample)/2&^(pageSize-1)], "should have"},
		{"other byte order", edit(otherByteOrder), "other byte order"},
		{"other page size", edit(func(b []byte) []byte { return editMeta(b, 8, 16384) }), "page size 16384"},
		{"other bbolt format", edit(func(b []byte) []byte { return editMeta(b, 4, 3) }), "bbolt format 3"},
		{"both meta pages damaged", edit(func(b []byte) []byte { b[30]++; b[pageSize+30]++; return b }), "checksum of the meta page"},
		{"zeroed tail", edit(func(b []byte) []byte { clear(b[2*pageSize:]); return b }), "says that it is page 0"},
		{"foreign bbolt database", foreign(t, "somebody's"), "not weir's"},
		{"foreign nested buckets", foreignNested(t), "not weir's"},
		{"dictionary with a hole", rewritten(t, sample, bucketNames, func(b *bolt.Bucket) error {
			return b.Delete([]byte{0, 0, 0, 2})
		}), "dictionary"},
		{"schema number damaged", rewritten(t, sample, bucketMeta, func(b *bolt.Bucket) error {
			return b.Put(keySchema, []byte{0, 0, 0, 9, 1, 2, 3, 4})
		}), "schema"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, path, Options{Now: func() time.Time { return unixTime(1700000000) }})
			r := s.Opened()
			if r.MovedTo != path+".bad-1700000000" || !errors.Is(r.Why, ErrDamaged) || !strings.Contains(r.Why.Error(), tt.why) || !r.Fresh {
				t.Errorf("opened %+v", r)
			}
			moved, err := os.ReadFile(r.MovedTo)
			if err != nil || !bytes.HasPrefix(moved, tt.file[:min(len(tt.file), 2*pageSize)]) && tt.name != "dictionary with a hole" && tt.name != "foreign bbolt database" {
				t.Errorf("moved file differs: %v", err)
			}
			s.Append([]rollup.Slot{{Step: 300, Start: 0, Block: block(nil)}})
			if err := s.Commit(); err != nil {
				t.Error(err)
			}
		})
	}
}

// otherByteOrder turns the meta pages into what a machine of the other byte
// order writes.
func otherByteOrder(b []byte) []byte {
	for page := range 2 {
		at := b[page*pageSize+pageHeader:]
		for i := range 4 {
			v := at[4*i:]
			binary.NativeEndian.PutUint32(v, bits.ReverseBytes32(binary.NativeEndian.Uint32(v)))
		}
		for i := 16; i < metaSize; i += 8 {
			v := at[i:]
			binary.NativeEndian.PutUint64(v, bits.ReverseBytes64(binary.NativeEndian.Uint64(v)))
		}
	}
	return b
}

// editMeta sets a 32-bit field of both meta pages and makes their checksums
// right.
func editMeta(b []byte, at int, v uint32) []byte {
	for page := range 2 {
		m := b[page*pageSize+pageHeader:]
		binary.NativeEndian.PutUint32(m[at:], v)
		binary.NativeEndian.PutUint64(m[metaSummed:], metaSum(m))
	}
	return b
}

// foreign is another program's database.
func foreign(t *testing.T, bucket string) []byte {
	t.Helper()
	return rewritten(t, nil, []byte(bucket), func(b *bolt.Bucket) error { return b.Put([]byte("k"), []byte("v")) })
}

func foreignNested(t *testing.T) []byte {
	t.Helper()
	return rewritten(t, nil, bucketMeta, func(b *bolt.Bucket) error {
		_, err := b.CreateBucket([]byte("inner"))
		return err
	})
}

// rewritten changes one bucket of a database, a new one if file is nil, with
// bbolt itself.
func rewritten(t *testing.T, file []byte, bucket []byte, change func(*bolt.Bucket) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if file != nil {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: pageSize})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return change(b)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOpenErrors gives the errors that bbolt returns where a kernel is needed
// that this machine may not have.
func TestOpenErrors(t *testing.T) {
	s := &Store{path: "/overlay/weir.db", fs: "jffs2"}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"jffs2 maps nothing to share", syscall.EINVAL, "file system jffs2 cannot map a file into memory (invalid argument): set option path in section store to a directory on tmpfs"},
		{"a driver without mmap", syscall.ENODEV, "jffs2 cannot map"},
		{"write refused", &os.PathError{Op: "write", Path: s.path, Err: syscall.EINVAL}, "database /overlay/weir.db: write /overlay/weir.db: invalid argument"},
		{"disk full", &os.PathError{Op: "write", Path: s.path, Err: syscall.ENOSPC}, "file system jffs2 is full"},
		{"read-only", &os.PathError{Op: "open", Path: s.path, Err: syscall.EROFS}, "file system jffs2 is read-only"},
		{"no permission", &os.PathError{Op: "open", Path: s.path, Err: syscall.EACCES}, "writable for the user"},
		{"damaged", bolterrors.ErrChecksum, "damaged database"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := s.openError(tt.err); !strings.Contains(err.Error(), tt.want) || !errors.Is(err, tt.err) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func TestFileSystemNames(t *testing.T) {
	for path, want := range map[string]string{"/proc": "0x9fa0", "/no such place": "unknown"} {
		if got := fsName(path); got != want {
			t.Errorf("%s is on %s, want %s", path, got, want)
		}
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	sample, err := os.ReadFile(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	newer := rewritten(t, sample, bucketMeta, func(b *bolt.Bucket) error { return b.Put(keySchema, sealed(schema+1)) })
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(path, Options{Names: intern.New(10)})
	var se *SchemaError
	if !errors.As(err, &se) || se.Have != schema+1 || !strings.Contains(err.Error(), "newer weir") {
		t.Errorf("%v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, newer) {
		t.Errorf("the file was changed: %v", err)
	}
}

// TestFileWithItsFreelist opens a database that bbolt wrote its list of free
// pages into, as its own tools do.
func TestFileWithItsFreelist(t *testing.T) {
	sample, err := os.ReadFile(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	b := rewritten(t, sample, bucketDevices, func(b *bolt.Bucket) error {
		for i := range 200 { // frees pages
			if err := b.Delete(fmt.Appendf(nil, "device %d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	if r := s.Opened(); r.MovedTo != "" || s.Status().Devices != 100 {
		t.Errorf("opened %+v, %d devices", r, s.Status().Devices)
	}
}

func TestTierThatIsNotConfiguredAnyMore(t *testing.T) {
	path := sampleFile(t)
	s := open(t, path, Options{Tiers: []rollup.Tier{{Step: 3600, Keep: 86400}}})
	if r := s.Opened(); len(r.Dropped) != 1 || r.Dropped[0] != "slots/300" {
		t.Errorf("opened %+v", r)
	}
}

func TestCopiesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	unrelated := path + ".bad-luck"
	if err := os.WriteFile(unrelated, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if err := os.WriteFile(path, fmt.Appendf(nil, "damaged %d", i), 0o600); err != nil {
			t.Fatal(err)
		}
		now := unixTime(1000 - int64(i/2)) // the clock steps back, too
		s := open(t, path, Options{KeepBad: 2, Now: func() time.Time { return now }})
		moved, err := os.ReadFile(s.Opened().MovedTo)
		if err != nil || string(moved) != fmt.Sprintf("damaged %d", i) {
			t.Errorf("copy %d: %q, %v", i, moved, err)
		}
		closeAndCheck(t, s)
	}
	copies, err := badCopies(path)
	if err != nil || len(copies) != 2 {
		t.Errorf("copies %q, %v", copies, err)
	}
	if _, err := os.Stat(unrelated); err != nil {
		t.Error(err)
	}
}

// TestMutatedDatabase flips and overwrites bytes at many places. A mutated file
// opens or is moved aside; it never ends the process and never hangs, nor does
// reading and writing what opened.
func TestMutatedDatabase(t *testing.T) {
	sample, err := os.ReadFile(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	moved, used := 0, 0
	dir := t.TempDir()
	for i := range rounds {
		b := bytes.Clone(sample)
		for range 1 + rng.IntN(8) {
			mutate(rng, b)
		}
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, Options{Names: intern.New(4096), Tiers: twoTiers()})
		if err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if s.Opened().MovedTo != "" {
			moved++
		} else {
			used++
		}
		exercise(t, s)
		if err := s.Close(t.Context()); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(s.Opened().MovedTo)
	}
	t.Logf("%d moved aside, %d used as they were", moved, used)
	if moved == 0 || used == 0 {
		t.Error("the mutations are too strong or too weak")
	}
}

// mutate changes some bytes, near the start of a page half of the time, where
// the structure is.
func mutate(rng *rand.Rand, b []byte) {
	at := rng.IntN(len(b))
	if rng.IntN(2) == 0 {
		at = at&^(pageSize-1) + rng.IntN(256)
	}
	switch rng.IntN(4) {
	case 0:
		b[at] ^= 1 << rng.IntN(8)
	case 1:
		b[at] = byte(rng.Uint32())
	case 2:
		for i := at; i < min(at+8, len(b)); i++ {
			b[i] = 0xff
		}
	case 3:
		from := rng.IntN(len(b)) &^ (pageSize - 1)
		copy(b[at&^(pageSize-1):], b[from:from+pageSize])
	}
}

// exercise does all that can be done with a store.
func exercise(t *testing.T, s *Store) {
	t.Helper()
	for class := range rollup.Class(rollup.NumClasses) {
		for _, to := range []int64{3600, 24 * 3600} {
			q := rollup.Query{Class: class, ID: 3, Metric: rollup.Bytes, From: 0, To: to, Points: 24}
			if _, err := s.Series(t.Context(), q, nil); err != nil {
				t.Errorf("series: %v", err)
			}
			if _, _, err := s.Top(t.Context(), q, 10, nil); err != nil {
				t.Errorf("top: %v", err)
			}
		}
		if _, err := s.List(t.Context(), class, nil); err != nil {
			t.Errorf("list: %v", err)
		}
	}
	if _, err := s.Devices(); err != nil {
		t.Errorf("devices: %v", err)
	}
	d := sampleDevice()
	s.PutDevices([]Device{d})
	for start := int64(0); start < 48*3600; start += 7200 {
		s.Append([]rollup.Slot{{Step: 3600, Start: start, Block: block(map[uint32]uint64{3: 3})}, {Step: 300, Start: start, Block: block(nil)}})
	}
	if err := s.Commit(); err != nil {
		t.Errorf("commit: %v", err)
	}
}
