package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

var (
	errBody     = errors.New("incomplete or malformed")
	errBodySize = errors.New("larger than 64 KiB")
)

// requestBody is the body of a request, and knows whether all of it was read:
// what comes after the rest of a body cannot be told from a request.
type requestBody struct {
	chunked  bool
	left     uint64 // bytes to read, unless chunked
	expected bool   // the client waits for 100 Continue before it sends
	ended    bool
}

// readBody reads the whole body, after telling the client to go ahead if it
// waits for that. The error is errBody or errBodySize; then the connection will
// end, since nobody knows where the next request begins.
func (c *conn) readBody(b *requestBody) ([]byte, error) {
	if b.ended {
		return nil, nil
	}
	if b.left > maxBody {
		return nil, errBodySize
	}
	if b.expected {
		b.expected = false
		io.WriteString(c.out, "HTTP/1.1 100 Continue\r\n\r\n")
		if err := c.out.Flush(); err != nil {
			return nil, errBody
		}
	}
	var body bytes.Buffer // grows with what arrives, not with what is promised
	var err error
	if b.chunked {
		err = readChunks(&body, c.in)
	} else if _, err = io.CopyN(&body, c.in, int64(b.left)); err != nil {
		err = errBody
	}
	b.ended = err == nil
	return body.Bytes(), err
}

// readChunks reads a body in chunks (RFC 9112, section 7.1). Extensions and
// trailers mean nothing here and are left out.
func readChunks(body *bytes.Buffer, in *bufio.Reader) error {
	for {
		line, err := readLine(in)
		if err != nil {
			return err
		}
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 32)
		if err != nil {
			return errBody
		}
		if size == 0 {
			return skipTrailers(in)
		}
		if uint64(body.Len())+size > maxBody {
			return errBodySize
		}
		if _, err := io.CopyN(body, in, int64(size)); err != nil {
			return errBody
		}
		if line, err := readLine(in); err != nil || line != "" {
			return errBody
		}
	}
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
