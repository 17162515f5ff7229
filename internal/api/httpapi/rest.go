package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"weir/internal/api"
)

// ServeHTTP answers one request.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secureHeaders(w.Header())
	if !d.admit(w, r) {
		return
	}
	path := strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(d.s.c.BasePath, "/"))
	method, isMethod := strings.CutPrefix(path, "/api/v1/")
	switch {
	case path == "/healthz":
		d.health(w, r)
	case path == "/ubus" || path == "/ubus/":
		d.jsonRPC(w, r)
	case isMethod && !d.authorized(r):
		d.s.stats.denied.Add(1)
		w.Header().Set("WWW-Authenticate", `Bearer realm="weir"`)
		d.failStatus(w, http.StatusUnauthorized, &api.Error{Code: api.PermissionDenied, Message: "the token is missing or wrong", Hint: "send the header Authorization: Bearer TOKEN, with what is in the token file"})
	case isMethod:
		d.rest(w, r, method)
	default:
		d.fail(w, &api.Error{Code: api.NotFound, Message: "there is nothing at " + r.URL.Path, Hint: "methods are at /api/v1/METHOD, JSON-RPC is at /ubus"})
	}
}

// health says that the program answers; to strangers, nothing more.
func (d *door) health(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet, http.MethodHead) {
		d.notAllowed(w, r)
		return
	}
	if !d.trusted {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "ok\n")
		return
	}
	state := d.s.backend.Daemon.State()
	d.small(w, http.StatusOK, func(e *api.Encoder) {
		e.Bool("ok", true)
		e.Str("version", state.Version)
		e.Bool("clock_trusted", state.ClockTrusted)
	})
}

// withSlot runs f when a call may begin, with an encoder that is f's until it
// returns. The request must have been read: a slow client waits for itself.
func (d *door) withSlot(w http.ResponseWriter, f func(*api.Encoder)) {
	select {
	case e := <-d.slots:
		if e == nil {
			e = api.NewEncoder(nil)
		}
		e.Reset(w)
		defer func() {
			d.s.stats.clamped.Add(e.Clamped())
			e.Reset(nil)
			d.slots <- e
		}()
		f(e)
		e.Flush() // an error means that the client left
	default:
		d.s.stats.busy.Add(1)
		w.Header().Set("Retry-After", "1")
		d.fail(w, &api.Error{Code: api.Busy, Message: strconv.Itoa(maxCalls) + " calls are under way", Hint: "try again in a second"})
	}
}

// rest answers /api/v1/METHOD: arguments in the query, or as a JSON object in
// the body. What changes something must be a POST.
func (d *door) rest(w http.ResponseWriter, r *http.Request, name string) {
	m, err := api.Lookup(name)
	if err != nil {
		d.fail(w, api.AsError(err))
		return
	}
	verbs := []string{http.MethodGet, http.MethodHead, http.MethodPost}
	if m.Write {
		verbs = verbs[2:]
	}
	if !allowed(w, r, verbs...) {
		d.notAllowed(w, r)
		return
	}
	raw, err := restArgs(w, r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			d.failStatus(w, http.StatusRequestEntityTooLarge, &api.Error{Code: api.InvalidArgument, Message: "the body is larger than 64 KiB"})
			return
		}
		d.fail(w, &api.Error{Code: api.InvalidArgument, Message: err.Error()})
		return
	}
	d.withSlot(w, func(e *api.Encoder) {
		ctx, cancel := context.WithTimeout(r.Context(), callTime)
		defer cancel()
		reply, err := d.call(ctx, m, raw)
		if err != nil {
			d.fail(w, api.AsError(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
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

func restArgs(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errors.New("the query is not well formed")
	}
	raw := map[string]any{}
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(body)) > 0 {
			if raw, err = arguments(body); err != nil {
				return nil, fmt.Errorf("the body is %w", err)
			}
		}
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
func allowed(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, m := range methods {
		if r.Method == m {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	return false
}

func (d *door) notAllowed(w http.ResponseWriter, r *http.Request) {
	d.failStatus(w, http.StatusMethodNotAllowed, &api.Error{Code: api.NotSupported, Message: r.Method + " is not answered here", Hint: "use " + w.Header().Get("Allow")})
}

func (d *door) fail(w http.ResponseWriter, err *api.Error) { d.failStatus(w, err.HTTP(), err) }

func (d *door) failStatus(w http.ResponseWriter, status int, err *api.Error) {
	d.small(w, status, err.Encode)
}

// small answers with one short object, for which no slot is needed.
func (d *door) small(w http.ResponseWriter, status int, fields func(*api.Encoder)) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := api.NewEncoder(w)
	e.Table("")
	fields(e)
	e.EndTable()
	e.Flush()
}
