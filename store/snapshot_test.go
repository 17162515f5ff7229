package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/store/archive"
)

// life is a store, a rollup that feeds it and an archive.
type life struct {
	t     *testing.T
	names *intern.Table
	roll  *rollup.Rollup
	store *Store
	arch  *archive.Archive
	now   int64
}

const lifeBegin = 1_700_000_000

var lifeTiers = []rollup.Tier{{Step: 300, Keep: 14 * clock.Day}, {Step: hour, Keep: 90 * clock.Day}, {Step: clock.Day, Keep: 3 * 365 * clock.Day}, {Step: clock.Month}}

func newLife(t *testing.T, dir string, limit int64) *life {
	t.Helper()
	a, _, err := OpenArchive(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, arch: a, now: lifeBegin}
	l.restart()
	return l
}

// restart begins with a fresh database, as after a power cut.
func (l *life) restart() {
	l.t.Helper()
	roll, err := rollup.New(rollup.Config{Tiers: lifeTiers})
	if err != nil {
		l.t.Fatal(err)
	}
	l.roll, l.names = roll, intern.New(1000)
	l.store = open(l.t, filepath.Join(l.t.TempDir(), FileName), Options{
		Names: l.names, Tiers: lifeTiers,
		TimeTrusted: func() bool { return true },
	})
	l.names.Handle(fmt.Sprintf("first of %d", l.now)) // so that handles differ each time
	l.store.opt.Now = func() time.Time { return time.Unix(l.now, 0) }
	l.roll.Tick(l.now)
}

// pass counts one unit of each series every five minutes.
func (l *life) pass(d time.Duration) {
	for end := l.now + int64(d/time.Second); l.now < end; {
		for _, dev := range []string{"phone", "laptop"} {
			l.roll.Add(rollup.Device, l.names.Handle(dev), rollup.Values{TxBytes: 3, TxPackets: 1, Flows: 1})
		}
		l.roll.Add(rollup.Country, l.names.Handle("NL"), rollup.Values{TxBytes: 6, TxPackets: 2, Flows: 2})
		l.now += 300
		l.store.Append(l.roll.Tick(l.now))
	}
}

func (l *life) snapshot() SnapshotReport {
	l.t.Helper()
	r, err := l.store.Snapshot(l.t.Context(), l.arch, l.roll.Open)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// sum returns all that the store has of a device in a tier, with the open slots.
func (l *life) sum(class rollup.Class, name string, step int64) (n uint64) {
	l.t.Helper()
	id, _ := l.names.Lookup(name)
	err := l.store.scan(l.t.Context(), l.roll.Open, func(r *reader) error {
		n = 0
		return r.slots(step, 0, 1<<40, func(s rollup.Slot) error {
			v, _, err := rollup.Find(s.Block, rollup.Key{Class: class, ID: id})
			n += v.TxBytes
			return err
		})
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

// TestSnapshotRebuild lives through a power cut right after a snapshot: every tier
// from an hour on has all that was counted, also of the hour, day and month that
// were open, and goes on with it.
func TestSnapshotRebuild(t *testing.T) {
	for _, limit := range []int64{2 << 20, 16 << 20} {
		t.Run(fmt.Sprint(limit>>20, "MB"), func(t *testing.T) {
			l := newLife(t, t.TempDir(), limit)
			device := Device{Key: "phone", Name: "Phone", MACs: []packet.MAC{{2, 1, 1, 1, 1, 1}}, First: 1, Last: 2}
			for i := range 30 {
				device.Last = int64(i + 2)
				l.store.PutDevices([]Device{device})
				l.store.PutRows([]Row{{RowNote, "phone", []byte("mine")}, {RowAlert, fmt.Sprint(i), []byte("!")}})
				l.pass(5*time.Hour + 25*time.Minute)
				l.snapshot()
			}
			want := map[int64]uint64{}
			for _, tier := range lifeTiers {
				want[tier.Step] = l.sum(rollup.Device, "phone", tier.Step)
			}
			if limit == 2<<20 {
				delete(want, 300) // no band of so small an archive
			}
			counted := uint64((l.now - lifeBegin) / 300 * 3)
			for cut := range 3 {
				l.restart()
				report, err := l.store.RebuildFrom(l.arch)
				if err != nil {
					t.Fatal(err)
				}
				for step, n := range want {
					got := l.sum(rollup.Device, "phone", step)
					if step == 300 && got+3 >= n { // of five minutes the open slot is lost
						continue
					}
					if got != n || n != counted {
						t.Errorf("cut %d: %d s: %d of %d (%d)", cut, step, got, n, counted)
					}
				}
				if got := l.sum(rollup.Country, "NL", clock.Day); got != 2*counted {
					t.Errorf("cut %d: days of a country: %d of %d", cut, got, 2*counted)
				}
				if len(report.Lost) > 0 || report.Skipped > 0 {
					t.Errorf("%q", report.Words())
				}
				devices, err := l.store.Devices()
				if diff := cmp.Diff([]Device{device}, devices); err != nil || diff != "" {
					t.Error(err, diff)
				}
				rows, err := l.store.Rows(RowAlert)
				if err != nil || len(rows) != 30 {
					t.Error(len(rows), err)
				}
				if cut == 0 {
					t.Logf("%q", report.Words())
				}
				l.pass(3 * time.Hour)
				counted += 36 * 3
				for step := range want {
					want[step] += 36 * 3
				}
				delete(want, 300)
				l.snapshot()
			}
			closeAndCheck(t, l.store)
		})
	}
}

// unsavedKeys lists what the next snapshot takes.
func unsavedKeys(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.view(func(tx *bolt.Tx) error { n = len(unsaved(tx, nil, 1<<20)); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSnapshotTakesWhatIsNew: a snapshot writes what is new, and an archive that
// is another one, or was emptied, gets everything.
func TestSnapshotTakesWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	l := newLife(t, dir, 2<<20)
	l.pass(80 * time.Hour)
	first := l.snapshot()
	if n := unsavedKeys(t, l.store); n != 0 {
		t.Errorf("%d unsaved after a snapshot", n)
	}
	second := l.snapshot()
	if second.Records > 4 || second.Bytes > 1000 {
		t.Errorf("nothing is new, but %+v was written", second)
	}
	l.pass(6 * time.Hour)
	third := l.snapshot()
	if third.Records < 6+3 || third.Records > 16 || third.Records*4 > first.Records {
		t.Errorf("first %+v, six hours later %+v", first, third)
	}
	closeAndCheck(t, reopen(t, l, func() {
		a, report, err := OpenArchive(dir, 2<<20)
		if err != nil || len(report.Words()) > 0 {
			t.Fatal(report, err)
		}
		l.arch = a
		if again := l.snapshot(); again.Records > 4 {
			t.Errorf("a restart wrote %+v again", again)
		}
		segments, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
		for _, name := range segments {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		if all := l.snapshot(); all.Records < first.Records {
			t.Errorf("an emptied archive got %+v, at first it was %+v", all, first)
		}
	}))
}

// reopen closes the database of l, opens it again and runs fn.
func reopen(t *testing.T, l *life, fn func()) *Store {
	t.Helper()
	path := l.store.path
	closeAndCheck(t, l.store)
	l.names = intern.New(1000)
	now := l.store.opt.Now
	l.store = open(t, path, Options{Names: l.names, Tiers: lifeTiers, Now: now, TimeTrusted: func() bool { return true }})
	fn()
	return l.store
}

// TestSnapshotWithoutTime: a snapshot whose time is over writes nothing wrong, and
// the next one the rest.
func TestSnapshotWithoutTime(t *testing.T) {
	l := newLife(t, t.TempDir(), 2<<20)
	l.pass(80 * time.Hour)
	if err := l.store.Commit(); err != nil {
		t.Fatal(err)
	}
	before := unsavedKeys(t, l.store)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := l.store.Snapshot(ctx, l.arch, l.roll.Open)
	if err != nil || !report.Partial {
		t.Errorf("%+v, %v", report, err)
	}
	if n := unsavedKeys(t, l.store); n != before {
		t.Errorf("%d unsaved, %d before", n, before)
	}
	l.snapshot()
	if n := unsavedKeys(t, l.store); n != 0 {
		t.Errorf("%d unsaved", n)
	}
}

// TestSnapshotForgets: what is deleted or moved is so in the archive, too.
func TestSnapshotForgets(t *testing.T) {
	l := newLife(t, t.TempDir(), 16<<20)
	l.store.PutRows([]Row{{RowNote, "a", []byte("1")}, {RowNote, "b", []byte("2")}})
	l.pass(30 * time.Hour)
	l.snapshot()
	l.store.PutRows([]Row{{RowNote, "a", nil}})
	if err := l.store.Rebase(0, 1<<40, -10*clock.Day); err != nil {
		t.Fatal(err)
	}
	l.snapshot()
	moved := l.sum(rollup.Device, "phone", 300)
	l.restart()
	if _, err := l.store.RebuildFrom(l.arch); err != nil {
		t.Fatal(err)
	}
	if got := l.sum(rollup.Device, "phone", 300); got != moved {
		t.Errorf("%d bytes after a move, %d before", got, moved)
	}
	rows, err := l.store.Rows(RowNote)
	if diff := cmp.Diff([]Row{{RowNote, "b", []byte("2")}}, rows); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestSnapshotStorageGone: storage that vanishes and returns is an error in
// between, nothing is lost, and the daemon's own data is not touched.
func TestSnapshotStorageGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "usb", "weir")
	l := newLife(t, dir, 2<<20)
	l.pass(8 * time.Hour)
	l.snapshot()
	away := filepath.Dir(dir) + ".away"
	if err := os.Rename(filepath.Dir(dir), away); err != nil {
		t.Fatal(err)
	}
	l.pass(8 * time.Hour)
	_, err := l.store.Snapshot(t.Context(), l.arch, l.roll.Open)
	if err == nil || !strings.Contains(err.Error(), "the directory is gone") || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
	if st := l.arch.Status(); st.Err == nil {
		t.Error("status has no error")
	}
	if err := os.Rename(away, filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	l.snapshot()
	if st := l.arch.Status(); st.Err != nil {
		t.Errorf("after the return: %v", st.Err)
	}
	want := l.sum(rollup.Device, "phone", hour)
	l.restart()
	if _, err := l.store.RebuildFrom(l.arch); err != nil {
		t.Fatal(err)
	}
	if got := l.sum(rollup.Device, "phone", hour); got != want {
		t.Errorf("%d of %d", got, want)
	}
}

// TestRandomCuts lives with snapshots, stops and power cuts at random times: after
// each cut every tier has what it had at the last snapshot, neither less nor
// twice.
func TestRandomCuts(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	l := newLife(t, t.TempDir(), 2<<20)
	steps := []int64{hour, clock.Day, clock.Month}
	sums := func() (n [3]uint64) {
		for i, step := range steps {
			n[i] = l.sum(rollup.Device, "phone", step)
		}
		return n
	}
	var want [3]uint64
	cuts := 0
	for range 120 {
		l.pass(time.Duration(1+rng.IntN(30)) * 20 * time.Minute)
		switch rng.IntN(4) {
		case 0, 1:
			l.snapshot()
			want = sums()
		case 2: // a stop: what is open is handed out first
			l.store.Append(l.roll.Flush(l.now))
			l.snapshot()
			want = sums()
		default:
			cuts++
			l.restart()
			if _, err := l.store.RebuildFrom(l.arch); err != nil {
				t.Fatal(err)
			}
			if got := sums(); got != want {
				t.Fatalf("cut %d at %d: %d, at the last snapshot it was %d", cuts, l.now, got, want)
			}
			if want[0] != want[1] || want[1] != want[2] {
				t.Fatalf("tiers differ: %d", want)
			}
		}
	}
	if cuts < 15 {
		t.Errorf("only %d cuts", cuts)
	}
}

// TestForget: what is reset is gone from the archive's files, the rest is there.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	l := newLife(t, dir, 16<<20)
	l.store.PutDevices([]Device{{Key: "phone", Last: 1}})
	l.store.PutRows([]Row{{RowNote, "phone", []byte("mine")}})
	l.pass(40 * time.Hour)
	l.snapshot()
	if err := l.store.Reset(Slots); err != nil {
		t.Fatal(err)
	}
	if err := ForgetIn(l.arch, l.now, Slots); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "identity") {
		t.Errorf("%q, %v", found, err)
	}
	if _, err := l.store.Snapshot(t.Context(), l.arch, nil); err != nil {
		t.Fatal(err)
	}
	l.restart()
	report, err := l.store.RebuildFrom(l.arch)
	if err != nil || report.Devices != 1 || report.Rows != 1 || len(report.Lost) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if got := l.sum(rollup.Device, "phone", clock.Day); got != 0 {
		t.Errorf("%d bytes are remembered", got)
	}
}
