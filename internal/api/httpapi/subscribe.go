//go:build !notls

package httpapi

import (
	"context"
	"io"
	"time"

	"weir/internal/api"
)

// How long a page may watch before it has to ask again, and how often it is told.
const (
	streamTime = 24 * time.Hour
	tickTime   = time.Second
)

// subscribe answers GET /ubus/subscribe/weir as uhttpd does: with what the object
// tells its subscribers, as server-sent events, until one side ends it. The
// session is sent as Bearer.
func (d *door) subscribe(ctx context.Context, w *response, r *request) {
	if !allowed(w, r, "GET") {
		d.notAllowed(w, r)
		return
	}
	if c := d.caller(w, r); !c.known {
		d.deny(w, c)
		return
	}
	select {
	case d.streams <- struct{}{}:
		defer func() { <-d.streams }()
	default:
		d.s.stats.busy.Add(1)
		w.set("Retry-After", "10")
		d.fail(w, &api.Error{Code: api.Busy, Message: number(maxStreams) + " pages are watching", Hint: "close one"})
		return
	}
	w.set("Content-Type", "text/event-stream")
	w.set("X-Accel-Buffering", "no") // of nginx
	w.take(streamTime, writeTime)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer w.c.watch(cancel)()
	d.stream(ctx, w)
}

// stream sends the live numbers each second.
func (d *door) stream(ctx context.Context, w *response) {
	next := time.NewTicker(tickTime)
	defer next.Stop()
	for {
		io.WriteString(w, "event: live\ndata: ")
		d.withEncoder(w, func(e *api.Encoder) {
			e.Table("")
			api.LiveTick(d.s.backend)(e)
			e.EndTable()
		})
		io.WriteString(w, "\n\n")
		if w.flush() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		if w.c.s.isStopping() {
			return
		}
	}
}
