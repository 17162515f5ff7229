package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/engine"
)

// matching is a house that lists what has the text of the filter, as an engine does.
type matching struct{ *apitest.House }

func (m *matching) Devices(f engine.Filter, p engine.Page) (rows []engine.DeviceRow, total int) {
	for _, d := range m.DeviceRows {
		if f.Text == "anna" || f.Text == "192.168.1.2" {
			if d.ID == 2 {
				rows = append(rows, d)
			}
		}
	}
	return rows, len(rows)
}

func (m *matching) Hosts(f engine.Filter, p engine.Page) (rows []engine.HostRow, total int) {
	for _, h := range m.HostRows {
		if f.Text == "203.0.113.7" && h.IP.String() == f.Text || f.Text == "192.168.1.2" && h.Device == 2 {
			rows = append(rows, h)
		}
	}
	return rows, len(rows)
}

func TestSearch(t *testing.T) {
	h := &matching{apitest.New()}
	b := h.Backend()
	b.Traffic = h
	type item struct{ Kind, Key string }
	tests := []struct {
		text string
		raw  map[string]any
		want []item
	}{
		{"Anna", nil, []item{{"device", "2"}}},
		{"192.168.1.2", nil, []item{{"device", "2"}}}, // not once more as a host
		{"203.0.113.7", nil, []item{{"host", "203.0.113.7"}}},
		{"YOUTUBE", nil, []item{{"app", "youtube"}, {"name", "www.youtube.com"}}}, // the name itself before what has it in it
		{"lan", nil, []item{{"zone", "lan"}, {"network", "lan"}, {"name", "nas.lan"}, {"name", "wpad.lan"}}},
		{"lan", map[string]any{"limit": int64(1)}, []item{{"zone", "lan"}}},
		{"germ", nil, []item{{"country", "DE"}}},
		{"example cdn", nil, []item{{"asn", "AS64500"}}},
		{"stream", nil, []item{{"category", "streaming"}}},
		{"nothing has this", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			raw := map[string]any{"text": tt.text}
			for k, v := range tt.raw {
				raw[k] = v
			}
			var got struct{ Items []item }
			answer(t, b, "search", raw, &got)
			if diff := cmp.Diff(tt.want, got.Items, cmp.Transformer("nil", func(i []item) []item { return append([]item(nil), i...) })); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if _, err := call(b, "search", map[string]any{"text": ""}); api.AsError(err).Code != api.InvalidArgument {
		t.Errorf("an empty text: %v", err)
	}
}
