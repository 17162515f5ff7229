package ubus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCall(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{
		{Name: "echo", Handle: echo},
		{Name: "silent", Handle: func(context.Context, *Request) (Msg, error) { return nil, nil }},
		{Name: "empty", Handle: func(context.Context, *Request) (Msg, error) { return Msg{}, nil }},
		{Name: "who", Handle: func(_ context.Context, r *Request) (Msg, error) {
			return AppendInt(AppendString(nil, "method", r.Method), "peer", int64(r.Peer)), nil
		}},
		{Name: "denied", Handle: func(context.Context, *Request) (Msg, error) {
			return nil, fmt.Errorf("look: %w", PermissionDenied)
		}},
		{Name: "explained", Handle: func(context.Context, *Request) (Msg, error) {
			return nil, &Error{Status: NotFound, Reply: AppendString(nil, "message", "no such device")}
		}},
		{Name: "broken", Handle: func(context.Context, *Request) (Msg, error) { return nil, errors.New("disk is full") }},
		{Name: "huge", Handle: func(context.Context, *Request) (Msg, error) { return make(Msg, MaxReply+4), nil }},
		{Name: "large", Handle: func(context.Context, *Request) (Msg, error) {
			return AppendString(nil, "x", strings.Repeat("y", MaxReply-16)), nil
		}},
	}})
	for _, tt := range []struct {
		name, object, method string
		want                 error
		reply                string // as JSON; of its beginning
	}{
		{"reply", "weir.test", "echo", nil, `{"a":1}`},
		{"status alone", "weir.test", "silent", nil, `{}`},
		{"empty reply", "weir.test", "empty", nil, `{}`},
		{"request", "weir.test", "who", nil, `{"method":"who","peer":` + fmt.Sprint(client.ID())},
		{"status", "weir.test", "denied", PermissionDenied, `{}`},
		{"status and reply", "weir.test", "explained", NotFound, `{"message":"no such device"}`},
		{"other error", "weir.test", "broken", UnknownError, `{"message":"disk is full"}`},
		{"too large", "weir.test", "huge", UnknownError, `{"message":"answer huge: larger than`},
		{"large", "weir.test", "large", nil, `{"x":"yyyyy`},
		{"no method", "weir.test", "none", MethodNotFound, `{}`},
		{"no object", "weir.none", "none", NotFound, `{}`},
		{"a pattern is no object", "weir.*", "echo", NotFound, `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := client.Call(t.Context(), tt.object, tt.method, AppendInt(nil, "a", 1))
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("error is %v, want %v", err, tt.want)
			}
			if silent := tt.method != "empty" && tt.reply == "{}"; silent != (reply == nil) {
				t.Errorf("reply is %#v", reply)
			}
			if got := string(AppendJSON(nil, reply)); !strings.HasPrefix(got, tt.reply) {
				t.Errorf("reply is %.80s, want %s", got, tt.reply)
			}
		})
	}
	if got, want := server.Stats().Served, uint64(9); got != want {
		t.Errorf("%d calls served, want %d", got, want)
	}
}

func TestCallsAreAnsweredInAnyOrder(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	const calls = 8 // as many handlers run at once
	var all sync.WaitGroup
	all.Add(calls)
	first := make(chan struct{})
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "wait", Handle: func(ctx context.Context, r *Request) (Msg, error) {
		all.Done()
		n, _ := r.Args.Int("n")
		if n > 0 {
			select {
			case <-first:
			case <-ctx.Done():
			}
		}
		return AppendInt(nil, "n", n), nil
	}}}})
	var done sync.WaitGroup
	for n := calls - 1; n >= 0; n-- {
		done.Go(func() {
			reply, err := client.Call(t.Context(), "weir.test", "wait", AppendInt(nil, "n", int64(n)))
			if got, _ := reply.Int("n"); err != nil || got != int64(n) {
				t.Errorf("call %d got %d, %v", n, got, err)
			}
			if n == 0 { // answered while all others are under way
				all.Wait()
				close(first)
			}
		})
	}
	done.Wait()
}

func TestCallAfterTheObjectCameBack(t *testing.T) {
	bus := startBus(t)
	client := bus.connect(t)
	o := &Object{Path: "weir.test", Methods: []Method{{Name: "echo", Handle: echo}}}
	for range 3 { // each time it has another id
		server := bus.connect(t)
		publish(t, server, o)
		if _, err := client.Call(t.Context(), "weir.test", "echo", nil); err != nil {
			t.Error(err)
		}
		server.Close()
		eventually(t, "the object did not go", func() bool {
			_, err := client.Lookup(t.Context(), "weir.test")
			return errors.Is(err, NotFound)
		})
	}
	if _, err := client.Call(t.Context(), "weir.test", "echo", nil); !errors.Is(err, NotFound) {
		t.Errorf("a call of an object that is gone: %v, want %v", err, NotFound)
	}
}

func TestCallWithoutAnswer(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "never", Handle: func(context.Context, *Request) (Msg, error) {
		return nil, ErrDeferred
	}}}})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Call(ctx, "weir.test", "never", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if n := len(client.calls); n != 0 {
		t.Errorf("%d calls are kept", n)
	}
	if _, err := client.Call(t.Context(), "weir.test", "never", make(Msg, MaxReply+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large arguments: %v", err)
	}
	ended := make(chan error)
	go func() {
		_, err := client.Call(t.Context(), "weir.test", "never", nil)
		ended <- err
	}()
	eventually(t, "the call did not begin", func() bool { return server.Stats().Served == 2 })
	client.Close()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("a call when the connection ends: %v", err)
	}
	if _, err := client.Call(t.Context(), "weir.test", "never", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a call without connection: %v", err)
	}
}

// TestCallOfADyingObject: ubusd does not answer for who goes away.
func TestCallOfADyingObject(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "die", Handle: func(context.Context, *Request) (Msg, error) {
		go server.Close()
		return nil, ErrDeferred
	}}}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := client.Call(ctx, "weir.test", "die", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if _, err := client.Call(t.Context(), "weir.test", "die", nil); !errors.Is(err, NotFound) {
		t.Errorf("the connection is not usable: %v", err)
	}
}

func TestList(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	for _, path := range []string{"weir.b", "weir.a", "zebra"} {
		publish(t, server, &Object{Path: path, Methods: []Method{{Name: "list", Args: []Arg{{"count", TypeInt32}, {"name", TypeString}}, Handle: echo}}})
	}
	for _, tt := range []struct {
		pattern string
		want    []string
	}{
		{"", []string{"weir.a", "weir.b", "zebra"}},
		{"*", []string{"weir.a", "weir.b", "zebra"}},
		{"weir.*", []string{"weir.a", "weir.b"}},
		{"weir.a", []string{"weir.a"}},
		{"weir", nil},
		{"zz*", nil},
	} {
		t.Run(tt.pattern, func(t *testing.T) {
			all, err := client.List(t.Context(), tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range all {
				got = append(got, o.Path)
				if s := string(AppendJSON(nil, o.Methods)); s != `{"list":{"count":5,"name":3}}` {
					t.Errorf("methods are %s", s)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListIsBounded(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	for n := range MaxObjects + 10 {
		publish(t, server, &Object{Path: fmt.Sprintf("o%04d", n)})
	}
	all, err := client.List(t.Context(), "")
	if len(all) != MaxObjects || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d objects, error %v", len(all), err)
	}
}

func TestConnectFails(t *testing.T) {
	if _, err := Connect(t.Context(), "/nowhere/ubus.sock"); err == nil {
		t.Error("connected to nothing")
	}
}
