package api

import (
	"context"
	"slices"

	"weir/internal/rollup"
)

// The methods that list the members of one class with what they moved over a time
// and how that changed.
var (
	countriesMethod = dimension("countries", rollup.Country, "Countries of the far ends")
	asnsMethod      = dimension("asns", rollup.ASN, "Autonomous systems of the far ends")
	zonesMethod     = dimension("zones", rollup.Zone, "Firewall zones of the ends in the house")
	networksMethod  = dimension("networks", rollup.Network, "Networks of the ends in the house")
	poolsMethod     = dimension("pools", rollup.Pool, "Pools of devices")
)

func dimension(method string, class rollup.Class, what string) Method {
	return Method{
		Name: method,
		Doc:  what + ", each with what it moved over a time, and in the time before.",
		Args: append([]Arg{
			textArg, limitArg, offsetArg,
			{Name: "sort", Type: String, Doc: "what to sort by, largest first", Default: metrics[0], Values: metrics},
		}, timeArgs...),
		Example: `{"from":1750000200,"to":1750000800,"limit":2}`,
		run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
			return runDimension(ctx, b, a, class, method)
		},
	}
}

func runDimension(ctx context.Context, b *Backend, a Args, class rollup.Class, items string) (Reply, error) {
	a["class"], a["metric"] = class.String(), a["sort"]
	r, err := compareArgs(ctx, b, a)
	if err != nil {
		return nil, err
	}
	r.sortBy("value")
	offset := int(arg[int64](a, "offset"))
	r.cut(b.History, arg[string](a, "text"), offset, int(arg[int64](a, "limit")))
	ts := b.now().Unix()
	return func(e *Encoder) {
		r.encodeFrame(e, ts, offset)
		e.Array(items)
		for i := range r.rows {
			row := &r.rows[i]
			e.Table("")
			row.encode(e)
			encodeValues(e, &row.Values)
			milliOrNull(e, "share", row.share, row.share >= 0)
			c := r.change(row)
			c.encodeBefore(e)
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

func dimensionAnswer(method string) []Field {
	return append(paged(method, "one for each", slices.Concat([]Field{
		{"key", Text, false, "as series and flow_history call it; other is what found no row of its own"},
		{"label", Text, true, "name that people know it by"},
	}, valueFields(), []Field{
		shareField(),
		{"before", Integer, true, "what it is sorted by in the time before; null when nothing is known of that"},
		{"change_pct", Number, true, "how that changed, in per cent of before"},
	})), rankFields()...)
}
