package api

import (
	"context"
	"time"

	"weir/internal/engine"
	"weir/internal/rollup"
)

// seriesLimit bounds the names of one series_list and the rows of one top.
const seriesLimit = 200

var seriesMethod = Method{
	Name: "series",
	Doc:  "One member of a class over time.",
	Args: append([]Arg{
		classArg,
		{Name: "key", Type: String, Doc: "member of the class, from series_list; class total needs none"},
		metricArg,
		{Name: "points", Type: Int, Doc: "points at most", Default: int64(300), Min: 1, Max: rollup.MaxPoints},
	}, timeArgs...),
	Reply: []Field{
		{"ts", Integer, false, "when it was answered"},
		{"class", Text, false, ""},
		{"key", Text, false, ""},
		{"label", Text, true, "name that people know it by"},
		{"metric", Text, false, ""},
		{"start", Integer, false, "beginning of the first point"},
		{"step", Integer, false, "seconds that a point covers"},
		{"values", List, false, "sums over each step"},
		{"values[]", Integer, true, "null where nothing was counted: a gap, not a zero"},
	},
	Example: `{"class":"application","key":"youtube","metric":"rx_bytes","from":1750000000,"to":1750000900}`,
	run:     runSeries,
}

var seriesListMethod = Method{
	Name: "series_list",
	Doc:  "Members of a class that have a series, for completion.",
	Args: []Arg{
		classArg, textArg,
		{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(50), Min: 1, Max: seriesLimit},
	},
	Reply: paged("series", "one for each member", []Field{
		{"class", Text, false, ""},
		{"key", Text, false, "for series"},
		{"label", Text, true, "name that people know it by"},
	}),
	Example: `{"class":"device"}`,
	run:     runSeriesList,
}

var topMethod = Method{
	Name: "top",
	Doc:  "The largest members of a class over a time.",
	Args: append([]Arg{
		classArg, metricArg,
		{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(10), Min: 1, Max: seriesLimit},
	}, timeArgs...),
	Reply: append(paged("top", "one for each member, largest first", []Field{
		{"key", Text, false, ""},
		{"label", Text, true, "name that people know it by"},
		{"bytes", TxRx, false, "IP bytes: tx sent by the local side, rx received"},
		{"pkts", TxRx, false, "IP packets"},
		{"flows", Integer, false, "flows that began in that time"},
	}), []Field{
		{"class", Text, false, ""},
		{"metric", Text, false, "what they are sorted by"},
		{"from", Integer, false, "beginning of the time"},
		{"to", Integer, false, "end of the time, not included"},
	}...),
	Example: `{"class":"device","metric":"bytes","from":1750000000,"to":1750000900,"limit":2}`,
	run:     runTop,
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
}

var (
	classArg  = Arg{Name: "class", Type: String, Doc: "what is summed up; application: by the application or, of flows that have none, by the protocol, and category likewise; of an uplink: what its interface counted, what of that is attributed to flows, what this router itself sent and received", Required: true, Values: classes}
	metricArg = Arg{Name: "metric", Type: String, Doc: "what is counted; tx is sent by the local side", Default: metrics[0], Values: metrics}
)

// periods are times that end now. A month is 30 days, as charts want it.
var periods = []struct {
	name   string
	length time.Duration
}{
	{"5m", 5 * time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour},
	{"week", 7 * 24 * time.Hour}, {"month", 30 * 24 * time.Hour},
}

// maxTime is the end of the year 9999.
const maxTime = 253402300800

var timeArgs = []Arg{
	{Name: "period", Type: String, Doc: "time that ends now, a day when nothing is given; custom goes with from, cycle is not supported yet", Values: []string{"5m", "hour", "day", "week", "month", "cycle", "custom"}},
	{Name: "from", Type: Int, Doc: "beginning, epoch seconds", Max: maxTime},
	{Name: "to", Type: Int, Doc: "end, epoch seconds, not included; now by default", Max: maxTime},
}

// span returns the time that a's period, from and to name; a day by default.
func span(b *Backend, a Args) (from, to int64, err error) {
	now := b.now().Unix()
	period := arg[string](a, "period")
	from, hasFrom := a["from"].(int64)
	to, hasTo := a["to"].(int64)
	switch {
	case period == "cycle":
		return 0, 0, &Error{NotSupported, "period cycle is not supported by this version: it does not know accounting cycles", "give from and to"}
	case period == "custom" && !hasFrom:
		return 0, 0, invalid("give from, and to unless it is now", "period custom needs the argument from")
	case period != "" && period != "custom" && (hasFrom || hasTo):
		return 0, 0, invalid("give either", "period %s and from or to contradict each other", period)
	case hasTo && !hasFrom:
		return 0, 0, invalid("give both", "argument to needs the argument from")
	}
	if !hasFrom {
		length := 24 * time.Hour
		for _, p := range periods {
			if p.name == period {
				length = p.length
			}
		}
		return max(now-int64(length/time.Second), 0), max(now, 1), nil
	}
	if !hasTo {
		to = now
	}
	if to <= from {
		return 0, 0, invalid("times are epoch seconds", "from %d is not before to %d", from, to)
	}
	return from, to, nil
}

// query turns the common arguments into a query; names were checked by bind.
func query(b *Backend, a Args) (rollup.Query, error) {
	class, _ := rollup.ParseClass(arg[string](a, "class"))
	metric, _ := rollup.ParseMetric(arg[string](a, "metric"))
	from, to, err := span(b, a)
	if err != nil {
		return rollup.Query{}, err
	}
	q := rollup.Query{Class: class, Metric: metric, From: from, To: to, Points: max(int(arg[int64](a, "points")), 1)}
	if err := q.Check(); err != nil {
		return rollup.Query{}, invalid("", "%v", err)
	}
	return q, nil
}

func runSeries(ctx context.Context, b *Backend, a Args) (Reply, error) {
	q, err := query(b, a)
	if err != nil {
		return nil, err
	}
	key := arg[string](a, "key")
	switch {
	case q.Class == rollup.Total:
		q.ID = rollup.Other
	case key == "":
		return nil, invalid("series_list lists them", "series: class %s needs the argument key", q.Class)
	default:
		id, ok := b.History.Find(q.Class, key)
		if !ok {
			return nil, notFound("series_list lists those there are", "there is no series of %s %s", q.Class, quote(key))
		}
		q.ID = id
	}
	s, err := b.History.Series(ctx, q)
	if err != nil {
		return nil, err
	}
	m := memberOf(b.History, q.Class, q.ID)
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Str("class", q.Class.String())
		m.encode(e)
		e.Str("metric", q.Metric.String())
		e.Int("start", s.Start)
		e.Int("step", s.Step)
		e.Array("values")
		for i, v := range s.Values {
			if s.Known[i] {
				e.Uint("", v)
			} else {
				e.Null("")
			}
		}
		e.EndArray()
	}, nil
}

func runSeriesList(_ context.Context, b *Backend, a Args) (Reply, error) {
	class, _ := rollup.ParseClass(arg[string](a, "class"))
	ids, total := b.History.Members(class, arg[string](a, "text"), int(arg[int64](a, "limit")))
	members := make([]member, len(ids))
	for i, id := range ids {
		members[i] = memberOf(b.History, class, id)
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

func runTop(ctx context.Context, b *Backend, a Args) (Reply, error) {
	q, err := query(b, a)
	if err != nil {
		return nil, err
	}
	rows, total, err := b.History.Top(ctx, q, int(arg[int64](a, "limit")))
	if err != nil {
		return nil, err
	}
	members := make([]member, len(rows))
	for i := range rows {
		members[i] = memberOf(b.History, q.Class, rows[i].ID)
	}
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Int("total", int64(total))
		e.Bool("truncated", total > len(rows))
		e.Str("class", q.Class.String())
		e.Str("metric", q.Metric.String())
		e.Int("from", q.From)
		e.Int("to", q.To)
		e.Array("top")
		for i := range rows {
			r := &rows[i]
			e.Table("")
			members[i].encode(e)
			pair(e, "bytes", engine.Pair[uint64]{Tx: r.TxBytes, Rx: r.RxBytes})
			pair(e, "pkts", engine.Pair[uint64]{Tx: r.TxPackets, Rx: r.RxPackets})
			e.Uint("flows", r.Flows)
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

// member is how a series is named in a reply.
type member struct{ key, label string }

func memberOf(h History, class rollup.Class, id uint32) member {
	key, label := h.Name(class, id)
	return member{key, label}
}

func (m *member) encode(e *Encoder) {
	e.Str("key", m.key)
	textOrNull(e, "label", m.label)
}
