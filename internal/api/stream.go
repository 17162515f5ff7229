package api

import (
	"context"
	"io"
)

// Stream is an answer that is no JSON object but a file, written as it is made:
// it may be larger than anything that is held here.
type Stream struct {
	Type string // media type, as "text/csv; charset=utf-8"
	Name string // what a file with it may be called
	// Write writes all of it. It holds no lock while it waits for the writer, and
	// ends soon after the context that Open was called with. What it wrote before an
	// error is not whole. It may be called once.
	Write func(io.Writer) error
}

// Sends reports whether the method answers with a Stream, which Open begins.
func (m *Method) Sends() bool { return m.send != nil }

// Takes reports whether the method wants a body of bytes, which Take reads.
func (m *Method) Takes() bool { return m.take != nil }

// Open checks raw as Call does and prepares the answer of a method that Sends.
// Errors are for AsError; when there is one, there is no Stream.
func (m *Method) Open(ctx context.Context, b *Backend, raw map[string]any) (*Stream, error) {
	a, err := m.bind(raw)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.send(ctx, b, a)
}

// Take checks raw as Call does and runs a method that Takes on body, of which it
// holds a bounded part at a time.
func (m *Method) Take(ctx context.Context, b *Backend, raw map[string]any, body io.Reader) (Reply, error) {
	a, err := m.bind(raw)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.take(ctx, b, a, body)
}

// notACall explains that a method moves more than one message holds.
func (m *Method) notACall() *Error {
	verb := "GET"
	if m.Write {
		verb = "POST"
	}
	return &Error{NotSupported, m.Name + " moves a whole file, which a call cannot carry", verb + " /api/v1/" + m.Name + ", or run: weir " + m.Name}
}
