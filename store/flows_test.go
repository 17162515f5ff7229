package store

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"weir/internal/flowlog"
	"weir/internal/intern"
)

const flowBase = int64(1_760_000_000_000_000)

// ended makes the flow number n of a test: one a second, of a few devices and
// names.
func ended(n int) flowlog.Flow {
	at := flowBase + int64(n)*1e6
	return flowlog.Flow{
		ID: uint64(n), Proto: 6, Protocol: "tls", Category: "web", Host: []string{"www.example.com", "API.example.net", ""}[n%3],
		Client: flowlog.Endpoint{IP: netip.AddrFrom4([4]byte{192, 168, 1, byte(n % 40)}), Port: uint16(40000 + n%20000), Scope: "local", Device: uint32(1 + n%40%7)},
		Server: flowlog.Endpoint{IP: netip.AddrFrom4([4]byte{203, 0, byte(n >> 8 % 250), byte(n)}), Port: 443, Scope: "remote"},
		First:  at - 5e6, Last: at, Bytes: flowlog.Pair[uint64]{Tx: uint64(n), Rx: 1000},
	}
}

func logFlows(s *Store, from, to int) {
	for n := from; n < to; n++ {
		f := ended(n)
		s.LogFlow(&f)
	}
}

// pageThrough pages through the log and returns the numbers of the flows.
func pageThrough(t *testing.T, s **Store, f flowlog.Filter, limit int, between func(page int)) (ids []int) {
	t.Helper()
	cursor := ""
	for page := range 10_000 {
		rows, next, _, err := (*s).FlowHistory(context.Background(), f, limit, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) > limit {
			t.Fatalf("%d rows, at most %d were asked for", len(rows), limit)
		}
		for _, r := range rows {
			ids = append(ids, int(r.ID))
		}
		if cursor = next; cursor == "" {
			return ids
		}
		if between != nil {
			between(page)
		}
	}
	t.Fatal("the pages do not end")
	return nil
}

// downFrom returns n-1 … 0.
func downFrom(n int) (ids []int) {
	for i := n - 1; i >= 0; i-- {
		ids = append(ids, i)
	}
	return ids
}

func wantIDs(t *testing.T, got, want []int) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%d flows, want %d; they differ from number %d on: %v, want %v", len(got), len(want), i,
		got[min(i, len(got)):min(i+5, len(got))], want[min(i, len(want)):min(i+5, len(want))])
}

// TestFlowHistory checks that every flow is found once, the newest first, wherever
// it is: stored, queued, in the block that is open, and saved while that was open.
func TestFlowHistory(t *testing.T) {
	now := time.Unix(2e9, 0)
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Now: func() time.Time { return now }})
	logFlows(s, 0, 1700)
	commit(t, s)
	logFlows(s, 1700, 1800)
	now = now.Add(flowSave)
	commit(t, s) // saves the open block, too
	logFlows(s, 1800, 2600)
	for _, limit := range []int{13, 200} {
		wantIDs(t, pageThrough(t, &s, flowlog.Filter{}, limit, nil), downFrom(2600))
	}
	var each []int
	scanned, err := s.EachFlow(context.Background(), flowlog.Filter{}, func(f *flowlog.Flow) error {
		each = append(each, int(f.ID))
		return nil
	})
	slices.Reverse(each)
	wantIDs(t, each, downFrom(2600))
	if err != nil || scanned.Flows != 2600 || scanned.Damaged != 0 {
		t.Errorf("scanned %+v, %v", scanned, err)
	}
	stop := errors.New("enough")
	if _, err := s.EachFlow(context.Background(), flowlog.Filter{}, func(*flowlog.Flow) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("each ended with %v", err)
	}
}

// TestFlowHistoryFilters checks that what is looked for is found, in any case of
// its letters, and nothing else.
func TestFlowHistoryFilters(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logFlows(s, 0, 2000)
	commit(t, s)
	tests := []struct {
		name string
		f    flowlog.Filter
		want func(f *flowlog.Flow) bool
	}{
		{"device", flowlog.Filter{Device: 3}, func(f *flowlog.Flow) bool { return f.Client.Device == 3 }},
		{"no such device", flowlog.Filter{Device: 99}, func(*flowlog.Flow) bool { return false }},
		{"name", flowlog.Filter{Name: "EXAMPLE.N"}, func(f *flowlog.Flow) bool { return f.Host == "API.example.net" }},
		{"text in a name", flowlog.Filter{Text: "Api."}, func(f *flowlog.Flow) bool { return f.Host == "API.example.net" }},
		{"text in an address", flowlog.Filter{Text: "168.1.39"}, func(f *flowlog.Flow) bool { return f.Client.IP.String() == "192.168.1.39" }},
		{"period", flowlog.Filter{From: flowBase + 700e6, To: flowBase + 800e6}, func(f *flowlog.Flow) bool { return f.Last >= flowBase+700e6 && f.First < flowBase+800e6 }},
		{"bytes", flowlog.Filter{MinBytes: 2900}, func(f *flowlog.Flow) bool { return f.Bytes.Tx+f.Bytes.Rx >= 2900 }},
		{"both", flowlog.Filter{Device: 2, Name: "www"}, func(f *flowlog.Flow) bool { return f.Client.Device == 2 && f.Host == "www.example.com" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []int
			for _, id := range downFrom(2000) {
				if f := ended(id); tt.want(&f) {
					want = append(want, id)
				}
			}
			wantIDs(t, pageThrough(t, &s, tt.f, 50, nil), want)
		})
	}
}

// TestFlowHistoryGoesOn checks that a page goes on where the one before ended,
// whatever becomes of the blocks meanwhile.
func TestFlowHistoryGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{})
	logFlows(s, 0, 1500)
	at := 1500
	got := pageThrough(t, &s, flowlog.Filter{}, 40, func(page int) {
		switch page % 4 {
		case 0:
			logFlows(s, at, at+300)
			at += 300
		case 1:
			commit(t, s)
		case 2:
			closeAndCheck(t, s)
			s = open(t, path, Options{})
		}
	})
	wantIDs(t, got, downFrom(1500))
}

// TestFlowHistoryWhileWriting checks that nothing is left out or comes twice while
// flows are logged and committed all the time.
func TestFlowHistoryWhileWriting(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logFlows(s, 0, 1500)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for n := 1500; ctx.Err() == nil && n < 8000; n += 10 {
			logFlows(s, n, n+10)
			time.Sleep(time.Millisecond)
		}
	})
	all.Go(func() {
		for ctx.Err() == nil {
			if err := s.Commit(); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	})
	for range 3 {
		got := pageThrough(t, &s, flowlog.Filter{}, 150, nil)
		wantIDs(t, got, downFrom(got[0]+1))
	}
	cancel()
	all.Wait()
}

// TestFlowSearchEnds checks that a search which finds nothing ends after its share
// of the log and says where to go on.
func TestFlowSearchEnds(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	for n := range 2*flowUnpacks + 8 {
		logFlows(s, 512*n, 512*(n+1))
		if n%8 == 7 {
			commit(t, s)
		}
	}
	cursor, calls := "", 0
	for ; calls == 0 || cursor != ""; calls++ {
		rows, next, scanned, err := s.FlowHistory(context.Background(), flowlog.Filter{Text: "nowhere to be found"}, 200, cursor)
		if err != nil || len(rows) > 0 || scanned.Unpacked > flowUnpacks {
			t.Fatalf("%d rows, scanned %+v, %v", len(rows), scanned, err)
		}
		cursor = next
	}
	if calls != 3 {
		t.Errorf("%d calls, want 3", calls)
	}
	_, next, scanned, err := s.FlowHistory(context.Background(), flowlog.Filter{Device: 1000}, 200, "")
	if err != nil || next != "" || scanned.Unpacked > 0 || scanned.Skipped < 2*flowUnpacks {
		t.Errorf("blocks without the device: next %q, scanned %+v, %v", next, scanned, err)
	}
	if _, _, _, err := s.FlowHistory(context.Background(), flowlog.Filter{}, 1, "nonsense"); !errors.Is(err, ErrCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, _, err := s.FlowHistory(gone, flowlog.Filter{}, 1, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
}

// TestFlowHistoryPruned checks that a page goes on when its block was pruned.
func TestFlowHistoryPruned(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logFlows(s, 0, 2048)
	commit(t, s)
	got := pageThrough(t, &s, flowlog.Filter{}, 100, func(page int) {
		if page != 11 {
			return
		}
		if err := s.change("prune", func(e *edit) error {
			_, err := e.dropFlows(3, func(int64) bool { return true })
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	wantIDs(t, got, downFrom(2048)[:1200])
}

// TestFlowDamage checks that a damaged block is counted and left out, be it its
// header or its body that is damaged.
func TestFlowDamage(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logFlows(s, 0, 2048)
	s.keepOpenFlows(true)
	commit(t, s)
	for i, part := range []byte{0, 9} {
		err := s.change("damage", func(e *edit) error {
			var prefix []byte
			for range 2 + i {
				prefix, _ = flowBlockBefore(e.tx, prefix)
			}
			key := append(prefix, 0, part)
			v := slices.Clone(e.tx.Bucket(bucketFlows).Get(key))
			v[20] ^= 4
			return e.tx.Bucket(bucketFlows).Put(key, v)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := slices.Concat(downFrom(2048)[:512], downFrom(512))
	wantIDs(t, pageThrough(t, &s, flowlog.Filter{}, 200, nil), want)
	if n := s.Status().BadBlocks; n != 2 {
		t.Errorf("%d damaged blocks counted, want 2", n)
	}
}

// TestExportLeavesTheLogAlone exports many blocks while the open one is full of flows:
// it is packed once, not for each block that stands before it.
func TestExportLeavesTheLogAlone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logBlocks(t, s, 0, 20)
	logFlows(s, 100, 400)
	w := flowWalk{s: s, search: flowlog.NewSearch(&flowlog.Filter{})}
	packed, flows := 0, 0
	for {
		near, open := w.nearest()
		if open && near.data != nil {
			packed++
		}
		block, more, err := w.next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if h, err := flowlog.ReadHeader(block); err == nil {
			flows += h.Count
		}
		w.at.row = 0
	}
	if packed > 0 || flows != 320 {
		t.Errorf("packed %d times before it was its turn; %d flows, want 320", packed, flows)
	}
}

// TestMoveFlows checks that flows of a clock that was wrong move to their time, and
// others stay.
func TestMoveFlows(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logFlows(s, 0, 512)
	const year = 365 * 24 * time.Hour
	for n := 512; n < 640; n++ {
		f := ended(n)
		f.First, f.Last = f.First-year.Microseconds(), f.Last-year.Microseconds()
		s.LogFlow(&f)
	}
	if err := s.MoveFlows(0, flowBase-1e6, year); err != nil {
		t.Fatal(err)
	}
	logFlows(s, 640, 700)
	cursor := ""
	for id := 699; id >= 0; {
		rows, next, _, err := s.FlowHistory(context.Background(), flowlog.Filter{}, MaxFlowRows, cursor)
		if err != nil || len(rows) == 0 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			if want := ended(id); r.ID != want.ID || r.First != want.First || r.Last != want.Last {
				t.Fatalf("flow %d is %+v", id, r)
			}
			id--
		}
		cursor = next
	}
}

// TestFlowsKeepNames checks that the names of devices that only the flow log knows
// are in use, and that a reset empties the open block.
func TestFlowsKeepNames(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: intern.New(64)})
	f := ended(1)
	f.Client.Device, f.Server.Device = 4, 9
	s.LogFlow(&f)
	s.keepOpenFlows(true)
	commit(t, s)
	err := s.change("look", func(e *edit) error {
		inUse, ok, err := e.namesInUse(make([]string, 12))
		if !ok || !inUse[4] || !inUse[9] || inUse[5] {
			t.Errorf("names in use: %v, %v", inUse, ok)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	logFlows(s, 2, 9)
	if err := s.Reset(Flows); err != nil {
		t.Fatal(err)
	}
	if got := pageThrough(t, &s, flowlog.Filter{}, 9, nil); len(got) > 0 {
		t.Errorf("flows %v are left", got)
	}
}

// TestAppendFlows checks that a block from elsewhere is found, and that one that is
// damaged is refused.
func TestAppendFlows(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	b := flowlog.NewBuilder()
	for n := range 9 {
		f := ended(n)
		b.Append(&f)
	}
	block := b.Close()
	if err := s.AppendFlows(block); err != nil {
		t.Fatal(err)
	}
	wantIDs(t, pageThrough(t, &s, flowlog.Filter{}, 4, nil), downFrom(9))
	commit(t, s)
	wantIDs(t, pageThrough(t, &s, flowlog.Filter{}, 4, nil), downFrom(9))
	bad := flowlog.Block{Count: 9, Bytes: slices.Clone(block.Bytes)}
	bad.Bytes[len(bad.Bytes)-1] ^= 1
	if err := s.AppendFlows(bad); !errors.Is(err, flowlog.ErrCorrupt) {
		t.Errorf("a damaged block: %v", err)
	}
}

func FuzzFlowCursor(f *testing.F) {
	f.Add(place{flowPrefix(1_760_000_000, 7), 3}.String())
	f.Add("")
	f.Add("7fffffffffffffffffffffff0200")
	path := filepath.Join(f.TempDir(), FileName)
	s := open(f, path, Options{})
	logFlows(s, 0, 700)
	f.Fuzz(func(t *testing.T, cursor string) {
		rows, _, _, err := s.FlowHistory(context.Background(), flowlog.Filter{}, 3, cursor)
		if err != nil && !errors.Is(err, ErrCursor) {
			t.Error(err)
		}
		for i := range rows {
			if i > 0 && rows[i].ID != rows[i-1].ID-1 {
				t.Errorf("flow %d follows %d", rows[i].ID, rows[i-1].ID)
			}
		}
		if p, err := parsePlace(cursor); err == nil && cursor != "" {
			if q, err := parsePlace(p.String()); err != nil || q.row != p.row {
				t.Errorf("place %v became %v, %v", p, q, err)
			}
		}
	})
}
