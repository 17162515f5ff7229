package api

import (
	"context"
	"slices"
	"sort"

	"weir/internal/rollup"
)

var compareMethod = Method{
	Name: "compare",
	Doc:  "Members of a class over a time beside the time before, which is as long.",
	Args: append([]Arg{
		classArg, metricArg, textArg,
		{Name: "sort", Type: String, Doc: "what is largest first; change: whatever its sign", Default: "value", Values: []string{"value", "before", "change"}},
		{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(10), Min: 1, Max: seriesLimit}, offsetArg,
	}, timeArgs...),
	Example: `{"class":"application","from":1750000200,"to":1750000800}`,
	run:     runCompare,
}

func compareAnswer() []Field {
	return append(paged("compare", "one for each member", slices.Concat([]Field{
		{"key", Text, false, "of a matrix, of its rows"},
		{"label", Text, true, "name that people know it by"},
		{"sub", Table, true, "of a matrix, the member of its columns"},
		{"sub.key", Text, false, ""},
		{"sub.label", Text, true, "name that people know it by"},
	}, changeFields())), slices.Concat(rankFields(), []Field{
		{"before", Table, true, "the time before; null when nothing is known of it"},
		{"before.from", Integer, false, ""},
		{"before.to", Integer, false, ""},
		{"sum", Table, false, "of all members"},
	}, under("sum", changeFields()))...)
}

func changeFields() []Field {
	return []Field{
		{"value", Integer, true, "the metric over the time; null where rtt was not measured"},
		{"before", Integer, true, "over the time before; null when nothing is known of it"},
		{"change", Integer, true, "value less before"},
		{"change_pct", Number, true, "change in per cent of before; null of nothing"},
	}
}

// change is a metric now and before.
type change struct {
	value, before       uint64
	known, beforeKnown  bool
	difference, percent int64 // percent in thousandths
}

func changeOf(m rollup.Metric, now, before rollup.Values, hasBefore bool) change {
	c := change{
		value: m.Of(now), known: m.Known(now),
		before: m.Of(before), beforeKnown: hasBefore && m.Known(before),
	}
	c.difference = int64(c.value - c.before)
	if c.before > 0 {
		c.percent = int64(100_000 * float64(c.difference) / float64(c.before))
	}
	return c
}

func (c *change) encode(e *Encoder) {
	countOrNull(e, "value", c.value, c.known)
	countOrNull(e, "before", c.before, c.beforeKnown)
	both := c.known && c.beforeKnown
	if both {
		e.Int("change", c.difference)
	} else {
		e.Null("change")
	}
	milliOrNull(e, "change_pct", c.percent, both && c.before > 0)
}

// encodeBefore writes what stands beside a member's values.
func (c *change) encodeBefore(e *Encoder) {
	countOrNull(e, "before", c.before, c.beforeKnown)
	milliOrNull(e, "change_pct", c.percent, c.known && c.beforeKnown && c.before > 0)
}

// countOrNull writes a number that may not be known.
func countOrNull(e *Encoder, name string, v uint64, known bool) {
	if !known {
		e.Null(name)
		return
	}
	e.Uint(name, v)
}

// compareArgs sums the class that the arguments name over the time that they name
// and over the one before.
func compareArgs(ctx context.Context, b *Backend, a Args) (*ranking, error) {
	q, step, err := queryOf(ctx, b, a)
	if err != nil {
		return nil, err
	}
	r, err := rank(ctx, b.History, q)
	if err != nil {
		return nil, err
	}
	before := span{q.From, q.To}.before(b.now().Location())
	// Where the time ends at the present, the one before begins within a slot.
	before.from = b.calendar().Floor(before.from+step/2, step)
	return r, r.compare(ctx, b.History, before)
}

func runCompare(ctx context.Context, b *Backend, a Args) (Reply, error) {
	r, err := compareArgs(ctx, b, a)
	if err != nil {
		return nil, err
	}
	sum := changeOf(r.query.Metric, r.sum, r.sumBefore, r.before != nil)
	r.sortBy(arg[string](a, "sort"))
	offset := int(arg[int64](a, "offset"))
	r.cut(b.History, arg[string](a, "text"), offset, int(arg[int64](a, "limit")))
	ts := b.now().Unix()
	return func(e *Encoder) {
		r.encodeFrame(e, ts, offset)
		r.encodeBefore(e)
		e.Table("sum")
		sum.encode(e)
		e.EndTable()
		e.Array("compare")
		for i := range r.rows {
			row := &r.rows[i]
			e.Table("")
			row.encode(e)
			row.encodeSub(e)
			c := r.change(row)
			c.encode(e)
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

func (r *ranking) change(row *rankedRow) change {
	return changeOf(r.query.Metric, row.Values, row.before, r.before != nil)
}

func (r *ranking) encodeBefore(e *Encoder) {
	if r.before == nil {
		e.Null("before")
		return
	}
	e.Table("before")
	e.Int("from", r.before.from)
	e.Int("to", r.before.to)
	e.EndTable()
}

// sortBy puts the rows into the order of value, before or change, largest first.
func (r *ranking) sortBy(what string) {
	weight := func(row *rankedRow) uint64 {
		c := r.change(row)
		switch what {
		case "before":
			return c.before
		case "change":
			return uint64(max(c.difference, -c.difference))
		}
		return c.value
	}
	sort.SliceStable(r.rows, func(i, j int) bool { return weight(&r.rows[i]) > weight(&r.rows[j]) })
}
