package ubus

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/test/ubusd"
)

// run starts b.Run and ends it with the test.
func run(t *testing.T, b *Bus) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestBusOutlivesUbusd(t *testing.T) {
	bus := startBus(t)
	o := &Object{Path: "weir.test", Methods: []Method{{Name: "echo", Handle: echo}}}
	reports := make(chan error, 64)
	b := &Bus{Path: bus.Path, Objects: []*Object{o}, Report: func(err error) { reports <- err }}
	events, notes := b.Listen("weir.*"), b.Subscribe("hostapd.*")
	run(t, b)
	await := func(want error) {
		t.Helper()
		for {
			select {
			case err := <-reports:
				if errors.Is(err, want) {
					return
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%v is not reported", want)
			}
		}
	}
	for range 3 {
		await(nil)
		other := bus.connect(t)
		if _, err := other.Call(t.Context(), "weir.test", "echo", nil); err != nil {
			t.Error(err)
		}
		ap := publish(t, other, &Object{Path: "hostapd.wlan0", Methods: []Method{{Name: "get_clients", Handle: echo}}})
		if _, err := b.Call(t.Context(), "hostapd.wlan0", "get_clients", nil); err != nil {
			t.Error(err)
		}
		if err := other.Send(t.Context(), "weir.clock", nil); err != nil {
			t.Error(err)
		}
		if e := receive(t, events); e.Name != "weir.clock" {
			t.Errorf("got event %s", e.Name)
		}
		heard, err := other.Listen(t.Context(), "weir.alert")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Send(t.Context(), "weir.alert", AppendInt(nil, "id", 1)); err != nil {
			t.Error(err)
		}
		if e := receive(t, heard); string(AppendJSON(nil, e.Data)) != `{"id":1}` {
			t.Errorf("got event %s", AppendJSON(nil, e.Data))
		}
		eventually(t, "hostapd.wlan0 is not followed", ap.HasSubscribers)
		if err := ap.Notify("disassoc", nil); err != nil {
			t.Error(err)
		}
		if e := receive(t, notes); e.Object != "hostapd.wlan0" || e.Name != "disassoc" {
			t.Errorf("got %s of %s", e.Name, e.Object)
		}
		bus.Halt()
		eventually(t, "calls go on", func() bool {
			_, err := b.Call(t.Context(), "hostapd.wlan0", "get_clients", nil)
			return errors.Is(err, ErrClosed)
		})
		eventually(t, "notifications go on", func() bool { return errors.Is(o.Notify("live", nil), ErrClosed) })
		if err := b.Send(t.Context(), "weir.alert", nil); !errors.Is(err, ErrClosed) {
			t.Errorf("send without a connection: %v", err)
		}
		bus.Start(t)
	}
	await(nil)
	if n := b.Stats().Served; n != 3 {
		t.Errorf("%d calls served", n)
	}
}

func TestBusWaitsLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var tried []time.Duration
		var last net.Conn
		d := ubusd.NewStandIn()
		b := &Bus{Dial: func(context.Context) (net.Conn, error) {
			tried = append(tried, time.Since(began))
			if len(tried) < 10 {
				return nil, errors.New("no socket")
			}
			ours, theirs := net.Pipe()
			last = theirs
			d.Serve(theirs)
			return ours, nil
		}}
		run(t, b)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		var want []time.Duration
		for sum, delay := time.Duration(0), minDelay; len(want) < 10; delay = min(2*delay, maxDelay) {
			want = append(want, sum)
			sum += delay
		}
		if diff := cmp.Diff(want, tried); diff != "" {
			t.Error(diff)
		}
		lost := time.Since(began)
		last.Close() // after a good while: it tries again soon
		time.Sleep(time.Second)
		synctest.Wait()
		if got := tried[len(tried)-1]; got != lost+minDelay {
			t.Errorf("tried again after %v", got-lost)
		}
	})
}

func TestBusIsNotTakenForItsPath(t *testing.T) {
	bus := startBus(t)
	publish(t, bus.connect(t), &Object{Path: "weir.test"})
	reports := make(chan error, 64)
	b := &Bus{Path: bus.Path, Objects: []*Object{{Path: "weir.test"}}, Report: func(err error) { reports <- err }}
	run(t, b)
	if err := <-reports; !errors.Is(err, InvalidArgument) {
		t.Errorf("reported %v", err)
	}
}

// silence is a peer that greets and says no more.
func silence(t *testing.T) (client *Client, peer net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	go theirs.Write(unhexHello)
	c, err := NewClient(t.Context(), ours, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c, theirs
}

var unhexHello = []byte{0, msgHello, 0, 0, 0, 0, 5, 0, 0, 0, 0, 4}

func TestTimesOfAPeerThatSaysNothing(t *testing.T) {
	t.Run("no greeting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ours, theirs := net.Pipe()
			defer theirs.Close()
			if _, err := NewClient(t.Context(), ours, Limits{}); err == nil || time.Since(began) != helloTime {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
		})
	})
	t.Run("cancelled before the greeting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := NewClient(ctx, ours, Limits{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v", err)
			}
		})
	})
	t.Run("reads nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c, theirs := silence(t)
			defer theirs.Close()
			if _, err := c.Call(t.Context(), "a", "b", nil); !errors.Is(err, ErrClosed) || time.Since(began) != writeTime {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
			c.Close()
		})
	})
	t.Run("answers nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c, theirs := silence(t)
			defer theirs.Close()
			go readAll(theirs)
			if _, err := c.Call(t.Context(), "a", "b", nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != callTime {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
			c.Close()
		})
	})
}

func readAll(conn net.Conn) {
	for {
		if _, err := readMessage(conn); err != nil {
			return
		}
	}
}
