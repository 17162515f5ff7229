package ubusapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/logfmt"
	"weir/internal/ubus"
	"weir/test/ubusd"
)

// rig is a house that answers on a bus, and somebody who asks.
type rig struct {
	*apitest.House
	bus    *ubusd.Bus
	door   *Door
	serve  *ubus.Bus
	client *ubus.Client
	log    *bytes.Buffer // to be read after the end
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{House: apitest.New(), bus: ubusd.New(t), log: new(bytes.Buffer)}
	r.door = New(r.Backend(), logfmt.New(r.log, time.Now), nil)
	r.serve = &ubus.Bus{Path: r.bus.Path, Objects: []*ubus.Object{r.door.Object()}, Limits: Limits()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.serve.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	eventually(t, "not published", r.door.Object().Published)
	r.client = r.connect(t)
	return r
}

func (r *rig) connect(t testing.TB) *ubus.Client {
	t.Helper()
	c, err := ubus.Connect(t.Context(), r.bus.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// eventually waits for what happens in another goroutine.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what)
}

// example returns the arguments of the reference's example.
func example(t testing.TB, m *api.Method) map[string]any {
	t.Helper()
	raw := map[string]any{}
	if m.Example != "" {
		if err := json.Unmarshal([]byte(m.Example), &raw); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

// direct is what the other doors write.
func direct(t testing.TB, b *api.Backend, m *api.Method) (string, error) {
	t.Helper()
	reply, err := m.Call(t.Context(), b, example(t, m))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	e := api.NewEncoder(&out)
	e.Table("")
	reply(e)
	e.EndTable()
	err = e.Flush()
	return out.String(), err
}

// TestSameAsElsewhere asks every method with the reference's example: the answer,
// or the error, is byte for byte that of the other doors.
func TestSameAsElsewhere(t *testing.T) {
	r := newRig(t)
	for _, m := range api.Methods {
		t.Run(m.Name, func(t *testing.T) {
			want, wantErr := direct(t, apitest.New().Backend(), m)
			got, err := Call(t.Context(), r.client, m.Name, []byte(m.Example))
			if fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("error %v, want %v", err, wantErr)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSignature checks that the bus tells all methods and the types of their
// arguments.
func TestSignature(t *testing.T) {
	r := newRig(t)
	found, err := r.client.Lookup(t.Context(), Name)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]int
	if err := json.Unmarshal(ubus.AppendJSON(nil, found.Methods), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]int{}
	for _, m := range api.Methods {
		want[m.Name] = map[string]int{}
		for _, a := range m.Args {
			want[m.Name][a.Name] = map[string]int{"int": 5, "string": 3, "bool": 7}[a.Type.String()]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestArguments(t *testing.T) {
	r := newRig(t)
	str, num, yes := ubus.AppendString, ubus.AppendInt, ubus.AppendBool
	for _, tt := range []struct {
		name, method string
		args         ubus.Msg
		status       ubus.Status
		want         string // of the reply, in full or a part
	}{
		{"none", "interfaces", nil, ubus.OK, `"total":`},
		{"integer", "flows", num(nil, "limit", 1), ubus.OK, `"truncated":true`},
		{"long integer", "flows", ubus.AppendInt64(nil, "limit", 1), ubus.OK, `"truncated":true`},
		{"double", "flows", ubus.AppendDouble(nil, "limit", 1), ubus.OK, `"truncated":true`},
		{"text", "flows", str(nil, "limit", "1"), ubus.OK, `"truncated":true`},
		{"boolean", "flows", yes(nil, "desc", true), ubus.OK, `"flows":[`},
		{"null", "flows", ubus.AppendNull(nil, "limit"), ubus.OK, `"truncated":false`},
		{"session", "interfaces", str(nil, "ubus_rpc_session", "0123456789abcdef"), ubus.OK, `"interfaces":[`},
		{"the last of two", "flows", num(num(nil, "limit", 500), "limit", 1), ubus.OK, `"truncated":true`},
		{"wrong type", "flows", str(nil, "limit", "all"), ubus.InvalidArgument, `{"code":"invalid_argument","message":"flows: argument limit must be of type int, not \"all\"","hint":null}`},
		{"table", "flows", ubus.AppendTable(nil, "limit", nil), ubus.InvalidArgument, `must be of type int, not an object or array`},
		{"out of range", "flows", num(nil, "limit", 500), ubus.InvalidArgument, `argument limit must be from 1 to 200, not 500`},
		{"no UTF-8", "flows", str(nil, "app", "\xff\xfe"), ubus.OK, `"flows":[]`},
		{"unknown", "flows", num(nil, "limt", 5), ubus.InvalidArgument, `"hint":"did you mean limit?"`},
		{"missing", "flow", nil, ubus.InvalidArgument, `flow: argument id is missing`},
		{"too many", "flows", bytes.Repeat(num(nil, "limit", 5), 65), ubus.InvalidArgument, `too many arguments`},
		{"too large", "flows", str(nil, "text", strings.Repeat("x", 70<<10)), ubus.InvalidArgument, `flows: the arguments take more than 65536 bytes`},
		{"malformed", "flows", ubus.Msg{1, 2, 3, 4}, ubus.InvalidArgument, `flows: the arguments are no blobmsg table`},
		{"not there", "flow", num(nil, "id", 999), ubus.NotFound, `{"code":"not_found"`},
		{"no such method", "flow_", nil, ubus.MethodNotFound, `{"code":"method_not_found","message":"there is no method \"flow_\"","hint":"did you mean flows?"}`},
		{"a file", "export", str(nil, "kind", "flows"), ubus.NotSupported, `export moves a whole file, which a call cannot carry`},
		{"a file that is sent", "restore", nil, ubus.NotSupported, `or run: weir restore`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := r.client.Call(t.Context(), Name, tt.method, tt.args)
			var failed *ubus.Error
			if errors.As(err, &failed) != (tt.status != ubus.OK) || failed != nil && failed.Status != tt.status {
				t.Errorf("error %v, want status %d", err, tt.status)
			}
			if got := string(text(reply)); !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestTooLarge checks that what does not fit is an error with a remedy, never a
// success without data.
func TestTooLarge(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("a.very.long.name.", 14)
	for i := range r.HostRows {
		r.HostRows[i].Name = long
	}
	for len(r.HostRows) < 200 {
		r.HostRows = append(r.HostRows, r.HostRows...)
	}
	if got, err := Call(t.Context(), r.client, "hosts", []byte(`{"limit":200}`)); err != nil || len(got) < 100<<10 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for i := range r.HostRows {
		r.HostRows[i].Name = strings.Repeat(long, 12)
	}
	_, err := Call(t.Context(), r.client, "hosts", []byte(`{"limit":200}`))
	want := &api.Error{Code: api.InvalidArgument, Message: "hosts: the answer takes more than 512 KiB, which is what is sent over ubus", Hint: "ask for less at a time: give a smaller limit"}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, err := Call(t.Context(), r.client, "hosts", []byte(`{"limit":20}`)); err != nil || len(got) < 50<<10 {
		t.Errorf("after that: %d bytes, %v", len(got), err)
	}
	m, err := api.Lookup("status")
	if err != nil {
		t.Fatal(err)
	}
	if got := tooLarge(m).Hint; got != "ask over the socket: weir call --over socket status" {
		t.Error(got)
	}
}

func TestTooManyCalls(t *testing.T) {
	r := newRig(t)
	hold := make(chan struct{})
	r.Block = func() { <-hold }
	var done sync.WaitGroup
	limits := Limits()
	for range limits.Handlers + limits.Waiting {
		done.Go(func() {
			if _, err := Call(t.Context(), r.client, "interfaces", nil); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "not all calls are there", func() bool {
		return r.serve.Stats().Served == uint64(limits.Handlers+limits.Waiting)
	})
	reply, err := r.connect(t).Call(t.Context(), Name, "interfaces", nil)
	if want := `{"code":"busy","message":"too many calls are under way","hint":"try again in a second"}`; string(text(reply)) != want || !errors.Is(err, ubus.UnknownError) {
		t.Errorf("got %s, %v", text(reply), err)
	}
	close(hold)
	done.Wait()
	if n := r.serve.Stats().Refused; n != 1 {
		t.Errorf("%d refused", n)
	}
}

func TestPanic(t *testing.T) {
	r := newRig(t)
	r.Block = func() { panic("oh") }
	_, err := Call(t.Context(), r.client, "interfaces", nil)
	if want := "interfaces: it broke off; the log says why; please report it"; fmt.Sprint(err) != want {
		t.Errorf("error %v", err)
	}
	r.Block = nil
	if _, err := Call(t.Context(), r.client, "interfaces", nil); err != nil {
		t.Errorf("after that: %v", err)
	}
	if !strings.Contains(r.log.String(), "method=interfaces panic=oh") {
		t.Errorf("logged %s", r.log)
	}
}

// TestRestart checks that the object comes back with a bus that is restarted.
func TestRestart(t *testing.T) {
	r := newRig(t)
	for range 2 {
		r.bus.Halt()
		eventually(t, "published without a bus", func() bool { return !r.door.Object().Published() })
		r.bus.Start(t)
		eventually(t, "not published again", r.door.Object().Published)
		if _, err := Call(t.Context(), r.connect(t), "status", nil); err != nil {
			t.Error(err)
		}
	}
}

// TestNotify checks that content is made for subscribers only, and arrives.
func TestNotify(t *testing.T) {
	r := newRig(t)
	made := 0
	content := func(e *api.Encoder) {
		made++
		e.Int("ts", 5)
		e.Array("devices")
		e.EndArray()
	}
	if err := r.door.Notify("live", content); err != nil || made != 0 {
		t.Errorf("without subscribers: made %d times, %v", made, err)
	}
	feed, err := r.client.Subscribe(t.Context(), Name)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody subscribed", r.door.Object().HasSubscribers)
	if err := r.door.Notify("live", content); err != nil {
		t.Error(err)
	}
	events, err := r.client.Listen(t.Context(), "weir.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.door.Send(t.Context(), r.serve, "weir.link", content); err != nil {
		t.Error(err)
	}
	for _, f := range []struct {
		feed *ubus.Feed
		want string
	}{{feed, "weir live"}, {events, " weir.link"}} {
		select {
		case e := <-f.feed.C:
			if got := e.Object + " " + e.Name; got != f.want || string(text(e.Data)) != `{"ts":5,"devices":[]}` {
				t.Errorf("got %s %s, want %s", got, text(e.Data), f.want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s did not come", f.want)
		}
	}
}

// TestDroppedAnswer checks that a success without data is taken for what it is.
func TestDroppedAnswer(t *testing.T) {
	bus := ubusd.New(t)
	r := &rig{bus: bus}
	server, client := r.connect(t), r.connect(t)
	nothing := func(context.Context, *ubus.Request) (ubus.Msg, error) { return nil, nil }
	stranger := func(context.Context, *ubus.Request) (ubus.Msg, error) {
		return ubus.AppendString(nil, `a":1,"b`, "x"), nil
	}
	broken := func(context.Context, *ubus.Request) (ubus.Msg, error) { return ubus.AppendInt(nil, `"`, 1), nil }
	fails := func(context.Context, *ubus.Request) (ubus.Msg, error) { return nil, ubus.PermissionDenied }
	methods := []ubus.Method{{Name: "status", Handle: nothing}, {Name: "flows", Handle: stranger}, {Name: "hosts", Handle: broken}, {Name: "apps", Handle: fails}}
	if err := server.Publish(t.Context(), &ubus.Object{Path: Name, Methods: methods}); err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]string{
		"status": errNoData.Error(), "hosts": "JSON: ", "apps": "ubus call weir apps: permission denied", "none": "ubus call weir none: no such method",
	} {
		if got, err := Call(t.Context(), client, method, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %s, %v", method, got, err)
		}
	}
	if got, err := Call(t.Context(), client, "flows", nil); err != nil || !json.Valid(got) {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := Call(t.Context(), client, "flows", []byte("[1]")); err == nil {
		t.Error("an array is taken for arguments")
	}
}
