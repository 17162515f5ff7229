package ubus

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"weir/test/ubusd"
)

// scripted is a client of a peer that the test plays itself.
func scripted(t *testing.T) (*Client, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	go theirs.Write(unhexHello)
	c, err := NewClient(t.Context(), ours, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close(); c.Close() })
	return c, theirs
}

func send(t *testing.T, conn net.Conn, out *outgoing) {
	t.Helper()
	b, err := appendMessage(nil, out)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

// TestForgedAnswers plays a peer that owns another object and guesses the
// number of our call: ubusd passes its answer on, with the id of its object.
func TestForgedAnswers(t *testing.T) {
	c, conn := scripted(t)
	result := make(chan error, 1)
	go func() {
		end, reply, err := c.invoke(t.Context(), 5000, "get", nil)
		if err == nil && (end.status != OK || reply.Text("who") != "owner") {
			err = errors.New("the forger's answer is taken")
		}
		result <- err
	}()
	m, err := readMessage(conn)
	if err != nil {
		t.Fatal(err)
	}
	forger, owner := header{msgData, m.seq, 6000}, header{msgData, m.seq, 5000}
	send(t, conn, &outgoing{header: forger, object: 6000, data: AppendString(nil, "who", "forger")})
	forger.kind = msgStatus
	send(t, conn, &outgoing{header: forger, object: 6000, answer: true, status: NotFound})
	send(t, conn, &outgoing{header: owner, object: 5000, data: AppendString(nil, "who", "owner")})
	owner.kind = msgStatus
	send(t, conn, &outgoing{header: owner, object: 5000, answer: true})
	if err := <-result; err != nil {
		t.Error(err)
	}
	if n := c.Stats().Unexpected; n != 2 {
		t.Errorf("%d unexpected messages", n)
	}
}

func TestMalformedReply(t *testing.T) {
	c, conn := scripted(t)
	c.known["o"] = 5000
	go func() {
		m, _ := readMessage(conn)
		h := header{msgData, m.seq, 5000}
		send(t, conn, &outgoing{header: h, object: 5000, data: Msg{0xff, 0xff, 0xff, 0xff}})
		h.kind = msgStatus
		send(t, conn, &outgoing{header: h, object: 5000, answer: true})
	}()
	if _, err := c.Call(t.Context(), "o", "get", nil); !errors.Is(err, ErrMalformed) || c.Stats().Malformed != 1 {
		t.Errorf("error is %v, %+v", err, c.Stats())
	}
}

// TestMessagesOutOfPlace sends what no request asked for: nothing of it may
// stop the client from taking the next message.
func TestMessagesOutOfPlace(t *testing.T) {
	c, conn := scripted(t)
	c.locals[7000] = &local{feed: newFeed("x", false, 1), path: "o"}
	c.locals[7001] = &local{watch: &watch{client: c, feed: newFeed("o*", true, 1), targets: map[string]uint32{}}}
	for kind := range uint8(20) {
		for _, object := range []uint32{0, 1, 7000, 7001, 7002} {
			send(t, conn, &outgoing{header: header{kind: kind, seq: 9}, object: object, method: "m", data: Msg{1, 2, 3, 4}})
			send(t, conn, &outgoing{header: header{kind: kind, seq: 9}, object: object, target: 3, answer: true})
		}
	}
	send(t, conn, &outgoing{header: header{kind: msgInvoke}, object: 7000, method: "last", data: Msg{}})
	if e := receive(t, &Feed{C: c.locals[7000].feed.C}); e.Name != "last" {
		t.Errorf("got %q", e.Name)
	}
	if s := c.Stats(); s.Malformed != 2 || s.Unexpected == 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestTooManyCallsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, theirs := silence(t)
		go readAll(theirs)
		for range maxCalls {
			go c.Call(t.Context(), "a", "b", nil)
		}
		synctest.Wait()
		if _, err := c.Call(t.Context(), "a", "b", nil); !errors.Is(err, ErrBusy) {
			t.Errorf("error is %v", err)
		}
		theirs.Close()
		c.Close()
	})
}

// TestGarbage writes damaged messages: the connection ends or goes on, but
// nothing panics, and nothing is left behind.
func TestGarbage(t *testing.T) {
	before := runtime.NumGoroutine()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var stream []byte
		for range 20 {
			g := unhex(t, goldenMessages[r.IntN(len(goldenMessages))].hex)
			if at := r.IntN(4 * len(g)); at < len(g) {
				g[at] ^= byte(1 + r.IntN(255))
			}
			stream = append(stream, g...)
		}
		ours, theirs := net.Pipe()
		ready := make(chan struct{})
		go func() {
			theirs.Write(unhexHello)
			go readAll(theirs)
			<-ready
			theirs.Write(stream)
			theirs.Close()
		}()
		c, err := NewClient(t.Context(), ours, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		c.locals[0xbe5f72e1] = &local{object: &Object{Methods: []Method{{Name: "nosuch", Handle: echo}}}}
		close(ready)
		<-c.Done()
		c.Close()
	}
	eventually(t, "goroutines stay", func() bool { return runtime.NumGoroutine() <= before })
}

func TestHandlersEndWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := ubusd.NewStandIn()
		connect := func() *Client {
			ours, theirs := net.Pipe()
			d.Serve(theirs)
			c, err := NewClient(t.Context(), ours, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		server, client := connect(), connect()
		var ended bool
		err := server.Publish(t.Context(), &Object{Path: "o", Methods: []Method{{Name: "hang", Handle: func(ctx context.Context, _ *Request) (Msg, error) {
			<-ctx.Done()
			ended = true
			return nil, ctx.Err()
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		go client.Call(t.Context(), "o", "hang", nil)
		synctest.Wait()
		server.Close()
		if !ended {
			t.Error("Close returned before the handler did")
		}
		client.Close()
		synctest.Wait() // all goroutines have ended, or the bubble fails
	})
}

// TestMessagesKeepTheirBytes: what one message holds stays as it is when the
// next ones come.
func TestMessagesKeepTheirBytes(t *testing.T) {
	bus := startBus(t)
	server, client := bus.connect(t), bus.connect(t)
	publish(t, server, &Object{Path: "weir.test", Methods: []Method{{Name: "echo", Handle: echo}}})
	var replies, want []Msg
	for n := range 50 {
		args := AppendInt(nil, "n", int64(n))
		reply, err := client.Call(t.Context(), "weir.test", "echo", args)
		if err != nil {
			t.Fatal(err)
		}
		replies, want = append(replies, reply), append(want, args)
	}
	for n := range want {
		if !bytes.Equal(replies[n], want[n]) {
			t.Errorf("reply %d became %x", n, replies[n])
		}
	}
}
