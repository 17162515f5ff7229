package daemon

import (
	"cmp"
	"context"
	"sort"
	"strconv"
	"strings"

	"weir/internal/flowlog"
	"weir/internal/rollup"
	"weir/store"
)

// Keys of members that have no name of their own; see api.History.
const (
	otherKey = "other"
	totalKey = "total"
)

// Find implements api.History.
func (d *Daemon) Find(class rollup.Class, key string) (uint32, bool) {
	switch {
	case class == rollup.Total:
		return rollup.Other, key == totalKey || key == ""
	case key == otherKey:
		return rollup.Other, true
	case class == rollup.Device:
		return d.findDevice(key)
	}
	return d.names.Lookup(key)
}

// findDevice finds a device by its ID or its key. What it was joined to is found for
// a member.
func (d *Daemon) findDevice(key string) (uint32, bool) {
	id, ok := uint32(0), false
	if n, err := strconv.ParseUint(key, 10, 32); err == nil {
		id = uint32(n)
		ok = id != 0 && d.names.Name(id) != ""
	} else if id, ok = d.names.Lookup(strings.ToUpper(key)); !ok { // of a device that left, however it is written
		id, ok = d.names.Lookup(key)
	}
	if !ok {
		return 0, false
	}
	return d.engine.Members(id)[0], true
}

// Name implements api.History.
func (d *Daemon) Name(class rollup.Class, id uint32) (key, label string) {
	switch {
	case class == rollup.Total:
		return totalKey, ""
	case id == rollup.Other:
		return otherKey, ""
	case class == rollup.Device:
		key, name, ok := d.engine.DeviceName(id)
		if !ok {
			return strconv.FormatUint(uint64(id), 10), d.names.Name(id)
		}
		if name == "" {
			name = key
		}
		return strconv.FormatUint(uint64(id), 10), name
	case class == rollup.ASN:
		key = d.names.Name(id)
		return key, d.asLabel(key)
	}
	return d.names.Name(id), ""
}

// Members implements api.History.
func (d *Daemon) Members(class rollup.Class, text string, limit int) ([]uint32, int) {
	list, err := d.store.List(context.Background(), class, d.openSlots)
	if err != nil {
		d.log.Error("list series", "class", class.String(), "error", err)
	}
	type member struct {
		id    uint32
		label string
	}
	text = strings.ToLower(text)
	var found []member
	var whole map[uint32]uint32
	if class == rollup.Device {
		whole = d.engine.Wholes()
	}
	for _, m := range list {
		if _, isMember := whole[m.ID]; isMember {
			continue
		}
		key, label := d.Name(class, m.ID)
		label = strings.ToLower(cmp.Or(label, key))
		if strings.Contains(label, text) || strings.Contains(strings.ToLower(key), text) {
			found = append(found, member{m.ID, label})
		}
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := &found[i], &found[j]
		return a.label < b.label || a.label == b.label && a.id < b.id
	})
	ids := make([]uint32, min(max(limit, 0), len(found)))
	for i := range ids {
		ids[i] = found[i].id
	}
	return ids, len(found)
}

// Series implements api.History: from memory where it is finer, else from the
// store with the open slots on top.
func (d *Daemon) Series(ctx context.Context, q rollup.Query) (rollup.Series, error) {
	d.complete(&q)
	slots, step, ok := d.engine.Recent(q)
	if !ok {
		return d.store.Series(ctx, q, d.openSlots)
	}
	sum := rollup.NewSum(q, step)
	for _, s := range slots {
		if err := sum.Add(s); err != nil {
			return rollup.Series{}, err
		}
	}
	return sum.Series(), nil
}

// Top implements api.History.
func (d *Daemon) Top(ctx context.Context, q rollup.Query, limit int) ([]rollup.Amount, int, error) {
	d.complete(&q)
	slots, step, ok := d.engine.Recent(q)
	if !ok {
		return d.store.Top(ctx, q, limit, d.openSlots)
	}
	totals := rollup.NewTotals(q, step)
	for _, s := range slots {
		if err := totals.Add(s); err != nil {
			return nil, 0, err
		}
	}
	top, n := totals.Top(limit)
	return top, n, nil
}

// complete adds to a query what only the daemon knows.
func (d *Daemon) complete(q *rollup.Query) {
	q.Calendar = d.calendar()
	q.Finest = d.engine.Finest(q.Class)
	rows, _, matrix := q.Class.Matrix()
	if q.Class == rollup.Device || matrix && rows == rollup.Device {
		q.Whole = d.engine.Wholes()
	}
}

// flowLog is the log of flows that ended, in which a device has the flows of those
// that it was found to be, too.
type flowLog struct{ d *Daemon }

// FlowHistory implements api.FlowLog.
func (l flowLog) FlowHistory(ctx context.Context, f flowlog.Filter, limit int, cursor string) ([]flowlog.Flow, string, store.FlowStats, error) {
	rows, next, scanned, err := l.d.store.FlowHistory(ctx, l.members(f), limit, cursor)
	whole := l.d.engine.Wholes()
	for i := range rows {
		rename(&rows[i], whole)
	}
	return rows, next, scanned, err
}

// EachFlow implements api.FlowLog.
func (l flowLog) EachFlow(ctx context.Context, f flowlog.Filter, fn func(*flowlog.Flow) error) (store.FlowStats, error) {
	whole := l.d.engine.Wholes()
	return l.d.store.EachFlow(ctx, l.members(f), func(f *flowlog.Flow) error {
		rename(f, whole)
		return fn(f)
	})
}

// members adds to a filter the members of the device that it asks for.
func (l flowLog) members(f flowlog.Filter) flowlog.Filter {
	if f.Device != 0 {
		ids := l.d.engine.Members(f.Device)
		f.Device, f.Members = ids[0], ids[1:]
	}
	return f
}

// rename gives the ends of a flow the IDs that their devices have now.
func rename(f *flowlog.Flow, whole map[uint32]uint32) {
	for _, end := range [...]*flowlog.Endpoint{&f.Client, &f.Server} {
		if id, ok := whole[end.Device]; ok {
			end.Device = id
		}
	}
}
