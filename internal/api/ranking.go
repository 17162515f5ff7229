package api

import (
	"context"
	"math"
	"slices"

	"weir/internal/engine"
	"weir/internal/rollup"
)

// ranking is what the members of a class moved over a time, largest first, beside
// the time before when that was asked for.
type ranking struct {
	query  rollup.Query
	rows   []rankedRow
	total  int           // rows that there are, of which rows may be a part
	sum    rollup.Values // of all members, also those that a filter left out
	before *span         // nil when it was not asked for, or nothing is known of it

	sumBefore rollup.Values // of all members, over the time before
}

// rankedRow is one member.
type rankedRow struct {
	member
	rollup.Amount
	share  int64 // thousandths of per cent of the sum, -1 when there is none
	before rollup.Values
}

// all is a limit beyond what there can be.
const all = math.MaxInt32

// rank sums a class. The rows have no names yet.
func rank(ctx context.Context, h History, q rollup.Query) (*ranking, error) {
	amounts, total, err := h.Top(ctx, q, all)
	if err != nil {
		return nil, err
	}
	r := &ranking{query: q, total: total, rows: make([]rankedRow, len(amounts))}
	for i := range amounts {
		r.rows[i].Amount = amounts[i]
		r.sum.Add(amounts[i].Values)
	}
	for i := range r.rows {
		r.rows[i].share = shareOf(q.Metric, r.rows[i].Values, r.sum)
	}
	return r, nil
}

// shareOf returns part of whole in thousandths of per cent, -1 when a share says
// nothing: of nothing, and of means.
func shareOf(m rollup.Metric, part, whole rollup.Values) int64 {
	sum := m.Of(whole)
	if sum == 0 || m == rollup.RTT {
		return -1
	}
	return int64(100_000 * float64(m.Of(part)) / float64(sum))
}

// cut names the rows and keeps those of a page whose name has text in it, whatever
// its case.
func (r *ranking) cut(h History, text string, offset, limit int) {
	if text != "" {
		r.rows = slices.DeleteFunc(r.rows, func(row rankedRow) bool {
			m := memberOf(h, r.query.Class, row.ID, row.Sub)
			return !m.has(text)
		})
		r.total = len(r.rows)
	}
	r.rows = slices.Clone(pageRows(r.rows, engine.Page{Offset: offset, Limit: limit}))
	for i := range r.rows {
		row := &r.rows[i]
		row.member = memberOf(h, r.query.Class, row.ID, row.Sub)
	}
}

// compare adds what the members moved in the time before, and those that only did
// then. Without history of that time it changes nothing.
func (r *ranking) compare(ctx context.Context, h History, before span) error {
	q := r.query
	q.From, q.To = before.from, before.to
	if q.From >= q.To {
		return nil
	}
	known, err := knows(ctx, h, q)
	if err != nil || !known {
		return err
	}
	amounts, _, err := h.Top(ctx, q, all)
	if err != nil {
		return err
	}
	at := make(map[[2]uint32]int, len(r.rows))
	for i := range r.rows {
		at[[2]uint32{r.rows[i].ID, r.rows[i].Sub}] = i
	}
	for i := range amounts {
		a := &amounts[i]
		j, ok := at[[2]uint32{a.ID, a.Sub}]
		if !ok {
			j = len(r.rows)
			r.rows = append(r.rows, rankedRow{Amount: rollup.Amount{ID: a.ID, Sub: a.Sub}, share: shareOf(q.Metric, rollup.Values{}, r.sum)})
			r.total++
		}
		r.rows[j].before = a.Values
		r.sumBefore.Add(a.Values)
	}
	r.before = &before
	return nil
}

// knows reports whether anything was counted in the time of a query.
func knows(ctx context.Context, h History, q rollup.Query) (bool, error) {
	q.Class, q.ID, q.Sub, q.Metric = rollup.Total, rollup.Other, 0, rollup.Bytes
	s, err := h.Series(ctx, q)
	return slices.Contains(s.Known, true), err
}

// encodeValues writes the sums of a member.
func encodeValues(e *Encoder, v *rollup.Values) {
	pair(e, "bytes", engine.Pair[uint64]{Tx: v.TxBytes, Rx: v.RxBytes})
	pair(e, "pkts", engine.Pair[uint64]{Tx: v.TxPackets, Rx: v.RxPackets})
	e.Uint("flows", v.Flows)
	if rollup.Retrans.Known(*v) {
		e.Uint("retrans", v.Retrans)
	} else {
		e.Null("retrans")
	}
	milliOrNull(e, "rtt", int64(rollup.RTT.Of(*v)), rollup.RTT.Known(*v))
}

// valueFields are the sums of a member.
func valueFields() []Field {
	return []Field{
		{"bytes", TxRx, false, "IP bytes: tx sent by the local side, rx received"},
		{"pkts", TxRx, false, "IP packets"},
		{"flows", Integer, false, "flows that began in that time; of dns, answers"},
		{"retrans", Integer, true, "TCP packets sent again; null where no packets are seen, as when connection tracking counts"},
		{"rtt", Number, true, "mean round trip in milliseconds; null when none was measured"},
	}
}

func shareField() Field {
	return Field{"share", Number, true, "of the sum of all members, in per cent of the metric; null of nothing, and of rtt"}
}
