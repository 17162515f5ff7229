package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"weir/internal/api"
)

// The bounds of files that are sent and taken. Each piece of one, some 16 KiB, may
// take as long as a whole reply otherwise: who reads that slowly is given up.
const (
	maxTransfers = 2 // of a door at a time, beside the calls
	maxUpload    = 64 << 20
	transferTime = time.Hour
)

var errUploadSize = errors.New("the body is larger than 64 MiB")

// transfer answers a method that sends or takes a file.
func (d *door) transfer(ctx context.Context, w *response, r *request, m *api.Method) {
	select {
	case d.transfers <- struct{}{}:
		defer func() { <-d.transfers }()
	default:
		d.s.stats.busy.Add(1)
		w.set("Retry-After", "10")
		d.fail(w, &api.Error{Code: api.Busy, Message: strconv.Itoa(maxTransfers) + " files are under way", Hint: "try again when one has ended"})
		return
	}
	w.take(transferTime, writeTime)
	d.s.stats.calls.Add(1)
	var err error
	if m.Takes() {
		err = d.upload(ctx, w, r, m)
	} else {
		err = d.download(ctx, w, r, m)
	}
	if err != nil {
		d.s.stats.failed.Add(1)
	}
}

// download sends a file as it is made. One that ends early is cut off in a way
// that the client sees.
func (d *door) download(ctx context.Context, w *response, r *request, m *api.Method) error {
	raw, err := restArgs(w, r)
	if err != nil {
		d.failArgs(w, err)
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer w.c.watch(cancel)()
	s, err := m.Open(ctx, d.s.backend, raw)
	if err == nil {
		w.set("Content-Type", s.Type)
		w.set("Content-Disposition", `attachment; filename="`+s.Name+`"`)
		err = s.Write(w)
	}
	switch {
	case err == nil:
	case w.unsent():
		w.unset("Content-Disposition")
		d.fail(w, api.AsError(err))
	default:
		w.cut()
		d.s.log.Warn("a file was not sent whole", "method", m.Name, "error", err)
	}
	return err
}

// upload runs a method on the body of a request, whose arguments are in the query.
func (d *door) upload(ctx context.Context, w *response, r *request, m *api.Method) error {
	raw, err := queryArgs(r, map[string]any{})
	if err != nil {
		d.failArgs(w, err)
		return err
	}
	body := w.c.openBody(r.body, maxUpload)
	body.step = readTime
	reply, err := m.Take(ctx, d.s.backend, raw, body)
	switch {
	case errors.Is(err, errBodySize):
		d.failArgs(w, errUploadSize)
	case errors.Is(err, errBody):
		d.failArgs(w, fmt.Errorf("the body is %w", errBody))
	case err != nil:
		d.fail(w, api.AsError(err))
	default:
		w.set("Content-Type", "application/json")
		d.withEncoder(w, func(e *api.Encoder) {
			e.Table("")
			reply(e)
			e.EndTable()
		})
	}
	return err
}
