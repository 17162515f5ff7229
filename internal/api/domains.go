package api

import (
	"context"
	"slices"
	"sort"
	"strings"

	"weir/internal/engine"
	"weir/internal/flowlog"
	"weir/internal/names"
)

// The bounds of one sum by domains. What finds no room is in the reply's others.
const (
	maxDomains       = 4096
	maxDomainDevices = 64 // told apart per domain
)

var domainSorts = []string{"bytes", "flows", "devices", "domain"}

var domainsMethod = Method{
	Name: "domains",
	Doc:  "Domains as they can be registered, by the names that clients asked for: of flows that ended in a time, and of live ones.",
	Args: slices.Concat([]Arg{
		deviceArg, textArg, limitArg, offsetArg,
		{Name: "sort", Type: String, Doc: "what to sort by", Default: domainSorts[0], Values: domainSorts},
	}, timeArgs),
	Example: `{"period":"hour","limit":2}`,
	run:     runDomains,
}

func domainsAnswer() []Field {
	return append(paged("domains", "one for each, largest first; domains by the alphabet", []Field{
		{"domain", Text, false, "name as it can be registered, below a public suffix"},
		{"bytes", TxRx, false, "IP bytes: tx from clients, rx from servers"},
		{"flows", Integer, false, ""},
		{"devices", Integer, false, "devices that opened them, at most 64 of which are told apart"},
		{"share", Number, true, "of the bytes of all flows, in per cent; null of nothing"},
	}), []Field{
		{"from", Integer, false, "beginning of the time"},
		{"to", Integer, false, "end of the time, not included"},
		{"unnamed", Table, false, "flows without a name, and questions to resolvers"},
		{"unnamed.bytes", TxRx, false, ""},
		{"unnamed.flows", Integer, false, ""},
		{"others", Table, false, "flows of domains beyond the first 4096"},
		{"others.bytes", TxRx, false, ""},
		{"others.flows", Integer, false, ""},
	}...)
}

// domainSum is what flows of one domain moved.
type domainSum struct {
	domain  string
	bytes   engine.Pair[uint64]
	flows   uint64
	devices []uint32 // at most maxDomainDevices
}

// domainSums are those of all domains.
type domainSums struct {
	all             map[string]*domainSum
	unnamed, others domainSum
	lower           []byte
}

func (d *domainSums) add(f *flowlog.Flow) {
	d.of(f).add(f)
}

func (s *domainSum) add(f *flowlog.Flow) {
	s.bytes.Tx += f.Bytes.Tx
	s.bytes.Rx += f.Bytes.Rx
	s.flows++
	if id := f.Client.Device; id != 0 && s.domain != "" && len(s.devices) < maxDomainDevices && !slices.Contains(s.devices, id) {
		s.devices = append(s.devices, id)
	}
}

// of returns the sum that a flow belongs to.
func (d *domainSums) of(f *flowlog.Flow) *domainSum {
	if answersNames(f.Protocol) {
		return &d.unnamed // its host is what was asked for, not who was
	}
	d.lower = append(d.lower[:0], f.Host...)
	for i, c := range d.lower {
		if 'A' <= c && c <= 'Z' {
			d.lower[i] = c | 0x20
		}
	}
	domain := names.Domain(d.lower)
	if len(domain) == 0 {
		return &d.unnamed
	}
	if s := d.all[string(domain)]; s != nil {
		return s
	}
	if len(d.all) == maxDomains {
		return &d.others
	}
	s := &domainSum{domain: string(domain)}
	d.all[s.domain] = s
	return s
}

func runDomains(ctx context.Context, b *Backend, a Args) (Reply, error) {
	t, err := spanOf(b, a)
	if err != nil {
		return nil, err
	}
	sums := &domainSums{all: map[string]*domainSum{}}
	if b.FlowLog != nil {
		_, err := b.FlowLog.EachFlow(ctx, pastFilterOf(Args{"device": a["device"]}, t), func(f *flowlog.Flow) error {
			sums.add(f)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if err := sums.addLive(ctx, b, engine.Filter{Device: uint32(arg[int64](a, "device"))}, t); err != nil {
		return nil, err
	}
	page := engine.Page{Sort: arg[string](a, "sort"), Offset: int(arg[int64](a, "offset")), Limit: int(arg[int64](a, "limit"))}
	whole := sums.bytes()
	rows := sums.sorted(arg[string](a, "text"), page.Sort)
	total := len(rows)
	rows = pageRows(rows, page)
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Int("total", int64(total))
		e.Bool("truncated", total > page.Offset+len(rows))
		e.Int("from", t.from)
		e.Int("to", t.to)
		encodeRest(e, "unnamed", &sums.unnamed)
		encodeRest(e, "others", &sums.others)
		e.Array("domains")
		for _, s := range rows {
			e.Table("")
			e.Str("domain", s.domain)
			pair(e, "bytes", s.bytes)
			e.Uint("flows", s.flows)
			e.Int("devices", int64(len(s.devices)))
			milliOrNull(e, "share", int64(100_000*float64(s.bytes.Tx+s.bytes.Rx)/float64(max(whole, 1))), whole > 0)
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

func encodeRest(e *Encoder, name string, s *domainSum) {
	e.Table(name)
	pair(e, "bytes", s.bytes)
	e.Uint("flows", s.flows)
	e.EndTable()
}

// addLive adds live flows. They come in the order of their beginnings, in which
// none changes its place between two pages.
func (d *domainSums) addLive(ctx context.Context, b *Backend, f engine.Filter, t span) error {
	for p := (engine.Page{Sort: "first", Limit: engine.MaxRows}); ; p.Offset += p.Limit {
		rows, total := b.Traffic.Flows(f, p)
		for i := range rows {
			if row := &rows[i]; row.First/second < t.to && row.Last/second >= t.from {
				d.add(row)
			}
		}
		if err := ctx.Err(); err != nil || len(rows) == 0 || p.Offset+len(rows) >= total {
			return err
		}
	}
}

// bytes is the sum of all flows.
func (d *domainSums) bytes() uint64 {
	n := d.unnamed.bytes.Tx + d.unnamed.bytes.Rx + d.others.bytes.Tx + d.others.bytes.Rx
	for _, s := range d.all {
		n += s.bytes.Tx + s.bytes.Rx
	}
	return n
}

// sorted returns the domains that have text in them in the order of a key.
func (d *domainSums) sorted(text, key string) []*domainSum {
	text = strings.ToLower(text)
	var rows []*domainSum
	for _, s := range d.all {
		if strings.Contains(s.domain, text) {
			rows = append(rows, s)
		}
	}
	weight := func(s *domainSum) uint64 {
		switch key {
		case "domain":
			return 0
		case "flows":
			return s.flows
		case "devices":
			return uint64(len(s.devices))
		}
		return s.bytes.Tx + s.bytes.Rx
	}
	sort.Slice(rows, func(i, j int) bool {
		a, b := weight(rows[i]), weight(rows[j])
		return a > b || a == b && rows[i].domain < rows[j].domain
	})
	return rows
}
