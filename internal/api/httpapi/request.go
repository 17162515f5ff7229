package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// maxFields bounds the lines of a header, each of which costs more memory than
// its bytes.
const maxFields = 100

// request is what a client asks, as far as that is of use here.
type request struct {
	method string
	url    *url.URL // path and query
	host   string   // from the target, or else the field Host
	fields fields
	body   *requestBody
	old    bool // HTTP/1.0
	close  bool // the client wants the connection to end after the reply
}

// requestError is a request that is refused before anybody answers it.
type requestError struct {
	status  int
	message string
}

func (e *requestError) Error() string { return e.message }

func malformed(message string) error { return &requestError{400, message} }

var errHeaderSize = &requestError{431, "the header is larger than 16 KiB or has more than 100 lines"}

// readRequest reads the header of a request, whose body is then at in. The error
// is a *requestError when it is the request's fault.
//
// Only what every reader of HTTP takes for the same request is let pass: a proxy
// before us must not see other requests in the bytes than we do (RFC 9112,
// section 11.2).
func readRequest(in *bufio.Reader) (*request, error) {
	head, err := peekHead(in)
	if err != nil {
		return nil, err
	}
	r, err := parseHead(head)
	in.Discard(len(head))
	return r, err
}

// peekHead waits for the whole header of a request and returns it, with the
// empty line that ends it. The bytes stay in the buffer.
func peekHead(in *bufio.Reader) ([]byte, error) {
	// A line too many after the body before is forgiven (RFC 9112, section 2.2).
	if b, err := in.Peek(1); err == nil && b[0] == '\r' {
		if b, err := in.Peek(2); err == nil && b[1] == '\n' {
			in.Discard(2)
		}
	}
	for seen := 0; ; {
		head, err := in.Peek(max(in.Buffered(), seen+1))
		for at := seen; at < len(head); at++ {
			// Lines that end otherwise are refused later, not waited for.
			if head[at] == '\n' && (bytes.HasSuffix(head[:at], []byte("\n")) || bytes.HasSuffix(head[:at], []byte("\n\r"))) {
				return head[:at+1], nil
			}
		}
		seen = len(head)
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, errHeaderSize
		}
		if err != nil {
			return nil, err
		}
	}
}

// parseHead reads the request line and the fields.
func parseHead(head []byte) (*request, error) {
	if bytes.Count(head, []byte("\n")) > maxFields+2 { // with the request line and the empty one
		return nil, errHeaderSize
	}
	lines := strings.Split(string(head), "\n") // the last is what follows the end
	for i, line := range lines[:len(lines)-1] {
		text, ok := strings.CutSuffix(line, "\r")
		if !ok || strings.IndexFunc(text, isControl) >= 0 {
			return nil, malformed("the header has control characters, or lines that end otherwise than in CR LF")
		}
		lines[i] = text
	}
	r := &request{}
	if err := r.parseLine(lines[0]); err != nil {
		return nil, err
	}
	for _, line := range lines[1 : len(lines)-2] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) { // which a folded line is not either
			return nil, malformed("a field of the header is malformed")
		}
		r.fields = append(r.fields, field{name, strings.Trim(value, " \t")})
	}
	if err := r.parseFields(); err != nil {
		return nil, err
	}
	return r, nil
}

// parseLine reads method, target and version.
func (r *request) parseLine(line string) error {
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	if !isToken(method) || len(version) != len("HTTP/1.1") || !strings.HasPrefix(version, "HTTP/") {
		return malformed("the request line is malformed")
	}
	if version[5:] != "1.1" && version[5:] != "1.0" {
		return &requestError{505, "HTTP/1.1 is spoken here"}
	}
	r.method, r.old = method, version[5:] == "1.0"
	u, err := url.ParseRequestURI(target)
	if err != nil || target[0] != '/' && target != "*" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return malformed("the target of the request is malformed")
	}
	r.url, r.host = u, u.Host
	return nil
}

// parseFields reads the fields that say where the request is addressed, how long
// it is, and what becomes of the connection.
func (r *request) parseFields() error {
	hosts, lengths, encodings := r.fields.all("Host"), r.fields.all("Content-Length"), r.fields.all("Transfer-Encoding")
	switch {
	case len(hosts) > 1 || len(hosts) == 0 && !r.old:
		return malformed("a request needs one field Host")
	case len(lengths)+len(encodings) > 1 || r.old && len(encodings) > 0:
		return malformed("the length of the body is ambiguous")
	case len(encodings) > 0 && !strings.EqualFold(encodings[0], "chunked"):
		return &requestError{501, "the only Transfer-Encoding that is understood is chunked"}
	}
	if r.host == "" && len(hosts) > 0 {
		r.host = hosts[0]
	}
	connection := strings.ToLower(strings.Join(r.fields.all("Connection"), ","))
	r.close = listed(connection, "close") || r.old && !listed(connection, "keep-alive")

	r.body = &requestBody{chunked: len(encodings) > 0}
	if len(lengths) > 0 {
		n, err := strconv.ParseUint(lengths[0], 10, 63)
		if err != nil {
			return malformed("Content-Length is not a number")
		}
		r.body.left = n
	}
	r.body.ended = !r.body.chunked && r.body.left == 0
	if expect := r.fields.get("Expect"); expect != "" && !r.old { // RFC 9110, section 10.1.1
		if !strings.EqualFold(expect, "100-continue") {
			return &requestError{417, "the only expectation that can be met is 100-continue"}
		}
		r.body.expected = true
	}
	return nil
}

// listed reports whether a list of words, separated by commas, has the word.
func listed(list, word string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if strings.Trim(one, " \t") == word {
			return true
		}
	}
	return false
}
