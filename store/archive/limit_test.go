package archive

import (
	"errors"
	"fmt"
	"testing"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// filler is a block of size bytes that does not shrink.
func filler(s *story, names *intern.Table, size int) []byte {
	var rows []rollup.Row
	for i := range size / 24 {
		rows = append(rows, rollup.Row{
			Key:    rollup.Key{Class: rollup.Device, ID: names.Handle(fmt.Sprintf("d%d", i))},
			Values: rollup.Values{TxBytes: s.rng.Uint64() >> 1, RxBytes: s.rng.Uint64() >> 1},
		})
	}
	sortRows(rows)
	return rollup.AppendBlock(nil, rows)
}

// TestLimit gives an archive more than it has room for: it never exceeds its
// limit, drops the oldest of the least important band first, and refuses what is
// less important than all that is there.
func TestLimit(t *testing.T) {
	const limit = 300 << 10
	a, _ := openArchive(t, t.TempDir(), Options{Limit: limit, Daily: 1 << 40})
	s, names := newStory(1), intern.New(1000)
	now := int64(0)
	add := func(band Band, step, start int64) error {
		t.Helper()
		now = max(now, start)
		b, err := a.Begin(now)
		if err != nil {
			t.Fatal(err)
		}
		addErr := b.Add(band, Record{Kind: KindSlot, Step: step, Start: start, Data: filler(s, names, 16_000)}, names.Name)
		if _, err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if st := a.Status(); st.Bytes > limit {
			t.Fatalf("%d bytes of %d", st.Bytes, limit)
		}
		return addErr
	}
	oldest := func(b Band) int64 { return a.Status().Bands[b].Oldest }
	for d := range int64(20) {
		if err := add(OtherDays, day, storyBegin+d*32*day); err != nil {
			t.Fatal(err)
		}
	}
	now = storyBegin + 19*32*day
	for d := range int64(14) {
		if err := add(Hours, hour, storyBegin+(19*32-13+d)*day); err != nil {
			t.Fatal(err)
		}
	}
	if n := a.Status().Bands[OtherDays].Segments; n == 0 || n >= 20 || oldest(OtherDays) < storyBegin {
		t.Errorf("%d segments of other days, the oldest from %d", n, oldest(OtherDays))
	}
	if got := a.Status().Bands[Hours].Segments; got != 14 {
		t.Errorf("%d days of hours", got)
	}
	for d := range int64(30) {
		_ = add(Days, day, storyBegin+(19-d)*32*day)
		if got := a.Status().Bands[OtherDays].Segments; got > 0 && a.Status().Bands[Hours].Segments < 14 {
			t.Fatalf("hours went before %d segments of other days", got)
		}
	}
	if err := add(Minutes, 300, now); !errors.Is(err, ErrNoRoom) {
		t.Errorf("minutes: %v", err)
	}
	st := a.Status()
	if st.Bands[Minutes].Refused != 1 || st.Bands[Minutes].Written || !st.Bands[Hours].Written || st.Dropped == 0 {
		t.Errorf("%+v", st)
	}
	if days, hours := st.Bands[Days].Segments, st.Bands[Hours].Segments; days < 12 || hours == 0 || hours == 14 {
		t.Errorf("%d periods of days, %d of hours", days, hours)
	}
}

// TestFreeSpace: the limit follows what is free, and shrinks what is there when
// somebody else needs the room.
func TestFreeSpace(t *testing.T) {
	free, freeErr := int64(6<<20), error(nil)
	a, _ := openArchive(t, t.TempDir(), Options{Free: func(string) (int64, error) { return free, freeErr }})
	s := newStory(1)
	if got := a.Status().Limit; got != 2<<20 {
		t.Errorf("limit %d with 6 MB free", got)
	}
	n := int64(0)
	for ; n < 60; n++ {
		if err := s.step(a, n); err != nil {
			t.Fatal(err)
		}
	}
	before := a.Status()
	for _, c := range []struct {
		name  string
		free  int64
		err   error
		limit int64
	}{
		{"little", 300 << 10, nil, (300<<10 + before.Bytes) / 3},
		{"none", 0, nil, 0},
		{"plenty", 1 << 40, nil, MaxLimit},
		{"unknown", 0, errors.New("no such call"), 2 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			free, freeErr = c.free, c.err
			for range 2 {
				n++
				if err := s.step(a, n); err != nil && !errors.Is(err, ErrNoRoom) {
					t.Fatal(err)
				}
			}
			st := a.Status()
			if c.name != "little" && c.name != "none" && st.Limit != c.limit {
				t.Errorf("limit %d, not %d", st.Limit, c.limit)
			}
			if st.Limit > before.Bytes+c.free && c.err == nil {
				t.Errorf("limit %d with %d free and %d used", st.Limit, c.free, st.Bytes)
			}
		})
	}
}

// TestLedger counts what is written by day, over restarts and clocks that jump.
func TestLedger(t *testing.T) {
	dir := t.TempDir()
	a, _ := openArchive(t, dir, Options{Limit: 1 << 20})
	s := newStory(1)
	total := int64(0)
	for n := range int64(24 * 20) {
		if n%10 == 0 {
			if err := s.step(a, n); err != nil {
				t.Fatal(err)
			}
			before := a.Status()
			a, _ = openArchive(t, dir, Options{Limit: 1 << 20})
			if st := a.Status(); st.Today != before.Today || st.Total != before.Total || st.Year != before.Year {
				t.Fatalf("before the restart %+v, after %+v", before, st)
			}
			if before.Total <= total {
				t.Fatal("nothing was written")
			}
			total = before.Total
		}
	}
	st := a.Status()
	if mean := st.Total / 20 * 365; st.Year < mean/2 || st.Year > mean*2 {
		t.Errorf("%d a year, the mean is %d", st.Year, mean)
	}
	if err := s.step(a, 24*19); err != nil { // a day back: the day goes on
		t.Fatal(err)
	}
	if got := a.Status(); got.Today <= st.Today {
		t.Errorf("%d today, %d before the clock stepped back", got.Today, st.Today)
	}
	if err := s.step(a, -24*365*5); err != nil {
		t.Fatal(err)
	}
	if got := a.Status(); got.Today >= st.Today || got.Total <= st.Total {
		t.Errorf("years back: %+v", got)
	}
	if err := s.step(a, 24*365*30); err != nil {
		t.Fatal(err)
	}
	if got := a.Status(); got.Today > got.Total/2 || got.Year != 0 {
		t.Errorf("after decades: %+v", got)
	}
}

// TestDaily: less important bands wait when the day's share is written.
func TestDaily(t *testing.T) {
	a, _ := openArchive(t, t.TempDir(), Options{Limit: 16 << 20, Daily: 100 << 10})
	s, names := newStory(1), intern.New(1000)
	for n := range int64(20) {
		b, err := a.Begin(storyBegin)
		if err != nil {
			t.Fatal(err)
		}
		for _, band := range []Band{Hours, Minutes} {
			err := b.Add(band, Record{Kind: KindSlot, Step: 300, Start: storyBegin + 300*n, Data: filler(s, names, 10_000)}, names.Name)
			if err != nil && !errors.Is(err, ErrNoRoom) {
				t.Fatal(err)
			}
		}
		if _, err := b.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	st := a.Status()
	if st.Bands[Hours].Refused != 0 || st.Bands[Minutes].Refused < 10 || st.Bands[Minutes].Bytes == 0 {
		t.Errorf("%+v", st.Bands)
	}
}

// TestMemory appends a day's worth and compacts, and takes at most 1.5 MB more
// than before while it does so.
func TestMemory(t *testing.T) {
	h := newHome()
	d := newDisk(1)
	a, _, err := openIn(d, "", Options{Codec: codec, Limit: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	block := blockOf(append(h.hour(h.series, 0), h.hour(h.cells, 0)...), all)
	base := heap()
	most := uint64(0)
	a.opt.Codec.Map = func(dst []byte, kind Kind, block []byte, id func(uint32) uint32) ([]byte, error) {
		dst, err := mapBlock(dst, kind, block, id)
		most = max(most, heap())
		return dst, err
	}
	disk := func() (n uint64) { // is memory here, and not on a router
		for _, f := range d.files {
			n += uint64(cap(f.data) + cap(f.synced))
		}
		return n
	}
	for n := range int64(12) {
		b, err := a.Begin(storyBegin + n*6*hour)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(6) {
			for _, band := range []Band{Identity, Hours} {
				kind := KindSlot
				if band == Identity {
					kind = KindOpen
				}
				if err := b.Add(band, Record{Kind: kind, Step: hour, Start: storyBegin + (n*6+i)*hour, Data: block}, h.names.Name); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := b.Compact(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if a.segs[0].generation == 0 {
		t.Error("there was no compaction")
	}
	most -= min(most, base+disk())
	t.Logf("%d KB at most, beside the disk of %d KB", most>>10, disk()>>10)
	if most > 1536<<10 {
		t.Errorf("%d bytes", most)
	}
	if after := heap(); after > base+disk()+100<<10 {
		t.Errorf("%d bytes stay", after-base-disk())
	}
}

// TestFutureData: what a clock that was years ahead has left does not make what is
// from now old.
func TestFutureData(t *testing.T) {
	a, _ := openArchive(t, t.TempDir(), Options{Limit: 1 << 20})
	s := newStory(1)
	for _, n := range []int64{0, 24 * 365 * 7, 1, 2} {
		if err := s.step(a, n); err != nil {
			t.Fatal(err)
		}
	}
	if steps, _, _ := verify(t, a); !steps[1] || !steps[2] || a.Status().Bands[Hours].Refused > 0 {
		t.Errorf("%v", steps)
	}
}

// TestStopIsShort: a snapshot of six hours at full rate is few bytes and few waits
// for the disk, so that a stop has time for it on the slowest flash: at 100 KB and
// 10 waits a second it takes less than 3 s.
func TestStopIsShort(t *testing.T) {
	h := newHome()
	d := newDisk(1)
	a, _, err := openIn(d, "", Options{Codec: codec, Limit: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	y := &year{t: t, home: h, a: a, begin: storyBegin, now: storyBegin}
	y.truth = map[[2]int64]uint64{}
	for range 7 {
		y.quarter(false)
	}
	before, written := d.syncs, a.Status().Total
	y.quarter(true)
	syncs, bytes := d.syncs-before, a.Status().Total-written
	t.Logf("%d bytes, %d waits", bytes, syncs)
	if seconds := float64(bytes)/100e3 + float64(syncs)/10; seconds > 3 {
		t.Errorf("%d bytes, %d waits for the disk: %.1f s", bytes, syncs, seconds)
	}
}
