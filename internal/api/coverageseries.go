package api

import (
	"context"
	"time"

	"weir/internal/engine"
	"weir/internal/rollup"
	"weir/internal/usage"
)

// steps are the lengths of a coverage's points, and how many there are of each
// when nothing is said.
var steps = []struct {
	name   string
	points int64
}{{"minute", 60}, {"hour", 24}, {"day", 30}}

var coverageMethod = Method{
	Name: "coverage",
	Doc:  "How much of what each uplink carried is attributed to flows, over time.",
	Args: []Arg{
		{Name: "uplink", Type: String, Doc: "only this one"},
		{Name: "step", Type: String, Doc: "length of a point; minutes are those of the last hour since the start, days begin at local midnight", Default: "minute", Values: []string{"minute", "hour", "day"}},
		{Name: "points", Type: Int, Doc: "the newest so many; without it 60 minutes, 24 hours or 30 days", Min: 1, Max: 90},
	},
	Example: `{"uplink":"wan","step":"minute","points":2}`,
	run:     runCoverage,
}

func coverageAnswer() []Field {
	return paged("coverage", "one for each uplink", append(append([]Field{
		{"uplink", Text, false, "name of the network"},
		{"device", Text, true, "whose counters are read; null while the uplink is down"},
		{"step", Text, false, "minute, hour or day"},
		{"method", Text, false, "how interface and flows are compared"},
	}, reasonFields()...), append([]Field{
		{"points", List, false, "oldest first, the newest one unfinished; where nothing was measured there is none"},
		{"points[]", Table, false, ""},
		{"points[].start", Integer, false, "beginning of the point"},
	}, append(under("points[]", shareFields()), []Field{
		{"points[].causes", List, false, "short names of reasons that came about then, as far as they are remembered"},
		{"points[].causes[]", Text, false, ""},
	}...)...)...))
}

// uplinkSeries is one uplink over time.
type uplinkSeries struct {
	uplinkNow
	step   string
	points []usage.Span
}

func runCoverage(ctx context.Context, b *Backend, a Args) (Reply, error) {
	only, step := arg[string](a, "uplink"), arg[string](a, "step")
	points := arg[int64](a, "points")
	for _, s := range steps {
		if points == 0 && s.name == step {
			points = s.points
		}
	}
	var rows []uplinkSeries
	for _, now := range coverageNow(b, b.now()) {
		if only != "" && now.Uplink != only {
			continue
		}
		spans, err := spansOf(ctx, b, &now.Report, step, int(points))
		if err != nil {
			return nil, err
		}
		rows = append(rows, uplinkSeries{now, step, spans})
	}
	if only != "" && rows == nil {
		return nil, notFound("status lists the uplinks there are", "there is no uplink %s", quote(only))
	}
	return list(b, engine.Page{}, "coverage", rows, len(rows), encodeSeries), nil
}

func encodeSeries(e *Encoder, s *uplinkSeries) {
	e.Str("uplink", s.Uplink)
	textOrNull(e, "device", s.Read.Device)
	e.Str("step", s.step)
	e.Str("method", s.method)
	encodeReasons(e, s.reasons)
	e.Array("points")
	for i := range s.points {
		p := &s.points[i]
		e.Table("")
		e.Int("start", p.Start.Unix())
		encodeShare(e, p)
		e.Array("causes")
		for c, n := range p.Causes {
			if n > 0 {
				e.Str("", usage.Cause(c).String())
			}
		}
		e.EndArray()
		e.EndTable()
	}
	e.EndArray()
}

// spansOf returns the newest points of an uplink. Minutes are the meter's own;
// hours and days come from history, which outlives a restart, with the causes
// that the meter remembers.
func spansOf(ctx context.Context, b *Backend, r *usage.Report, step string, points int) ([]usage.Span, error) {
	minutes, hours := b.Uplinks.Spans(r.Uplink)
	if step == "minute" {
		return minutes[max(len(minutes)-points, 0):], nil
	}
	now := b.now()
	first := now.Truncate(time.Hour).Add(time.Duration(1-points) * time.Hour)
	if step == "day" {
		first = midnight(now).AddDate(0, 0, 1-points)
	}
	spans, err := storedHours(ctx, b.History, r, first, now)
	if err != nil {
		return nil, err
	}
	for i := range hours {
		for j := range spans {
			if spans[j].Start.Equal(hours[i].Start) {
				spans[j].Causes = hours[i].Causes
			}
		}
	}
	if step == "day" {
		return days(spans, now.Location()), nil
	}
	return spans, nil
}

// storedHours reads the hours of an uplink from first until now from history.
// They may be longer than an hour where that does not reach back further in
// hours.
func storedHours(ctx context.Context, h History, r *usage.Report, first, now time.Time) ([]usage.Span, error) {
	from := max(first.Truncate(time.Hour).Unix(), 0)
	n := min(max(now.Unix()-from, 1)/3600+1, rollup.MaxPoints)
	var spans []usage.Span
	for _, part := range parts {
		id, ok := h.Find(part.class, r.Uplink)
		if !ok {
			return nil, nil // nothing was measured yet
		}
		for _, m := range part.metrics {
			q := rollup.Query{Class: part.class, ID: id, Metric: m, From: from, To: from + n*3600, Points: int(n)}
			s, err := h.Series(ctx, q)
			if err != nil {
				return nil, err
			}
			if spans == nil {
				spans = emptySpans(&s, r)
			}
			for i := range min(len(s.Values), len(spans)) {
				if s.Known[i] {
					*column(part.of(&spans[i]), m) = s.Values[i]
				}
			}
		}
	}
	return measured(spans, r), nil
}

// parts are where the stored classes belong in a Span.
var parts = []struct {
	class   rollup.Class
	metrics []rollup.Metric
	of      func(*usage.Span) *usage.Counts
}{
	{rollup.Uplink, both, func(s *usage.Span) *usage.Counts { return &s.Interface }},
	{rollup.Attributed, both, func(s *usage.Span) *usage.Counts { return &s.Flows }},
	{rollup.RouterOwn, both[:2], func(s *usage.Span) *usage.Counts { return &s.Router }},
}

// both are bytes, and packets for what is uncertain of them.
var both = []rollup.Metric{rollup.TxBytes, rollup.RxBytes, rollup.TxPackets, rollup.RxPackets}

func column(c *usage.Counts, m rollup.Metric) *uint64 {
	switch m {
	case rollup.TxBytes:
		return &c.TxBytes
	case rollup.RxBytes:
		return &c.RxBytes
	case rollup.TxPackets:
		return &c.TxPackets
	}
	return &c.RxPackets
}

// emptySpans returns a span for each point of a series.
func emptySpans(s *rollup.Series, r *usage.Report) []usage.Span {
	spans := make([]usage.Span, len(s.Values))
	for i := range spans {
		spans[i] = usage.Span{Start: time.Unix(s.Start+int64(i)*s.Step, 0), Merged: r.Merged}
		if s.Known[i] {
			spans[i].Measured = time.Duration(s.Step) * time.Second
		}
	}
	return spans
}

// measured returns the spans that history knows of.
func measured(spans []usage.Span, r *usage.Report) []usage.Span {
	var out []usage.Span
	for i := range spans {
		if s := &spans[i]; s.Measured > 0 {
			s.Slack = uint64(r.Read.Slack) * s.Interface.Packets()
			out = append(out, *s)
		}
	}
	return out
}

// days adds hours up to days of a time zone.
func days(hours []usage.Span, zone *time.Location) []usage.Span {
	var out []usage.Span
	for i := range hours {
		start := midnight(hours[i].Start.In(zone))
		if n := len(out); n == 0 || !out[n-1].Start.Equal(start) {
			out = append(out, usage.Span{Start: start})
		}
		out[len(out)-1].Add(&hours[i])
	}
	return out
}

func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}
