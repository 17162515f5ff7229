package apitest

import (
	"context"
	"strings"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// step is the length of a recorded slot in seconds.
const step = 300

// past is a quarter of an hour of history: three slots, of which the one in the
// middle is missing.
type past struct {
	slots []rollup.Slot
	names *intern.Table
}

func (p *past) record() {
	p.names = intern.New(64)
	p.names.Handle("1") // so that the handles of devices are their IDs
	phone, laptop := p.names.Handle("2"), p.names.Handle("3")
	lan, wan := p.names.Handle("br-lan"), p.names.Handle("wan")
	video, tls, streaming := p.names.Handle("youtube"), p.names.Handle("tls"), p.names.Handle("streaming")
	few := rollup.Values{TxBytes: 1200, RxBytes: 88000, TxPackets: 14, RxPackets: 71, Flows: 2}
	many := rollup.Values{TxBytes: 40000, RxBytes: 9100000, TxPackets: 512, RxPackets: 6420, Flows: 9}
	many.Retrans, many.Watched, many.RTTSum, many.RTTCount = 31, 900, 92_800, 4
	both := few
	both.Add(many)
	kids, germany, overseas := p.names.Handle("kids"), p.names.Handle("DE"), p.names.Handle("US")
	network, zone, cdn, other := p.names.Handle("lan"), p.names.Handle("lan"), p.names.Handle("AS64500"), p.names.Handle("AS64501")
	uplink := p.names.Handle("wan")
	answered, unknown := p.names.Handle("ok"), p.names.Handle("nxdomain")
	questions := func(n uint64) rollup.Values { return rollup.Values{Flows: n} }
	for _, start := range []int64{1750000000 / step * step, 1750000000/step*step + 2*step} {
		p.slots = append(p.slots, rollup.Slot{Step: step, Start: start, Block: rollup.AppendBlock(nil, []rollup.Row{
			{Key: rollup.Key{Class: rollup.Interface, ID: lan}, Values: both},
			{Key: rollup.Key{Class: rollup.Device, ID: phone}, Values: many},
			{Key: rollup.Key{Class: rollup.Device, ID: laptop}, Values: few},
			{Key: rollup.Key{Class: rollup.Application, ID: video}, Values: many},
			{Key: rollup.Key{Class: rollup.Application, ID: tls}, Values: few},
			{Key: rollup.Key{Class: rollup.Total, ID: rollup.Other}, Values: both},
			{Key: rollup.Key{Class: rollup.Uplink, ID: wan}, Values: rollup.Values{TxBytes: 41300, RxBytes: 9190000, TxPackets: 530, RxPackets: 6520}},
			{Key: rollup.Key{Class: rollup.Attributed, ID: wan}, Values: rollup.Values{TxBytes: 41200, RxBytes: 9188000, TxPackets: 526, RxPackets: 6491}},
			{Key: rollup.Key{Class: rollup.RouterOwn, ID: wan}, Values: rollup.Values{TxBytes: 100, RxBytes: 2000, TxPackets: 2, RxPackets: 3}},
			{Key: rollup.Key{Class: rollup.Category, ID: streaming}, Values: many},
			{Key: rollup.Key{Class: rollup.Network, ID: network}, Values: both},
			{Key: rollup.Key{Class: rollup.Zone, ID: zone}, Values: both},
			{Key: rollup.Key{Class: rollup.Pool, ID: kids}, Values: many},
			{Key: rollup.Key{Class: rollup.Country, ID: germany}, Values: few},
			{Key: rollup.Key{Class: rollup.Country, ID: overseas}, Values: many},
			{Key: rollup.Key{Class: rollup.ASN, ID: cdn}, Values: many},
			{Key: rollup.Key{Class: rollup.ASN, ID: other}, Values: few},
			{Key: rollup.Key{Class: rollup.DNS, ID: answered}, Values: questions(40)},
			{Key: rollup.Key{Class: rollup.DNS, ID: unknown}, Values: questions(3)},
			{Key: rollup.Key{Class: rollup.DeviceApplication, ID: phone, Sub: video}, Values: many},
			{Key: rollup.Key{Class: rollup.DeviceApplication, ID: laptop, Sub: tls}, Values: few},
			{Key: rollup.Key{Class: rollup.DeviceCountry, ID: phone, Sub: overseas}, Values: many},
			{Key: rollup.Key{Class: rollup.DeviceCountry, ID: laptop, Sub: germany}, Values: few},
			{Key: rollup.Key{Class: rollup.ZoneZone, ID: zone, Sub: uplink}, Values: both},
		})})
	}
}

// members of each class, by label.
func (p *past) keys(class rollup.Class) []string {
	return [rollup.NumClasses][]string{{"br-lan"}, {"2", "3"}, {"tls", "youtube"}, {"total"}, {"wan"}, {"wan"}, {"wan"}, {"streaming"},
		{"lan"}, {"lan"}, {"kids"}, {"DE", "US"}, {"AS64500", "AS64501"}, {"nxdomain", "ok"}, nil, nil, nil}[class]
}

// Find returns the handle of a key.
func (p *past) Find(class rollup.Class, key string) (uint32, bool) {
	for _, k := range p.keys(class) {
		if k == key {
			if class == rollup.Total {
				return rollup.Other, true
			}
			return p.names.Lookup(key)
		}
	}
	return 0, false
}

// labels are names that people know members by.
var labels = map[rollup.Class]map[string]string{
	rollup.Device:  {"2": "Anna phone"},
	rollup.Country: {"DE": "Germany", "US": "United States"},
	rollup.ASN:     {"AS64500": "Example CDN"},
}

// Name returns the key behind a handle, and its label.
func (p *past) Name(class rollup.Class, id uint32) (key, label string) {
	switch {
	case class == rollup.Total:
		return "total", ""
	case id == rollup.Other:
		return "other", ""
	}
	key = p.names.Name(id)
	return key, labels[class][key]
}

// Members returns the handles of a class.
func (p *past) Members(class rollup.Class, text string, limit int) (ids []uint32, total int) {
	for _, k := range p.keys(class) {
		id, _ := p.Find(class, k)
		if _, label := p.Name(class, id); !strings.Contains(strings.ToLower(k+" "+label), strings.ToLower(text)) {
			continue
		}
		if total++; len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, total
}

// Series sums the recorded slots.
func (p *past) Series(_ context.Context, q rollup.Query) (rollup.Series, error) {
	sum := rollup.NewSum(q, step)
	for _, s := range p.slots {
		if err := sum.Add(s); err != nil {
			return rollup.Series{}, err
		}
	}
	return sum.Series(), nil
}

// Top sums the recorded slots.
func (p *past) Top(_ context.Context, q rollup.Query, limit int) ([]rollup.Amount, int, error) {
	totals := rollup.NewTotals(q, step)
	for _, s := range p.slots {
		if err := totals.Add(s); err != nil {
			return nil, 0, err
		}
	}
	top, total := totals.Top(limit)
	return top, total, nil
}
