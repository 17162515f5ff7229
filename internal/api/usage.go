package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"weir/internal/engine"
	"weir/internal/rollup"
)

// maxCycles bounds how many accounting cycles one may look back.
const maxCycles = 120

// usageClasses are what is accounted.
var usageClasses = []string{rollup.Uplink.String(), rollup.Device.String(), rollup.Network.String(), rollup.Pool.String(), rollup.Zone.String()}

var usageClassArg = Arg{Name: "class", Type: String, Doc: "of what; uplink: what its interface counted", Default: usageClasses[0], Values: usageClasses}

var usageMethod = Method{
	Name: "usage",
	Doc:  "What passed in an accounting cycle: of each uplink by its own, of all else by that of the house.",
	Args: []Arg{
		usageClassArg, textArg,
		{Name: "back", Type: Int, Doc: "cycles before the present one", Default: int64(0), Max: maxCycles},
		limitArg, offsetArg,
	},
	Example: `{"class":"device"}`,
	run:     runUsage,
}

func usageAnswer() []Field {
	return paged("usage", "one for each member, largest first", usageFields())
}

func usageFields() []Field {
	return slices.Concat([]Field{
		{"class", Text, false, ""},
		{"key", Text, false, "as series calls it"},
		{"label", Text, true, "name that people know it by"},
		{"from", Integer, false, "beginning of the cycle"},
		{"to", Integer, false, "its end, not included"},
	}, valueFields(), []Field{
		{"share", Number, true, "of the bytes of all members, in per cent; null of nothing"},
		{"forecast", Integer, true, "bytes at the end of the cycle if it goes on like this; null of past cycles, and in the first twentieth"},
		{"attributed", TxRx, true, "of an uplink: bytes that flows account for"},
		{"router", TxRx, true, "of an uplink: of those, of which this router itself is an end"},
	})
}

// usageRow is what a member moved in a cycle.
type usageRow struct {
	class string
	member
	cycle              span
	values             rollup.Values
	share              int64
	forecast           uint64
	forecastKnown      bool
	isUplink           bool
	attributed, router engine.Pair[uint64]
}

func encodeUsage(e *Encoder, r *usageRow) {
	e.Str("class", r.class)
	r.encode(e)
	e.Int("from", r.cycle.from)
	e.Int("to", r.cycle.to)
	encodeValues(e, &r.values)
	milliOrNull(e, "share", r.share, r.share >= 0)
	countOrNull(e, "forecast", r.forecast, r.forecastKnown)
	pairOrNull(e, "attributed", r.attributed, r.isUplink)
	pairOrNull(e, "router", r.router, r.isUplink)
}

func noAccount(method string) *Error {
	return &Error{NotSupported, method + ": nothing is accounted here", "it needs history, which is on with the daemon's database"}
}

func runUsage(ctx context.Context, b *Backend, a Args) (Reply, error) {
	if b.Account == nil {
		return nil, noAccount("usage")
	}
	class, _ := rollup.ParseClass(arg[string](a, "class"))
	rows, err := usageOf(ctx, b, class, int(arg[int64](a, "back")))
	if err != nil {
		return nil, err
	}
	if text := arg[string](a, "text"); text != "" {
		rows = slices.DeleteFunc(rows, func(r usageRow) bool { return !r.has(text) })
	}
	p := engine.Page{Offset: int(arg[int64](a, "offset")), Limit: int(arg[int64](a, "limit"))}
	return list(b, p, "usage", pageRows(rows, p), len(rows), encodeUsage), nil
}

// usageOf returns what the members of a class moved in a cycle, largest first.
func usageOf(ctx context.Context, b *Backend, class rollup.Class, back int) ([]usageRow, error) {
	if class != rollup.Uplink {
		_, rows, err := usageIn(ctx, b, class, b.cycle("", back))
		return rows, err
	}
	var rows []usageRow
	known := map[span]map[string]usageRow{}
	ids, _ := b.History.Members(class, "", seriesLimit)
	for _, id := range ids {
		key, _ := b.History.Name(class, id)
		cycle := b.cycle(key, back)
		if known[cycle] == nil {
			all, _, err := usageIn(ctx, b, class, cycle)
			if err != nil {
				return nil, err
			}
			known[cycle] = all
		}
		if row, ok := known[cycle][key]; ok {
			rows = append(rows, row)
		}
	}
	sort.SliceStable(rows, func(i, j int) bool {
		return rollup.Bytes.Of(rows[i].values) > rollup.Bytes.Of(rows[j].values)
	})
	return rows, nil
}

// usageIn returns what the members of a class moved in a cycle: by key, and in the
// order of their bytes.
func usageIn(ctx context.Context, b *Backend, class rollup.Class, cycle span) (map[string]usageRow, []usageRow, error) {
	r, err := rankCycle(ctx, b, class, cycle)
	if err != nil {
		return nil, nil, err
	}
	now := b.now().Unix()
	byKey := make(map[string]usageRow, len(r.rows))
	rows := make([]usageRow, len(r.rows))
	for i := range r.rows {
		row := usageRow{
			class: class.String(), member: r.rows[i].member, cycle: cycle,
			values: r.rows[i].Values, share: r.rows[i].share, isUplink: class == rollup.Uplink,
		}
		row.forecast, row.forecastKnown = cycle.forecast(rollup.Bytes.Of(row.values), now)
		rows[i] = row
	}
	if class == rollup.Uplink {
		err = addParts(ctx, b, cycle, rows)
	}
	for _, row := range rows {
		byKey[row.key] = row
	}
	return byKey, rows, err
}

// addParts adds what is known of the bytes of uplinks.
func addParts(ctx context.Context, b *Backend, cycle span, rows []usageRow) error {
	for _, part := range []struct {
		class rollup.Class
		of    func(*usageRow) *engine.Pair[uint64]
	}{
		{rollup.Attributed, func(r *usageRow) *engine.Pair[uint64] { return &r.attributed }},
		{rollup.RouterOwn, func(r *usageRow) *engine.Pair[uint64] { return &r.router }},
	} {
		r, err := rankCycle(ctx, b, part.class, cycle)
		if err != nil {
			return err
		}
		for i := range r.rows {
			for j := range rows {
				if rows[j].key == r.rows[i].key {
					*part.of(&rows[j]) = engine.Pair[uint64]{Tx: r.rows[i].TxBytes, Rx: r.rows[i].RxBytes}
				}
			}
		}
	}
	return nil
}

// rankCycle sums a class over a cycle.
func rankCycle(ctx context.Context, b *Backend, class rollup.Class, cycle span) (*ranking, error) {
	q := rollup.Query{
		Class: class, Metric: rollup.Bytes, From: cycle.from, To: cycle.to,
		Points: cycle.points(cycle.grain(b.calendar(), b.now().Unix())), Calendar: b.calendar(),
	}
	if err := q.Check(); err != nil {
		return nil, fmt.Errorf("accounting cycle: %w", err)
	}
	r, err := rank(ctx, b.History, q)
	if err != nil {
		return nil, err
	}
	r.cut(b.History, "", 0, all)
	return r, nil
}

// cycle returns the accounting cycle of an uplink, or of the house for "", that is
// back cycles before the present one.
func (b *Backend) cycle(uplink string, back int) span {
	now := b.now()
	from, to := b.Account.Cycle(uplink).Back(now, now.Location(), back)
	return span{max(from.Unix(), 0), max(to.Unix(), 1)}
}

// forecast returns what used bytes will be at the end of the cycle that now lies
// in, if it goes on like this.
func (s span) forecast(used uint64, now int64) (uint64, bool) {
	whole, seen := s.to-s.from, now-s.from
	if now >= s.to || seen < whole/20 || seen < int64(time.Hour/time.Second) {
		return 0, false
	}
	return uint64(min(float64(used)/float64(seen)*float64(whole), math.MaxInt64)), true
}

var exportUsage = exportKind{
	name: "usage",
	args: []Arg{
		usageClassArg,
		{Name: "cycles", Type: Int, Doc: "how many accounting cycles, the present one included; 12 without it", Min: 1, Max: maxCycles},
	},
	fields: usageFields,
	open: func(ctx context.Context, b *Backend, a Args) (rowsOf, error) {
		if b.Account == nil {
			return nil, noAccount("export")
		}
		name := cmp.Or(arg[string](a, "class"), usageClasses[0])
		class, _ := rollup.ParseClass(name)
		if !slices.Contains(usageClasses, name) {
			return nil, invalid(suggest(name, usageClasses), "export: kind usage does not know class %s", name)
		}
		back := int(cmp.Or(arg[int64](a, "cycles"), 12)) - 1
		return func(f *rowFile) error {
			for ; back >= 0; back-- {
				rows, err := usageOf(ctx, b, class, back)
				if err != nil {
					return err
				}
				for i := range rows {
					if err := putRow(f, &rows[i], encodeUsage); err != nil {
						return err
					}
				}
			}
			return nil
		}, nil
	},
}
