package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

var (
	errBody     = errors.New("incomplete or malformed")
	errBodySize = errors.New("larger than 64 KiB")
)

// requestBody is the body of a request, and knows whether all of it was read:
// what comes after the rest of a body cannot be told from a request.
type requestBody struct {
	chunked  bool
	left     uint64 // bytes to read: of all or, when it is chunked, of a chunk
	expected bool   // the client waits for 100 Continue before it sends
	ended    bool
}

// readBody reads the whole body, after telling the client to go ahead if it
// waits for that. The error is errBody or errBodySize; then the connection will
// end, since nobody knows where the next request begins.
func (c *conn) readBody(b *requestBody) ([]byte, error) {
	var body bytes.Buffer // grows with what arrives, not with what is promised
	_, err := body.ReadFrom(c.openBody(b, maxBody))
	return body.Bytes(), err
}

// openBody returns the body as it arrives, up to limit bytes of it. Reading it
// fails as readBody does.
func (c *conn) openBody(b *requestBody, limit uint64) *bodyReader {
	return &bodyReader{c: c, b: b, room: limit}
}

// bodyReader reads a body.
type bodyReader struct {
	c     *conn
	b     *requestBody
	room  uint64        // bytes that may come beyond those of the chunk
	begun bool          // the first chunk was
	step  time.Duration // each read may take so long; 0 when all have one deadline
}

func (r *bodyReader) Read(p []byte) (int, error) {
	if err := r.next(); err != nil {
		return 0, err
	}
	n, err := r.c.in.Read(p[:min(uint64(len(p)), r.b.left)])
	r.b.left -= uint64(n)
	if err != nil {
		return n, errBody
	}
	r.b.ended = !r.b.chunked && r.b.left == 0
	return n, nil
}

// next makes sure that there is something left to read: io.EOF says that the body
// has ended.
func (r *bodyReader) next() error {
	if r.b.ended {
		return io.EOF
	}
	if !r.b.chunked && r.b.left > r.room {
		return errBodySize
	}
	if r.step > 0 {
		r.c.SetReadDeadline(time.Now().Add(r.step))
	}
	if r.b.expected {
		r.b.expected = false
		io.WriteString(r.c.out, "HTTP/1.1 100 Continue\r\n\r\n")
		if r.c.out.Flush() != nil {
			return errBody
		}
	}
	if !r.b.chunked || r.b.left > 0 {
		return nil
	}
	return r.nextChunk()
}

// nextChunk reads what stands between two chunks (RFC 9112, section 7.1).
// Extensions and trailers mean nothing here and are left out.
func (r *bodyReader) nextChunk() error {
	if r.begun {
		if line, err := readLine(r.c.in); err != nil || line != "" {
			return errBody
		}
	}
	r.begun = true
	line, err := readLine(r.c.in)
	if err != nil {
		return err
	}
	digits, _, _ := strings.Cut(line, ";")
	if r.b.left, err = strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 32); err != nil {
		return errBody
	}
	if r.b.left > r.room {
		return errBodySize
	}
	if r.room -= r.b.left; r.b.left > 0 {
		return nil
	}
	if err := skipTrailers(r.c.in); err != nil {
		return err
	}
	r.b.ended = true
	return io.EOF
}

func skipTrailers(in *bufio.Reader) error {
	for range maxFields {
		if line, err := readLine(in); err != nil || line == "" {
			return err
		}
	}
	return errBody
}

// readLine reads a line that ends in CR LF, which it leaves out. It is bounded by
// the buffer of in.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if err != nil || !ok || bytes.IndexByte(text, '\r') >= 0 {
		return "", errBody
	}
	return string(text), nil
}
