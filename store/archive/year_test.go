package archive

import (
	"strconv"
	"testing"
	"time"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// year is a household that is archived, a snapshot every six hours.
type year struct {
	t     *testing.T
	home  *home
	a     *Archive
	begin int64
	now   int64 // of the next hour

	ended      [][]rollup.Row // hours since the last snapshot
	today      []rollup.Row
	cells      []rollup.Row // of today
	month      []rollup.Row
	monthCells []rollup.Row
	monthStart int64

	truth map[[2]int64]uint64 // step and start → bytes of all devices
	peak  int64               // bytes of the archive
}

// quarter lets six hours pass and takes a snapshot, at a stop without compaction.
func (y *year) quarter(stop bool) {
	y.t.Helper()
	if y.monthStart == 0 {
		y.monthStart = y.now
	}
	first := y.now
	for ; y.now < first+6*hour; y.now += hour {
		rows := y.home.hour(y.home.series, y.now)
		y.ended = append(y.ended, rows)
		y.today, y.month = add(y.today, rows), add(y.month, rows)
		y.truth[[2]int64{hour, y.now}] = deviceBytes(y.t, blockOf(rows, isMain))
	}
	if first%day == 0 {
		y.cells = y.home.hour(y.home.cells, first) // a day's worth in one
		y.monthCells = add(y.monthCells, y.cells)
	}
	b, err := y.a.Begin(y.now)
	if err != nil {
		y.t.Fatal(err)
	}
	y.snapshot(b, first)
	if !stop {
		if err := b.Compact(); err != nil {
			y.t.Fatal(err)
		}
	}
	if _, err := b.Commit(); err != nil {
		y.t.Fatal(err)
	}
	y.peak = max(y.peak, y.a.Status().Bytes)
}

// devices returns how many there are.
func (y *year) devices() (n int) {
	for _, s := range y.home.series {
		if s.Class == rollup.Device {
			n++
		}
	}
	return n
}

// snapshot adds what the store adds.
func (y *year) snapshot(b *Batch, first int64) {
	y.t.Helper()
	add := func(band Band, r Record) {
		if err := b.Add(band, r, y.home.names.Name); err != nil && err != ErrNoRoom {
			y.t.Fatal(err)
		}
	}
	row := make([]byte, 120)
	for i := range y.devices() {
		for j := range row {
			row[j] = byte(y.home.rng.UintN(16))
		}
		add(Identity, Record{Kind: KindDevice, Key: string(rune('a' + i)), Data: row})
	}
	today := first / day * day
	wholeDay := append(append([]rollup.Row(nil), y.today...), y.cells...)
	wholeMonth := append(append([]rollup.Row(nil), y.month...), y.monthCells...)
	add(Identity, Record{Kind: KindOpen, Step: hour, Start: y.now, Data: blockOf(y.ended[0], all)})
	add(Identity, Record{Kind: KindOpen, Step: day, Start: today, Data: blockOf(wholeDay, all)})
	add(Identity, Record{Kind: KindOpen, Step: 30 * day, Start: y.monthStart, Data: blockOf(wholeMonth, all)})
	dayEnds := y.now%day == 0
	if dayEnds && time.Unix(y.now, 0).UTC().Day() == 1 {
		add(Months, Record{Kind: KindSlot, Step: 30 * day, Start: y.monthStart, Data: blockOf(wholeMonth, all)})
		y.truth[[2]int64{30 * day, y.monthStart}] = deviceBytes(y.t, blockOf(y.month, isMain))
		y.month, y.monthCells, y.monthStart = nil, nil, y.now
	}
	if dayEnds {
		add(Days, Record{Kind: KindSlot, Step: day, Start: today, Data: blockOf(wholeDay, isMain)})
		y.truth[[2]int64{day, today}] = deviceBytes(y.t, blockOf(y.today, isMain))
	}
	for i, rows := range y.ended {
		add(Hours, Record{Kind: KindSlot, Step: hour, Start: first + int64(i)*hour, Data: blockOf(rows, isMain)})
	}
	if dayEnds {
		add(OtherDays, Record{Kind: KindSlot, Step: day, Start: today, Data: blockOf(wholeDay, isOther)})
		add(Matrices, Record{Kind: KindSlot, Step: day, Start: today, Data: blockOf(wholeDay, isMatrix)})
		y.today, y.cells = nil, nil
	}
	for i, rows := range y.ended {
		add(OtherHours, Record{Kind: KindSlot, Step: hour, Start: first + int64(i)*hour, Data: blockOf(rows, isOther)})
	}
	y.ended = y.ended[:0]
}

// TestYear keeps a year of an eighth of the household that the budget is for, a
// snapshot every six hours, within a little more than an eighth of its limit: names
// and headers do not become fewer. It holds what is written a day, and has at least all
// months, a year of days and 14 days of hours of interfaces, devices and applications.
// The whole household is that of make bench-store.
func TestYear(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT RUN: a year takes ten seconds")
	}
	if strconv.IntSize == 32 {
		t.Skip("NOT RUN: a year on a 32-bit machine, where it takes three times as long; what it writes is the same")
	}
	const days, limit, daily = 365, 340 << 10, 32_000
	a, _ := openArchive(t, t.TempDir(), Options{Limit: limit})
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	y := &year{t: t, home: newHome().eighth(), a: a, begin: begin, now: begin, truth: map[[2]int64]uint64{}}
	most, before := int64(0), int64(0)
	var slowest time.Duration
	for range days {
		for range 4 {
			start := time.Now()
			y.quarter(false)
			slowest = max(slowest, time.Since(start))
		}
		total := a.Status().Total
		most, before = max(most, total-before), total
	}
	st := a.Status()
	t.Logf("%d bytes (at most %d) of %d, %d written a day on average, %d at most, %d a year; a snapshot takes %v at most, making up its data included",
		st.Bytes, y.peak, st.Limit, st.Total/days, most, st.Year, slowest)
	for _, b := range st.Bands {
		t.Logf("%-12s %8d bytes %3d segments, %5d records refused, from %s", b.Band, b.Bytes, b.Segments, b.Refused, time.Unix(b.Oldest, 0).UTC().Format("2006-01-02"))
	}
	if y.peak > limit || st.Bytes > limit {
		t.Errorf("%d bytes after the year, %d at most: the limit is %d", st.Bytes, y.peak, limit)
	}
	if most > daily {
		t.Errorf("%d bytes written in one day, the budget is %d", most, daily)
	}
	y.check()
}

// check reads all of the archive into a table of its own, compares it with the
// truth and looks for what must be there.
func (y *year) check() {
	t := y.t
	t.Helper()
	start := time.Now()
	names := intern.New(4096)
	found := map[[2]int64]bool{}
	n := map[Kind]int{}
	report, err := y.a.Read(func(r *Reader, rec Record) error {
		n[rec.Kind]++
		if !rec.block() {
			return nil
		}
		block, err := mapBlock(nil, rec.Kind, rec.Data, r.Names(rec, names.Handle))
		if err == nil && rec.Kind == KindSlot && rec.Band <= Hours {
			key := [2]int64{rec.Step, rec.Start}
			if got := deviceBytes(t, block); got != y.truth[key] {
				t.Errorf("%d s at %d: %d bytes of devices, not %d", rec.Step, rec.Start, got, y.truth[key])
			}
			found[key] = true
		}
		return err
	})
	if err != nil || len(report.Words()) > 0 {
		t.Fatal(report, err)
	}
	t.Logf("read back in %v: %d slots, %d open ones, %d states of devices", time.Since(start), n[KindSlot], n[KindOpen], n[KindDevice])
	for key := range y.truth {
		if !found[key] && (key[0] > hour || key[1] >= y.now-14*day) {
			t.Errorf("slot of %d s at %s is missing", key[0], time.Unix(key[1], 0).UTC())
		}
	}
	if n[KindDevice] < y.devices() || n[KindOpen] < 3 {
		t.Errorf("kinds of records: %v", n)
	}
}

// deviceBytes sums up the devices of a block.
func deviceBytes(t *testing.T, block []byte) (n uint64) {
	t.Helper()
	it := rollup.NewClassIter(block, rollup.Device)
	for it.Next() {
		n += rollup.Bytes.Of(it.Row().Values) * uint64(1+it.Row().Flows)
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return n
}
