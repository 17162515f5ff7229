package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"weir/internal/api"
	"weir/internal/jsontext"
)

// topView is what top shows and how keys change it. It draws nothing itself and
// belongs to one goroutine.
type topView struct {
	con  *console
	tabs []topTab
	pick []tabState // of each tab
	tab  int

	filter string // text that rows must contain
	draft  string // the same while it is typed
	typing bool
	paused bool

	shown snapshot
	err   error // why there is nothing newer than shown
}

// tabState is how one tab is looked at.
type tabState struct {
	sort    int // index of sorts
	reverse bool
	offset  int // rows scrolled over
}

// maxFilter bounds the filter's text, in bytes; the API takes 256.
const maxFilter = 64

// snapshot is what one refresh brought.
type snapshot struct {
	ask    question
	status topStatus
	page   page
	table  *table
	at     time.Time
}

// question is what a refresh asks for.
type question struct {
	tab     int
	sort    string
	reverse bool
	text    string
	offset  int
	limit   int
}

// topStatus is what the header shows of the reply of "status".
type topStatus struct {
	Version, Mode string
	Uptime        int64
	Bps           txRx
	Pps           uint64

	Flows, MaxFlows, Evicted   uint64
	Devices, MaxDevices, Drops uint64

	Sources  []jsontext.Value
	Coverage []uplinkShare
}

// uplinkShare is how much of what an uplink carried is attributed.
type uplinkShare struct{ jsontext.Value }

// text says it in a few words, with the first reason that holds now.
func (u uplinkShare) text(con *console) string {
	s := con.clean(u.TextOf("uplink")) + " "
	if pct, ok := u.Get("pct").Float(); ok {
		s += percentText(pct) + " attributed"
	} else {
		s += unknown(con)
	}
	for reason := range u.Get("reasons").Elements() {
		if reason.BoolOf("active") {
			s += " (" + con.clean(reason.TextOf("text")) + ")"
		}
		break
	}
	return s
}

func newTopView(con *console) *topView {
	tabs := topTabs(con)
	return &topView{con: con, tabs: tabs, pick: make([]tabState, len(tabs))}
}

// question returns what to ask so that rows lines can be filled.
func (v *topView) question(rows int) question {
	s := &v.pick[v.tab]
	q := question{tab: v.tab, reverse: s.reverse, text: v.filter, offset: s.offset, limit: min(max(rows, 1), 200)}
	if sorts := v.tabs[v.tab].sorts(); s.sort < len(sorts) {
		q.sort = sorts[s.sort]
	}
	return q
}

// arguments returns q as the method takes it.
func (q question) arguments() []byte {
	var b bytes.Buffer
	e := api.NewEncoder(&b)
	e.Table("")
	e.Int("limit", int64(q.limit))
	e.Int("offset", int64(q.offset))
	if q.sort != "" {
		e.Str("sort", q.sort)
	}
	if q.text != "" {
		e.Str("text", q.text)
	}
	if q.reverse {
		e.Bool("desc", !sortsDown(q.sort))
	}
	e.EndTable()
	_ = e.Flush() // a buffer takes everything
	return b.Bytes()
}

// sortsDown reports whether the API sorts by key with the largest first unless
// told otherwise: figures do, names and addresses do not.
func sortsDown(key string) bool {
	switch key {
	case "client", "server", "port", "app", "category", "host", "proto", "ip", "name", "key", "network", "zone", "scope":
		return false
	}
	return true
}

// take shows what a refresh brought, or keeps what was shown and says why there
// is nothing newer. Where the rows that were looked at are gone, the next
// refresh asks for the last ones.
func (v *topView) take(s snapshot, err error) {
	v.err = err
	if err != nil {
		return
	}
	v.shown = s
	if total := int(s.page.total); len(s.page.rows) == 0 {
		p := &v.pick[s.ask.tab]
		p.offset = max(min(p.offset, total-s.ask.limit), 0)
	}
}

// chrome is how many lines of the screen are no rows: two of figures, the tabs,
// the titles and the last line.
const chrome = 5

// lines lays the view out for a screen of width columns and height lines.
func (v *topView) lines(width, height int) []string {
	mark := v.con.sign("…", "~")
	top := v.headLines()
	top = append(top, v.tabLine())
	for i := range top {
		top[i] = cutText(top[i], width, mark)
	}
	if len(top) > 0 {
		top[0] = v.con.style(seqBold, top[0])
	}
	lines := top
	if v.shown.table != nil && v.shown.ask.tab == v.tab {
		t := v.shown.table
		if fit := v.tabs[v.tab].narrow; fit != nil && width < narrow {
			t = fit(t)
		}
		titles, rows := t.lines(width, mark)
		lines = append(lines, v.con.style(seqReverse, padText(titles, width, false)))
		lines = append(lines, rows[:max(min(len(rows), height-chrome), 0)]...)
	}
	if len(lines) >= height {
		lines = lines[:height-1]
	}
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	return append(lines, cutText(v.footLine(), width, mark))
}

// headLines are the figures of the whole daemon.
func (v *topView) headLines() []string {
	s := &v.shown.status
	if v.shown.at.IsZero() {
		return []string{"weir", ""}
	}
	first := "weir " + v.con.clean(s.Version) + "  up " + ageText(s.Uptime) + "  " + v.shown.at.Format("15:04:05") + "  " + known(v.con, s.Mode)
	for i := range s.Coverage {
		first += v.con.sign(" · ", ", ") + s.Coverage[i].text(v.con)
	}
	for _, src := range s.Sources {
		first += "  " + v.con.clean(src.TextOf("name"))
		if state := src.TextOf("state"); state != "running" {
			first += " (" + v.con.clean(state) + ")"
		}
	}
	if v.paused {
		first += "  [paused]"
	}
	second := fmt.Sprintf("%s %s  %s %s  %s packets/s  flows %s/%s  drops %s  devices %s/%s",
		v.con.sign("↓", "down"), rateText(s.Bps.Rx), v.con.sign("↑", "up"), rateText(s.Bps.Tx),
		countText(s.Pps), countText(s.Flows), countText(s.MaxFlows),
		countText(s.Drops), countText(s.Devices), countText(s.MaxDevices))
	if s.Evicted > 0 {
		second += "  evicted " + countText(s.Evicted)
	}
	return []string{first, second}
}

// tabLine names the tabs, the chosen one in brackets, and how it is looked at.
func (v *topView) tabLine() string {
	var b strings.Builder
	for i := range v.tabs {
		if i == v.tab {
			b.WriteString("[" + v.tabs[i].name + "] ")
		} else {
			b.WriteString(" " + v.tabs[i].name + "  ")
		}
	}
	q := v.question(1)
	down := sortsDown(q.sort) != q.reverse
	b.WriteString("  by " + q.sort)
	if down {
		b.WriteString(v.con.sign(" ↓", " (largest first)"))
	} else {
		b.WriteString(v.con.sign(" ↑", " (smallest first)"))
	}
	if v.filter != "" {
		b.WriteString("  with \"" + v.con.clean(v.filter) + "\"")
	}
	return b.String()
}

// footLine is the prompt, the trouble or the keys.
func (v *topView) footLine() string {
	switch {
	case v.typing:
		return "show rows with: " + v.con.clean(v.draft) + "_   (Enter takes it, Esc leaves it)"
	case v.err != nil:
		return oneLine(v.err)
	case v.shown.at.IsZero():
		return "asking the daemon..."
	}
	rows := "no rows"
	if n := len(v.shown.page.rows); n > 0 {
		from := v.shown.ask.offset + 1
		rows = fmt.Sprintf("%d-%d of %s", from, from+n-1, countText(uint64(v.shown.page.total)))
	}
	return rows + "   q quit  f d h a p tabs  s sort  r reverse  / filter  space pause  arrows scroll"
}

// decodeStatus reads the reply of "status".
func decodeStatus(reply jsontext.Value) topStatus {
	s := topStatus{
		Version: reply.TextOf("version"), Mode: reply.TextOf("mode", "chosen"), Uptime: reply.IntOf("uptime"),
		Bps: txRxOf(reply, "traffic", "bps"), Pps: reply.UintOf("traffic", "pps"),
		Flows: reply.UintOf("flows", "active"), MaxFlows: reply.UintOf("flows", "max"), Evicted: reply.UintOf("flows", "evicted"),
		Devices: reply.UintOf("devices", "known"), MaxDevices: reply.UintOf("devices", "max"), Drops: reply.UintOf("drops", "packets"),
	}
	for source := range reply.Get("sources").Elements() {
		s.Sources = append(s.Sources, source)
	}
	for uplink := range reply.Get("coverage").Elements() {
		s.Coverage = append(s.Coverage, uplinkShare{uplink})
	}
	return s
}
