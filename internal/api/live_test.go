package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/engine"
	"weir/internal/rollup"
)

// pulsing is a house whose seconds are given.
type pulsing struct {
	*apitest.House
	pulse engine.Seconds
	from  int64 // that was asked for last
}

func (p *pulsing) Seconds(from int64) engine.Seconds {
	p.from = from
	return p.pulse
}

// second is a slot in which devices 1, 2 … received so many bytes.
func second(start int64, rx ...uint64) rollup.Slot {
	var rows []rollup.Row
	var all rollup.Values
	for i, n := range rx {
		v := rollup.Values{RxBytes: n}
		all.Add(v)
		rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: uint32(i + 1)}, Values: v})
	}
	rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Total}, Values: all})
	return rollup.Slot{Step: 1, Start: start, Block: rollup.AppendBlock(nil, rows), Cut: true}
}

func empty(start int64) rollup.Slot {
	return rollup.Slot{Step: 1, Start: start, Block: rollup.AppendBlock(nil, nil), Cut: true}
}

// crowded has more devices than are kept apart.
func crowded(start int64) rollup.Slot {
	return rollup.Slot{Step: 1, Start: start, Cut: true, Block: rollup.AppendBlock(nil, []rollup.Row{
		{Key: rollup.Key{Class: rollup.Device}, Values: rollup.Values{RxBytes: 500}},
		{Key: rollup.Key{Class: rollup.Total}, Values: rollup.Values{RxBytes: 500}},
	})}
}

type rates struct {
	Rx []*int64
}

func TestLive(t *testing.T) {
	const at = 1750000400
	gap := (*int64)(nil)
	is := func(all ...int64) (out []*int64) {
		for _, v := range all {
			out = append(out, number(v))
		}
		return out
	}
	tests := []struct {
		name    string
		pulse   engine.Seconds
		raw     map[string]any
		start   int64
		total   []*int64
		members [][]*int64
	}{
		{"nothing is kept", engine.Seconds{}, nil, 0, []*int64{}, nil},
		{
			"packets count", engine.Seconds{Slots: []rollup.Slot{second(at, 10, 20), empty(at + 1), second(at+2, 30)}, Step: 1, End: at + 3, Pace: 1},
			nil, at, is(240, 0, 240), [][]*int64{is(80, 0, 240), is(160, 0, 0)},
		},
		{
			"a gap", engine.Seconds{Slots: []rollup.Slot{second(at, 10), second(at+2, 30)}, Step: 1, End: at + 3, Pace: 1},
			nil, at, []*int64{number[int64](80), gap, number[int64](240)}, [][]*int64{{number[int64](80), gap, number[int64](240)}},
		},
		{
			"a reading every three seconds",
			engine.Seconds{Slots: []rollup.Slot{empty(at), empty(at + 1), second(at+2, 30), empty(at + 3), empty(at + 4), second(at+5, 90), empty(at + 6)}, Step: 1, End: at + 6, Pace: 3},
			nil, at, is(80, 80, 80, 240, 240, 240), [][]*int64{is(80, 80, 80, 240, 240, 240)},
		},
		{
			"what is not kept apart", engine.Seconds{Slots: []rollup.Slot{crowded(at), second(at+1, 10)}, Step: 1, End: at + 2, Pace: 1},
			nil, at, is(4000, 80), [][]*int64{{gap, number[int64](80)}},
		},
		{
			"only what is new, of who was busy before", engine.Seconds{Slots: []rollup.Slot{second(at, 10, 20), second(at+1, 30)}, Step: 1, End: at + 2, Pace: 1},
			map[string]any{"since": int64(at + 1), "limit": int64(1)}, at + 1, is(240), [][]*int64{is(240)},
		},
		{
			"nothing is new", engine.Seconds{Slots: []rollup.Slot{second(at, 10)}, Step: 1, End: at + 1, Pace: 1},
			map[string]any{"since": int64(253402300799), "limit": int64(0)}, at + 1, []*int64{}, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := apitest.New().Backend()
			b.Traffic = &pulsing{House: apitest.New(), pulse: tt.pulse}
			var got struct {
				Start   int64
				Total   rates
				Members []rates
			}
			answer(t, b, "live", tt.raw, &got)
			if got.Start != tt.start {
				t.Errorf("it starts at %d, not %d", got.Start, tt.start)
			}
			if diff := cmp.Diff(tt.total, got.Total.Rx); diff != "" {
				t.Errorf("total: -want +got:\n%s", diff)
			}
			var members [][]*int64
			for _, m := range got.Members {
				members = append(members, m.Rx)
			}
			if diff := cmp.Diff(tt.members, members); diff != "" {
				t.Errorf("members: -want +got:\n%s", diff)
			}
		})
	}
}

// Who asks for what is new makes no more be read than that and a minute.
func TestLiveReadsLittle(t *testing.T) {
	now := apitest.Now.Unix()
	p := &pulsing{House: apitest.New()}
	b := p.House.Backend()
	b.Traffic = p
	for name, tt := range map[string]struct {
		raw  map[string]any
		from int64
	}{
		"all":                {nil, now - 600},
		"two minutes":        {map[string]any{"seconds": int64(120)}, now - 120},
		"what is new":        {map[string]any{"since": now - 1}, now - 61},
		"after a pause":      {map[string]any{"since": now - 580}, now - 600},
		"in the future":      {map[string]any{"since": now + 1000}, now - 60},
		"new, of a few":      {map[string]any{"since": now - 1, "seconds": int64(5)}, now - 5},
		"since it all began": {map[string]any{"since": int64(1)}, now - 600},
	} {
		if _, err := call(b, "live", tt.raw); err != nil || p.from != tt.from {
			t.Errorf("%s: read from %d seconds ago, %v, want %d", name, now-p.from, err, now-tt.from)
		}
	}
}

func TestLiveTick(t *testing.T) {
	var out bytes.Buffer
	b := apitest.New().Backend()
	if err := writeReply(&out, api.LiveTick(b)); err != nil {
		t.Fatal(err)
	}
	want := `{"ts":1750000500,"rx":7350400,"tx":41600,"flows":5,` +
		`"devices":[{"id":2,"rx":7280000,"tx":32000},{"id":3,"rx":70400,"tx":9600}],` +
		`"apps":[{"key":"youtube","rx":7280000,"tx":32000},{"key":"tls","rx":70400,"tx":9600}]}`
	if out.String() != want {
		t.Errorf("got %s, want %s", &out, want)
	}
	// A stream is not longer than its bounds, whatever happens.
	var many []rollup.Row
	for i := range uint32(300) {
		many = append(many, rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: i + 1}, Values: rollup.Values{TxBytes: uint64(i + 1)}})
	}
	b.Traffic = &pulsing{House: apitest.New(), pulse: engine.Seconds{
		Slots: []rollup.Slot{{Step: 1, Start: 1750000498, Block: rollup.AppendBlock(nil, many)}}, Step: 1, End: 1750000500, Pace: 2,
	}}
	out.Reset()
	if err := writeReply(&out, api.LiveTick(b)); err != nil {
		t.Fatal(err)
	}
	var got struct{ Devices []struct{ ID, Tx int64 } }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Devices) != 32 || got.Devices[0].ID != 300 || got.Devices[0].Tx != 1200 {
		t.Errorf("%v, %+v", err, got)
	}
}

// BenchmarkLive is ten minutes in which a hundred series were busy each second.
func BenchmarkLive(b *testing.B) {
	const seconds = 600
	pulse := engine.Seconds{Step: 1, End: 1750000500, Pace: 1}
	for i := range int64(seconds) {
		var rows []rollup.Row
		for id := range uint32(50) {
			rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: id + 1}, Values: rollup.Values{TxBytes: uint64(i), RxBytes: uint64(id) * 1000}})
		}
		for id := range uint32(50) {
			rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Application, ID: id + 1}, Values: rollup.Values{TxBytes: uint64(i), RxBytes: uint64(id) * 1000}})
		}
		pulse.Slots = append(pulse.Slots, rollup.Slot{Step: 1, Start: pulse.End - seconds + i, Block: rollup.AppendBlock(nil, rows)})
	}
	backend := apitest.New().Backend()
	backend.Traffic = &pulsing{House: apitest.New(), pulse: pulse}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call(backend, "live", nil); err != nil {
			b.Fatal(err)
		}
	}
}
