package httpapi

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
)

var errNoBody = errors.New("a reply of this status has no body")

// response writes the reply to one request. A reply that fits the connection's
// pending buffer is sent with its length, a longer one in chunks as it is
// written or, to HTTP/1.0, until the connection closes.
type response struct {
	c      *conn
	r      *request
	cancel context.CancelFunc // ends the request's context
	limit  *time.Timer        // calls cancel when the reply takes too long
	step   time.Duration      // each write may take so long; 0 when all have one deadline

	fields fields
	status int // 0 before begin

	sent    bool // the head is on its way
	chunked bool
	isCut   bool
	close   bool // the connection ends after this reply
	err     error
}

func newResponse(c *conn, r *request, cancel context.CancelFunc, limit *time.Timer) *response {
	c.pending = c.pending[:0]
	return &response{c: c, r: r, cancel: cancel, limit: limit, close: r.close}
}

// take gives a long reply all of that time, and each of its writes step.
func (w *response) take(all, step time.Duration) {
	w.limit.Reset(all)
	w.step = step
}

// unsent takes back what was written, and reports whether that could be done: a
// part of it may be on its way.
func (w *response) unsent() bool {
	if w.sent {
		return false
	}
	w.c.pending, w.status = w.c.pending[:0], 0
	return true
}

// set adds a field to the reply, or changes it. How the reply is framed, and
// what becomes of the connection, is not said this way. After begin it is too
// late.
func (w *response) set(name, value string) {
	if w.status != 0 {
		return
	}
	for i := range w.fields {
		if w.fields[i].name == name {
			w.fields[i].value = value
			return
		}
	}
	w.fields = append(w.fields, field{name, value})
}

// unset takes a field off the reply.
func (w *response) unset(name string) {
	w.fields = slices.DeleteFunc(w.fields, func(f field) bool { return f.name == name })
}

// begin fixes status and fields. Only the first call counts; Write makes it with
// 200.
func (w *response) begin(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write sends a part of the body, or keeps it until there is more.
func (w *response) Write(p []byte) (int, error) {
	w.begin(200)
	if !w.hasBody() {
		return 0, errNoBody
	}
	if !w.sent {
		if free := cap(w.c.pending) - len(w.c.pending); len(p) <= free {
			w.c.pending = append(w.c.pending, p...)
			return len(p), nil
		}
		w.sendHead(-1)
		w.send(w.c.pending)
	}
	w.send(p)
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// whole sends all of a body, with its length.
func (w *response) whole(body []byte) {
	w.begin(200)
	w.sendHead(len(body))
	w.send(body)
}

// flush sends what was written so far, of a reply that goes on.
func (w *response) flush() error {
	w.begin(200)
	if !w.sent {
		w.sendHead(-1)
		w.send(w.c.pending)
	}
	if w.err == nil {
		w.failed(w.c.out.Flush())
	}
	return w.err
}

// cut ends a reply of which a part was sent, so that the client sees that it is not
// whole: it lacks its last chunk.
func (w *response) cut() {
	w.isCut = true
	w.close = true
}

// finish ends the reply.
func (w *response) finish() {
	w.begin(200)
	if !w.sent {
		w.sendHead(len(w.c.pending))
		w.send(w.c.pending)
	} else if w.chunked && !w.isCut && w.r.method != "HEAD" {
		w.put([]byte("0\r\n\r\n"))
	}
	if w.err == nil {
		w.failed(w.c.out.Flush())
	}
}

// abort ends a reply whose handler failed: with an error if nothing of it was
// sent, otherwise so that the client sees that it is not whole.
func (w *response) abort() {
	if !w.sent {
		w.c.refuse(&requestError{500, "weir failed to answer; its log says more"})
	}
}

// sendHead sends status line and fields; length is that of the body, or -1 when
// it is not known.
func (w *response) sendHead(length int) {
	w.sent = true
	w.r.body.expected = false // the reply has begun; too late to say go ahead
	w.close = w.close || !w.r.body.ended || w.c.s.isStopping()
	head := append(make([]byte, 0, 512), statusLine(w.status)...)
	for _, f := range w.fields {
		head = appendField(head, f.name, f.value)
	}
	switch {
	case !w.hasBody():
	case length >= 0:
		head = appendField(head, "Content-Length", strconv.Itoa(length))
	case w.r.old:
		w.close = true
	default:
		w.chunked = true
		head = appendField(head, "Transfer-Encoding", "chunked")
	}
	switch {
	case w.close:
		head = appendField(head, "Connection", "close")
	case w.r.old:
		head = appendField(head, "Connection", "keep-alive")
	}
	w.put(append(head, "\r\n"...))
}

// send sends a part of the body.
func (w *response) send(p []byte) {
	switch {
	case len(p) == 0 || w.r.method == "HEAD":
	case w.chunked:
		w.put(append(strconv.AppendInt(make([]byte, 0, 16), int64(len(p)), 16), "\r\n"...))
		w.put(p)
		w.put([]byte("\r\n"))
	default:
		w.put(p)
	}
}

func (w *response) put(p []byte) {
	if w.err != nil {
		return
	}
	if w.step > 0 {
		w.c.SetWriteDeadline(time.Now().Add(w.step))
	}
	_, err := w.c.out.Write(p)
	w.failed(err)
}

// failed notes that the client has left or is too slow: work for it may end.
func (w *response) failed(err error) {
	if err != nil {
		w.err = err
		w.close = true
		w.cancel()
	}
}

// hasBody reports whether a reply of that status has a body (RFC 9110, section
// 6.4.1).
func (w *response) hasBody() bool { return w.status != 204 && w.status != 304 }

// statusLine returns a status line with the words of RFC 9110 for the statuses
// that are used here; to clients the words mean nothing.
func statusLine(status int) string {
	words := map[int]string{
		200: "OK", 204: "No Content", 303: "See Other", 304: "Not Modified",
		400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
		405: "Method Not Allowed", 409: "Conflict", 413: "Content Too Large", 417: "Expectation Failed",
		429: "Too Many Requests", 431: "Request Header Fields Too Large",
		500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
		504: "Gateway Timeout", 505: "HTTP Version Not Supported",
	}
	return "HTTP/1.1 " + strconv.Itoa(status) + " " + words[status] + "\r\n"
}
