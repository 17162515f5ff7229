package ubusd

import (
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
)

// StandIn routes messages as ubusd does: by object to its owner, answers by peer to
// the caller. Who asks may do everything.
type StandIn struct {
	mu      sync.Mutex
	clients map[uint32]*client
	objects map[uint32]*object
}

// client is a connection and the messages that wait to be written to it.
type client struct {
	id      uint32
	conn    net.Conn
	standIn *StandIn
	mu      sync.Mutex
	queue   [][]byte
	held    int
	more    chan struct{}
	stopped chan struct{}
}

type object struct {
	id          uint32
	path        string
	owner       *client
	sign        []byte // nil for an object that only receives
	patterns    []string
	subscribers []*object
}

// NewStandIn returns a stand-in without connections.
func NewStandIn() *StandIn {
	return &StandIn{clients: map[uint32]*client{}, objects: map[uint32]*object{}}
}

func (s *StandIn) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.Serve(conn)
	}
}

// Serve starts the two goroutines of a connection; they end with it.
func (s *StandIn) Serve(conn net.Conn) {
	c := &client{conn: conn, standIn: s, more: make(chan struct{}, 1), stopped: make(chan struct{})}
	s.mu.Lock()
	c.id = 1024 + rand.Uint32N(1<<31)
	s.clients[c.id] = c
	s.mu.Unlock()
	c.put(message(hello, 0, c.id))
	go c.write()
	go c.read()
}

func (s *StandIn) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.conn.Close()
	}
}

// put queues a message and never waits: as ubusd does, it drops what is beyond a
// message's size in all.
func (c *client) put(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held+len(b) > maxMessage {
		return
	}
	c.queue, c.held = append(c.queue, b), c.held+len(b)
	select {
	case c.more <- struct{}{}:
	default:
	}
}

func (c *client) write() {
	for {
		select {
		case <-c.more:
		case <-c.stopped:
			return
		}
		c.mu.Lock()
		queue := c.queue
		c.queue, c.held = nil, 0
		c.mu.Unlock()
		for _, b := range queue {
			if _, err := c.conn.Write(b); err != nil {
				return
			}
		}
	}
}

func (c *client) read() {
	defer c.gone()
	for {
		f, err := readFrame(c.conn)
		if err != nil {
			return
		}
		c.standIn.mu.Lock()
		code, answer := c.standIn.handle(c, f)
		c.standIn.mu.Unlock()
		if answer {
			c.put(message(status, f.seq, f.peer, word(aStatus, code)))
		}
	}
}

func (c *client) gone() {
	close(c.stopped)
	c.conn.Close()
	s := c.standIn
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c.id)
	for _, o := range s.objects {
		if o.owner == c {
			s.drop(o)
		}
	}
}

// handle does what one message asks for. answer says that a STATUS follows.
func (s *StandIn) handle(c *client, f *frame) (code uint32, answer bool) {
	o := s.objects[f.word(aObject)]
	mine := o != nil && o.owner == c
	switch f.kind {
	case addObject:
		return s.add(c, f), true
	case removeObject:
		if !mine {
			return notFound, true
		}
		c.put(message(data, f.seq, f.peer, word(aObject, o.id)))
		s.drop(o)
		return ok, true
	case lookup:
		return s.lookup(c, f), true
	case invoke:
		return s.invoke(c, f)
	case status, data:
		if to := s.clients[f.peer]; mine && to != nil {
			to.put(message(f.kind, f.seq, o.id, attr{aStatus, f.attrs[aStatus]}, word(aObject, o.id), attr{aData, f.attrs[aData]}))
		}
		return ok, false
	case subscribe:
		return s.subscribe(c, o, s.objects[f.word(aTarget)]), true
	case notify:
		if !mine {
			return denied, true
		}
		for _, to := range o.subscribers {
			to.owner.put(call(f, c, to, f.text(aMethod), f.attrs[aData]))
		}
		return ok, false
	}
	return invalidCommand, true
}

// call returns a message that calls a method of an object for a client.
func call(f *frame, from *client, to *object, method string, args []byte) []byte {
	return message(invoke, f.seq, from.id, word(aObject, to.id), text(aMethod, method), attr{aNoReply, f.attrs[aNoReply]}, attr{aData, args})
}

func (s *StandIn) subscribe(c *client, o, target *object) uint32 {
	switch {
	case o == nil || o.owner != c || target == nil:
		return notFound
	case target.owner == c:
		return invalidArgument
	}
	if target.subscribers = append(target.subscribers, o); len(target.subscribers) == 1 {
		target.active(1)
	}
	return ok
}

// active tells the owner whether anybody listens.
func (o *object) active(is byte) {
	o.owner.put(message(notify, 1, 0, word(aObject, o.id), attr{aActive, []byte{is}}))
}

func (s *StandIn) add(c *client, f *frame) uint32 {
	o := &object{id: 1024 + rand.Uint32N(1<<32-2048), path: f.text(aPath), owner: c, sign: f.attrs[aSignature]}
	for _, other := range s.objects {
		if o.path != "" && other.path == o.path {
			return invalidArgument
		}
	}
	s.objects[o.id] = o
	s.event(nil, "ubus.object.add", o.place())
	c.put(message(data, f.seq, f.peer, word(aObject, o.id)))
	return ok
}

// place is what events about an object say of it, nil without a path.
func (o *object) place() []byte {
	if o.path == "" {
		return nil
	}
	return append(named(5, "id", binary.BigEndian.AppendUint32(nil, o.id)), named(3, "path", append([]byte(o.path), 0))...)
}

func (s *StandIn) drop(o *object) {
	delete(s.objects, o.id)
	for _, sub := range o.subscribers {
		sub.owner.put(message(unsubscribe, 1, 0, word(aObject, sub.id), word(aTarget, o.id)))
	}
	for _, target := range s.objects {
		had := len(target.subscribers)
		target.subscribers = slices.DeleteFunc(target.subscribers, func(sub *object) bool { return sub == o })
		if had > 0 && len(target.subscribers) == 0 {
			target.active(0)
		}
	}
	s.event(nil, "ubus.object.remove", o.place())
}

func (s *StandIn) lookup(c *client, f *frame) uint32 {
	pattern := "*"
	if p, given := f.attrs[aPath]; given {
		pattern = cstring(p)
	}
	var found []*object
	for _, o := range s.objects {
		if o.path != "" && o.sign != nil && matches(pattern, o.path) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *object) int { return cmp.Compare(a.path, b.path) })
	for _, o := range found {
		c.put(message(data, f.seq, f.peer, text(aPath, o.path), word(aObject, o.id), attr{aSignature, o.sign}))
	}
	if len(found) == 0 && pattern != "*" {
		return notFound
	}
	return ok
}

func matches(pattern, name string) bool {
	if start, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(name, start)
	}
	return pattern == name
}

func (s *StandIn) invoke(c *client, f *frame) (code uint32, answer bool) {
	if f.word(aObject) == 1 {
		return s.events(c, f.text(aMethod), f.attrs[aData]), true
	}
	o := s.objects[f.word(aObject)]
	if o == nil {
		return notFound, true
	}
	o.owner.put(call(f, c, o, f.text(aMethod), f.attrs[aData]))
	return ok, false
}

// events is ubusd's own object.
func (s *StandIn) events(c *client, method string, args []byte) uint32 {
	switch method {
	case "register":
		id := field(args, "object")
		if len(id) != 4 {
			return invalidArgument
		}
		o := s.objects[binary.BigEndian.Uint32(id)]
		if o == nil || o.owner != c {
			return notFound
		}
		o.patterns = append(o.patterns, cstring(field(args, "pattern")))
		return ok
	case "send":
		name := cstring(field(args, "id"))
		if strings.HasPrefix(name, "ubus.") {
			return denied
		}
		s.event(c, name, append([]byte{}, field(args, "data")...))
		return ok
	}
	return invalidCommand
}

// event hands an event to who listens, but not to who sends it.
func (s *StandIn) event(from *client, name string, content []byte) {
	if content == nil {
		return
	}
	for _, o := range s.objects {
		if o.owner != from && slices.ContainsFunc(o.patterns, func(p string) bool { return matches(p, name) }) {
			o.owner.put(message(invoke, 1, 0, word(aObject, o.id), text(aMethod, name), attr{aData, content}))
		}
	}
}
