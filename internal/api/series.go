package api

import (
	"context"
	"fmt"

	"weir/internal/rollup"
)

// seriesLimit bounds the names of one series_list and the rows of one top.
const seriesLimit = 200

var seriesMethod = Method{
	Name: "series",
	Doc:  "One member of a class over time.",
	Args: append([]Arg{
		classArg, keyArg, subArg, metricArg,
		{Name: "points", Type: Int, Doc: "points at most", Default: int64(300), Min: 1, Max: rollup.MaxPoints},
	}, timeArgs...),
	Example: `{"class":"application","key":"youtube","metric":"rx_bytes","from":1750000000,"to":1750000900}`,
	run:     runSeries,
}

func seriesAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"class", Text, false, ""},
		{"key", Text, false, ""},
		{"label", Text, true, "name that people know it by"},
		{"sub", Table, true, "of a matrix, the member of its columns"},
		{"sub.key", Text, false, ""},
		{"sub.label", Text, true, "name that people know it by"},
		{"metric", Text, false, ""},
		{"start", Integer, false, "beginning of the first point"},
		{"step", Integer, false, "seconds that a point covers, 86400 for local days and 2592000 for local months, whatever their lengths"},
		{"starts", List, true, "beginnings of the points where they are days or months; null where they are step seconds apart"},
		{"starts[]", Integer, false, ""},
		{"values", List, false, "sums over each step; of rtt, means"},
		{"values[]", Integer, true, "null where nothing was counted: a gap, not a zero"},
	}
}

var seriesListMethod = Method{
	Name: "series_list",
	Doc:  "Members of a class that have a series, for completion.",
	Args: []Arg{
		classArg, textArg,
		{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(50), Min: 1, Max: seriesLimit},
	},
	Example: `{"class":"device"}`,
	run:     runSeriesList,
}

func seriesListAnswer() []Field {
	return paged("series", "one for each member", []Field{
		{"class", Text, false, ""},
		{"key", Text, false, "for series"},
		{"label", Text, true, "name that people know it by"},
	})
}

// classes are the dimensions there is history of; a Class is its index.
var classes = func() (names []string) {
	for c := range rollup.Class(rollup.NumClasses) {
		names = append(names, c.String())
	}
	return names
}()

// metrics are what is counted, largest use first.
var metrics = []string{
	rollup.Bytes.String(), rollup.TxBytes.String(), rollup.RxBytes.String(),
	rollup.Packets.String(), rollup.TxPackets.String(), rollup.RxPackets.String(), rollup.Flows.String(),
	rollup.Retrans.String(), rollup.RTT.String(),
}

var (
	classArg  = Arg{Name: "class", Type: String, Doc: "what is summed up; application: by the application or, of flows that have none, by the protocol, and category likewise; of an uplink: what its interface counted, what of that is attributed to flows, what this router itself sent and received; of dns: answers to questions, which flows counts", Required: true, Values: classes}
	keyArg    = Arg{Name: "key", Type: String, Doc: "member of the class, from series_list; class total needs none; of a matrix, the device"}
	subArg    = Arg{Name: "sub", Type: String, Doc: "of a matrix, the application or country"}
	metricArg = Arg{Name: "metric", Type: String, Doc: "what is counted; tx is sent by the local side; retrans: TCP packets sent again, as far as all packets are seen; rtt: mean round trip in microseconds", Default: metrics[0], Values: metrics}
)

// query turns the common arguments into a query over s of one member, or of all
// of a class; names were checked by bind.
func query(b *Backend, a Args, s span, points int) (rollup.Query, error) {
	class, _ := rollup.ParseClass(arg[string](a, "class"))
	metric, _ := rollup.ParseMetric(arg[string](a, "metric"))
	q := rollup.Query{Class: class, Metric: metric, From: s.from, To: s.to, Points: points, Calendar: b.calendar()}
	if err := q.Check(); err != nil {
		return rollup.Query{}, invalid("", "%v", err)
	}
	return q, nil
}

func runSeries(ctx context.Context, b *Backend, a Args) (Reply, error) {
	s, err := spanOf(b, a)
	if err != nil {
		return nil, err
	}
	q, err := query(b, a, s, int(arg[int64](a, "points")))
	if err != nil {
		return nil, err
	}
	m, err := findMember(b.History, &q, arg[string](a, "key"), arg[string](a, "sub"))
	if err != nil {
		return nil, err
	}
	series, err := b.History.Series(ctx, q)
	if err != nil {
		return nil, err
	}
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Str("class", q.Class.String())
		m.encode(e)
		m.encodeSub(e)
		e.Str("metric", q.Metric.String())
		encodePoints(e, &series)
	}, nil
}

func encodePoints(e *Encoder, s *rollup.Series) {
	e.Int("start", s.Start)
	e.Int("step", s.Step)
	if s.Starts == nil {
		e.Null("starts")
	} else {
		e.Array("starts")
		for _, t := range s.Starts {
			e.Int("", t)
		}
		e.EndArray()
	}
	e.Array("values")
	for i, v := range s.Values {
		if s.Known[i] {
			e.Uint("", v)
		} else {
			e.Null("")
		}
	}
	e.EndArray()
}

func runSeriesList(_ context.Context, b *Backend, a Args) (Reply, error) {
	class, _ := rollup.ParseClass(arg[string](a, "class"))
	if rows, columns, ok := class.Matrix(); ok {
		return nil, invalid(fmt.Sprintf("list %s for key and %s for sub; matrix shows its cells", rows, columns), "class %s has cells, not members", class)
	}
	ids, total := b.History.Members(class, arg[string](a, "text"), int(arg[int64](a, "limit")))
	members := make([]member, len(ids))
	for i, id := range ids {
		members[i] = memberOf(b.History, class, id, 0)
	}
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Int("total", int64(total))
		e.Bool("truncated", total > len(members))
		e.Array("series")
		for i := range members {
			e.Table("")
			e.Str("class", class.String())
			members[i].encode(e)
			e.EndTable()
		}
		e.EndArray()
	}, nil
}
