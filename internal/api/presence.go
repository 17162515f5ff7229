package api

import (
	"context"
)

// maxStays bounds the spans of one answer: the latest are told.
const maxStays = 2000

var presenceMethod = Method{
	Name:    "presence",
	Doc:     "When a device was there. It is kept for 92 days.",
	Args:    append([]Arg{{Name: "device", Type: Int, Doc: "device, by its id", Min: 1, Max: 1<<32 - 1, Required: true}}, timeArgs...),
	Example: `{"device":2,"from":1750000000,"to":1750000500}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("presence")
		}
		s, err := spanOf(b, a)
		if err != nil {
			return nil, err
		}
		id := uint32(arg[int64](a, "device"))
		row, ok := b.Traffic.Device(id)
		if !ok {
			return nil, noDevice(id)
		}
		stays, err := b.Identity.Stays(id, s.from, s.to)
		if err != nil {
			return nil, identityError("presence", err)
		}
		ts, cut := b.now().Unix(), max(len(stays)-maxStays, 0)
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Uint("device", uint64(row.ID))
			textOrNull(e, "name", row.Name)
			e.Int("from", s.from)
			e.Int("to", s.to)
			e.Bool("online", row.Online)
			e.Int("seconds", length(stays))
			e.Bool("truncated", cut > 0)
			e.Array("spans")
			for _, stay := range stays[cut:] {
				e.Table("")
				e.Int("from", stay.From)
				e.Int("to", stay.To)
				e.EndTable()
			}
			e.EndArray()
		}, nil
	},
}

// length sums up stays.
func length(stays []Stay) (seconds int64) {
	for _, s := range stays {
		seconds += s.To - s.From
	}
	return seconds
}

func presenceAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"device", Integer, false, "id of the device"},
		{"name", Text, true, "its name"},
		{"from", Integer, false, "beginning of the time"},
		{"to", Integer, false, "end of the time, not included"},
		{"online", Flag, false, "it is there now: the last span goes on"},
		{"seconds", Integer, false, "that it was there in all"},
		{"truncated", Flag, false, "there are more spans before these"},
		{"spans", List, false, "when it was there, oldest first"},
		{"spans[]", Table, false, ""},
		{"spans[].from", Integer, false, ""},
		{"spans[].to", Integer, false, "when it was seen last"},
	}
}
