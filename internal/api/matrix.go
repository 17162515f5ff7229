package api

import (
	"context"
	"slices"
	"sort"

	"weir/internal/rollup"
)

// matrixLimit bounds the rows and columns of a matrix.
const matrixLimit = 50

var matrixMethod = Method{
	Name: "matrix",
	Doc:  "The largest members of two classes over a time, and what each moved with each other; of zones, also what the firewall lets pass between them.",
	Args: append([]Arg{
		{Name: "class", Type: String, Doc: "rows and columns; of zone_zone, rows are the zones that flows were opened from and columns those that they led to, router being this machine", Default: matrices[0], Values: matrices},
		metricArg,
		{Name: "rows", Type: Int, Doc: "rows at most", Default: int64(20), Min: 1, Max: matrixLimit},
		{Name: "columns", Type: Int, Doc: "columns at most", Default: int64(20), Min: 1, Max: matrixLimit},
	}, timeArgs...),
	Example: `{"from":1749945600,"to":1750032000}`,
	run:     runMatrix,
}

func matrixAnswer() []Field {
	return slices.Concat([]Field{
		{"ts", Integer, false, "when it was answered"},
	}, rankFields(), []Field{
		{"sum", Integer, false, "the metric of all cells"},
		{"rest", Integer, false, "of that, what is in no cell here: of other rows and columns, and what was too little to be kept apart"},
		{"columns", List, false, "largest first"},
		{"columns[]", Table, false, ""},
		{"columns[].key", Text, false, ""},
		{"columns[].label", Text, true, "name that people know it by"},
		{"columns[].value", Integer, false, "the metric, over all rows"},
		{"rows", List, false, "largest first"},
		{"rows[]", Table, false, ""},
		{"rows[].key", Text, false, ""},
		{"rows[].label", Text, true, "name that people know it by"},
		{"rows[].value", Integer, false, "the metric, over all columns"},
		{"rows[].cells", List, false, "one for each column"},
		{"rows[].cells[]", Integer, false, ""},
	}, policyFields())
}

// matrices are the classes that have cells.
var matrices = []string{rollup.DeviceApplication.String(), rollup.DeviceCountry.String(), rollup.ZoneZone.String()}

// axis is one side of a matrix.
type axis struct {
	ids   []uint32 // largest first
	names []name
	sums  map[uint32]uint64
}

// newAxis sums the cells by the ID that of returns and keeps the limit largest.
func newAxis(h History, class rollup.Class, limit int, r *ranking, of func(*rollup.Amount) uint32) *axis {
	x := &axis{sums: map[uint32]uint64{}}
	for i := range r.rows {
		cell := &r.rows[i].Amount
		id := of(cell)
		if _, ok := x.sums[id]; !ok && id != rollup.Other {
			x.ids = append(x.ids, id)
		}
		x.sums[id] += r.query.Metric.Of(cell.Values)
	}
	sort.Slice(x.ids, func(i, j int) bool {
		a, b := x.sums[x.ids[i]], x.sums[x.ids[j]]
		return a > b || a == b && x.ids[i] < x.ids[j]
	})
	x.ids = x.ids[:min(limit, len(x.ids))]
	for _, id := range x.ids {
		x.names = append(x.names, nameOf(h, class, id))
	}
	return x
}

// encode writes the member at i and its sum.
func (x *axis) encode(e *Encoder, i int) {
	x.names[i].encode(e)
	e.Uint("value", x.sums[x.ids[i]])
}

func runMatrix(ctx context.Context, b *Backend, a Args) (Reply, error) {
	r, err := rankArgs(ctx, b, a)
	if err != nil {
		return nil, err
	}
	if r.query.Metric == rollup.RTT {
		return nil, invalid("top shows rtt by cell", "matrix: metric rtt is a mean, and cannot be added up")
	}
	rowClass, columnClass, _ := r.query.Class.Matrix()
	rows := newAxis(b.History, rowClass, int(arg[int64](a, "rows")), r, func(c *rollup.Amount) uint32 { return c.ID })
	columns := newAxis(b.History, columnClass, int(arg[int64](a, "columns")), r, func(c *rollup.Amount) uint32 { return c.Sub })
	cells := make([]uint64, len(rows.ids)*len(columns.ids))
	sum := r.query.Metric.Of(r.sum)
	rest := sum
	for i := range r.rows {
		cell := &r.rows[i].Amount
		row, column := slices.Index(rows.ids, cell.ID), slices.Index(columns.ids, cell.Sub)
		if row >= 0 && column >= 0 {
			v := r.query.Metric.Of(cell.Values)
			cells[row*len(columns.ids)+column] = v
			rest -= v
		}
	}
	var policies []ZonePolicy
	if r.query.Class == rollup.ZoneZone && b.World != nil {
		policies = b.World.ZonePolicies()
	}
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Str("class", r.query.Class.String())
		e.Str("metric", r.query.Metric.String())
		e.Int("from", r.query.From)
		e.Int("to", r.query.To)
		e.Uint("sum", sum)
		e.Uint("rest", rest)
		e.Array("columns")
		for i := range columns.ids {
			e.Table("")
			columns.encode(e, i)
			e.EndTable()
		}
		e.EndArray()
		e.Array("rows")
		for i := range rows.ids {
			e.Table("")
			rows.encode(e, i)
			e.Array("cells")
			for _, v := range cells[i*len(columns.ids):][:len(columns.ids)] {
				e.Uint("", v)
			}
			e.EndArray()
			e.EndTable()
		}
		e.EndArray()
		encodePolicies(e, policies)
	}, nil
}
