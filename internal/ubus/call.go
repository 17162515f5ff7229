package ubus

import (
	"context"
	"errors"
	"fmt"
)

// Found is an object of any program on the bus.
type Found struct {
	Path string
	ID   uint32
	// Methods has a table for each method that we may call: the types of its
	// arguments as integers, by name.
	Methods Msg
}

// Call calls a method of the object at a path and returns its reply, which is
// nil if it sent none, or if ubusd had to drop it, see [MaxReply]. A status other than OK is an [*Error], which is also
// the [Status]; a reply that came before it is returned all the same. Without a
// deadline of ctx a call ends after 30 seconds: ubusd says nothing when the
// object goes away before it answers.
func (c *Client) Call(ctx context.Context, object, method string, args Msg) (Msg, error) {
	c.count.calls.Add(1)
	for again := false; ; again = true {
		id, fresh, err := c.find(ctx, object)
		if err != nil {
			return nil, fmt.Errorf("ubus call %s %s: %w", object, method, err)
		}
		end, reply, err := c.invoke(ctx, id, method, args)
		if err != nil {
			return nil, fmt.Errorf("ubus call %s %s: %w", object, method, err)
		}
		// ubusd names no object where it answers itself, and methods must not
		// run twice.
		if end.status == NotFound && !end.have(attrObject) && !fresh && !again {
			c.forget(object)
			continue
		}
		if err := reply.Check(); err != nil {
			c.count.malformed.Add(1)
			return nil, fmt.Errorf("ubus call %s %s: %w", object, method, err)
		}
		if end.status != OK {
			err = &Error{Object: object, Method: method, Status: end.status, Reply: reply}
		}
		return reply, err
	}
}

// invoke calls a method of the object with an id.
func (c *Client) invoke(ctx context.Context, id uint32, method string, args Msg) (end *message, reply Msg, err error) {
	if args == nil {
		args = Msg{} // objects made with libubus refuse calls without data
	}
	if len(args) > MaxReply {
		return nil, nil, fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, len(args), MaxReply)
	}
	out := outgoing{header: header{kind: msgInvoke, peer: id}, object: id, method: method, data: args}
	end, reply, err = c.request(ctx, &out, nil)
	if err == nil && !end.have(attrStatus) {
		end.status = UnknownError
	}
	return end, reply, err
}

// find returns the id of an object; fresh says that ubusd was asked just now.
func (c *Client) find(ctx context.Context, path string) (id uint32, fresh bool, err error) {
	c.mu.Lock()
	id = c.known[path]
	c.mu.Unlock()
	if id != 0 {
		return id, false, nil
	}
	found, err := c.Lookup(ctx, path)
	if err != nil {
		return 0, true, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	c.known[path] = found.ID
	return found.ID, true, nil
}

func (c *Client) forget(path string) {
	c.mu.Lock()
	delete(c.known, path)
	c.mu.Unlock()
}

// Lookup returns the object at a path; [NotFound] without one.
func (c *Client) Lookup(ctx context.Context, path string) (Found, error) {
	if path == "" || path[len(path)-1] == '*' {
		return Found{}, NotFound // it would be a pattern
	}
	all, err := c.lookup(ctx, path)
	if err != nil {
		return Found{}, err
	}
	if len(all) == 0 {
		return Found{}, NotFound
	}
	return all[0], nil
}

// List returns the objects whose path matches a pattern, in the order of their
// paths: a path, the beginning of paths and a "*", or "" for all. It returns the
// first [MaxObjects], or what fits a message, and ErrTooLarge if there are more.
// Objects of which we may call nothing are not among them.
func (c *Client) List(ctx context.Context, pattern string) ([]Found, error) {
	all, err := c.lookup(ctx, pattern)
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	return all, err
}

func (c *Client) lookup(ctx context.Context, pattern string) ([]Found, error) {
	var all []Found
	var held int
	var cut bool
	end, _, err := c.request(ctx, &outgoing{header: header{kind: msgLookup}, path: pattern}, func(m *message) {
		held += len(m.sign) + len(m.path)
		switch {
		case m.object == 0 || len(m.path) == 0 || m.sign.Check() != nil:
			c.count.malformed.Add(1)
		case len(all) >= MaxObjects || held > MaxMessage:
			cut = true
		default:
			all = append(all, Found{Path: string(m.path), ID: m.object, Methods: m.sign})
		}
	})
	switch {
	case err != nil:
		return nil, err
	case end.status != OK:
		return nil, end.status
	case cut:
		return all, fmt.Errorf("list objects %q: %w", pattern, ErrTooLarge)
	}
	return all, nil
}

// Send sends an event to all that listen, but not to feeds of this connection.
func (c *Client) Send(ctx context.Context, event string, data Msg) error {
	args := AppendTable(AppendString(nil, "id", event), "data", data)
	end, _, err := c.invoke(ctx, eventObject, "send", args)
	if err == nil && end.status != OK {
		err = end.status
	}
	if err != nil {
		return fmt.Errorf("send event %s: %w", event, err)
	}
	return nil
}
