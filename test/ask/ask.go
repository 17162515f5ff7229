// Package ask calls the API of a running daemon for tests, waits for what should
// come of it, and picks values out of its replies.
package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"weir/internal/api"
)

// patience is how long a call may take; tests run on busy machines.
const patience = 30 * time.Second

// Get calls a method by REST over a unix socket, those of the right write by
// POST. Another status than 200 is an error with the body.
func Get(socket, method string, args url.Values) (map[string]any, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	verb := http.MethodGet
	if m, err := api.Lookup(method); err == nil && m.Write {
		verb = http.MethodPost
	}
	request, err := http.NewRequest(verb, "http://weir/api/v1/"+method+"?"+args.Encode(), nil)
	if err != nil {
		return nil, err
	}
	c := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
	response, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	var reply map[string]any
	return reply, json.Unmarshal(body, &reply)
}

// At returns what stands in a reply under path: keys, and list indexes in
// digits, with dots between them. It is nil where there is nothing.
func At(reply any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch v := reply.(type) {
		case map[string]any:
			reply = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i < 0 || i >= len(v) {
				return nil
			}
			reply = v[i]
		default:
			return nil
		}
	}
	return reply
}

// Number is At for counters, 0 for anything else.
func Number(reply any, path string) uint64 {
	f, _ := At(reply, path).(float64)
	return uint64(f)
}

// Endpoint returns the address and port of an end of a flow, "client" or "server",
// the zero AddrPort where there is none.
func Endpoint(flow any, end string) netip.AddrPort {
	text, _ := At(flow, end+".ip").(string)
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip, uint16(Number(flow, end+".port")))
}
