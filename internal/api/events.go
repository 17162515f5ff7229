package api

import (
	"context"
	"time"

	"weir/internal/engine"
	"weir/internal/journal"
)

var eventsMethod = Method{
	Name: "events",
	Doc:  "What happened to the router and to weir, newest first: marks for charts.",
	Args: append([]Arg{
		{Name: "kind", Type: String, Doc: "what happened", Values: journal.Kinds()},
		limitArg, offsetArg,
	}, timeArgs...),
	Example: `{"period":"day"}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		s, err := spanOf(b, a)
		if err != nil {
			return nil, err
		}
		if b.World == nil {
			return nil, &Error{Code: NotSupported, Message: "events: none are kept here"}
		}
		rows := b.World.Events(time.Unix(s.from, 0), time.Unix(s.to+1, 0)) // what happened this second, too
		if kind, ok := journal.ParseKind(arg[string](a, "kind")); ok {
			kept := rows[:0]
			for i := range rows {
				if rows[i].Kind == kind {
					kept = append(kept, rows[i])
				}
			}
			rows = kept
		}
		p := engine.Page{Limit: int(arg[int64](a, "limit")), Offset: int(arg[int64](a, "offset"))}
		return list(b, p, "events", pageRows(rows, p), len(rows), encodeEvent), nil
	},
}

func eventsAnswer() []Field {
	return paged("events", "one for each, of at most 200 that are kept", []Field{
		{"id", Integer, false, "goes up with each"},
		{"at", Integer, false, "when it happened"},
		{"kind", Text, false, "start and stop (of weir), clock (it was set, or is trusted now), link (an uplink went, came or has another address), offload, mode (how traffic is counted), source (one failed) or config (another one is in force)"},
		{"subject", Text, true, "what it happened to: an uplink, a source"},
		{"text", Text, false, "in words"},
		{"held", Integer, false, "how many like it were held back before it, for there were too many"},
	})
}

func encodeEvent(e *Encoder, v *journal.Event) {
	e.Uint("id", v.ID)
	e.Int("at", v.At.Unix())
	e.Str("kind", v.Kind.String())
	textOrNull(e, "subject", v.Subject)
	e.Str("text", v.Text)
	e.Uint("held", uint64(v.Held))
}
