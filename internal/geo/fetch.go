package geo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Dial connects to an address as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

const (
	maxRedirects = 4
	maxHead      = 16 << 10         // of a reply
	quiet        = 30 * time.Second // how long a server may say nothing
)

// errNoTLS is what builds without TLS say to https.
var errNoTLS = errors.New("this build has no TLS; give an http:// address, or fetch the files with the router's uclient-fetch into a folder and name that")

var errScheme = errors.New("is neither a folder nor an http:// or https:// address")

// statusError is a reply that is no file.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return "answers " + e.text }

// again reports whether a failure may pass by itself.
func again(err error) bool {
	var status *statusError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, errNoTLS), errors.Is(err, errScheme),
		errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return false
	case errors.As(err, &status):
		return status.code >= 500 || status.code == 408 || status.code == 429
	}
	return true
}

// fetcher reads files below a base: a folder, or an HTTP or HTTPS address.
type fetcher struct {
	base    string
	dial    Dial
	dialTLS Dial // nil: none
}

// get writes a file to w, at most limit bytes.
func (f *fetcher) get(ctx context.Context, name string, w io.Writer, limit int64) error {
	if !strings.Contains(f.base, "://") {
		return f.copyFile(filepath.Join(f.base, name), w, limit)
	}
	u, err := url.Parse(f.base)
	if err != nil {
		return err
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u = u.JoinPath(name)
	for range maxRedirects {
		next, err := f.exchange(ctx, u, w, limit)
		if err != nil {
			return fmt.Errorf("%s: %w", u.Redacted(), err)
		}
		if next == nil {
			return nil
		}
		if u.Scheme == "https" && next.Scheme != "https" {
			return fmt.Errorf("%s sends from https to %s", u.Redacted(), next.Redacted())
		}
		u = next
	}
	return fmt.Errorf("%s: more than %d redirections", u.Redacted(), maxRedirects)
}

func (f *fetcher) copyFile(path string, w io.Writer, limit int64) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	return copyAll(w, in, -1, limit)
}

// copyAll copies want bytes, or with -1 all there are, at most limit.
func copyAll(w io.Writer, r io.Reader, want, limit int64) error {
	if want > limit {
		return fmt.Errorf("has %d bytes, at most %d", want, limit)
	}
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return err
	case n > limit:
		return fmt.Errorf("has more than %d bytes", limit)
	case want >= 0 && n != want:
		return fmt.Errorf("ended after %d of %d bytes", n, want)
	}
	return nil
}

// exchange asks for u by HTTP/1.0, which a connection's end ends, and writes the
// body to w; or returns where the server sends us to.
func (f *fetcher) exchange(ctx context.Context, u *url.URL, w io.Writer, limit int64) (*url.URL, error) {
	conn, err := f.connect(ctx, u)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	request := "GET " + u.RequestURI() + " HTTP/1.0\r\nHost: " + u.Host + "\r\nUser-Agent: weir\r\nAccept: */*\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	in := bufio.NewReaderSize(patient{conn}, maxHead)
	next, length, err := readHead(in, u)
	if err == nil && next == nil {
		err = copyAll(w, in, length, limit)
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return next, err
}

func (f *fetcher) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	dial, port := f.dial, "80"
	switch u.Scheme {
	case "https":
		if dial, port = f.dialTLS, "443"; dial == nil {
			return nil, errNoTLS
		}
	case "http":
		if dial == nil {
			dial = new(net.Dialer).DialContext
		}
	default:
		return nil, errScheme
	}
	if u.Port() != "" {
		port = u.Port()
	}
	ctx, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	return dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
}

// patient is a connection that may be quiet for so long, and no longer.
type patient struct{ net.Conn }

func (p patient) Read(b []byte) (int, error) {
	// A connection that takes no deadline is closed, and its Read says so.
	_ = p.SetReadDeadline(time.Now().Add(quiet))
	return p.Conn.Read(b)
}

// readHead reads the head of a reply: where it sends us to, or how long the body
// is, -1 when it does not say.
func readHead(in *bufio.Reader, u *url.URL) (next *url.URL, length int64, err error) {
	status, err := headLine(in)
	if err != nil {
		return nil, 0, err
	}
	version, text, _ := strings.Cut(status, " ")
	code, err := strconv.Atoi(text[:min(3, len(text))])
	if err != nil || !strings.HasPrefix(version, "HTTP/1.") {
		return nil, 0, errors.New("does not answer in HTTP")
	}
	length = -1
	for left := maxHead; ; {
		line, err := headLine(in)
		if err != nil {
			return nil, 0, err
		}
		if line == "" {
			break
		}
		if left -= len(line) + 2; left < 0 {
			return nil, 0, errors.New("answers with a head that is too long")
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil || length < 0 {
				return nil, 0, errors.New("answers with a length that is no number")
			}
		case "transfer-encoding":
			return nil, 0, errors.New("answers in pieces, which HTTP/1.0 does not know")
		case "location":
			if next, err = u.Parse(value); err != nil {
				return nil, 0, err
			}
		}
	}
	switch {
	case code == 200:
		return nil, length, nil
	case code/100 == 3 && next != nil:
		return next, 0, nil
	}
	return nil, 0, &statusError{code, text}
}

func headLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errors.New("answers with a head that is too long")
	case err == io.EOF:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
