package ubus

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArgumentsAreChecked(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{
		Name: "set", Handle: echo,
		Args: []Arg{{"count", TypeInt32}, {"name", TypeString}, {"on", TypeBool}, {"rate", TypeDouble}, {"list", TypeArray}, {"any", TypeNull}},
	}}})
	for _, tt := range []struct{ name, args, message string }{
		{"none", `{}`, ""},
		{"right", `{"count":1,"name":"x","on":true,"rate":1.5,"list":[1],"any":{}}`, ""},
		{"int64 for int32", `{"count":1099511627776}`, ""},
		{"integers for others", `{"on":1,"rate":2,"any":3}`, ""},
		{"null for all", `{"count":null,"name":null,"on":null,"rate":null,"list":null,"any":null}`, ""},
		{"unknown", `{"ubus_rpc_session":"0123"}`, ""},
		{"text for a number", `{"count":"1"}`, "count is a string: give it as int32"},
		{"number for text", `{"name":1}`, "name is a int32: give it as string"},
		{"table for a list", `{"list":{}}`, "list is a table: give it as array"},
		{"too much", `{"name":"` + strings.Repeat("x", 64<<10) + `"}`, "the arguments take more than 65536 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args, err := ParseJSON([]byte(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			reply, err := client.Call(t.Context(), "weir.test", "set", args)
			if tt.message == "" {
				if diff := cmp.Diff(args, reply); diff != "" || err != nil {
					t.Error(err, diff)
				}
				return
			}
			if !errors.Is(err, InvalidArgument) || !strings.HasSuffix(err.Error(), tt.message) {
				t.Errorf("error is %v", err)
			}
		})
	}
	t.Run("malformed", func(t *testing.T) {
		_, err := client.Call(t.Context(), "weir.test", "set", Msg{1, 2, 3, 4})
		if !errors.Is(err, InvalidArgument) {
			t.Errorf("error is %v", err)
		}
		if s := server.Stats(); s.Malformed != 1 || s.Refused != 5 {
			t.Errorf("counted %+v", s)
		}
	})
}

func TestCallerIsNamed(t *testing.T) {
	bus := startBus(t)
	if bus.Real == "" {
		t.Skip("only ubusd knows users: name it by UBUSD")
	}
	server, client := bus.connect(t), bus.connect(t)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "who", Handle: func(_ context.Context, r *Request) (Msg, error) {
		return AppendString(AppendString(nil, "user", r.User), "group", r.Group), nil
	}}}})
	reply, err := client.Call(t.Context(), "weir.test", "who", nil)
	if err != nil || reply.Text("user") == "" || reply.Text("group") == "" {
		t.Errorf("reply is %s, %v", AppendJSON(nil, reply), err)
	}
}

func TestDeferredAnswers(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	const calls = 20 // more than handlers
	waiting := make(chan *Request, calls)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "later", Handle: func(_ context.Context, r *Request) (Msg, error) {
		waiting <- r
		return nil, ErrDeferred
	}}}})
	var done sync.WaitGroup
	for n := range calls {
		done.Go(func() {
			reply, err := client.Call(t.Context(), "weir.test", "later", AppendInt(nil, "n", int64(n)))
			if got, _ := reply.Int("n"); err != nil || got != int64(n) {
				t.Errorf("call %d got %d, %v", n, got, err)
			}
		})
	}
	var requests []*Request
	for range calls {
		requests = append(requests, <-waiting)
	}
	for i := range requests { // the last one first
		r := requests[calls-1-i]
		if err := r.Answer(r.Args, nil); err != nil {
			t.Error(err)
		}
		if err := r.Answer(nil, NotFound); err != nil { // not sent
			t.Error(err)
		}
	}
	done.Wait()
}

func TestTooManyCallsAreRefused(t *testing.T) {
	bus := startBus(t)
	conn, err := dialUnix(t.Context(), bus.Path)
	if err != nil {
		t.Fatal(err)
	}
	server, err := NewClient(t.Context(), conn, Limits{Handlers: 2, Waiting: 3, WaitingBytes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	hold := make(chan struct{})
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "hold", Handle: func(ctx context.Context, r *Request) (Msg, error) {
		<-hold
		return nil, nil
	}}}})
	client := bus.connect(t)
	results := make(chan error)
	call := func(args Msg) {
		go func() {
			_, err := client.Call(t.Context(), "weir.test", "hold", args)
			results <- err
		}()
	}
	call(nil)
	call(nil)
	eventually(t, "two calls are not there", func() bool { return server.Stats().Served == 2 })
	call(AppendString(nil, "x", strings.Repeat("y", 800)))
	eventually(t, "three calls are not there", func() bool { return server.Stats().Served == 3 })
	call(AppendString(nil, "x", strings.Repeat("y", 800))) // beyond the bytes
	if err := <-results; !errors.Is(err, Timeout) {
		t.Errorf("beyond the bytes: %v", err)
	}
	call(nil)
	call(nil)
	eventually(t, "five calls are not there", func() bool { return server.Stats().Served == 5 })
	call(nil) // beyond the number
	if err := <-results; !errors.Is(err, Timeout) || !strings.Contains(err.Error(), "try again") {
		t.Errorf("beyond the number: %v", err)
	}
	close(hold)
	for range 5 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// TestRefusalsAreExplained checks that an object puts refusals into its own words,
// and that it may check arguments by itself.
func TestRefusalsAreExplained(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	o := publish(t, server, &Object{
		Path: "weir.test",
		Methods: []Method{
			{Name: "checked", Handle: echo, Args: []Arg{{"n", TypeInt32}}},
			{Name: "unchecked", Handle: echo, Args: []Arg{{"n", TypeInt32}}, Unchecked: true},
		},
		Refused: func(r *Request, err error) error {
			return &Error{Status: NotSupported, Reply: AppendString(AppendString(nil, "method", r.Method), "why", err.Error())}
		},
	})
	if !o.Published() {
		t.Error("it is not published")
	}
	for _, tt := range []struct {
		method string
		args   Msg
		want   string
	}{
		{"checked", AppendInt(nil, "n", 1), `{"n":1}`},
		{"checked", AppendString(nil, "n", "1"), `{"method":"checked","why":"ubus call  : invalid argument: n is a string: give it as int32"}`},
		{"unchecked", AppendString(nil, "n", "1"), `{"n":"1"}`},
		{"unchecked", Msg{1, 2, 3, 4}, `{"method":"unchecked","why":"ubus call  : invalid argument: the arguments are no blobmsg table"}`},
		{"none", nil, `{"method":"none","why":"no such method"}`},
	} {
		reply, err := client.Call(t.Context(), "weir.test", tt.method, tt.args)
		if refused := strings.Contains(tt.want, "why"); refused != errors.Is(err, NotSupported) || !refused && err != nil {
			t.Errorf("%s: %v", tt.method, err)
		}
		if got := string(AppendJSON(nil, reply)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.method, got, tt.want)
		}
	}
	server.Close()
	if o.Published() {
		t.Error("it is published without a connection")
	}
}

func TestPublishFails(t *testing.T) {
	bus := startBus(t)
	first, second := bus.connect(t), bus.connect(t)
	publish(t, first, &Object{Path: "weir.test"})
	o := &Object{Path: "weir.test"}
	if err := second.Publish(t.Context(), o); !errors.Is(err, InvalidArgument) || !strings.Contains(err.Error(), "another program") {
		t.Errorf("error is %v", err)
	}
	if err := o.Notify("x", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("notify without being published: %v", err)
	}
}

func TestSubscribers(t *testing.T) {
	bus := startBus(t)
	server := bus.connect(t)
	watched := make(chan bool, 8)
	o := publish(t, server, &Object{Path: "weir.test", Watched: func(is bool) { watched <- is }})
	if err := o.Notify("unheard", nil); err != nil || o.HasSubscribers() {
		t.Errorf("without subscribers: %v, %v", o.HasSubscribers(), err)
	}
	for range 2 {
		client := bus.connect(t)
		feed, err := client.Subscribe(t.Context(), "weir.test")
		if err != nil {
			t.Fatal(err)
		}
		if !<-watched || !o.HasSubscribers() {
			t.Error("the subscriber is not known")
		}
		if err := o.Notify("live", AppendInt(nil, "n", 1)); err != nil {
			t.Error(err)
		}
		want := Event{Object: "weir.test", Name: "live", Data: AppendInt(nil, "n", 1)}
		if diff := cmp.Diff(want, receive(t, feed)); diff != "" {
			t.Error(diff)
		}
		if err := o.Notify("huge", make(Msg, MaxReply+1)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("too large: %v", err)
		}
		client.Close()
		if <-watched || o.HasSubscribers() {
			t.Error("the subscriber is still known")
		}
	}
	client := bus.connect(t)
	if _, err := client.Subscribe(t.Context(), "weir.test"); err != nil {
		t.Fatal(err)
	}
	<-watched
	server.Close()
	if <-watched || o.HasSubscribers() {
		t.Error("there are subscribers without a connection")
	}
}
