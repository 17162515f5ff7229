package api

import "weir/internal/alert"

// AlertNote returns what subscribers are told of an alert that was raised: the
// elements that alerts has of it.
func AlertNote(a alert.Alert) Reply {
	return func(e *Encoder) { encodeAlert(e, &a) }
}

// Bus is how weir does on ubus.
type Bus struct {
	Wanted    bool // option ubus is 1
	Published bool // the object is there
	Err       string
	Calls     uint64 // that methods answered
	Refused   uint64 // that reached none, or were too many
	Lost      uint64 // events and notifications that were not sent
}

func busFields() []Field {
	return []Field{
		{"ubus", Table, true, "null when option ubus is 0"},
		{"ubus.published", Flag, false, "the object weir is there"},
		{"ubus.error", Text, true, "why not, or what is not allowed"},
		{"ubus.calls", Integer, false, "that were answered since the start"},
		{"ubus.refused", Integer, false, "that were too many, or for no method"},
		{"ubus.lost", Integer, false, "events and notifications that could not be sent"},
	}
}

func encodeBus(e *Encoder, b *Bus) {
	if !b.Wanted {
		e.Null("ubus")
		return
	}
	e.Table("ubus")
	e.Bool("published", b.Published)
	textOrNull(e, "error", b.Err)
	e.Uint("calls", b.Calls)
	e.Uint("refused", b.Refused)
	e.Uint("lost", b.Lost)
	e.EndTable()
}
