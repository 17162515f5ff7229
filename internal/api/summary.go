package api

import (
	"context"
	"slices"

	"weir/internal/alert"
	"weir/internal/engine"
	"weir/internal/rollup"
)

// Bounds of summary.
const (
	summaryRows   = 8  // of devices, applications, countries and autonomous systems
	summaryNew    = 5  // devices
	summaryAlerts = 10 // that nobody has seen
)

// What makes a headline: a device that moves at least so many bits per second, and
// at least so many per cent of what the house moves.
const (
	headlineRate  = 1_000_000
	headlineShare = 40
)

var summaryMethod = Method{
	Name: "summary",
	Doc:  "What a first look should show: what goes on now, and what the day and the accounting cycle had.",
	run: func(ctx context.Context, b *Backend, _ Args) (Reply, error) {
		s, err := summarize(ctx, b)
		if err != nil {
			return nil, err
		}
		return s.encode, nil
	},
}

// summaryAnswer is one table.
func summaryAnswer() []Field {
	return slices.Concat([]Field{
		{"ts", Integer, false, "when it was answered"},
		{"zone", Integer, false, "seconds that local time is ahead of UTC"},
		{"now", Table, false, ""},
		{"now.rx", Integer, false, "what the house receives, in bits per second"},
		{"now.tx", Integer, false, "what it sends"},
		{"now.flows", Integer, false, "that live"},
		{"now.devices_online", Integer, false, ""},
		{"now.devices_known", Integer, false, ""},
		{"now.line", Table, true, "what the line carries at most, in bits per second, as the queues of sqm are told; null where nothing tells"},
		{"now.line.down", Integer, true, ""},
		{"now.line.up", Integer, true, ""},
		{"headline", Table, true, "the device that moves most; null when none stands out"},
		{"headline.device", Integer, false, "its id"},
		{"headline.name", Text, true, "its name"},
		{"headline.share_pct", Integer, false, "of what the house moves now"},
		{"headline.line_pct", Integer, true, "of what the line carries; null where that is not known"},
		{"headline.app", Text, true, "what it does most: application or protocol"},
		{"headline.since", Integer, true, "when the oldest of the live flows of that began"},
		{"today", Table, false, "since local midnight"},
		{"today.of", Text, false, "whose bytes: line (what the uplinks counted) or house (where no flow takes an uplink that is measured)"},
		{"today.from", Integer, false, "local midnight"},
		{"today.rx", Integer, false, "bytes received"},
		{"today.tx", Integer, false, "bytes sent"},
		{"today.average_rx", Integer, true, "mean of the last seven days up to this time of the day, as far as they were counted"},
		{"today.average_tx", Integer, true, ""},
		{"today.trend_pct", Number, true, "today above that mean, in per cent of it"},
		{"cycle", Table, true, "the accounting cycle; null where nothing is accounted"},
		{"cycle.name", Text, false, "name of the quota, or else of the uplink"},
		{"cycle.start", Integer, false, ""},
		{"cycle.end", Integer, false, "not included"},
		{"cycle.day", Integer, false, "which of its days today is, from 1"},
		{"cycle.days", Integer, false, "that it has"},
		{"cycle.used", Integer, false, "bytes"},
		{"cycle.cap", Integer, true, "bytes that the plan has; null without a quota"},
		{"cycle.forecast", Integer, true, "bytes at its end if it goes on like this; null in its first twentieth"},
		{"coverage", Table, false, "how right the figures are"},
		{"coverage.pct", Number, true, "of what the uplinks carried within the last hour, attributed to flows; null when nothing was measured"},
		{"coverage.mode", Text, true, "packets, conntrack or hybrid"},
		{"coverage.offload", Text, false, "flow offload: off, software or hardware"},
		{"coverage.why", Text, true, "what is in the way, or else why that mode"},
		{"devices", List, false, "those that move most now, then those that did today; at most 8"},
		{"devices[]", Table, false, ""},
		{"devices[].id", Integer, false, ""},
		{"devices[].name", Text, true, ""},
		{"devices[].type", Text, true, "what it seems to be"},
		{"devices[].rx", Integer, false, "bits per second now"},
		{"devices[].tx", Integer, false, ""},
		{"devices[].today", Integer, false, "bytes, both directions"},
	}, todayFields("apps", "applications, and protocols of flows that have none"), []Field{
		{"apps[].category", Text, true, ""},
	}, todayFields("countries", "of the far ends"), todayFields("asns", "autonomous systems of the far ends"), []Field{
		{"newest", List, false, "devices that were first seen last, at most 5"},
		{"newest[]", Table, false, ""},
		{"newest[].id", Integer, false, ""},
		{"newest[].name", Text, true, ""},
		{"newest[].vendor", Text, true, ""},
		{"newest[].type", Text, true, ""},
		{"newest[].first", Integer, true, "when"},
		{"alerts", List, false, "that nobody has seen, at most 10"},
		{"alerts[]", Table, false, ""},
	}, under("alerts[]", alertFields()), []Field{
		{"dns", Table, true, "questions to resolvers today; null where DNS is not seen"},
		{"dns.queries", Integer, false, "that were answered, or should have been"},
		{"dns.errors", Integer, false, "of those, that failed, were refused or not answered"},
		{"dns.nxdomain", Integer, false, "of those, for names that do not exist"},
		{"dns.bypass", Integer, false, "devices that ask resolvers outside of the house"},
	})
}

// todayFields are the largest members of a class today.
func todayFields(name, doc string) []Field {
	return []Field{
		{name, List, false, "today's largest " + doc + "; at most 8"},
		{name + "[]", Table, false, ""},
		{name + "[].key", Text, false, "as series calls it"},
		{name + "[].label", Text, true, "name that people know it by"},
		{name + "[].rx", Integer, false, "bytes received"},
		{name + "[].tx", Integer, false, "bytes sent"},
	}
}

// summary is what summarize gathers.
type summary struct {
	ts                    int64
	zone                  int // seconds east of UTC
	now                   engine.Overview
	state                 State
	today                 today
	cycle                 *cycleNow
	coverage              coverageSum
	apps, countries, asns []rankedRow
	categories            []string // of apps
	devices               map[uint32]uint64
	alerts                []alert.Alert
	dns                   *dnsToday
}

func (s *summary) encode(e *Encoder) {
	e.Int("ts", s.ts)
	e.Int("zone", int64(s.zone))
	s.encodeNow(e)
	s.encodeHeadline(e)
	s.today.encode(e)
	s.cycle.encode(e)
	s.coverage.encode(e)
	e.Array("devices")
	for i := range s.now.Busy {
		s.encodeDevice(e, &s.now.Busy[i])
	}
	e.EndArray()
	encodeToday(e, "apps", s.apps, s.categories)
	encodeToday(e, "countries", s.countries, nil)
	encodeToday(e, "asns", s.asns, nil)
	e.Array("newest")
	for i := range s.now.New {
		d := &s.now.New[i]
		e.Table("")
		e.Uint("id", uint64(d.ID))
		textOrNull(e, "name", d.Name)
		textOrNull(e, "vendor", d.Vendor)
		textOrNull(e, "type", d.Type.String())
		timeOrNull(e, "first", d.First)
		e.EndTable()
	}
	e.EndArray()
	e.Array("alerts")
	for i := range s.alerts {
		e.Table("")
		encodeAlert(e, &s.alerts[i])
		e.EndTable()
	}
	e.EndArray()
	s.dns.encode(e)
}

func (s *summary) encodeNow(e *Encoder) {
	e.Table("now")
	e.Uint("rx", s.now.Rate.Rx)
	e.Uint("tx", s.now.Rate.Tx)
	e.Int("flows", int64(s.now.Flows))
	e.Int("devices_online", int64(s.now.Online))
	e.Int("devices_known", int64(s.now.Known))
	if line := s.state.Line; line == (Line{}) {
		e.Null("line")
	} else {
		e.Table("line")
		uintOrNull(e, "down", line.Down)
		uintOrNull(e, "up", line.Up)
		e.EndTable()
	}
	e.EndTable()
}

func (s *summary) encodeHeadline(e *Encoder) {
	lead, all := &s.now.Lead, s.now.Rate.Tx+s.now.Rate.Rx
	share := min(100*lead.Rate/max(all, 1), 100)
	if lead.Device == 0 || lead.Rate < headlineRate || share < headlineShare {
		e.Null("headline")
		return
	}
	d := &s.now.Busy[0]
	e.Table("headline")
	e.Uint("device", uint64(d.ID))
	textOrNull(e, "name", d.Name)
	e.Uint("share_pct", share)
	if line := s.state.Line; line.Down == 0 || line.Up == 0 {
		e.Null("line_pct")
	} else {
		e.Uint("line_pct", min(max(100*d.BpsNow.Rx/line.Down, 100*d.BpsNow.Tx/line.Up), 100))
	}
	textOrNull(e, "app", lead.App)
	timeOrNull(e, "since", lead.Since)
	e.EndTable()
}

func (s *summary) encodeDevice(e *Encoder, d *engine.DeviceRow) {
	var today uint64
	for _, id := range d.IDs {
		today += s.devices[id]
	}
	e.Table("")
	e.Uint("id", uint64(d.ID))
	textOrNull(e, "name", d.Name)
	textOrNull(e, "type", d.Type.String())
	e.Uint("rx", d.BpsNow.Rx)
	e.Uint("tx", d.BpsNow.Tx)
	e.Uint("today", today)
	e.EndTable()
}

// encodeToday writes members, with categories where there are such.
func encodeToday(e *Encoder, name string, rows []rankedRow, categories []string) {
	e.Array(name)
	for i := range rows {
		r := &rows[i]
		e.Table("")
		r.name.encode(e)
		e.Uint("rx", r.RxBytes)
		e.Uint("tx", r.TxBytes)
		if categories != nil {
			textOrNull(e, "category", categories[i])
		}
		e.EndTable()
	}
	e.EndArray()
}

// dnsToday is what came of questions today.
type dnsToday struct {
	queries, errors, nxdomain uint64
	bypass                    int
}

func (d *dnsToday) encode(e *Encoder) {
	if d == nil {
		e.Null("dns")
		return
	}
	e.Table("dns")
	e.Uint("queries", d.queries)
	e.Uint("errors", d.errors)
	e.Uint("nxdomain", d.nxdomain)
	e.Int("bypass", int64(d.bypass))
	e.EndTable()
}

// questionsOf sums what came of questions, by the members of the class dns.
func questionsOf(rows []rankedRow) (d dnsToday) {
	for i := range rows {
		n := rollup.Flows.Of(rows[i].Values)
		d.queries += n
		switch rows[i].key {
		case "ok":
		case "nxdomain":
			d.nxdomain += n
		default:
			d.errors += n
		}
	}
	return d
}
