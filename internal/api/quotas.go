package api

import (
	"context"
	"strconv"

	"weir/internal/engine"
	"weir/internal/usage"
)

var quotasMethod = Method{
	Name: "quotas",
	Doc:  "Data plans and budgets, and what is used of them in their present cycles.",
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		if b.Account == nil {
			return nil, noAccount("quotas")
		}
		rows := b.Account.Uses()
		return list(b, engine.Page{}, "quotas", rows, len(rows), encodeQuota), nil
	},
}

func quotasAnswer() []Field {
	return paged("quotas", "one for each, in the order of the configuration", quotaFields())
}

var quotaArg = Arg{Name: "name", Type: String, Doc: "name of the quota, from quotas", Required: true}

var quotaSetMethod = Method{
	Name:  "quota_set",
	Doc:   "Says how much of a quota is used in its present cycle, as the provider has it.",
	Write: true,
	Args: []Arg{
		quotaArg,
		{Name: "used", Type: Int, Doc: "bytes", Max: MaxInt, Required: true},
	},
	Example: `{"name":"plan","used":120000000000}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		return changeQuota(b, "quota_set", arg[string](a, "name"), func(account Account, name string) bool {
			return account.SetUse(ctx, name, uint64(arg[int64](a, "used")))
		})
	},
}

func quotaSetAnswer() []Field {
	return single("quota", quotaFields())
}

var quotaResetMethod = Method{
	Name:    "quota_reset",
	Doc:     "Forgets what is used of a quota in its present cycle, and what was warned of.",
	Write:   true,
	Args:    []Arg{quotaArg},
	Example: `{"name":"plan"}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		return changeQuota(b, "quota_reset", arg[string](a, "name"), func(account Account, name string) bool {
			return account.ResetUse(ctx, name)
		})
	},
}

func quotaResetAnswer() []Field {
	return single("quota", quotaFields())
}

// changeQuota changes a quota and answers what it is then.
func changeQuota(b *Backend, method, name string, change func(Account, string) bool) (Reply, error) {
	if b.Account == nil {
		return nil, noAccount(method)
	}
	if change(b.Account, name) {
		for _, use := range b.Account.Uses() {
			if use.Quota.Name == name {
				return one(b, "quota", use, encodeQuota), nil
			}
		}
	}
	return nil, notFound("quotas lists those there are", "there is no quota %s", quote(name))
}

func quotaFields() []Field {
	return []Field{
		{"name", Text, false, "of its section in the configuration"},
		{"scope", Text, false, "whose bytes: wan, wan:NETWORK, device:NAME or pool:NAME"},
		{"bytes", Integer, false, "that may pass in a cycle"},
		{"direction", Text, false, "which count: both, rx or tx"},
		{"cycle", Text, false, "how long one is: day, week, month, year or days"},
		{"start", Text, true, "where one begins: a day of the month or week, -1 for the last, or a date; null for the first"},
		{"every", Integer, true, "days of a cycle of days"},
		{"from", Integer, false, "beginning of the present cycle"},
		{"to", Integer, false, "its end, not included"},
		{"used", Integer, false, "bytes that count, prior included"},
		{"free", Integer, false, "bytes of free hours and days, which do not count"},
		{"prior", Integer, false, "of used, those from before weir counted"},
		{"pct", Integer, false, "used in per cent of bytes, rounded down"},
		{"warn", List, false, "per cent to warn at"},
		{"warn[]", Integer, false, ""},
		{"warned", Integer, true, "the highest that was warned of"},
		{"forecast", Integer, true, "bytes used at the end of the cycle if it goes on like this; null in its first twentieth"},
		{"forecast_pct", Number, true, "the same in per cent of bytes"},
		{"hours", List, false, "free times of day, as 00:00-06:00"},
		{"hours[]", Text, false, ""},
		{"weekdays", List, false, "days that count"},
		{"weekdays[]", Text, false, "sun, mon, tue, wed, thu, fri or sat"},
	}
}

func encodeQuota(e *Encoder, u *usage.Use) {
	q := &u.Quota
	e.Str("name", q.Name)
	e.Str("scope", q.Scope)
	e.Uint("bytes", q.Bytes)
	if q.Direction == "" {
		e.Str("direction", string(usage.Both))
	} else {
		e.Str("direction", string(q.Direction))
	}
	encodeCycle(e, &q.Cycle)
	e.Int("from", u.From.Unix())
	e.Int("to", u.To.Unix())
	e.Uint("used", u.Used)
	e.Uint("free", u.Free)
	e.Uint("prior", u.Prior)
	e.Int("pct", int64(u.Percent))
	e.Array("warn")
	for _, percent := range q.Warn {
		e.Int("", int64(percent))
	}
	e.EndArray()
	uintOrNull(e, "warned", uint64(max(u.Warned, 0)))
	countOrNull(e, "forecast", u.Forecast, u.Known)
	milliOrNull(e, "forecast_pct", int64(100_000*float64(u.Forecast)/float64(max(q.Bytes, 1))), u.Known)
	e.Array("hours")
	for _, w := range q.Free {
		var b [16]byte
		e.Bytes("", appendClock(append(appendClock(b[:0], w.From), '-'), w.To))
	}
	e.EndArray()
	e.Array("weekdays")
	for day, name := range weekdays {
		if q.Weekdays == 0 || q.Weekdays&(1<<day) != 0 {
			e.Str("", name)
		}
	}
	e.EndArray()
}

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// appendClock appends minutes after midnight as a time of day.
func appendClock(dst []byte, minutes int) []byte {
	h, m := minutes/60, minutes%60
	return append(dst, '0'+byte(h/10), '0'+byte(h%10), ':', '0'+byte(m/10), '0'+byte(m%10))
}

func encodeCycle(e *Encoder, c *usage.Cycle) {
	if c.Kind == "" {
		e.Str("cycle", string(usage.Monthly))
	} else {
		e.Str("cycle", string(c.Kind))
	}
	switch {
	case !c.Start.Date.IsZero():
		var b [16]byte
		e.Bytes("start", c.Start.Date.UTC().AppendFormat(b[:0], "2006-01-02"))
	case c.Start.Day != 0:
		var b [8]byte
		e.Bytes("start", strconv.AppendInt(b[:0], int64(c.Start.Day), 10))
	default:
		e.Null("start")
	}
	uintOrNull(e, "every", uint64(max(c.Every, 0)))
}
