package archive

import (
	"testing"
	"time"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// TestYear keeps a year of a household at full rate, a snapshot every six hours,
// within 2 MB, writes at most 0.5 MB a day, and has at least all months, a year of
// days and 14 days of hours of interfaces, devices and applications.
func TestYear(t *testing.T) {
	const days, limit, daily = 365, 2 << 20, 500_000
	h := newHome()
	a, _ := openArchive(t, t.TempDir(), Options{Limit: limit})
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	name := h.names.Name
	devices := make([]byte, 120)

	month, monthStart := sums{}, begin
	truth := map[[2]int64]uint64{} // step and start → bytes of all devices
	var most, sum, peak int64
	for d := range int64(days) {
		today := sums{}
		var hours []Record
		for quarter := range int64(4) {
			for hr := range int64(6) {
				at := begin + d*day + (quarter*6+hr)*hour
				s := sums{}
				s.add(h.hour(h.series, at))
				if hr == 0 && quarter == 0 {
					s.add(h.hour(h.cells, at)) // a day's worth in one
				}
				for k, v := range s {
					today.add([]rollup.Row{{Key: k, Values: v}})
				}
				truth[[2]int64{hour, at}] = deviceBytes(t, s.block(isMain))
				hours = append(hours, Record{Kind: KindSlot, Step: hour, Start: at, Data: s.block(notMatrix)})
			}
			now := begin + d*day + (quarter+1)*6*hour
			b, err := a.Begin(now)
			if err != nil {
				t.Fatal(err)
			}
			add := func(band Band, r Record) {
				if err := b.Add(band, r, name); err != nil && err != ErrNoRoom {
					t.Fatal(err)
				}
			}
			for i := range 40 {
				for j := range devices {
					devices[j] = byte(h.rng.UintN(16))
				}
				add(Identity, Record{Kind: KindDevice, Key: string(rune('a' + i)), Data: devices})
			}
			open := sums{}
			for k, v := range month {
				open[k] = v
			}
			for k, v := range today {
				open.add([]rollup.Row{{Key: k, Values: v}})
			}
			add(Identity, Record{Kind: KindOpen, Step: 30 * day, Start: monthStart, Data: open.block(all)})
			add(Identity, Record{Kind: KindOpen, Step: day, Start: begin + d*day, Data: today.block(all)})
			add(Identity, Record{Kind: KindOpen, Step: hour, Start: now, Data: sums(today).block(notMatrix)})
			ended := quarter == 3
			at := begin + d*day
			next := time.Unix(at+day, 0).UTC()
			if ended && next.Day() == 1 {
				add(Months, Record{Kind: KindSlot, Step: 30 * day, Start: monthStart, Data: open.block(all)})
				truth[[2]int64{30 * day, monthStart}] = deviceBytes(t, open.block(all))
				month, monthStart = sums{}, next.Unix()
			} else if ended {
				month = open
			}
			if ended {
				add(Days, Record{Kind: KindSlot, Step: day, Start: at, Data: today.block(isMain)})
				truth[[2]int64{day, at}] = deviceBytes(t, today.block(isMain))
			}
			for _, r := range hours {
				full := r.Data
				r.Data, _ = rollup.AppendFiltered(nil, full, isMain)
				add(Hours, r)
			}
			if ended {
				add(OtherDays, Record{Kind: KindSlot, Step: day, Start: at, Data: today.block(isOther)})
				add(Matrices, Record{Kind: KindSlot, Step: day, Start: at, Data: today.block(isMatrix)})
			}
			for _, r := range hours {
				full := r.Data
				r.Data, _ = rollup.AppendFiltered(nil, full, isOther)
				add(OtherHours, r)
			}
			hours = hours[:0]
			if err := b.Compact(); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Commit(); err != nil {
				t.Fatal(err)
			}
			peak = max(peak, a.Status().Bytes)
			if quarter == 2 {
				most = max(most, a.Status().Today)
			}
		}
		if st := a.Status(); d > 0 {
			most = max(most, a.ledger.days[1])
			sum = st.Total
		}
	}
	st := a.Status()
	t.Logf("%d bytes (at most %d) of %d, %d written a day on average, %d at most, %d a year", st.Bytes, peak, st.Limit, sum/days, most, st.Year)
	for _, b := range st.Bands {
		t.Logf("%-12s %8d bytes %3d segments, %d records refused, from %s", b.Band, b.Bytes, b.Segments, b.Refused, time.Unix(b.Oldest, 0).UTC().Format("2006-01-02"))
	}
	if peak > limit || st.Bytes > limit {
		t.Errorf("%d bytes after the year, %d at most: the limit is %d", st.Bytes, peak, limit)
	}
	if most > daily {
		t.Errorf("%d bytes written in one day, the budget is %d", most, daily)
	}
	checkYear(t, a, truth, begin+days*day)
}

// checkYear reads all of the archive into a table of its own, compares it with
// the truth and counts what is there.
func checkYear(t *testing.T, a *Archive, truth map[[2]int64]uint64, now int64) {
	t.Helper()
	start := time.Now()
	names := intern.New(4096)
	found := map[[2]int64]bool{}
	n := map[Kind]int{}
	report, err := a.Read(func(r *Reader, rec Record) error {
		n[rec.Kind]++
		if rec.Kind != KindSlot {
			return nil
		}
		block, err := mapBlock(nil, rec.Data, r.Names(rec, names.Handle))
		if err != nil {
			return err
		}
		if rec.Band <= Hours {
			key := [2]int64{rec.Step, rec.Start}
			if got := deviceBytes(t, block); got != truth[key] {
				t.Errorf("%d s at %d: %d bytes of devices, not %d", rec.Step, rec.Start, got, truth[key])
			}
			found[key] = true
		}
		return nil
	})
	if err != nil || len(report.Words()) > 0 {
		t.Fatal(report, err)
	}
	t.Logf("read back in %v: %v", time.Since(start), n)
	for key := range truth {
		if !found[key] && (key[0] > hour || key[1] >= now-14*day) {
			t.Errorf("slot of %d s at %s is missing", key[0], time.Unix(key[1], 0).UTC())
		}
	}
	if n[KindDevice] < 40 || n[KindOpen] < 3 {
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
