package main

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxReplyHead bounds the header of a reply.
const maxReplyHead = 16 << 10

var (
	errNotHTTP = errors.New("the reply is not HTTP; is it weir that answers there, or does it want https://?")
	errNoReply = errors.New("it hung up without an answer; is this machine in list allow of config api?")
)

// readReply reads the reply to an HTTP/1.0 request, which ends with the
// connection, up to one byte more than maxReply. refused is the status with its
// reason when that is not 200.
func readReply(conn io.Reader) (body []byte, refused string, err error) {
	in := bufio.NewReaderSize(conn, maxReplyHead)
	head, err := readHead(in)
	if err != nil {
		return nil, "", err
	}
	body, err = io.ReadAll(io.LimitReader(head.body(in), maxReply+1))
	return body, head.refused, err
}

// replyHead is what the header of a reply says.
type replyHead struct {
	refused string // status with its reason when that is not 200
	length  int64  // of the body, -1 when it ends with the connection
	chunked bool
}

// readHead reads the header of a reply.
func readHead(in *bufio.Reader) (replyHead, error) {
	head := replyHead{length: -1}
	if _, err := in.Peek(1); err == io.EOF {
		return head, errNoReply
	} else if err != nil {
		return head, err
	}
	line, err := readHeadLine(in)
	if err != nil {
		return head, err
	}
	version, status, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(version, "HTTP/1.") || len(status) < 3 {
		return head, errNotHTTP
	}
	if status[:3] != "200" {
		head.refused = status
	}
	for left := maxReplyHead; line != ""; left -= len(line) {
		if line, err = readHeadLine(in); err != nil {
			return head, err
		}
		if left < len(line) {
			return head, errNotHTTP
		}
		if err := head.take(line); err != nil {
			return head, err
		}
	}
	return head, nil
}

// take reads one field.
func (h *replyHead) take(line string) (err error) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(name, "Content-Length"):
		if h.length, err = strconv.ParseInt(value, 10, 64); err != nil || h.length < 0 {
			return errNotHTTP
		}
	case strings.EqualFold(name, "Transfer-Encoding"):
		h.chunked = strings.EqualFold(value, "chunked")
	}
	return nil
}

// body returns the body that follows the header. One that ends too early is
// io.ErrUnexpectedEOF.
func (h *replyHead) body(in *bufio.Reader) io.Reader {
	switch {
	case h.chunked:
		return &chunks{in: in}
	case h.length >= 0:
		return &wholeBody{in, h.length}
	}
	return in
}

// wholeBody reads a body of a known length.
type wholeBody struct {
	in   io.Reader
	left int64
}

func (b *wholeBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readHeadLine reads a line of the header without its end.
func readHeadLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case err == io.EOF || err == bufio.ErrBufferFull:
		return "", errNotHTTP
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
