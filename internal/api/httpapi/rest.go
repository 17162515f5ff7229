package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"weir/internal/api"
	"weir/internal/jsontext"
)

// serveHTTP answers one request.
func (d *door) serveHTTP(ctx context.Context, w *response, r *request) {
	w.fields = append(w.fields, safeFields...)
	if !d.admit(w, r) {
		return
	}
	base, path := d.locate(r)
	method, isMethod := strings.CutPrefix(path, "/api/v1/")
	switch {
	case path == "/healthz":
		d.health(w, r)
	case path == "/ubus" || path == "/ubus/":
		d.jsonRPC(ctx, w, r)
	case path == "/ubus/subscribe/weir":
		d.subscribe(ctx, w, r)
	case isMethod:
		if c := d.caller(w, r); !c.known {
			d.deny(w, c)
			return
		}
		d.rest(ctx, w, r, method)
	case d.page(w, r, base, path):
	default:
		d.fail(w, &api.Error{Code: api.NotFound, Message: "there is nothing at " + r.url.Path, Hint: "methods are at /api/v1/METHOD, JSON-RPC is at /ubus"})
	}
}

// health says that the program answers; to strangers, nothing more.
func (d *door) health(w *response, r *request) {
	if !allowed(w, r, "GET", "HEAD") {
		d.notAllowed(w, r)
		return
	}
	if !d.trusted {
		w.set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "ok\n")
		return
	}
	state := d.s.backend.Daemon.State()
	d.small(w, 200, func(e *api.Encoder) {
		e.Bool("ok", true)
		e.Str("version", state.Version)
		e.Bool("clock_trusted", state.ClockTrusted)
	})
}

// withSlot runs f when a call may begin, with an encoder that is f's until it
// returns. The request must have been read: a slow client waits for itself.
func (d *door) withSlot(w *response, f func(*api.Encoder)) {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
		d.withEncoder(w, f)
	default:
		d.s.stats.busy.Add(1)
		w.set("Retry-After", "1")
		d.fail(w, &api.Error{Code: api.Busy, Message: strconv.Itoa(maxCalls) + " calls are under way", Hint: "try again in a second"})
	}
}

// withEncoder runs f with an encoder that writes to w until f returns.
func (d *door) withEncoder(w *response, f func(*api.Encoder)) {
	e := d.s.encoders.Get().(*api.Encoder)
	e.Reset(w)
	defer func() {
		d.s.stats.clamped.Add(e.Clamped())
		e.Reset(nil)
		d.s.encoders.Put(e)
	}()
	f(e)
	e.Flush() // an error means that the client left
}

// rest answers /api/v1/METHOD: arguments in the query, or as a JSON object in
// the body. What changes something must be a POST.
func (d *door) rest(ctx context.Context, w *response, r *request, name string) {
	m, err := api.Lookup(name)
	if err != nil {
		d.fail(w, api.AsError(err))
		return
	}
	verbs := []string{"GET", "HEAD", "POST"}
	switch {
	case m.Write:
		verbs = verbs[2:]
	case m.Sends():
		verbs = []string{"GET", "POST"} // its length is not known before all of it was made
	}
	if !allowed(w, r, verbs...) {
		d.notAllowed(w, r)
		return
	}
	if m.Sends() || m.Takes() {
		d.transfer(ctx, w, r, m)
		return
	}
	raw, err := restArgs(w, r)
	if err != nil {
		d.failArgs(w, err)
		return
	}
	d.withSlot(w, func(e *api.Encoder) {
		ctx, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		reply, err := d.call(ctx, m, raw)
		if err != nil {
			d.fail(w, api.AsError(err))
			return
		}
		w.set("Content-Type", "application/json")
		e.Table("")
		reply(e)
		e.EndTable()
	})
}

// call runs a method and counts it.
func (d *door) call(ctx context.Context, m *api.Method, raw map[string]any) (api.Reply, error) {
	d.s.stats.calls.Add(1)
	reply, err := m.Call(ctx, d.s.backend, raw)
	if err != nil {
		d.s.stats.failed.Add(1)
	}
	return reply, err
}

// failArgs answers a request whose arguments or body cannot be read.
func (d *door) failArgs(w *response, err error) {
	status := 400
	if errors.Is(err, errBodySize) || errors.Is(err, errUploadSize) {
		status = 413
	}
	d.failStatus(w, status, &api.Error{Code: api.InvalidArgument, Message: err.Error()})
}

// restArgs returns the arguments of a request, from its body and its query.
func restArgs(w *response, r *request) (map[string]any, error) {
	raw := map[string]any{}
	if r.method == "POST" {
		body, err := w.c.readBody(r.body)
		if err != nil {
			return nil, fmt.Errorf("the body is %w", err)
		}
		if len(bytes.TrimSpace(body)) > 0 {
			object, err := jsontext.Parse(body)
			if err != nil {
				err = errNotObject
			} else {
				raw, err = arguments(object)
			}
			if err != nil {
				return nil, fmt.Errorf("the body is %w", err)
			}
		}
	}
	return queryArgs(r, raw)
}

// queryArgs adds the arguments of a request's query to raw.
func queryArgs(r *request, raw map[string]any) (map[string]any, error) {
	query, err := url.ParseQuery(r.url.RawQuery)
	if err != nil {
		return nil, errors.New("the query is not well formed")
	}
	for name, values := range query {
		if _, twice := raw[name]; twice || len(values) > 1 {
			return nil, errors.New("an argument is given twice: " + strconv.Quote(name))
		}
		raw[name] = values[0]
	}
	return raw, nil
}

// allowed checks the request's method and says in the header what is.
func allowed(w *response, r *request, methods ...string) bool {
	for _, m := range methods {
		if r.method == m {
			return true
		}
	}
	w.set("Allow", strings.Join(methods, ", "))
	return false
}

func (d *door) notAllowed(w *response, r *request) {
	d.failStatus(w, 405, &api.Error{Code: api.NotSupported, Message: r.method + " is not answered here", Hint: "use " + w.fields.get("Allow")})
}

func (d *door) fail(w *response, err *api.Error) { d.failStatus(w, err.HTTP(), err) }

func (d *door) failStatus(w *response, status int, err *api.Error) {
	d.small(w, status, err.Encode)
}

// small answers with one short object, for which no slot is needed.
func (d *door) small(w *response, status int, fields func(*api.Encoder)) {
	w.set("Content-Type", "application/json")
	w.begin(status)
	d.withEncoder(w, func(e *api.Encoder) {
		e.Table("")
		fields(e)
		e.EndTable()
	})
}
