package daemon

import (
	"cmp"
	"context"
	"sort"
	"strconv"
	"strings"

	"weir/internal/rollup"
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
		if id, err := strconv.ParseUint(key, 10, 32); err == nil {
			return uint32(id), id != 0 && d.names.Name(uint32(id)) != ""
		}
		// The hardware address of a device that left, however it is written.
		if id, ok := d.names.Lookup(strings.ToUpper(key)); ok {
			return id, true
		}
	}
	return d.names.Lookup(key)
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
	for _, m := range list {
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
}
