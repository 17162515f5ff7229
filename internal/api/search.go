package api

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/rollup"
)

// Bounds of search: what it answers, and how many members of a class it looks at,
// the largest of the last days.
const (
	searchLimit   = 50
	searchMembers = 64
	searchDays    = 30
)

var searchMethod = Method{
	Name: "search",
	Doc:  "What has a text in its name or address: devices, hosts, names, applications, categories, countries, networks.",
	Args: []Arg{
		{Name: "text", Type: String, Doc: "part of a name or address, whatever its case", Required: true},
		{Name: "limit", Type: Int, Doc: "items at most", Default: int64(10), Min: 1, Max: searchLimit},
	},
	Example: `{"text":"tube"}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		s := searcher{b: b, text: strings.ToLower(arg[string](a, "text")), limit: int(arg[int64](a, "limit"))}
		if err := s.search(ctx); err != nil {
			return nil, err
		}
		items := s.best()
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Array("items")
			for i := range items {
				items[i].encode(e)
			}
			e.EndArray()
		}, nil
	},
}

func searchAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"items", List, false, "those that begin with the text first"},
		{"items[]", Table, false, ""},
		{"items[].kind", Text, false, "device, host, name, app, category, country, asn, zone or network"},
		{"items[].key", Text, false, "what the filter of that kind takes: of a device its id, of a host its address"},
		{"items[].label", Text, true, "name that people know it by"},
		{"items[].hint", Text, true, "what tells it from others: an address, a category …"},
	}
}

// found is one item.
type found struct {
	kind, key, label, hint string
	rank                   int // 0 for what is the text, 1 begins with it, 2 contains it
}

func (f *found) encode(e *Encoder) {
	e.Table("")
	e.Str("kind", f.kind)
	e.Str("key", f.key)
	textOrNull(e, "label", f.label)
	textOrNull(e, "hint", f.hint)
	e.EndTable()
}

type searcher struct {
	b     *Backend
	text  string // in lower case
	limit int
	items []found
}

// add adds an item, ranked by which of the texts has the one that is searched for.
// Something else in the row had it if none of these does.
func (s *searcher) add(f found, texts ...string) {
	f.rank = 2
	for _, t := range texts {
		switch t = strings.ToLower(t); {
		case t == s.text:
			f.rank = 0
		case strings.HasPrefix(t, s.text):
			f.rank = min(f.rank, 1)
		}
	}
	s.items = append(s.items, f)
}

// best returns the items that are to be shown. Of those that rank alike, devices
// come first.
func (s *searcher) best() []found {
	sort.SliceStable(s.items, func(i, j int) bool { return s.items[i].rank < s.items[j].rank })
	return s.items[:min(len(s.items), s.limit)]
}

func (s *searcher) search(ctx context.Context) error {
	s.devices()
	s.hosts()
	s.names()
	for _, c := range []struct {
		kind  string
		class rollup.Class
	}{
		{"app", rollup.Application}, {"category", rollup.Category}, {"country", rollup.Country}, {"asn", rollup.ASN},
		{"zone", rollup.Zone}, {"network", rollup.Network},
	} {
		if err := s.members(ctx, c.kind, c.class); err != nil {
			return err
		}
	}
	return nil
}

func (s *searcher) devices() {
	rows, _ := s.b.Traffic.Devices(engine.Filter{Text: s.text}, engine.Page{Sort: "last", Desc: true, Limit: s.limit})
	for i := range rows {
		d := &rows[i]
		f := found{kind: "device", key: strconv.FormatUint(uint64(d.ID), 10), label: d.Name, hint: d.Vendor}
		if f.label == "" {
			f.label = d.Key
		}
		if len(d.IPs) > 0 {
			f.hint = d.IPs[0].String()
		}
		s.add(f, f.label, f.hint, d.Key)
	}
}

// hosts adds addresses that are no device's.
func (s *searcher) hosts() {
	rows, _ := s.b.Traffic.Hosts(engine.Filter{Text: s.text}, engine.Page{Sort: "last", Desc: true, Limit: s.limit})
	for i := range rows {
		if h := &rows[i]; h.Device == 0 {
			s.add(found{kind: "host", key: h.IP.String(), label: h.Host, hint: h.Scope}, h.IP.String(), h.Host)
		}
	}
}

// names adds names of servers, those of live flows before those only asked for.
func (s *searcher) names() {
	known := make(map[string]bool)
	add := func(name, hint string) {
		if len(known) < s.limit && name != "" && !known[name] && strings.Contains(strings.ToLower(name), s.text) {
			known[name] = true
			s.add(found{kind: "name", key: name, hint: hint}, name)
		}
	}
	rows, _ := s.b.Traffic.Flows(engine.Filter{Host: s.text}, engine.Page{Sort: "bytes", Desc: true, Limit: s.limit})
	for i := range rows {
		add(rows[i].Host, rows[i].App)
	}
	for _, m := range s.b.Traffic.DNSTop(0) {
		add(m.Name, "")
	}
}

// members adds members of a class that moved something within the last days.
func (s *searcher) members(ctx context.Context, kind string, class rollup.Class) error {
	now := s.b.now().Unix()
	rows, err := largest(ctx, s.b, class, span{max(now-searchDays*clock.Day, 0), max(now, 1)}, searchMembers)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if r.ID == rollup.Other || !r.name.has(s.text) {
			continue
		}
		f := found{kind: kind, key: r.key, label: r.label}
		if class == rollup.Application {
			f.hint = s.b.Traffic.CategoryOf(r.key)
		}
		s.add(f, r.key, r.label)
	}
	return nil
}
