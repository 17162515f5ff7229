package dpi

import (
	"testing"

	"weir/internal/packet"
)

const okAnswer = "<HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n<html>"

func TestHTTP(t *testing.T) {
	ok := gathered{Method: "GET", URL: "/", Host: "example.com", Code: 200, Server: "nginx", ContentType: "text/html"}
	runExchanges(t, []exchange{
		{name: "request and answer", proto: tcp, server: 80, want: HTTP,
			says:  []string{">GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n", "<HTTP/1.1 404 Not Found\r\nserver:  Apache/2 \r\ncontent-type: text/plain\r\n\r\n"},
			tells: gathered{Method: "GET", URL: "/a?b=c", Host: "example.com", UserAgent: "curl/8.5.0", Code: 404, Server: "Apache/2", ContentType: "text/plain"}},
		{name: "request in pieces", proto: tcp, server: 31337, want: HTTP,
			says: []string{">G", ">ET / HT", ">TP/1.1\r\nHo", ">st: example.com\r", ">\n\r\n", okAnswer}, tells: ok},
		{name: "answer in pieces", proto: tcp, server: 80, want: HTTP,
			says: []string{">GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "<HTTP/1.1 200 OK\r\nServer: ng", "<inx\r\nContent-Type: text/html\r\n\r\n"}, tells: ok},
		{name: "bare line feeds", proto: tcp, server: 80, want: HTTP,
			says: []string{">GET / HTTP/1.0\nhost: example.com\n\n", "<HTTP/1.0 200 OK\nServer: nginx\nContent-Type: text/html\n\n"}, tells: ok},
		{name: "interim answer", proto: tcp, server: 80, want: HTTP,
			says: []string{">GET / HTTP/1.1\r\nHost: example.com\r\nExpect: 100-continue\r\n\r\n", "<HTTP/1.1 100 Continue\r\n\r\n", okAnswer}, tells: ok},
		{name: "interim answer and the last one", proto: tcp, server: 80, want: HTTP,
			says: []string{">GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "<HTTP/1.1 103 Early Hints\r\n\r\n" + okAnswer[1:]}, tells: ok},
		{name: "body and second request", proto: tcp, server: 80, want: HTTP,
			says:  []string{">POST /a HTTP/1.1\r\nHost: example.com\r\n", ">Content-Length: 4\r\n\r\n", ">body", ">GET /b HTTP/1.1\r\nHost: other.example\r\n\r\n"},
			tells: gathered{Method: "POST", URL: "/a", Host: "example.com"}},
		{name: "a proxy without a field for the host", proto: tcp, server: 3128, want: HTTPProxy,
			says: []string{">GET http://example.com/a HTTP/1.0\r\n\r\n", "<something else"}, tells: gathered{Method: "GET", URL: "http://example.com/a", Host: "example.com"}},
		{name: "UPnP", proto: tcp, server: 49152, want: HTTP,
			says: []string{">NOTIFY /event HTTP/1.1\r\nHOST: 192.0.2.1:49152\r\nNT: upnp:event\r\n\r\n"}, tells: gathered{Method: "NOTIFY", URL: "/event", Host: "192.0.2.1:49152"}},
		{name: "another protocol", proto: tcp, server: 80, want: NoProtocol, says: []string{">OPTIONS * HTXP/1.1\r\n\r\n"}},
		{name: "no version", proto: tcp, server: 80, want: NoProtocol, says: []string{">GET lost\r\n\r\n"}},
		{name: "a word like a method", proto: tcp, server: 80, want: NoProtocol, says: []string{">GETTING\r\n"}},
	})
}

func TestWhatIsSpokenOverHTTP(t *testing.T) {
	get := func(target string, fields string) []string {
		return []string{">GET " + target + " HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n"}
	}
	answered := func(fields string) []string {
		return append(get("/", ""), "<HTTP/1.1 200 OK\r\n"+fields+"\r\n")
	}
	tests := []struct {
		name string
		port uint16
		says []string
		want Protocol
	}{
		{"proxy", 3128, get("http://example.com/", ""), HTTPProxy},
		{"the same to the origin", 80, get("http://example.com/", ""), HTTP},
		{"CONNECT", 8080, []string{">CONNECT example.com:443 HTTP/1.1\r\n\r\n"}, HTTPConnect},
		{"WebSocket", 80, append(get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n"), "<HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"), WebSocket},
		{"WebSocket refused", 80, append(get("/ws", "Upgrade: websocket\r\n"), "<HTTP/1.1 403 Forbidden\r\n\r\n"), HTTP},
		{"HTTP/2 by upgrade", 80, append(get("/", "Upgrade: h2c\r\n"), "<HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), HTTP2},
		{"WebDAV", 80, []string{">PROPFIND /dav HTTP/1.1\r\nHost: example.com\r\n\r\n"}, WebDAV},
		{"SOAP by its field", 5000, []string{">POST /ctl HTTP/1.1\r\nSOAPAction: \"urn:x#GetStatusInfo\"\r\n\r\n"}, SOAP},
		{"SOAP by its type", 80, []string{">POST / HTTP/1.1\r\nContent-Type: application/soap+xml; charset=utf-8\r\n\r\n"}, SOAP},
		{"JSON-RPC", 80, []string{">POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"jsonrpc\": \"2.0\", \"method\": \"a\"}"}, JSONRPC},
		{"JSON", 80, []string{">POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"method\": \"a\"}"}, HTTP},
		{"HLS by name", 80, get("/live/index.m3u8?token=1", ""), HLS},
		{"HLS by type", 80, answered("Content-Type: application/x-mpegURL\r\n"), HLS},
		{"DASH by name", 80, get("/live/manifest.mpd", ""), DASH},
		{"DASH by type", 80, answered("Content-Type: application/dash+xml\r\n"), DASH},
		{"OCSP asked", 80, []string{">POST / HTTP/1.1\r\nContent-Type: application/ocsp-request\r\n\r\n"}, OCSP},
		{"OCSP answered", 80, answered("Content-Type: application/ocsp-response\r\n"), OCSP},
		{"IPP", 631, []string{">POST /ipp HTTP/1.1\r\nContent-Type: application/ipp\r\n\r\n"}, IPP},
		{"radio", 8000, answered("icy-name: Example FM\r\n"), Icecast},
		{"radio of old", 8000, append(get("/", ""), "<ICY 200 OK\r\nicy-br: 128\r\n\r\n"), Icecast},
		{"radio's source", 8000, []string{">SOURCE /live ICE/1.0\r\n\r\n"}, Icecast},
		{"JSON-RPC answered", 80, []string{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[{\"jsonrpc\":\"2.0\"}]"}, JSONRPC},
		{"JSON-RPC by its type", 80, []string{">POST / HTTP/1.1\r\nContent-Type: application/json-rpc\r\n\r\n"}, JSONRPC},
		{"tracker", 6969, get("/announce?info_hash=%01%02", ""), BitTorrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := exchange{proto: tcp, server: tt.port, says: tt.says}
			if r, _ := x.run(); r.Protocol != tt.want || r.By != FromContent {
				t.Errorf("got %v by %v, want %v", r.Protocol, r.By, tt.want)
			}
		})
	}
}

// Behind CONNECT lies the name again, and what client it is.
func TestTunnelOfConnect(t *testing.T) {
	inner := record(recordHandshake, exampleHello())
	established := server([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	for _, tt := range []struct {
		name string
		sent [][]byte
		host string
		ja4  bool
	}{
		{"TLS", [][]byte{client(inner)}, "example.com", true},
		{"TLS in two segments", [][]byte{client(inner[:100]), client(inner[100:])}, "example.com", true},
		{"something else", [][]byte{client([]byte("SSH-2.0-x\r\n"))}, "proxied.example:443", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			says := append([][]byte{client([]byte("CONNECT proxied.example:443 HTTP/1.1\r\n\r\n")), established}, tt.sent...)
			if r := converse(t, packet.ProtoTCP, 8080, true, says...); r.Protocol != HTTPConnect || r.Done != tt.ja4 || r.host != tt.host || r.JA4.Set() != tt.ja4 {
				t.Errorf("got %v host %q ja4 %v", r.Protocol, r.host, r.JA4.Set())
			}
		})
	}
}

func TestHTTPJoined(t *testing.T) {
	tests := []struct {
		name string
		says [][]byte
		want Protocol
	}{
		{"answers alone", [][]byte{server([]byte("HTTP/1.1 206 Partial Content\r\n\r\n"))}, HTTP},
		{"within a body", [][]byte{server([]byte("xxxxxxxxxx")), client([]byte("GET / HTTP/1.1\r\n\r\n"))}, HTTP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := converse(t, packet.ProtoTCP, 8081, false, tt.says...); r.Protocol != tt.want {
				t.Errorf("got %v, want %v", r.Protocol, tt.want)
			}
		})
	}
}

// A request whose first line the capture cut tells what there is of it.
func TestHTTPCutBySnapLength(t *testing.T) {
	in := NewInspector(Config{})
	h := in.Open(packet.ProtoTCP)
	var f Facts
	r := in.Inspect(h, segment{fromClient: true, seq: 1, text: "GET /a/long/path", length: 900}.packet(), true, &f)
	if r.Protocol != HTTP || string(f.URL) != "/a/long/path" || string(f.Method) != "GET" {
		t.Errorf("%+v method %q url %q", r, f.Method, f.URL)
	}
}

func TestHTTP2(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "preface", proto: tcp, server: 80, want: HTTP2, says: []string{">PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"}},
		{name: "preface in pieces", proto: tcp, server: 80, want: HTTP2, says: []string{">PRI * HTTP/2.0\r\n", ">\r\nSM\r\n\r\n"}},
		{name: "another version", proto: tcp, server: 80, want: NoProtocol, says: []string{">PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n"}},
	})
}

// The frames are the examples of RFC 6455 section 5.7.
func TestWebSocketJoined(t *testing.T) {
	masked := client([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"))
	plain := server([]byte("\x81\x05Hello"))
	tests := []struct {
		name   string
		opened bool
		says   [][]byte
		want   Protocol
		by     By
	}{
		{"frames of both ends", false, [][]byte{plain, masked}, WebSocket, FromGuess},
		{"one end alone", false, [][]byte{plain, plain}, NoProtocol, FromNothing},
		{"neither is masked", false, [][]byte{plain, client([]byte("\x81\x05Hello"))}, NoProtocol, FromNothing},
		{"not joined", true, [][]byte{plain, masked}, NoProtocol, FromNothing},
		{"a frame and more", false, [][]byte{server([]byte("\x81\x05Hello!")), masked}, NoProtocol, FromNothing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := converse(t, packet.ProtoTCP, 12345, tt.opened, tt.says...); r.Protocol != tt.want || r.By != tt.by {
				t.Errorf("got %v by %v, want %v", r.Protocol, r.By, tt.want)
			}
		})
	}
}
