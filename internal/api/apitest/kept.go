package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/flowlog"
	"weir/internal/usage"
	"weir/store"
	"weir/store/archive"
)

// Backup is what the recorded house's backup holds.
const Backup = "\x89weir\r\n\x1a a backup"

// recordedPast are flows that ended, oldest first: those of recordedFlows, an hour
// ago.
func recordedPast() []flowlog.Flow {
	flows := recordedFlows()
	for i := range flows {
		f := &flows[i]
		f.ID += 100
		f.First, f.Last, f.BpsNow, f.Completed = f.First-3600e6, f.Last-3600e6, 0, true
		if f.Server.Scope == "remote" {
			f.Server.Country, f.Server.ASN = [2]byte{'U', 'S'}, 64500
		}
	}
	slices.SortFunc(flows, func(x, y flowlog.Flow) int { return int(x.Last - y.Last) })
	return flows
}

// passes filters as far as the tests need: by time, device, application and
// country.
func passes(f *flowlog.Filter, row *flowlog.Flow) bool {
	return row.Last >= f.From && (f.To == 0 || row.First < f.To) &&
		(f.Device == 0 || f.Device == row.Client.Device || f.Device == row.Server.Device) &&
		(f.App == "" || f.App == row.App) && (f.Country == "" || f.Country == string(row.Server.Country[:]))
}

// FlowHistory returns recorded flows that ended; cursors are numbers.
func (h *House) FlowHistory(_ context.Context, f flowlog.Filter, limit int, cursor string) (rows []flowlog.Flow, next string, scanned store.FlowStats, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pastFilter = f
	past := recordedPast()
	slices.Reverse(past)
	at := 0
	if cursor != "" {
		if at, err = strconv.Atoi(cursor); err != nil || at < 0 {
			return nil, "", scanned, fmt.Errorf("%w: %q", store.ErrCursor, cursor)
		}
	}
	scanned = store.FlowStats{Unpacked: 1, Flows: len(past), Skipped: 2}
	for ; at < len(past); at++ {
		if !passes(&f, &past[at]) {
			continue
		}
		if len(rows) == limit {
			return rows, strconv.Itoa(at), scanned, nil
		}
		rows = append(rows, past[at])
	}
	return rows, "", scanned, nil
}

// EachFlow calls fn with recorded flows that ended, EndlessFlows times.
func (h *House) EachFlow(ctx context.Context, f flowlog.Filter, fn func(*flowlog.Flow) error) (scanned store.FlowStats, err error) {
	h.mu.Lock()
	h.pastFilter = f
	h.mu.Unlock()
	past := recordedPast()
	for range max(h.Repeat, 1) {
		for i := range past {
			if err := ctx.Err(); err != nil {
				return scanned, err
			}
			if !passes(&f, &past[i]) {
				continue
			}
			row := past[i]
			if err := fn(&row); err != nil {
				return scanned, err
			}
		}
	}
	return scanned, nil
}

// AskedPast returns the filter of the last search for flows that ended.
func (h *House) AskedPast() flowlog.Filter {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pastFilter
}

// Storage returns the recorded state of the database and its archive.
func (h *House) Storage() api.StorageState {
	const day, kB = 86400, 1 << 10
	now := Now.Unix()
	a := archive.Status{
		Dir: "/etc/weir", Bytes: 403 * kB, Limit: 2 << 20, Free: 6 << 20, Today: 91022, Daily: 512 * kB, Year: 61 << 20,
		Total: 4 << 20, Last: now - 7200, Newest: now - 7200,
	}
	for b := range a.Bands {
		a.Bands[b] = archive.BandStatus{Band: archive.Band(b), Written: archive.Band(b).From() <= a.Limit}
	}
	a.Bands[archive.Months].Bytes, a.Bands[archive.Months].Segments = 21*kB, 1
	a.Bands[archive.Months].Oldest, a.Bands[archive.Months].Newest = now-90*day, now-14*day
	return api.StorageState{
		Live: &store.Status{
			Path: "/var/lib/weir/weir.db", FS: "tmpfs", Bytes: 286720, FileBytes: 327680, MaxBytes: 4 << 20,
			Tiers: []store.TierStatus{
				{Step: 300, Keep: 14 * day, Slots: 2, Bytes: 2912, Share: 1 << 20, Oldest: 1749999900, Newest: 1750000500},
				{Step: clock.Month, Slots: 3, Bytes: 9123, Share: 512 * kB, Oldest: now - 75*day, Newest: now - 14*day},
			},
			Flows:      store.TierStatus{Keep: 30 * day, Slots: 1, Bytes: 10240, Share: 1 << 20, Oldest: now - 3662, Newest: now - 3662},
			LastCommit: Now.Add(-time.Minute), Commits: 214, WrittenToday: 91022, WrittenEver: 5 << 20, Written: 91022,
			QueuedSlots: 1, QueuedBytes: 1460, MaxQueued: 1 << 20, Devices: 2, Rows: 3, Unsaved: 41,
		},
		Archive: &api.Snapshots{Status: a, FS: "ubifs", Every: 6 * time.Hour, Next: Now.Add(4 * time.Hour)},
		Restored: &api.Restored{
			At: Now.Add(-2 * time.Hour), Slots: 511, Devices: 2, Rows: 3, From: Now.Add(-90 * 24 * time.Hour), To: Now.Add(-2 * time.Hour),
			Lost: []string{"minutes before the start: there was no room for them"},
		},
	}
}

// Snapshot counts, or returns StorageErr.
func (h *House) Snapshot(context.Context) (api.Saved, error) {
	if h.StorageErr != nil {
		return api.Saved{}, h.StorageErr
	}
	return api.Saved{Slots: 38, Devices: 2, Rows: 1, FlowBlocks: 1, Bytes: 12811, Left: 4, Took: 212 * time.Millisecond}, nil
}

// Backup writes Backup, Repeat times, and then StorageErr.
func (h *House) Backup(ctx context.Context, w io.Writer) error {
	for range max(h.Repeat, 1) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.WriteString(w, Backup); err != nil {
			return err
		}
	}
	return h.StorageErr
}

// Restore takes Backup and nothing else.
func (h *House) Restore(_ context.Context, r io.Reader) (api.Restored, error) {
	got := make([]byte, len(Backup))
	if _, err := io.ReadFull(r, got); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return api.Restored{}, fmt.Errorf("restore: %w", err)
	}
	if !bytes.Equal(got, []byte(Backup)) {
		return api.Restored{}, &api.Error{Code: api.InvalidArgument, Message: "this is no backup of weir", Hint: "give a file that weir backup wrote"}
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		return api.Restored{}, fmt.Errorf("restore: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.restored = int64(len(Backup)) + n
	return api.Restored{At: Now, Slots: 511, Devices: 2, Rows: 3, FlowBlocks: 4, From: Now.Add(-90 * 24 * time.Hour), To: Now, Damaged: 1, Lost: []string{"1 block of flows"}}, nil
}

// RestoredBytes returns the length of the last backup that was restored.
func (h *House) RestoredBytes() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.restored
}

// Prune removes nothing.
func (h *House) Prune(context.Context) (int, error) { return 7, h.StorageErr }

// Reset notes what was to be forgotten.
func (h *House) Reset(_ context.Context, what store.Part) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reset = what
	return h.StorageErr
}

// WasReset returns what was last to be forgotten.
func (h *House) WasReset() store.Part {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reset
}

// kept are the house's accounts: a real ledger of one plan.
type kept struct{ ledger usage.Ledger }

func (k *kept) record() {
	plan := usage.Quota{
		Name: "plan", Scope: "wan", Bytes: 500e9, Cycle: k.Cycle("wan"), Warn: []int{80, 95}, Prior: 12e9,
		Free: []usage.Window{{From: 0, To: 6 * 60}}, Weekdays: 0b0111110,
	}
	k.ledger.Configure([]usage.Quota{plan}, time.UTC)
	const began = 1
	for day := 8; day >= 0; day-- {
		passed := uint64(9-day) * 11e9
		k.ledger.Feed(Now.AddDate(0, 0, -day), true, []usage.Total{{Scope: "wan", Tx: passed / 20, Rx: passed, Epoch: began}})
	}
}

// Cycle begins on the 15th of each month.
func (k *kept) Cycle(string) usage.Cycle {
	return usage.Cycle{Kind: usage.Monthly, Start: usage.Start{Day: 15}}
}

// Uses returns the plan and what is used of it.
func (k *kept) Uses() []usage.Use { return k.ledger.Uses(Now) }

// SetUse changes the plan.
func (k *kept) SetUse(_ context.Context, name string, used uint64) bool {
	return k.ledger.Set(name, used)
}

// ResetUse changes the plan.
func (k *kept) ResetUse(_ context.Context, name string) bool { return k.ledger.Reset(name) }

// recordedAlerts are four, of which two were seen.
func recordedAlerts() *alert.Log {
	l := &alert.Log{}
	for i, n := range []alert.New{
		{Severity: alert.Notice, Type: "new_device", Subject: "3", Device: "3", Text: "A new device: 00:16:3E:00:00:30"},
		{Severity: alert.Info, Type: "storage", Subject: "start", Text: "History was rebuilt from snapshots"},
		{Severity: alert.Warning, Type: "quota", Subject: "plan 80", Text: "plan: 80 % of 500 GB are used"},
		{Severity: alert.Error, Type: "storage", Subject: "full", Text: "The overlay is full: snapshots wait"},
	} {
		n.At, n.Up = Now.Add(time.Duration(i-4)*time.Hour), time.Duration(i)*time.Hour
		l.Raise(n)
	}
	l.AckAll(2)
	return l
}
