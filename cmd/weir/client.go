package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"weir/internal/api"
	"weir/internal/jsontext"
	"weir/uci"
)

const (
	callTimeout = 20 * time.Second
	maxReply    = 16 << 20 // a page of 200 rows is some 200 kB
)

// defaultSocket is where the daemon's socket is unless configured otherwise.
func defaultSocket() string { return uci.Default().API.Socket }

// target says where the daemon is; its fields are options.
type target struct {
	socket, url, tokenFile string
}

func (t *target) register(fs *flag.FlagSet) {
	fs.StringVar(&t.socket, "socket", "", "`FILE`: the daemon's socket (default $WEIR_SOCKET, else "+defaultSocket()+")")
	fs.StringVar(&t.url, "url", "", "`URL`: the daemon's HTTP address instead, as http://192.168.1.1:3000")
	fs.StringVar(&t.tokenFile, "token-file", "", "`FILE`: holds the token for --url")
}

// client calls methods of the daemon's API by JSON-RPC, each on a connection of
// its own, or over ubus. It may be used from several goroutines.
//
// It speaks HTTP/1.0 by itself, which is all that is needed to ask one question:
// net/http would add 1.2 MB to the binary on MIPS, most of it for TLS.
type client struct {
	network, address string
	tls              bool
	host, path       string // of the request
	token            string
	where            string // the daemon's place in messages
	bus              *onBus // asked first for methods; nil for none
}

// client returns a client of the daemon that t and the environment name. It
// does not connect yet.
func (t *target) client(con *console) (*client, error) {
	if t.url != "" {
		return t.overTCP()
	}
	if t.tokenFile != "" {
		return nil, usageError("--token-file goes with --url")
	}
	path := cmp.Or(t.socket, con.getenv("WEIR_SOCKET"), defaultSocket())
	return &client{network: "unix", address: path, host: "localhost", path: "/ubus", where: path}, nil
}

func (t *target) overTCP() (*client, error) {
	u, err := url.Parse(t.url)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usageError(fmt.Sprintf("--url %q is not an address such as http://192.168.1.1:3000", t.url))
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	c := &client{
		network: "tcp", address: net.JoinHostPort(u.Hostname(), port), tls: u.Scheme == "https",
		host: u.Host, path: strings.TrimRight(u.EscapedPath(), "/") + "/ubus", where: u.Redacted(),
	}
	return c, c.readToken(t.tokenFile)
}

func (c *client) readToken(file string) error {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	c.token = strings.TrimSpace(string(b))
	if strings.ContainsAny(c.token, "\r\n") {
		return fmt.Errorf("read the token: %s has more than one line; give the daemon's token file", file)
	}
	return nil
}

// close ends connections that calls share.
func (c *client) close() {
	if c.bus != nil {
		c.bus.close()
	}
}

// callError is how a method failed.
type callError struct{ Code, Message, Hint string }

// callErrorOf returns the error that the daemon put into its answer, and the
// message given where the answer is something else.
func callErrorOf(answer jsontext.Value, message string) *callError {
	return &callError{answer.TextOf("code"), cmp.Or(answer.TextOf("message"), message), answer.TextOf("hint")}
}

func (e *callError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// accessDenied is the code of uhttpd's /ubus for a call without the right.
const accessDenied = -32002

// noSession is the session that asks for no rights beyond those of the caller.
const noSession = "00000000000000000000000000000000"

// call calls one method; args are its arguments as a JSON object, nil for none.
// The error is a *callError when the method itself failed.
func (c *client) call(ctx context.Context, method string, args []byte) (jsontext.Value, error) {
	if c.bus != nil {
		if reply, err := c.bus.call(ctx, method, args); err != errAway {
			return reply, err
		}
	}
	b, err := c.post(ctx, callRequest(method, args))
	if err != nil {
		return nil, err
	}
	reply, err := jsontext.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("what answers on %s does not speak JSON-RPC: %w", c.where, err)
	}
	return replyValue(reply)
}

// callRequest returns a call as uhttpd's /ubus takes it, with session, object,
// method and arguments.
func callRequest(method string, args []byte) []byte {
	b := []byte(`{"jsonrpc":"2.0","id":1,"method":"call","params":["` + noSession + `","weir","`)
	b = append(api.AppendText(b, method), `",`...)
	if len(args) == 0 {
		args = []byte("{}")
	}
	return append(append(b, args...), "]}"...)
}

// replyValue returns the answer or the error that a reply to callRequest holds: a
// status and, where it is 0, the answer; or an error of the protocol.
func replyValue(reply jsontext.Value) (jsontext.Value, error) {
	if failed := reply.Get("error"); failed.IsObject() {
		code := failed.IntOf("code")
		e := &callError{Message: fmt.Sprintf("%s (%d)", failed.TextOf("message"), code)}
		if code == accessDenied {
			e.Hint = "give the daemon's token with --token-file"
		}
		return nil, e
	}
	var result []jsontext.Value
	for v := range reply.Get("result").Elements() {
		result = append(result, v)
	}
	if len(result) == 0 {
		return nil, errors.New("the daemon answered nothing")
	}
	data := jsontext.Value("{}")
	if len(result) > 1 {
		data = result[1]
	}
	if status := string(result[0]); status != "0" {
		return nil, callErrorOf(data, "the method failed with ubus status "+status)
	}
	return data, nil
}

// post sends one request and returns the body of the answer.
func (c *client) post(ctx context.Context, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	b, refused, err := c.exchange(ctx, c.request(body))
	switch {
	case ctx.Err() != nil:
		return nil, c.unreachable(ctx.Err())
	case err != nil:
		return nil, c.unreachable(err)
	case len(b) > maxReply:
		return nil, fmt.Errorf("the answer of %s is larger than %s", c.where, byteText(maxReply))
	case refused != "":
		answer, _ := jsontext.Parse(b) // nil for something else than weir's errors
		return nil, fmt.Errorf("%s answers: %w", c.where, callErrorOf(answer, refused))
	}
	return b, nil
}

// request returns the bytes of a request.
func (c *client) request(body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.0\r\nHost: %s\r\n", c.path, c.host)
	if c.token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", c.token)
	}
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	b.Write(body)
	return b.Bytes()
}

// exchange connects, sends a request and reads the answer, up to one byte more
// than maxReply. refused is the reason when the status is not 200.
func (c *client) exchange(ctx context.Context, request []byte) (body []byte, refused string, err error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(request); err != nil {
		return nil, "", err
	}
	return readReply(conn)
}

func (c *client) dial(ctx context.Context) (net.Conn, error) {
	if c.tls {
		return dialTLS(ctx, c.network, c.address)
	}
	return new(net.Dialer).DialContext(ctx, c.network, c.address)
}

// unreachable puts what kept us from the daemon into words with a remedy.
func (c *client) unreachable(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no daemon answers on %s; start it with \"weir run\", or say where it is with --socket or --url", c.where)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("no right to use %s; run as root or as the daemon's user", c.where)
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return fmt.Errorf("%s did not answer in time", c.where)
	case c.tls && errors.Is(err, io.EOF):
		return fmt.Errorf("%s hangs up on TLS; try it with http://", c.where)
	}
	return fmt.Errorf("reach %s: %w", c.where, err)
}
