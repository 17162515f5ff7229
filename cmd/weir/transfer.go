package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"weir/internal/api"
	"weir/internal/jsontext"
)

// stallTime is how long a transfer may stand still: a search that finds little
// sends nothing for a while.
const stallTime = 2 * time.Minute

// transfer is a request by REST that moves a file one way or the other.
type transfer struct {
	method *api.Method
	query  string    // arguments, encoded
	body   io.Reader // what is sent, nil for nothing
	size   int64     // of body
}

// transfer makes the request and copies the answer to w. A file that the daemon
// could not finish is an error, after a part of it was written.
func (c *client) transfer(ctx context.Context, t transfer, w io.Writer) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return c.unreachable(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	moving := &movingConn{conn}
	if err := c.send(moving, t); err != nil && ctx.Err() == nil && !hungUp(err) {
		return c.unreachable(err)
	}
	err = c.receive(bufio.NewReaderSize(moving, maxReplyHead), w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return unnamed(t.method.Name, err)
}

// unnamed takes the name of a method off what it says itself, where the command is
// called the same.
func unnamed(method string, err error) error {
	var failed *callError
	if errors.As(err, &failed) {
		failed.Message = strings.TrimPrefix(failed.Message, method+": ")
	}
	return err
}

// hungUp reports whether the daemon ended the connection while it was sent to: it
// may have said why before.
func hungUp(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && !failed.Timeout()
}

// send writes the request.
func (c *client) send(conn io.Writer, t transfer) error {
	verb := "GET"
	if t.method.Write {
		verb = "POST"
	}
	path := strings.TrimSuffix(c.path, "/ubus") + "/api/v1/" + t.method.Name
	if t.query != "" {
		path += "?" + t.query
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", verb, path, c.host)
	if c.token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", c.token)
	}
	if t.body != nil {
		fmt.Fprintf(&b, "Content-Type: application/octet-stream\r\nContent-Length: %d\r\n", t.size)
	}
	b.WriteString("\r\n")
	if _, err := io.WriteString(conn, b.String()); err != nil || t.body == nil {
		return err
	}
	_, err := io.Copy(conn, t.body)
	return err
}

// receive copies the body of the answer to w.
func (c *client) receive(in *bufio.Reader, w io.Writer) error {
	head, err := readHead(in)
	if err != nil {
		return c.unreachable(err)
	}
	body := head.body(in)
	if head.refused != "" {
		return c.refusal(head.refused, body)
	}
	switch _, err = io.Copy(w, body); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s broke off: what came is not whole; its log says why", c.where)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%s sent nothing for %s", c.where, durationText(stallTime))
	}
	return err
}

// refusal returns the error that an answer with another status than 200 holds.
func (c *client) refusal(status string, body io.Reader) error {
	b, _ := io.ReadAll(io.LimitReader(body, maxReplyHead))
	answer, _ := jsontext.Parse(b) // nil for something else than weir's errors
	e := callErrorOf(answer, c.where+" answers: "+status)
	if strings.HasPrefix(status, "401") {
		e.Hint = "give the daemon's token with --token-file"
	}
	return e
}

// movingConn is a connection that fails when it stands still for stallTime.
type movingConn struct{ net.Conn }

func (c *movingConn) Read(p []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(stallTime))
	return c.Conn.Read(p)
}

func (c *movingConn) Write(p []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(stallTime))
	return c.Conn.Write(p)
}

// chunks reads a body in chunks (RFC 9112, section 7.1). A body that ends before
// its last chunk is io.ErrUnexpectedEOF.
type chunks struct {
	in    *bufio.Reader
	left  uint64 // of the chunk
	begun bool
	ended bool
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.ended {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.in.Read(p[:min(uint64(len(p)), c.left)])
	c.left -= uint64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads the size of the next chunk; io.EOF says that there is none.
func (c *chunks) next() error {
	if c.begun {
		if line, err := readHeadLine(c.in); err != nil || line != "" {
			return io.ErrUnexpectedEOF
		}
	}
	c.begun = true
	line, err := readHeadLine(c.in)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	digits, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseUint(strings.TrimSpace(digits), 16, 32); err != nil {
		return io.ErrUnexpectedEOF
	}
	if c.left == 0 {
		c.ended = true
		return io.EOF
	}
	return nil
}
