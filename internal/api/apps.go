package api

import (
	"context"

	"weir/internal/apps"
	"weir/internal/engine"
)

var appsMethod = Method{
	Name:    "apps",
	Doc:     "Applications, each with what the house, or a device, moved by it since the start.",
	Args:    paging(engine.AppSorts, deviceArg, categoryArg, textArg),
	Example: `{"category":"streaming"}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Apps(filterOf(a), p)
		return list(b, p, "apps", rows, total, encodeApp), nil
	},
}

func appsAnswer() []Field {
	return paged("apps", "one for each application, and for each protocol of flows that have none", appFields())
}

var categoriesMethod = Method{
	Name:    "categories",
	Doc:     "Categories of applications, each with what the house, or a device, moved in it since the start.",
	Args:    paging(engine.AppSorts, deviceArg, textArg),
	Example: `{"limit":2}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Categories(filterOf(a), p)
		return list(b, p, "categories", rows, total, encodeCategory), nil
	},
}

func categoriesAnswer() []Field {
	return paged("categories", "one for each category", categoryFields())
}

func appFields() []Field {
	return append([]Field{
		{"key", Text, false, "application, as flows and series call it; or protocol, or unknown, or other for what found no row of its own"},
		{"label", Text, true, "name that people know it by, where that is another"},
		{"kind", Text, true, "application or protocol; null for unknown and other"},
		{"category", Text, false, "it is counted in"},
	}, appSumFields()...)
}

func categoryFields() []Field {
	return append([]Field{
		{"key", Text, false, "category, as flows and series call it"},
		{"label", Text, true, "what it holds; null for one of your own"},
	}, appSumFields()...)
}

func appSumFields() []Field {
	return []Field{
		{"bytes", TxRx, false, "IP bytes: tx sent by the house or the device, rx received"},
		{"pkts", TxRx, false, "IP packets"},
		{"flows", Integer, false, "flows, ended ones too"},
		{"active", Integer, false, "flows alive now"},
		{"bps", Integer, false, "throughput of those at present, both directions together"},
		{"share", Number, false, "of the bytes of all rows of the house or the device, in per cent"},
	}
}

// restLabel says what the rows are that are neither application nor protocol, ""
// for those that are.
func restLabel(r *engine.AppRow) string {
	switch {
	case r.Protocol && r.Key == "unknown":
		return "not recognised"
	case r.Protocol && r.Key == "other":
		return "all the rest"
	}
	return ""
}

func encodeApp(e *Encoder, r *engine.AppRow) {
	rest := restLabel(r)
	e.Str("key", r.Key)
	textOrNull(e, "label", rest)
	switch {
	case rest != "":
		e.Null("kind")
	case r.Protocol:
		e.Str("kind", "protocol")
	default:
		e.Str("kind", "application")
	}
	e.Str("category", r.Category)
	encodeAppSums(e, r)
}

func encodeCategory(e *Encoder, r *engine.AppRow) {
	e.Str("key", r.Key)
	if c, ok := apps.ParseCategory(r.Key); ok {
		e.Str("label", c.About())
	} else {
		e.Null("label")
	}
	encodeAppSums(e, r)
}

func encodeAppSums(e *Encoder, r *engine.AppRow) {
	pair(e, "bytes", r.Bytes)
	pair(e, "pkts", r.Packets)
	e.Uint("flows", r.Flows)
	e.Uint("active", uint64(r.Active))
	e.Uint("bps", r.Rate)
	e.Milli("share", int64(r.Share))
}
