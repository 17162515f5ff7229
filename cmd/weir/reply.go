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
	if _, err := in.Peek(1); err == io.EOF {
		return nil, "", errNoReply
	}
	line, err := readHeadLine(in)
	if err != nil {
		return nil, "", err
	}
	version, status, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(version, "HTTP/1.") || len(status) < 3 {
		return nil, "", errNotHTTP
	}
	if status[:3] != "200" {
		refused = status
	}
	length := -1
	for left := maxReplyHead; line != ""; left -= len(line) {
		if line, err = readHeadLine(in); err != nil {
			return nil, "", err
		}
		if left < len(line) {
			return nil, "", errNotHTTP
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return nil, "", errNotHTTP
			}
		}
	}
	body, err = io.ReadAll(io.LimitReader(in, maxReply+1))
	if err == nil && len(body) < min(length, maxReply) {
		err = io.ErrUnexpectedEOF
	}
	return body, refused, err
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
