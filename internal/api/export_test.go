package api_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/clock"
	"weir/internal/flowlog"
	"weir/internal/intern"
	"weir/internal/rollup"
	"weir/store"
)

// export returns what the method export sends.
func export(t *testing.T, b *api.Backend, raw map[string]any) string {
	t.Helper()
	var out bytes.Buffer
	if err := exportTo(context.Background(), b, raw, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func exportTo(ctx context.Context, b *api.Backend, raw map[string]any, w io.Writer) error {
	m, err := api.Lookup("export")
	if err != nil {
		return err
	}
	s, err := m.Open(ctx, b, raw)
	if err != nil {
		return err
	}
	return s.Write(w)
}

// Every kind in every format has the same rows, with the columns that are declared.
func TestExportKinds(t *testing.T) {
	b := apitest.New().Backend()
	for kind, rows := range map[string]int{"flows": 5, "series": 2, "devices": 2, "usage": 1} {
		raw := map[string]any{"kind": kind}
		if kind == "series" {
			raw["class"], raw["period"], raw["step"] = "device", "hour", "5m"
		}
		records, err := csv.NewReader(strings.NewReader(export(t, b, raw))).ReadAll()
		if err != nil || len(records) != rows+1 {
			t.Errorf("%s: %d lines of CSV, %v", kind, len(records), err)
		}
		raw["format"] = "json"
		var object map[string][]json.RawMessage
		if err := json.Unmarshal([]byte(export(t, b, raw)), &object); err != nil || len(object[kind]) != rows {
			t.Errorf("%s: %d rows of JSON, %v", kind, len(object[kind]), err)
		}
		raw["format"] = "ndjson"
		lines := strings.Split(strings.TrimSuffix(export(t, b, raw), "\n"), "\n")
		if len(lines) != rows {
			t.Fatalf("%s: %d lines of NDJSON", kind, len(lines))
		}
		for i := range lines {
			if lines[i] != string(object[kind][i]) {
				t.Errorf("%s: line %s, element %s", kind, lines[i], object[kind][i])
			}
		}
	}
}

func TestExportFilters(t *testing.T) {
	h := apitest.New()
	got := export(t, h.Backend(), map[string]any{"kind": "flows", "app": "youtube", "country": "us", "format": "ndjson"})
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"id":107,`) || h.AskedPast().Country != "US" {
		t.Errorf("flows %s of %+v", got, h.AskedPast())
	}
	got = export(t, h.Backend(), map[string]any{"kind": "series", "class": "device_application", "key": "2", "sub": "youtube", "period": "hour", "step": "5m"})
	want := "start,step,class,key,label,sub.key,sub.label,bytes.tx,bytes.rx,pkts.tx,pkts.rx,flows,retrans,rtt\n" +
		"1749999900,300,device_application,2,Anna phone,youtube,,40000,9100000,512,6420,9,31,23.200\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestExportErrors(t *testing.T) {
	b := apitest.New().Backend()
	tests := []struct {
		raw  map[string]any
		want string
	}{
		{nil, "export: argument kind is missing; it is: what to export, one of flows, series, devices, usage"},
		{map[string]any{"kind": "flow"}, `export: argument kind cannot be "flow"; did you mean flows?`},
		{map[string]any{"kind": "flows", "format": "xml"}, `export: argument format cannot be "xml"; there is: csv, ndjson, json`},
		{map[string]any{"kind": "flows", "class": "device"}, "export: kind flows does not take the argument class"},
		{map[string]any{"kind": "devices", "app": "tls"}, "export: kind devices does not take the argument app; it takes no arguments"},
		{map[string]any{"kind": "series"}, "export: kind series needs the argument class; it is: what is summed up"},
		{map[string]any{"kind": "series", "class": "device", "key": "99"}, `there is no series of device "99"; series_list lists those there are`},
		{map[string]any{"kind": "usage", "class": "dns"}, "export: kind usage does not know class dns; there is: uplink, device, network, pool, zone"},
		{map[string]any{"kind": "flows", "from": int64(9), "to": int64(5)}, "from 9 is not before to 5; times are epoch seconds"},
	}
	for _, tt := range tests {
		if err := exportTo(context.Background(), b, tt.raw, io.Discard); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %s", tt.raw, err, tt.want)
		}
	}
	b.FlowLog = nil
	if err := exportTo(context.Background(), b, map[string]any{"kind": "flows"}, io.Discard); err == nil || !strings.Contains(err.Error(), "flows that ended are not kept") {
		t.Errorf("without a log: %v", err)
	}
}

// An export ends with its context, and with its writer.
func TestExportEnds(t *testing.T) {
	h := apitest.New()
	h.Repeat = 1 << 30
	for _, format := range []string{"csv", "ndjson", "json"} {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		w := writerFunc(func(p []byte) (int, error) {
			if n++; n == 3 {
				cancel()
			}
			return len(p), nil
		})
		if err := exportTo(ctx, h.Backend(), map[string]any{"kind": "flows", "format": format}, w); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v after the context's end", format, err)
		}
		broken := errors.New("broken pipe")
		w = func([]byte) (int, error) { return 0, broken }
		if err := exportTo(context.Background(), h.Backend(), map[string]any{"kind": "flows", "format": format}, w); !errors.Is(err, broken) {
			t.Errorf("%s: %v after the writer's", format, err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// storeHistory is api.History of a real store and nothing open.
type storeHistory struct {
	*store.Store
	names *intern.Table
}

func (h storeHistory) Find(_ rollup.Class, key string) (uint32, bool)  { return h.names.Lookup(key) }
func (h storeHistory) Name(_ rollup.Class, id uint32) (string, string) { return h.names.Name(id), "" }
func (h storeHistory) Members(rollup.Class, string, int) ([]uint32, int) {
	return nil, 0
}
func (h storeHistory) Series(ctx context.Context, q rollup.Query) (rollup.Series, error) {
	return h.Store.Series(ctx, q, nil)
}
func (h storeHistory) Top(ctx context.Context, q rollup.Query, limit int) ([]rollup.Amount, int, error) {
	return h.Store.Top(ctx, q, limit, nil)
}

// realBackend is one over a real store, with so many five minutes of two devices
// and so many flows that ended.
func realBackend(t testing.TB, slots, flows int) (*api.Backend, *store.Store) {
	t.Helper()
	names := intern.New(64)
	now := apitest.Now
	s, err := store.Open(filepath.Join(t.TempDir(), store.FileName), store.Options{Names: names, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	a, b := names.Handle("2"), names.Handle("3")
	begin := now.Unix()/300*300 - int64(slots)*300
	for i := range slots {
		block := rollup.AppendBlock(nil, []rollup.Row{
			{Key: rollup.Key{Class: rollup.Device, ID: a}, Values: rollup.Values{TxBytes: 1, RxBytes: uint64(i)}},
			{Key: rollup.Key{Class: rollup.Device, ID: b}, Values: rollup.Values{Flows: 1}},
			{Key: rollup.Key{Class: rollup.Total}, Values: rollup.Values{TxBytes: 1}},
		})
		for _, step := range []int64{300, 3600, clock.Day} {
			start := begin + int64(i)*300
			s.Append([]rollup.Slot{{Step: step, Start: start - start%step, Block: block}})
		}
		if i%100 == 0 {
			if err := s.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	row := apitest.New().FlowRows[0]
	for i := range flows {
		f := row
		f.ID, f.First, f.Last = uint64(i), now.UnixMicro()-int64(flows-i)*1000-5e6, now.UnixMicro()-int64(flows-i)*1000
		f.Host = fmt.Sprintf("host%d.example.net", i)
		s.LogFlow(&f)
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	h := apitest.New()
	return &api.Backend{Traffic: h, History: storeHistory{s, names}, Daemon: h, FlowLog: s, Now: func() time.Time { return now }}, s
}

// A series that is longer than a window has each point once, and sums up exactly.
func TestExportLongSeries(t *testing.T) {
	const slots = 1203
	b, _ := realBackend(t, slots, 0)
	for step, length := range map[string]string{"5m": "300", "hour": "3600", "day": "86400"} {
		got := export(t, b, map[string]any{"kind": "series", "class": "device", "period": "month", "step": step})
		records, err := csv.NewReader(strings.NewReader(got)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var tx, flows int
		last := map[string]string{}
		for _, r := range records[1:] {
			var n, m int
			if _, err := fmt.Sscan(r[7], &n); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(r[11], &m); err != nil {
				t.Fatal(err)
			}
			tx, flows = tx+n, flows+m
			if r[1] != length {
				t.Errorf("%s: a point of %s seconds", step, r[1])
			}
			if r[0] <= last[r[3]] {
				t.Errorf("%s: point %s of %s after %s", step, r[0], r[3], last[r[3]])
			}
			last[r[3]] = r[0]
		}
		if tx != slots || flows != slots {
			t.Errorf("%s: %d bytes and %d flows in %d rows, want %d", step, tx, flows, len(records)-1, slots)
		}
	}
}

// A reader that stands still holds up neither the store nor its readers, and costs
// no more memory than what is on its way to it.
func TestSlowReaderHoldsNothing(t *testing.T) {
	b, s := realBackend(t, 400, 20000)
	for _, raw := range []map[string]any{
		{"kind": "flows"}, {"kind": "series", "class": "device", "period": "month", "step": "5m"},
	} {
		r, w := io.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			err := exportTo(ctx, b, raw, w)
			w.CloseWithError(err)
			ended <- err
		}()
		if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		// The export waits in a write now.
		done := make(chan error, 1)
		go func() {
			s.Append([]rollup.Slot{{Step: clock.Day, Start: apitest.Now.Unix() / clock.Day * clock.Day, Block: rollup.AppendBlock(nil, nil)}})
			f := flowlog.Flow{Last: apitest.Now.UnixMicro()}
			s.LogFlow(&f)
			err := s.Commit()
			if err == nil {
				err = s.Reset(store.Devices)
			}
			if err == nil {
				_, _, _, err = s.FlowHistory(ctx, flowlog.Filter{}, 1, "")
			}
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%v: %v", raw, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%v: the store waits for a reader", raw)
		}
		rest, err := io.Copy(io.Discard, r)
		if err != nil || <-ended != nil || rest < 20000 {
			t.Errorf("%v: %d bytes more, %v", raw, rest, err)
		}
		cancel()
	}
}
