package ubus

import (
	"bytes"
	"context"
	"testing"
	"time"

	"weir/test/ubusd"
)

type testBus struct{ *ubusd.Bus }

func startBus(t testing.TB) *testBus {
	t.Helper()
	return &testBus{ubusd.New(t)}
}

func (b *testBus) connect(t testing.TB) *Client {
	t.Helper()
	c, err := Connect(t.Context(), b.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// echo answers with what it was asked.
func echo(_ context.Context, r *Request) (Msg, error) { return bytes.Clone(r.Args), nil }

func publish(t testing.TB, c *Client, o *Object) *Object {
	t.Helper()
	if err := c.Publish(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

func receive(t *testing.T, f *Feed) Event {
	t.Helper()
	select {
	case e := <-f.C:
		return e
	case <-time.After(5 * time.Second):
		t.Fatal("no event came")
		return Event{}
	}
}

// eventually waits for what happens in another goroutine.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what)
}
