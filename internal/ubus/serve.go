package ubus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Object is an object that we publish. It is published by one connection at a
// time. Path, Methods and Watched are not to be changed afterwards.
type Object struct {
	Path    string
	Methods []Method
	// Watched, if set, is told when the first subscriber comes and when the last
	// one leaves, also because the connection ends. It is called by the reader
	// of the connection and must not block.
	Watched func(bool)
	// Refused, if set, explains calls that never reach a method: it returns what is
	// sent instead of err, which is [MethodNotFound], [ErrBusy], or [InvalidArgument]
	// with its message. It is called by the reader of the connection, too.
	Refused func(r *Request, err error) error

	at     atomic.Pointer[place]
	active atomic.Bool
}

// place is where an object is published.
type place struct {
	client *Client
	id     uint32
}

// Method is one method of an Object.
type Method struct {
	Name   string
	Args   []Arg
	Handle Handler
	// Unchecked says that Handle checks the types of arguments itself: they are
	// only told to the bus.
	Unchecked bool
}

// Arg is an argument that a method takes. An integer is taken in any width,
// and as a TypeDouble or TypeBool too, because that is what JSON makes of it;
// null is taken for anything. Arguments of other names are passed on unchecked:
// uhttpd adds one of its own to each call.
type Arg struct {
	Name string
	Type Type
}

// Publish adds an object to the bus. ubusd answers [InvalidArgument] if the path
// is taken, and if we may not publish it.
func (c *Client) Publish(ctx context.Context, o *Object) error {
	sign := Msg{}
	for i := range o.Methods {
		var mark int
		sign, mark = OpenTable(sign, o.Methods[i].Name)
		for _, a := range o.Methods[i].Args {
			sign = AppendInt32(sign, a.Name, int32(a.Type))
		}
		sign = Close(sign, mark)
	}
	_, err := c.add(ctx, o.Path, sign, &local{object: o})
	if errors.Is(err, InvalidArgument) {
		return fmt.Errorf("publish ubus object %s: %w: another program has it, or no file in /usr/share/acl.d lets our user publish it", o.Path, err)
	}
	if err != nil {
		return fmt.Errorf("publish ubus object %s: %w", o.Path, err)
	}
	return nil
}

// add adds an object, without a path for one that only receives. It is known
// before the first message to it is read.
func (c *Client) add(ctx context.Context, path string, sign Msg, what *local) (id uint32, err error) {
	out := outgoing{header: header{kind: msgAddObject}, path: path, sign: sign}
	end, _, err := c.request(ctx, &out, func(m *message) {
		if id = m.object; id == 0 {
			return
		}
		c.locals[id] = what // under c.mu
		if what.object != nil {
			what.object.at.Store(&place{client: c, id: id})
		}
	})
	switch {
	case err != nil:
		if id != 0 {
			c.remove(id) // nobody waits for it any more
		}
		return 0, err
	case end.status != OK:
		return 0, end.status
	case id == 0:
		return 0, NoData
	}
	return id, nil
}

// remove takes an object of ours off the bus, and does not wait for it.
func (c *Client) remove(id uint32) {
	c.mu.Lock()
	delete(c.locals, id)
	c.mu.Unlock()
	c.send(&outgoing{header: header{kind: msgRemoveObject}, object: id}, nil)
}

func (c *Client) local(id uint32) *local {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locals[id]
}

// unpublish tells all objects that nobody listens any more.
func (c *Client) unpublish() {
	c.mu.Lock()
	locals := c.locals
	c.locals = nil
	c.mu.Unlock()
	for _, l := range locals {
		if l.object == nil {
			continue
		}
		if at := l.object.at.Load(); at != nil && at.client == c {
			l.object.at.CompareAndSwap(at, nil)
			l.object.setActive(false)
		}
	}
}

// watched takes ubusd's word on whether an object has subscribers.
func (c *Client) watched(m *message) {
	l := c.local(m.object)
	if l == nil || l.object == nil || !m.have(attrActive) {
		c.count.unexpected.Add(1)
		return
	}
	l.object.setActive(m.active)
}

func (o *Object) setActive(is bool) {
	if o.active.Swap(is) != is && o.Watched != nil {
		o.Watched(is)
	}
}

// Published reports whether the object is on the bus.
func (o *Object) Published() bool { return o.at.Load() != nil }

// HasSubscribers reports whether anybody listens to the object's notifications.
func (o *Object) HasSubscribers() bool { return o.active.Load() }

// Notify sends a notification to all subscribers and asks for no answer. Without
// subscribers it does nothing; without a connection it returns [ErrClosed].
func (o *Object) Notify(name string, data Msg) error {
	at := o.at.Load()
	switch {
	case at == nil:
		return ErrClosed
	case !o.HasSubscribers():
		return nil
	case len(data) > MaxReply:
		return fmt.Errorf("notify %s: %w: %d bytes of %d", name, ErrTooLarge, len(data), MaxReply)
	case data == nil:
		data = Msg{}
	}
	out := outgoing{header: header{kind: msgNotify, peer: at.id}, object: at.id, method: name, silent: true, data: data}
	return at.client.send(&out, nil)
}

// invoked takes a call of an object of ours, an event or a notification.
func (c *Client) invoked(m *message) {
	l := c.local(m.object)
	switch {
	case l == nil || !m.have(attrMethod):
		c.count.unexpected.Add(1)
	case l.object != nil:
		c.serve(l.object, m)
	default:
		c.deliver(l, m)
	}
}

// serve checks a call and has it handled.
func (c *Client) serve(o *Object, m *message) {
	r := &Request{
		Object: o, Args: m.data, Peer: m.peer, client: c, id: m.object, seq: m.seq, silent: m.silent,
	}
	r.Method, r.User, r.Group = string(m.method), string(m.user), string(m.group)
	method := o.method(r.Method)
	if method == nil {
		c.refuse(r, MethodNotFound)
		return
	}
	if err := c.checkArgs(method, m.data); err != nil {
		c.refuse(r, err)
		return
	}
	run := func() { r.handle(c.ctx, method.Handle) }
	c.count.served.Add(1) // before the method may look
	if !c.work.start(task{run, len(m.data)}) {
		c.count.served.Add(^uint64(0))
		c.refuse(r, ErrBusy)
	}
}

func (c *Client) refuse(r *Request, err error) {
	c.count.refused.Add(1)
	if explain := r.Object.Refused; explain != nil {
		err = explain(r, err)
	}
	r.Answer(nil, err)
}

func (o *Object) method(name string) *Method {
	for i := range o.Methods {
		if o.Methods[i].Name == name {
			return &o.Methods[i]
		}
	}
	return nil
}
