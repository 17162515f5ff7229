package archive

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// story is a made-up life of an archive, in steps: what it should hold after each.
type story struct {
	names *intern.Table
	rng   *rand.Rand
}

func newStory(seed uint64) *story {
	return &story{names: intern.New(1000), rng: rand.New(rand.NewPCG(seed, 3))}
}

const storyBegin = 20_000 * day

// bytesAt is what device i sent in the hour of a step.
func bytesAt(step int64, i int) uint64 { return uint64(step)*1000 + uint64(i) + 1 }

// add adds step n: hours of a few devices and the state of a device.
func (s *story) add(b *Batch, n int64) error {
	var rows []rollup.Row
	for i := range 6 {
		id := s.names.Handle(fmt.Sprintf("device %d", (int(n)+i)%9))
		rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: id}, Values: rollup.Values{TxBytes: bytesAt(n, (int(n)+i)%9)}})
	}
	sortRows(rows)
	block := rollup.AppendBlock(nil, rows)
	pad := make([]byte, 200+s.rng.IntN(3000))
	for i := range pad {
		pad[i] = byte(s.rng.Uint32())
	}
	for _, add := range []struct {
		band Band
		r    Record
	}{
		{Identity, Record{Kind: KindDevice, Key: "device", Data: append([]byte(fmt.Sprintf("%d ", n)), pad...)}},
		{Identity, Record{Kind: KindOpen, Step: hour, Start: storyBegin + n*hour, Data: block}},
		{Hours, Record{Kind: KindSlot, Step: hour, Start: storyBegin + n*hour, Data: block}},
	} {
		if err := b.Add(add.band, add.r, s.names.Name); err != nil && !errors.Is(err, ErrNoRoom) {
			return err
		}
	}
	return nil
}

func sortRows(rows []rollup.Row) {
	for i := range rows {
		for j := i; j > 0 && rows[j].Compare(rows[j-1].Key) < 0; j-- {
			rows[j], rows[j-1] = rows[j-1], rows[j]
		}
	}
}

// verify reads an archive and checks that nothing in it is wrong. It returns
// which steps are there, the newest state of the device (-1 if there is none) and
// the report.
func verify(t *testing.T, a *Archive) (steps map[int64]bool, state int64, report Report) {
	t.Helper()
	steps, state = map[int64]bool{}, -1
	names := intern.New(1000)
	report, err := a.Read(func(r *Reader, rec Record) error {
		if rec.Kind == KindDevice {
			if _, err := fmt.Sscanf(string(rec.Data[:min(20, len(rec.Data))]), "%d ", &state); err != nil {
				t.Errorf("device: %q", rec.Data)
			}
			return nil
		}
		block, err := mapBlock(nil, rec.Kind, rec.Data, r.Names(rec, names.Handle))
		if err != nil {
			return err
		}
		step := (rec.Start - storyBegin) / hour
		sum := uint64(0)
		for it := rollup.NewIter(block); it.Next(); {
			sum += it.Row().TxBytes
			if it.Row().ID == 0 {
				continue // the name is lost, and that is said
			}
			i := -1
			if _, err := fmt.Sscanf(names.Name(it.Row().ID), "device %d", &i); err != nil || it.Row().TxBytes != bytesAt(step, i) {
				t.Errorf("step %d: %q has %d bytes", step, names.Name(it.Row().ID), it.Row().TxBytes)
			}
		}
		want := uint64(0)
		for i := range 6 {
			want += bytesAt(step, (int(step)+i)%9)
		}
		if sum != want {
			t.Errorf("step %d: %d bytes, not %d", step, sum, want)
		}
		if rec.Kind == KindSlot {
			steps[step] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps, state, report
}

// step adds one step and commits.
func (s *story) step(a *Archive, n int64) error {
	b, err := a.Begin(storyBegin + n*hour)
	if err != nil {
		return err
	}
	if err := s.add(b, n); err != nil {
		b.Abort()
		return err
	}
	if err := b.Compact(); err != nil {
		b.Abort()
		return err
	}
	_, err = b.Commit()
	return err
}

// TestPowerCut cuts the power after any number of operations, in appends and
// compactions: what was committed is there, nothing is wrong, and the archive goes
// on.
func TestPowerCut(t *testing.T) {
	cuts, compactions := 0, 0
	for seed := range uint64(12) {
		d := newDisk(seed)
		s := newStory(seed)
		rng := rand.New(rand.NewPCG(seed, 1))
		committed := int64(-1)
		for n := int64(0); n < 60; {
			a, _, err := openIn(d, "disk", Options{Codec: codec, Limit: 8 << 20})
			if err != nil {
				t.Fatal(err)
			}
			steps, state, report := verify(t, a)
			for i := range committed + 1 {
				if !steps[i] {
					t.Fatalf("seed %d: step %d of %d was committed and is gone: %q", seed, i, committed, report.Words())
				}
			}
			if state < committed {
				t.Fatalf("seed %d: device as of %d, committed was %d: %q", seed, state, committed, report.Words())
			}
			for _, l := range report.Losses {
				if !l.Torn {
					t.Errorf("seed %d: a power cut is not %q", seed, l.Words())
				}
			}
			d.left = 1 + rng.IntN(40)
			for ; n < 60; n++ {
				if err := s.step(a, n); err != nil {
					if !errors.Is(err, errCut) {
						t.Fatal(err)
					}
					break
				}
				committed = n
			}
			for name := range d.files {
				if strings.Contains(name, "identity-0-") && !strings.HasSuffix(name, "-0.seg") {
					compactions++
					break
				}
			}
			cuts++
			d.restart()
		}
	}
	if cuts < 100 || compactions < 20 {
		t.Errorf("%d cuts, %d of them after compactions", cuts, compactions)
	}
	t.Logf("%d power cuts", cuts)
}

// TestTroubledStorage meets a full, a read-only and a vanished file system: an
// error with its remedy, and once it is over everything works.
func TestTroubledStorage(t *testing.T) {
	for _, c := range []struct {
		name, words string
		err         error
	}{
		{"full", "is full", syscall.ENOSPC},
		{"read-only", "is read-only", syscall.EROFS},
		{"vanished", "is gone", os.ErrNotExist},
		{"forbidden", "writable for the user", syscall.EACCES},
		{"broken", "input/output error", syscall.EIO},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDisk(1)
			s := newStory(1)
			d.fail = c.err
			a, _, err := openIn(d, "/etc/weir", Options{Codec: codec, Limit: 8 << 20})
			if err == nil && !d.readable() {
				t.Fatal("opened")
			}
			d.fail = nil
			n := int64(0)
			for ; n < 5; n++ {
				if err := s.step(a, n); err != nil {
					t.Fatal(err)
				}
			}
			d.fail = c.err
			for range 3 {
				err := s.step(a, n)
				if err == nil || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), "/etc/weir") {
					t.Errorf("%v", err)
				}
				if st := a.Status(); st.Err == nil {
					t.Error("status has no error")
				}
			}
			d.fail = nil
			for ; n < 10; n++ {
				if err := s.step(a, n); err != nil {
					t.Fatal(err)
				}
			}
			steps, state, report := verify(t, a)
			if len(steps) != 10 || state != 9 || len(report.Words()) > 0 || a.Status().Err != nil {
				t.Errorf("%d steps, state %d, %q, %v", len(steps), state, report.Words(), a.Status().Err)
			}
		})
	}
}
