package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
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
	Version string
	Uptime  int64
	Traffic struct {
		Bps txRx
		Pps uint64
	}
	Flows   struct{ Active, Max, Evicted uint64 }
	Devices struct{ Known, Max uint64 }
	Drops   struct{ Packets, Devices, Hosts, Slots uint64 }
	Sources []struct{ Name, State, Note string }

	Mode     struct{ Chosen string }
	Coverage []uplinkShare
}

// uplinkShare is how much of what an uplink carried is attributed.
type uplinkShare struct {
	Uplink  string
	Pct     *float64
	Reasons []struct {
		Text   string
		Active bool
	}
}

// text says it in a few words, with the first reason that holds now.
func (u *uplinkShare) text(con *console) string {
	s := con.clean(u.Uplink) + " "
	if u.Pct == nil {
		s += unknown(con)
	} else {
		s += percentText(*u.Pct) + " attributed"
	}
	if len(u.Reasons) > 0 && u.Reasons[0].Active {
		s += " (" + con.clean(u.Reasons[0].Text) + ")"
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
func (q question) arguments() map[string]any {
	a := map[string]any{"limit": q.limit, "offset": q.offset}
	if q.sort != "" {
		a["sort"] = q.sort
	}
	if q.text != "" {
		a["text"] = q.text
	}
	if q.reverse {
		a["desc"] = !sortsDown(q.sort)
	}
	return a
}

// sortsDown reports whether the API sorts by key with the largest first unless
// told otherwise: figures do, names and addresses do not.
func sortsDown(key string) bool {
	switch key {
	case "client", "server", "port", "app", "category", "host", "proto", "ip", "name", "key":
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
	first := "weir " + v.con.clean(s.Version) + "  up " + ageText(s.Uptime) + "  " + v.shown.at.Format("15:04:05") + "  " + known(v.con, s.Mode.Chosen)
	for i := range s.Coverage {
		first += v.con.sign(" · ", ", ") + s.Coverage[i].text(v.con)
	}
	for _, src := range s.Sources {
		first += "  " + v.con.clean(src.Name)
		if src.State != "running" {
			first += " (" + v.con.clean(src.State) + ")"
		}
	}
	if v.paused {
		first += "  [paused]"
	}
	drops := s.Drops.Packets
	second := fmt.Sprintf("%s %s  %s %s  %s packets/s  flows %s/%s  drops %s  devices %s/%s",
		v.con.sign("↓", "down"), rateText(s.Traffic.Bps.Rx), v.con.sign("↑", "up"), rateText(s.Traffic.Bps.Tx),
		countText(s.Traffic.Pps), countText(s.Flows.Active), countText(s.Flows.Max),
		countText(drops), countText(s.Devices.Known), countText(s.Devices.Max))
	if s.Flows.Evicted > 0 {
		second += "  evicted " + countText(s.Flows.Evicted)
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
func decodeStatus(reply json.RawMessage) (s topStatus, err error) {
	if err := json.Unmarshal(reply, &s); err != nil {
		return s, fmt.Errorf("read the reply of status: %w", err)
	}
	return s, nil
}
