package api

import (
	"context"
	"time"

	"weir/internal/alert"
	"weir/internal/engine"
)

// severities are how much alerts matter, the least first.
var severities = []string{
	alert.Info.String(), alert.Notice.String(), alert.Warning.String(), alert.Error.String(), alert.Critical.String(),
}

var alertsMethod = Method{
	Name: "alerts",
	Doc:  "What happened that you should know, newest first.",
	Args: []Arg{
		{Name: "severity", Type: String, Doc: "this and what matters more", Values: severities},
		{Name: "type", Type: String, Doc: "what it is about: new_device, quota …"},
		{Name: "device", Type: String, Doc: "key of the device that it is about", MaxLen: alert.MaxDevice},
		{Name: "unseen", Type: Bool, Doc: "true: only those that were not acknowledged"},
		{Name: "from", Type: Int, Doc: "beginning, epoch seconds", Max: maxTime},
		limitArg, offsetArg,
	},
	Example: `{"unseen":true}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		if b.Alerts == nil {
			return nil, noAlerts("alerts")
		}
		f := alert.Filter{Type: arg[string](a, "type"), Device: arg[string](a, "device"), Unseen: arg[bool](a, "unseen")}
		f.Least, _ = alert.ParseSeverity(arg[string](a, "severity"))
		if from := arg[int64](a, "from"); from > 0 {
			f.From = time.Unix(from, 0)
		}
		rows := b.Alerts.List(f)
		p := engine.Page{Limit: int(arg[int64](a, "limit")), Offset: int(arg[int64](a, "offset"))}
		return list(b, p, "alerts", pageRows(rows, p), len(rows), encodeAlert), nil
	},
}

func alertsAnswer() []Field {
	return paged("alerts", "one for each", alertFields())
}

var alertAckMethod = Method{
	Name:  "alert_ack",
	Doc:   "Notes that you have seen an alert, or all up to one.",
	Write: true,
	Args: []Arg{
		{Name: "id", Type: Int, Doc: "id of the alert, from alerts", Min: 1, Max: MaxInt, Required: true},
		{Name: "older", Type: Bool, Doc: "true: and all older ones", Default: false},
	},
	Example: `{"id":3,"older":true}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		if b.Alerts == nil {
			return nil, noAlerts("alert_ack")
		}
		id := uint64(arg[int64](a, "id"))
		if arg[bool](a, "older") {
			b.Alerts.AckAll(id)
		} else if !b.Alerts.Ack(id) {
			return nil, notFound("alerts lists those there are", "there is no alert %d", id)
		}
		ts, unseen := b.now().Unix(), len(b.Alerts.List(alert.Filter{Unseen: true}))
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Int("unseen", int64(unseen))
		}, nil
	},
}

func alertAckAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"unseen", Integer, false, "alerts that are not acknowledged yet"},
	}
}

func noAlerts(method string) *Error {
	return &Error{Code: NotSupported, Message: method + ": no alerts are kept here"}
}

func alertFields() []Field {
	return []Field{
		{"id", Integer, false, "goes up with each"},
		{"at", Integer, false, "when it was raised"},
		{"severity", Text, false, "info, notice, warning, error or critical"},
		{"type", Text, false, "what it is about"},
		{"device", Text, true, "key of the device that it is about"},
		{"text", Text, false, "in words"},
		{"held", Integer, false, "how many of its kind were held back before it"},
		{"acked", Flag, false, "it was acknowledged"},
	}
}

func encodeAlert(e *Encoder, a *alert.Alert) {
	e.Uint("id", a.ID)
	e.Int("at", a.At.Unix())
	e.Str("severity", a.Severity.String())
	e.Str("type", a.Type)
	textOrNull(e, "device", a.Device)
	e.Str("text", a.Text)
	e.Uint("held", uint64(a.Held))
	e.Bool("acked", a.Acked)
}
