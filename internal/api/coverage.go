package api

import (
	"fmt"
	"strings"
	"time"

	"weir/internal/engine"
	"weir/internal/usage"
)

// shareFields are how much of some traffic is attributed.
func shareFields() []Field {
	return []Field{
		{"interface", TxRx, true, "IP bytes that the interface counted: tx left the house"},
		{"attributed", TxRx, true, "bytes that flows account for"},
		{"router", TxRx, true, "of those, of which this router itself is an end"},
		{"unattributed", Integer, true, "bytes that no flow accounts for"},
		{"uncertain", Integer, true, "of those, what may be headers, or have passed between reading the two sides"},
		{"pct", Number, true, "attributed in per cent of interface; null when nothing passed; 100 when it is more"},
		{"pct_high", Number, true, "the same with all that is uncertain"},
	}
}

// coverageNowFields are an uplink in status.
func coverageNowFields() []Field {
	return append(append([]Field{
		{"uplink", Text, false, "name of the network"},
		{"device", Text, true, "whose counters are read; null while the uplink is down"},
	}, shareFields()...), append([]Field{
		{"minutes", Integer, false, "of the last hour that the figures before are of"},
		{"minute_pct", Number, true, "attributed of the last whole minute"},
		{"day_pct", Number, true, "attributed of the last 24 hours, as far as they were measured"},
		{"method", Text, false, "how interface and flows are compared"},
	}, reasonFields()...)...)
}

func reasonFields() []Field {
	return []Field{
		{"reasons", List, false, "what may be in the way, of the last 24 hours: what holds now first"},
		{"reasons[]", Table, false, ""},
		{"reasons[].cause", Text, false, "its short name"},
		{"reasons[].text", Text, false, "in words"},
		{"reasons[].active", Flag, false, "it holds now, or came about within the last minute"},
		{"reasons[].count", Integer, false, "how often it came about; of what holds, how many it concerns"},
		{"reasons[].since", Integer, false, "when it began"},
		{"reasons[].last", Integer, false, "when it was last so"},
	}
}

// reason is a usage.Reason with its words.
type reason struct {
	usage.Reason
	text string
}

func reasonsOf(all []usage.Reason, now time.Time) []reason {
	out := make([]reason, len(all))
	for i := range all {
		out[i] = reason{all[i], all[i].Text(now)}
	}
	return out
}

func encodeReasons(e *Encoder, all []reason) {
	e.Array("reasons")
	for i := range all {
		r := &all[i]
		e.Table("")
		e.Str("cause", r.Cause.String())
		e.Str("text", r.text)
		e.Bool("active", r.Active)
		e.Uint("count", r.Count)
		e.Int("since", r.Since.Unix())
		e.Int("last", r.Last.Unix())
		e.EndTable()
	}
	e.EndArray()
}

// uplinkNow is a usage.Report with its words.
type uplinkNow struct {
	usage.Report
	method  string
	reasons []reason
}

// coverageNow returns how all uplinks do.
func coverageNow(b *Backend, now time.Time) []uplinkNow {
	if b.Uplinks == nil {
		return nil
	}
	all := b.Uplinks.Reports()
	out := make([]uplinkNow, len(all))
	for i := range all {
		out[i] = uplinkNow{all[i], methodOf(&all[i]), reasonsOf(all[i].Reasons, now)}
	}
	return out
}

// methodOf says how an uplink's interface and flows are compared.
func methodOf(r *usage.Report) string {
	if r.Read.Device == "" {
		return "the uplink is down: nothing is measured"
	}
	var b strings.Builder
	b.WriteString("counters of " + r.Read.Device)
	if r.Passed != "" {
		b.WriteString(", for flow offload passes " + r.Passed + " by,")
	}
	switch l := &r.Read; {
	case l.Tx == 0 && l.Rx == 0:
		b.WriteString(" of IP packets")
	case l.Tx == l.Rx:
		fmt.Fprintf(&b, " less %d bytes of link header a packet", l.Tx)
	default:
		fmt.Fprintf(&b, " less link headers of %d bytes a packet sent and %d received", l.Tx, l.Rx)
	}
	if r.Read.Slack > 0 {
		fmt.Fprintf(&b, "; its driver may count up to %d bytes more of them", r.Read.Slack)
	}
	if r.Merged {
		b.WriteString("; flows are counted after the kernel merged packets, so each packet missing there may be 40 to 72 bytes of headers")
	} else {
		b.WriteString("; flows are counted packet by packet")
	}
	b.WriteString("; what is not IP counts as unattributed")
	return b.String()
}

func (u *uplinkNow) encode(e *Encoder) {
	e.Str("uplink", u.Uplink)
	textOrNull(e, "device", u.Read.Device)
	encodeShare(e, &u.Hour)
	e.Int("minutes", int64(u.Hour.Measured.Round(time.Minute)/time.Minute))
	encodePercent(e, "minute_pct", &u.Minute)
	encodePercent(e, "day_pct", &u.Day)
	e.Str("method", u.method)
	encodeReasons(e, u.reasons)
}

func encodePercent(e *Encoder, name string, s *usage.Span) {
	low, _, known := s.Attributed()
	milliOrNull(e, name, low, known)
}

// encodeShare writes what was measured, null when nothing was.
func encodeShare(e *Encoder, s *usage.Span) {
	measured := s.Measured > 0
	pairOrNull(e, "interface", bytesOf(&s.Interface), measured)
	pairOrNull(e, "attributed", bytesOf(&s.Flows), measured)
	pairOrNull(e, "router", bytesOf(&s.Router), measured)
	if measured {
		e.Uint("unattributed", s.Unattributed())
		e.Uint("uncertain", s.Uncertain())
	} else {
		e.Null("unattributed")
		e.Null("uncertain")
	}
	low, high, known := s.Attributed()
	milliOrNull(e, "pct", low, known)
	milliOrNull(e, "pct_high", high, known)
}

func bytesOf(c *usage.Counts) engine.Pair[uint64] {
	return engine.Pair[uint64]{Tx: c.TxBytes, Rx: c.RxBytes}
}
