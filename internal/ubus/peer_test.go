package ubus

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// testBus is a running bus: the real ubusd that UBUSD names or PATH holds, else
// a daemon that routes as it does.
type testBus struct {
	path string
	real string // the program; empty for the daemon below
	halt func()
}

func startBus(t testing.TB) *testBus {
	t.Helper()
	dir, err := os.MkdirTemp("", "ubus") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &testBus{path: filepath.Join(dir, "sock"), real: os.Getenv("UBUSD")}
	if b.real == "" {
		b.real, _ = exec.LookPath("ubusd")
	}
	b.start(t)
	t.Cleanup(func() { b.halt() })
	return b
}

func (b *testBus) start(t testing.TB) {
	t.Helper()
	if b.real == "" {
		l, err := net.Listen("unix", b.path)
		if err != nil {
			t.Fatal(err)
		}
		d := newDaemon()
		go d.accept(l)
		b.halt = sync.OnceFunc(func() { l.Close(); d.close() })
		return
	}
	cmd := exec.Command(b.real, "-s", b.path, "-A", filepath.Join(filepath.Dir(b.path), "acl"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.halt = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait(); os.Remove(b.path) })
	for range 500 {
		if conn, err := net.Dial("unix", b.path); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s does not listen at %s", b.real, b.path)
}

func (b *testBus) connect(t testing.TB) *Client {
	t.Helper()
	c, err := Connect(t.Context(), b.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// daemon routes messages as ubusd does: by object to its owner, answers by peer
// to the caller. Without access rules: who asks is always root.
type daemon struct {
	mu      sync.Mutex
	clients map[uint32]*peer
	objects map[uint32]*routed
}

type peer struct {
	id      uint32
	conn    net.Conn
	daemon  *daemon
	mu      sync.Mutex
	queue   [][]byte
	held    int
	more    chan struct{}
	stopped chan struct{}
}

type routed struct {
	id          uint32
	path        string
	owner       *peer
	sign        Msg
	named       bool // it was added with a signature
	patterns    []string
	subscribers []*routed
}

func newDaemon() *daemon {
	return &daemon{clients: map[uint32]*peer{}, objects: map[uint32]*routed{}}
}

func (d *daemon) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		d.serve(conn)
	}
}

// serve starts the two goroutines of a client; they end with its connection.
func (d *daemon) serve(conn net.Conn) {
	p := &peer{conn: conn, daemon: d, more: make(chan struct{}, 1), stopped: make(chan struct{})}
	d.mu.Lock()
	p.id = 1024 + rand.Uint32N(1<<31)
	d.clients[p.id] = p
	d.mu.Unlock()
	p.put(&outgoing{header: header{kind: msgHello, peer: p.id}})
	go p.write()
	go p.read()
}

func (d *daemon) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.clients {
		p.conn.Close()
	}
}

// put queues a message and never waits: as ubusd does, it drops what is beyond
// a message's size in all.
func (p *peer) put(out *outgoing) {
	b, err := appendMessage(nil, out)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || p.held+len(b) > MaxMessage {
		return
	}
	p.queue, p.held = append(p.queue, b), p.held+len(b)
	select {
	case p.more <- struct{}{}:
	default:
	}
}

func (p *peer) write() {
	for {
		select {
		case <-p.more:
		case <-p.stopped:
			return
		}
		p.mu.Lock()
		queue := p.queue
		p.queue, p.held = nil, 0
		p.mu.Unlock()
		for _, b := range queue {
			if _, err := p.conn.Write(b); err != nil {
				return
			}
		}
	}
}

func (p *peer) read() {
	defer p.gone()
	for {
		m, err := readMessage(p.conn)
		if err != nil {
			return
		}
		p.daemon.mu.Lock()
		status, answer := p.daemon.handle(p, m)
		p.daemon.mu.Unlock()
		if answer {
			p.put(&outgoing{header: header{msgStatus, m.seq, m.peer}, answer: true, status: status})
		}
	}
}

func (p *peer) gone() {
	close(p.stopped)
	p.conn.Close()
	d := p.daemon
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clients, p.id)
	for _, o := range d.objects {
		if o.owner == p {
			d.drop(o)
		}
	}
}

// handle does what one message asks for. answer says that a STATUS follows.
func (d *daemon) handle(p *peer, m *message) (status Status, answer bool) {
	o := d.objects[m.object]
	switch m.kind {
	case msgAddObject:
		return d.add(p, m), true
	case msgRemoveObject:
		if o == nil || o.owner != p {
			return NotFound, true
		}
		p.put(&outgoing{header: header{msgData, m.seq, m.peer}, object: o.id})
		d.drop(o)
		return OK, true
	case msgLookup:
		return d.lookup(p, m), true
	case msgInvoke:
		return d.invoke(p, m)
	case msgStatus, msgData:
		if to := d.clients[m.peer]; o != nil && o.owner == p && to != nil {
			to.put(&outgoing{header{m.kind, m.seq, o.id}, m.kind == msgStatus, m.status, "", o.id, 0, "", false, nil, m.data})
		}
		return OK, false
	case msgSubscribe:
		target := d.objects[m.target]
		if o == nil || o.owner != p || target == nil {
			return NotFound, true
		}
		if target.owner == p {
			return InvalidArgument, true
		}
		if target.subscribers = append(target.subscribers, o); len(target.subscribers) == 1 {
			target.active(true)
		}
		return OK, true
	case msgNotify:
		if o == nil || o.owner != p {
			return PermissionDenied, true
		}
		for _, s := range o.subscribers {
			s.owner.put(&outgoing{header{msgInvoke, m.seq, p.id}, false, 0, "", s.id, 0, string(m.method), m.silent, nil, m.data})
		}
		return OK, false
	}
	return InvalidCommand, true
}

// active sends ACTIVE, which a Client never sends.
func (o *routed) active(is bool) {
	b := appendWord([]byte{0, msgNotify, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20}, attrObject, o.id)
	var flag byte
	if is {
		flag = 1
	}
	b = append(appendAttr(b, attrActive, 1), flag, 0, 0, 0)
	o.owner.mu.Lock()
	o.owner.queue = append(o.owner.queue, b)
	o.owner.mu.Unlock()
	select {
	case o.owner.more <- struct{}{}:
	default:
	}
}

func (d *daemon) add(p *peer, m *message) Status {
	o := &routed{id: 1024 + rand.Uint32N(1<<32-2048), path: string(m.path), owner: p, sign: m.sign, named: m.have(attrSignature)}
	for _, other := range d.objects {
		if o.path != "" && other.path == o.path {
			return InvalidArgument
		}
	}
	d.objects[o.id] = o
	d.event(nil, "ubus.object.add", o.place())
	p.put(&outgoing{header: header{msgData, m.seq, m.peer}, object: o.id})
	return OK
}

func (o *routed) place() Msg {
	if o.path == "" {
		return nil
	}
	return AppendString(AppendInt32(nil, "id", int32(o.id)), "path", o.path)
}

func (d *daemon) drop(o *routed) {
	delete(d.objects, o.id)
	for _, s := range o.subscribers {
		s.owner.put(&outgoing{header: header{kind: msgUnsubscribe, seq: 1}, object: s.id, target: o.id})
	}
	for _, target := range d.objects {
		had := len(target.subscribers)
		target.subscribers = slices.DeleteFunc(target.subscribers, func(s *routed) bool { return s == o })
		if had > 0 && len(target.subscribers) == 0 {
			target.active(false)
		}
	}
	d.event(nil, "ubus.object.remove", o.place())
}

func (d *daemon) lookup(p *peer, m *message) Status {
	pattern := string(m.path)
	if !m.have(attrPath) {
		pattern = "*"
	}
	var found []*routed
	for _, o := range d.objects {
		if o.path != "" && o.named && matches(pattern, o.path) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *routed) int { return cmp.Compare(a.path, b.path) })
	for _, o := range found {
		p.put(&outgoing{header: header{msgData, m.seq, m.peer}, path: o.path, object: o.id, sign: o.sign})
	}
	if len(found) == 0 && pattern != "*" {
		return NotFound
	}
	return OK
}

func (d *daemon) invoke(p *peer, m *message) (Status, bool) {
	if m.object == eventObject {
		return d.events(p, string(m.method), m.data), true
	}
	o := d.objects[m.object]
	if o == nil {
		return NotFound, true
	}
	o.owner.put(&outgoing{header{msgInvoke, m.seq, p.id}, false, 0, "", o.id, 0, string(m.method), m.silent, nil, m.data})
	return OK, false
}

// events is ubusd's own object.
func (d *daemon) events(p *peer, method string, args Msg) Status {
	switch method {
	case "register":
		id, _ := args.Int("object")
		o := d.objects[uint32(id)]
		if o == nil || o.owner != p {
			return NotFound
		}
		o.patterns = append(o.patterns, args.Text("pattern"))
		return OK
	case "send":
		if strings.HasPrefix(args.Text("id"), "ubus.") {
			return PermissionDenied
		}
		d.event(p, args.Text("id"), args.Msg("data"))
		return OK
	}
	return InvalidCommand
}

// event hands an event to who listens, but not to who sends it.
func (d *daemon) event(from *peer, name string, data Msg) {
	if data == nil {
		return
	}
	for _, o := range d.objects {
		if o.owner != from && slices.ContainsFunc(o.patterns, func(p string) bool { return matches(p, name) }) {
			o.owner.put(&outgoing{header{kind: msgInvoke, seq: 1}, false, 0, "", o.id, 0, name, false, nil, data})
		}
	}
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
