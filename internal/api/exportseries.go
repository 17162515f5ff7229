package api

import (
	"context"
	"weir/internal/clock"
	"weir/internal/rollup"
)

// exportSteps are the lengths of an exported series' points.
var exportSteps = []struct {
	name   string
	length int64
}{{"1m", 60}, {"5m", 300}, {"hour", 3600}, {"day", clock.Day}, {"month", clock.Month}}

var exportSeries = exportKind{
	name: "series",
	args: append([]Arg{
		classArg, keyArg, subArg,
		{Name: "step", Type: String, Doc: "length of a point, longer where history does not reach back that finely; without it one that makes some hundred points", Values: []string{"1m", "5m", "hour", "day", "month"}},
	}, timeArgs...),
	fields: pointFields,
	open:   openSeries,
}

func pointFields() []Field {
	return append([]Field{
		{"start", Integer, false, "beginning of the point"},
		{"step", Integer, false, "seconds that it covers, 86400 for local days and 2592000 for local months"},
		{"class", Text, false, ""},
		{"key", Text, false, ""},
		{"label", Text, true, "name that people know it by"},
		{"sub", Table, true, "of a matrix, the member of its columns"},
		{"sub.key", Text, false, ""},
		{"sub.label", Text, true, "name that people know it by"},
	}, valueFields()...)
}

// pointRow is what a member moved in one point.
type pointRow struct {
	start, step int64
	class       string
	member
	values rollup.Values
}

func encodePointRow(e *Encoder, r *pointRow) {
	e.Int("start", r.start)
	e.Int("step", r.step)
	e.Str("class", r.class)
	r.encode(e)
	r.encodeSub(e)
	encodeValues(e, &r.values)
}

func openSeries(ctx context.Context, b *Backend, a Args) (rowsOf, error) {
	s, err := spanOf(b, a)
	if err != nil {
		return nil, err
	}
	q, err := query(b, a, s, 1)
	if err != nil {
		return nil, err
	}
	x := &seriesExport{history: b.History, query: q, step: exportStep(arg[string](a, "step"), s)}
	x.query.From = max(q.Calendar.Floor(q.From, x.step), 0) // or else points would be longer to fit
	if key := arg[string](a, "key"); key != "" || q.Class == rollup.Total {
		m, err := findMember(b.History, &x.query, key, arg[string](a, "sub"))
		if err != nil {
			return nil, err
		}
		x.only = &m
	}
	return func(f *rowFile) error { return x.write(ctx, f) }, nil
}

func exportStep(name string, s span) int64 {
	for _, step := range exportSteps {
		if step.name == name {
			return step.length
		}
	}
	return min(max(s.fine(), exportSteps[0].length), clock.Month)
}

// seriesExport writes a class point by point, all members of a point together, so
// that it holds one point at a time whatever the time is.
type seriesExport struct {
	history History
	query   rollup.Query
	step    int64
	only    *member // nil for all
	done    int64   // end of the last point that was written
}

// window is how many points are asked for at a time.
const window = 500

// write asks which points there are, a window at a time, and for the members of
// each point.
func (x *seriesExport) write(ctx context.Context, f *rowFile) error {
	for from := x.query.From; from < x.query.To; {
		q := x.query
		q.From, q.To = from, min(from+window*x.step, q.To)
		q.Points = int((q.To - q.From + x.step - 1) / x.step)
		s, err := x.history.Series(ctx, q)
		if err != nil {
			return err
		}
		for i := range s.Values {
			if point := x.pointAt(&s, i); s.Known[i] && point.from >= x.done {
				if err := x.writePoint(ctx, f, point, s.Step); err != nil {
					return err
				}
				x.done = point.to // where two windows meet, a point may be in both
			}
		}
		from = q.To
	}
	return nil
}

// pointAt returns the time of a series' point.
func (x *seriesExport) pointAt(s *rollup.Series, i int) span {
	if s.Starts == nil {
		start := s.Start + int64(i)*s.Step
		return span{start, start + s.Step}
	}
	return span{s.Starts[i], x.query.Calendar.Next(s.Starts[i], s.Step)}
}

func (x *seriesExport) writePoint(ctx context.Context, f *rowFile, point span, step int64) error {
	q := x.query
	q.From, q.To, q.Points = point.from, point.to, 1
	amounts, _, err := x.history.Top(ctx, q, all)
	if err != nil {
		return err
	}
	row := pointRow{start: point.from, step: step, class: q.Class.String()}
	for i := range amounts {
		a := &amounts[i]
		switch {
		case x.only == nil:
			row.member = memberOf(x.history, q.Class, a.ID, a.Sub)
		case a.ID == q.ID && a.Sub == q.Sub:
			row.member = *x.only
		default:
			continue
		}
		row.values = a.Values
		if err := putRow(f, &row, encodePointRow); err != nil {
			return err
		}
	}
	return nil
}
