package api

import (
	"context"
	"slices"

	"weir/internal/rollup"
)

var topMethod = Method{
	Name: "top",
	Doc:  "The largest members of a class over a time.",
	Args: append([]Arg{
		classArg, metricArg, textArg,
		{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(10), Min: 1, Max: seriesLimit}, offsetArg,
	}, timeArgs...),
	Example: `{"class":"device","metric":"bytes","from":1750000000,"to":1750000900,"limit":2}`,
	run:     runTop,
}

func topAnswer() []Field {
	return append(paged("top", "one for each member, largest first", slices.Concat([]Field{
		{"key", Text, false, "of a matrix, of its rows"},
		{"label", Text, true, "name that people know it by"},
		{"sub", Table, true, "of a matrix, the member of its columns"},
		{"sub.key", Text, false, ""},
		{"sub.label", Text, true, "name that people know it by"},
	}, valueFields(), []Field{shareField()})), rankFields()...)
}

// rankFields are what a ranking is of.
func rankFields() []Field {
	return []Field{
		{"class", Text, false, ""},
		{"metric", Text, false, "what they are sorted by"},
		{"from", Integer, false, "beginning of the time, which is made of whole slots of what is kept"},
		{"to", Integer, false, "end of the time, not included"},
	}
}

func (r *ranking) encodeFrame(e *Encoder, ts int64, offset int) {
	e.Int("ts", ts)
	e.Int("total", int64(r.total))
	e.Bool("truncated", r.total > offset+len(r.rows))
	e.Str("class", r.query.Class.String())
	e.Str("metric", r.query.Metric.String())
	e.Int("from", r.query.From)
	e.Int("to", r.query.To)
}

func runTop(ctx context.Context, b *Backend, a Args) (Reply, error) {
	r, err := rankArgs(ctx, b, a)
	if err != nil {
		return nil, err
	}
	offset := int(arg[int64](a, "offset"))
	r.cut(b.History, arg[string](a, "text"), offset, int(arg[int64](a, "limit")))
	ts := b.now().Unix()
	return func(e *Encoder) {
		r.encodeFrame(e, ts, offset)
		e.Array("top")
		for i := range r.rows {
			row := &r.rows[i]
			e.Table("")
			row.encode(e)
			row.encodeSub(e)
			encodeValues(e, &row.Values)
			milliOrNull(e, "share", row.share, row.share >= 0)
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

// rankArgs sums the class that the arguments name over the time that they name.
func rankArgs(ctx context.Context, b *Backend, a Args) (*ranking, error) {
	q, _, err := queryOf(ctx, b, a)
	if err != nil {
		return nil, err
	}
	return rank(ctx, b.History, q)
}

// queryOf returns the query for the class and the time that the arguments name,
// which is widened to whole slots of the tier that answers it: what a ranking says
// of its time is what it is made of. step is the length of those slots.
func queryOf(ctx context.Context, b *Backend, a Args) (q rollup.Query, step int64, err error) {
	s, err := spanOf(b, a)
	if err != nil {
		return q, 0, err
	}
	c, now := b.calendar(), b.now().Unix()
	q, err = query(b, a, s, s.points(s.grain(c, now)))
	if err != nil {
		return q, 0, err
	}
	probe := q
	probe.ID, probe.Sub, probe.Metric, probe.Points = rollup.Other, rollup.Other, rollup.Bytes, min(q.Points+2, rollup.MaxPoints)
	series, err := b.History.Series(ctx, probe)
	if err != nil {
		return q, 0, err
	}
	q.From = max(c.Floor(q.From, series.Step), 0)
	if q.To < now {
		q.To = c.Next(c.Floor(q.To-1, series.Step), series.Step)
	}
	return q, series.Step, nil
}
