package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// answering returns a client of a server that reads a request and answers each
// with raw, then closes the connection.
func answering(t *testing.T, raw string) *client {
	t.Helper()
	path := t.TempDir() + "/odd.sock"
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			// Whatever comes first is taken as the whole request.
			if _, err := c.Read(make([]byte, 64<<10)); err == nil {
				_, _ = io.WriteString(c, raw)
			}
			c.Close()
		}
	}()
	return &client{network: "unix", address: path, host: "localhost", path: "/ubus", where: "odd.sock"}
}

func reply(status, body string) string {
	return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + body
}

func TestClientOddAnswers(t *testing.T) {
	tests := []struct {
		name, raw, want, err string
	}{
		{"reply", reply("200 OK", `{"jsonrpc":"2.0","id":1,"result":[0,{"a":1}]}`), `{"a":1}`, ""},
		{"reply of nothing", reply("200 OK", `{"jsonrpc":"2.0","id":1,"result":[0]}`), `{}`, ""},
		{"failure", reply("200 OK", `{"jsonrpc":"2.0","id":1,"result":[4,{"code":"not_found","message":"no flow 7","hint":"list flows"}]}`), "", "no flow 7; list flows"},
		{"failure without reason", reply("200 OK", `{"jsonrpc":"2.0","id":1,"result":[7]}`), "", "the method failed with ubus status 7"},
		{"no result", reply("200 OK", `{"jsonrpc":"2.0","id":1}`), "", "the daemon answered nothing"},
		{"denied", reply("200 OK", `{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"Access denied"}}`), "", "Access denied (-32002); give the daemon's token with --token-file"},
		{"other error", reply("200 OK", `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Object not found"}}`), "", "Object not found (-32000)"},
		{"busy", reply("503 Service Unavailable", `{"code":"busy","message":"too many calls","hint":"try again"}`), "", "odd.sock answers: too many calls; try again"},
		{"another server", reply("404 Not Found", "<html>"), "", "odd.sock answers: 404 Not Found"},
		{"another protocol", reply("200 OK", "hello"), "", "what answers on odd.sock does not speak JSON-RPC"},
		{"not HTTP", "SSH-2.0-dropbear\r\n", "", "is it weir that answers there, or does it want https://?"},
		{"nothing", "", "", "it hung up without an answer"},
		{"too much", reply("200 OK", strings.Repeat(" ", maxReply+1)), "", "the answer of odd.sock is larger than 16.8 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := answering(t, tt.raw).call(context.Background(), "flows", nil)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, error %v; want %s", got, err, tt.want)
			}
		})
	}
}

// TestClientGivesUp checks that a call ends with its context though nothing is
// answered.
func TestClientGivesUp(t *testing.T) {
	path := t.TempDir() + "/mute.sock"
	l, err := net.Listen("unix", path) // accepts in the kernel, never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := &client{network: "unix", address: path, host: "localhost", path: "/ubus", where: "mute.sock"}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	begin := time.Now()
	_, err = c.call(ctx, "status", nil)
	if !errors.Is(err, context.Canceled) || time.Since(begin) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err = c.call(ctx, "status", nil); err == nil || err.Error() != "mute.sock did not answer in time" {
		t.Errorf("error %v", err)
	}
}

func TestShowsUnicode(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"UTF-8", map[string]string{"LANG": "de_DE.UTF-8"}, true},
		{"utf8", map[string]string{"LANG": "C.utf8"}, true},
		{"Latin-1", map[string]string{"LANG": "de_DE.ISO-8859-1", "TERM": "xterm"}, false},
		{"C", map[string]string{"LANG": "C"}, false},
		{"LC_ALL goes first", map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, false},
		{"LC_CTYPE goes before LANG", map[string]string{"LC_CTYPE": "C.UTF-8", "LANG": "C"}, true},
		{"OpenWrt over SSH", map[string]string{"TERM": "xterm-256color"}, true},
		{"OpenWrt on a serial line", map[string]string{"TERM": "vt102"}, false},
		{"the kernel's console", map[string]string{"TERM": "linux"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := showsUnicode(func(name string) string { return tt.env[name] }); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
