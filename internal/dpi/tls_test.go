package dpi

import (
	"bytes"
	"testing"

	"weir/internal/packet"
)

// der is an element of DER.
func der(tag byte, content ...[]byte) []byte {
	body := join(content...)
	switch n := len(body); {
	case n < 0x80:
		return join([]byte{tag, byte(n)}, body)
	case n < 0x100:
		return join([]byte{tag, 0x81, byte(n)}, body)
	default:
		return join([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body)
	}
}

// rdn is a Name: a country and, unless it is empty, a common name.
func rdn(common string) []byte {
	pair := func(oid string, value string) []byte {
		return der(derSet, der(derSequence, der(derOID, []byte(oid)), der(0x0c, []byte(value))))
	}
	if common == "" {
		return der(derSequence, pair("\x55\x04\x06", "DE"))
	}
	return der(derSequence, pair("\x55\x04\x06", "DE"), pair(oidCommonName, common))
}

// certificate is a Certificate message with one certificate.
func certificate(subject, issuer string, names ...string) []byte {
	var list []byte
	for _, n := range names {
		list = append(list, der(derDNSName, []byte(n))...)
	}
	tbs := der(derSequence,
		der(derVersion, der(2, []byte{2})), der(2, make([]byte, 16)), der(derSequence, der(derOID, make([]byte, 8))),
		rdn(issuer), der(derSequence, der(0x17, make([]byte, 13)), der(0x17, make([]byte, 13))), rdn(subject),
		der(derSequence, make([]byte, 290)),
		der(derExtensions, der(derSequence,
			der(derSequence, der(derOID, []byte("\x55\x1d\x0f")), der(derBoolean, []byte{255}), der(derOctets, []byte{3, 2, 5, 160})),
			der(derSequence, der(derOID, []byte(oidAltName)), der(derOctets, der(derSequence, der(0x87, []byte{192, 0, 2, 1}), list))))))
	return join([]byte{certificateType}, be24(be24(be24(der(derSequence, tbs)))))
}

func TestCertificateNames(t *testing.T) {
	tests := []struct {
		name, subject, issuer, want string
		alt                         []string
	}{
		{"common name", "router.example", "Example CA", "router.example", []string{"other.example"}},
		{"no common name", "", "Example CA", "first.example", []string{"first.example", "second.example"}},
		{"no name at all", "", "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			message := certificate(tt.subject, tt.issuer, tt.alt...)[handshakeHeader:]
			subject, issuer := certificateNames(cursor{b: message})
			if string(subject) != tt.want || string(issuer) != tt.issuer {
				t.Errorf("subject %q issuer %q, want %q and %q", subject, issuer, tt.want, tt.issuer)
			}
			for n := range message {
				if got, _ := certificateNames(cursor{b: message[:n]}); got != nil && string(got) != tt.want {
					t.Fatalf("%d of %d bytes: subject %q", n, len(message), got)
				}
			}
		})
	}
}

func TestTLS(t *testing.T) {
	ch := exampleHello()
	cert := certificate("router.example", "Example CA")
	done := join([]byte{14}, be24())
	sh12, sh13 := answer(0x0303, alpn("http/1.1")), answer(0x0303, ext(extSupportedVersions, numbers(0x0304)))
	data := record(recordData, make([]byte, 64))
	ja4 := "t13d1516h2_8daaf6152771_e5627efa2ab1"
	first, second := ch[:100], ch[100:]
	half := record(recordHandshake, ch)
	huge := record(recordHandshake, hello(0x0303, exampleCiphers, sni("example.com"), ext(0x15, make([]byte, 7000))))
	tests := []struct {
		name     string
		port     uint16
		joined   bool
		payloads [][]byte
		want     Protocol
		host     string
		ja4      string
		version  string
		subject  string
	}{
		{"TLS 1.3", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, sh13))}, TLS, "example.com", ja4, "TLSv1.3", ""},
		{"TLS 1.2 in one record", 4321, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, sh12, cert, done))}, TLS, "example.com", ja4, "TLSv1.2", "router.example"},
		{"TLS 1.2 in records of their own", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, sh12), record(recordHandshake, cert), record(recordHandshake, done))}, TLS, "example.com", ja4, "TLSv1.2", "router.example"},
		{"certificate in a segment of its own", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, sh12)), server(record(recordHandshake, cert))}, TLS, "example.com", ja4, "TLSv1.2", "router.example"},
		{"a session resumed", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, sh12), record(recordChangeCipher, []byte{1}))}, TLS, "example.com", ja4, "TLSv1.2", ""},
		{"hello in two segments", 443, false, [][]byte{client(half[:150]), client(half[150:]), server(record(recordHandshake, sh13))}, TLS, "example.com", ja4, "TLSv1.3", ""},
		{"hello begins with a byte", 443, false, [][]byte{client(half[:1]), client(half[1:7]), client(half[7:]), server(record(recordHandshake, sh13))}, TLS, "example.com", ja4, "TLSv1.3", ""},
		{"hello in two records", 443, false, [][]byte{client(record(recordHandshake, first), record(recordHandshake, second)), server(record(recordHandshake, sh13))}, TLS, "example.com", ja4, "TLSv1.3", ""},
		{"hello longer than there is room for", 443, false, [][]byte{client(huge[:3000]), client(huge[3000:6000]), client(huge[6000:]), server(record(recordHandshake, sh13))}, TLS, "example.com", "", "TLSv1.3", ""},
		{"early data", 443, false, [][]byte{client(record(recordHandshake, ch)), client(record(recordChangeCipher, []byte{1}), data), server(record(recordHandshake, sh13))}, TLS, "example.com", ja4, "TLSv1.3", ""},
		{"only the client is seen", 443, true, [][]byte{client(record(recordHandshake, ch)), client(data), client(data)}, TLS, "example.com", ja4, "", ""},
		{"only the server is seen", 443, true, [][]byte{server(record(recordHandshake, sh12, cert))}, TLS, "", "", "TLSv1.2", "router.example"},
		{"joined at application data", 50000, true, [][]byte{server(data, data)}, TLS, "", "", "", ""},
		{"joined within a record", 50000, true, [][]byte{server([]byte("xxxxxxxxxx")), server(data)}, TLS, "", "", "", ""},
		{"joined at a record that is longer than the segment", 50000, true, [][]byte{server(record(recordData, make([]byte, 4000))[:1400])}, TLS, "", "", "", ""},
		{"joined at a message that is encrypted", 50000, true, [][]byte{client(record(recordHandshake, bytes.Repeat([]byte{0xee}, 40)))}, TLS, "", "", "", ""},
		{"the hello of SSL 2.0", 443, false, [][]byte{client([]byte{0x80, 9 + 3 + 16, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 5}, make([]byte, 16)), server(record(recordHandshake, answer(0x0301)), record(recordChangeCipher, []byte{1}))}, TLS, "", "", "TLSv1.0", ""},
		{"a heartbeat after the rest", 50000, true, [][]byte{server(data, record(recordHeartbeat, []byte{1, 0, 0}))}, TLS, "", "", "", ""},
		{"mail, joined", 465, true, [][]byte{server(data, data)}, SMTPS, "", "", "", ""},
		{"an alert in clear", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordAlert, []byte{2, 40}))}, TLS, "example.com", ja4, "", ""},
		{"an old draft of TLS 1.3", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, answer(0x7f1c)))}, TLS, "example.com", ja4, "TLSv1.3", ""},
		{"a certificate nobody can read", 443, false, [][]byte{client(record(recordHandshake, ch)), server(record(recordHandshake, sh12, join([]byte{certificateType}, be24(be24(be24([]byte{0x30, 0x84, 1, 2, 3, 4}))))))}, TLS, "example.com", ja4, "TLSv1.2", ""},
		{"a session too long", 443, false, [][]byte{client(record(recordHandshake, join([]byte{clientHelloType}, be24(numbers(0x0303), make([]byte, 32), be8(make([]byte, 33)), make([]byte, 40)))))}, NoProtocol, "", "", "", ""},
		{"no cipher", 443, false, [][]byte{client(record(recordHandshake, hello(0x0303, nil)))}, NoProtocol, "", "", "", ""},
		{"neither TLS nor anything", 443, false, [][]byte{client([]byte("\x16\x03\x09\x00\x05hello"))}, NoProtocol, "", "", "", ""},
		{"a record of no type", 443, false, [][]byte{client([]byte("\x19\x03\x03\x00\x05hello"))}, NoProtocol, "", "", "", ""},
		{"a record too long", 443, false, [][]byte{client([]byte("\x17\x03\x03\xff\xffhello"))}, NoProtocol, "", "", "", ""},
		{"records that do not follow on", 443, false, [][]byte{client(data, []byte("hello, world"))}, NoProtocol, "", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := converse(t, packet.ProtoTCP, tt.port, !tt.joined, tt.payloads...)
			got := ""
			if r.JA4.Set() {
				got = string(r.JA4[:])
			}
			if r.Protocol != tt.want || r.host != tt.host || got != tt.ja4 || r.version != tt.version || r.subject != tt.subject {
				t.Errorf("got %v host %q ja4 %q version %q subject %q", r.Protocol, r.host, got, r.version, r.subject)
			}
		})
	}
}

// What is inside of TLS is named only where something says so.
func TestKindOfTLS(t *testing.T) {
	tests := []struct {
		name string
		port uint16
		exts [][]byte
		want Protocol
	}{
		{"web", 443, [][]byte{sni("example.com"), alpn("h2")}, TLS},
		{"DoT by port", 853, [][]byte{sni("example.com")}, DoT},
		{"mail", 993, [][]byte{sni("example.com")}, IMAPS},
		{"the web on the port of mail", 993, [][]byte{sni("example.com"), alpn("h2")}, TLS},
		{"mail by ALPN", 9993, [][]byte{sni("example.com"), alpn("imap")}, IMAPS},
		{"DoT by ALPN", 443, [][]byte{alpn("dot")}, DoT},
		{"DoH", 443, [][]byte{sni("mozilla.cloudflare-dns.com"), alpn("h2", "http/1.1")}, DoH},
		{"DoH by custom", 443, [][]byte{sni("doh.example.net"), alpn("h2")}, DoH},
		{"a name that ends like a resolver's", 443, [][]byte{sni("notdns.google"), alpn("h2")}, TLS},
		{"a resolver's name for something else", 443, [][]byte{sni("dns.google"), alpn("xmpp-client")}, TLS},
		{"files", 22000, [][]byte{alpn("bep/1.0")}, Syncthing},
		{"Tor", 9001, [][]byte{sni("www.bx4w3zqhk7dmlrtp.com")}, Tor},
		{"Tor's shape, but a browser's ALPN", 443, [][]byte{sni("www.bx4w3zqhk7dmlrtp.com"), alpn("h2")}, TLS},
		{"Tor's shape, but tickets", 443, [][]byte{sni("www.bx4w3zqhk7dmlrtp.com"), ext(extSessionTicket)}, TLS},
		{"a name to be read", 443, [][]byte{sni("www.web2print4u.com")}, TLS},
		{"words", 443, [][]byte{sni("www.strengthbooks24.com")}, TLS},
		{"letters outside of base32", 443, [][]byte{sni("www.bx4w3zq-k7dmlrtp.com")}, TLS},
		{"another top", 443, [][]byte{sni("www.bx4w3zqhk7dmlrtp.org")}, TLS},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := converse(t, packet.ProtoTCP, tt.port, true, client(record(recordHandshake, hello(0x0303, exampleCiphers, tt.exts...))))
			if r.Protocol != tt.want || r.By != FromContent {
				t.Errorf("got %v by %v, want %v", r.Protocol, r.By, tt.want)
			}
		})
	}
}

func TestTorByCertificate(t *testing.T) {
	ch := record(recordHandshake, hello(0x0303, exampleCiphers))
	made := record(recordHandshake, answer(0x0303), certificate("www.k3jz5vdq7bnw.net", "www.xq4tmh2rplc6z.com"))
	if r := converse(t, packet.ProtoTCP, 9001, true, client(ch), server(made)); r.Protocol != Tor {
		t.Errorf("got %v", r.Protocol)
	}
	plain := record(recordHandshake, answer(0x0303), certificate("www.example.net", "www.example.com"))
	if r := converse(t, packet.ProtoTCP, 9001, true, client(ch), server(plain)); r.Protocol != TLS {
		t.Errorf("got %v", r.Protocol)
	}
}

// A hello cut by the snap length tells the name if the name is there.
func TestTLSCutBySnapLength(t *testing.T) {
	ch := record(recordHandshake, hello(0x0303, exampleCiphers, sni("example.com"), ext(0x15, make([]byte, 1000))))
	in := NewInspector(Config{})
	h := in.Open(packet.ProtoTCP)
	var f Facts
	r := in.Inspect(h, segment{fromClient: true, seq: 1, text: string(ch[:300]), length: uint32(len(ch))}.packet(), true, &f)
	if r.Protocol != TLS || string(f.Host) != "example.com" || f.JA4.Set() {
		t.Errorf("%+v host %q ja4 %v", r, f.Host, f.JA4.Set())
	}
}

// Room for a message is scarce: it is given back as soon as the message is read,
// while the answer is still to come.
func TestRoomIsGivenBack(t *testing.T) {
	tests := []struct {
		name, message string
		cut           int
	}{
		{"ClientHello", string(record(recordHandshake, exampleHello())), 100},
		{"request", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := NewInspector(Config{})
			h := in.Open(packet.ProtoTCP)
			var f Facts
			in.Inspect(h, segment{fromClient: true, seq: 1, text: tt.message[:tt.cut]}.packet(), true, &f)
			if len(in.streams) != 1 || len(in.idle) != 0 {
				t.Fatalf("%d of %d streams are free within the message", len(in.idle), len(in.streams))
			}
			r := in.Inspect(h, segment{fromClient: true, seq: 1 + uint32(tt.cut), text: tt.message[tt.cut:]}.packet(), true, &f)
			if r.Done || string(f.Host) != "example.com" || len(in.idle) != 1 {
				t.Errorf("%+v host %q, %d of %d streams free behind the message", r, f.Host, len(in.idle), len(in.streams))
			}
		})
	}
}

// Behind SOCKS lies the name that the client asks for there.
func TestBehindSOCKS(t *testing.T) {
	inner := record(recordHandshake, exampleHello())
	v4 := [][]byte{client([]byte("\x04\x01\x01\xbb\xc0\x00\x02\x01user\x00")), server([]byte("\x00\x5a\x00\x00\x00\x00\x00\x00"))}
	v5 := [][]byte{client([]byte("\x05\x01\x00")), server([]byte("\x05\x00")), client([]byte("\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb")), server([]byte("\x05\x00\x00\x01\xc0\x00\x02\x01\x01\xbb"))}
	tests := []struct {
		name string
		open [][]byte
		sent [][]byte
		host string
		ja4  bool
	}{
		{"TLS behind version 4", v4, [][]byte{client(inner)}, "example.com", true},
		{"TLS behind version 5", v5, [][]byte{client(inner[:50]), client(inner[50:])}, "example.com", true},
		{"HTTP behind version 4", v4, [][]byte{client([]byte("GET / HTTP/1.1\r\nHost: inner.example\r\n\r\n"))}, "inner.example", false},
		{"HTTP behind version 5", v5, [][]byte{client([]byte("GET / HTTP/1.1\r\nHo")), client([]byte("st: inner.example\r\n\r\n"))}, "inner.example", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := converse(t, packet.ProtoTCP, 1080, true, append(append([][]byte{}, tt.open...), tt.sent...)...)
			if r.Protocol != SOCKS || !r.Done || r.host != tt.host || r.JA4.Set() != tt.ja4 {
				t.Errorf("%+v host %q ja4 %v", r.Result, r.host, r.JA4.Set())
			}
		})
	}
}
