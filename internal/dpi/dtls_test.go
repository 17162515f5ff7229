package dpi

import (
	"testing"

	"weir/internal/packet"
)

// dtlsRecord is a record of DTLS 1.2.
func dtlsRecord(kind byte, epoch uint16, body ...[]byte) []byte {
	return join([]byte{kind, 0xfe, 0xfd}, numbers(epoch), make([]byte, 6), be16(body...))
}

// dtlsPiece is a piece of a handshake message.
func dtlsPiece(message []byte, from, to int) []byte {
	body := message[handshakeHeader:]
	return join(message[:handshakeHeader], numbers(0), be24(make([]byte, from))[:3], be24(make([]byte, to-from))[:3], body[from:to])
}

// dtlsHello is a ClientHello with a cookie.
func dtlsHello(cookie []byte, extensions ...[]byte) []byte {
	return join([]byte{clientHelloType}, be24(numbers(versionDTLS12), make([]byte, 32), be8(), be8(cookie),
		be16(numbers(0xc02b, 0xc02f)), []byte{1, 0}, be16(extensions...)))
}

func TestDTLS(t *testing.T) {
	ch := dtlsHello(nil, sni("camera.example"), alpn("coap"), ext(0x000a))
	again := dtlsHello(make([]byte, 20), sni("camera.example"), alpn("coap"), ext(0x000a))
	n := len(ch) - handshakeHeader
	whole := dtlsRecord(recordHandshake, 0, dtlsPiece(ch, 0, n))
	verify := join([]byte{helloVerifyRequest}, be24([]byte{0xfe, 0xff}, be8(make([]byte, 20))))
	sh := answer(versionDTLS12)
	ja4 := "dd2d0203cp_" + shortHash("c02b,c02f") + "_" + shortHash("000a")
	asked := server(dtlsRecord(recordHandshake, 0, dtlsPiece(sh, 0, len(sh)-handshakeHeader)))
	tests := []struct {
		name     string
		payloads [][]byte
		want     Protocol
		host     string
		ja4      string
		version  string
	}{
		{"hello and answer", [][]byte{client(whole), asked}, DTLS, "camera.example", ja4, "DTLSv1.2"},
		{"with a cookie", [][]byte{client(whole), server(dtlsRecord(recordHandshake, 0, dtlsPiece(verify, 0, len(verify)-4))),
			client(dtlsRecord(recordHandshake, 0, dtlsPiece(again, 0, len(again)-handshakeHeader))), asked}, DTLS, "camera.example", ja4, "DTLSv1.2"},
		{"hello in two datagrams", [][]byte{client(dtlsRecord(recordHandshake, 0, dtlsPiece(ch, 0, 40))), client(dtlsRecord(recordHandshake, 0, dtlsPiece(ch, 40, n))), asked}, DTLS, "camera.example", ja4, "DTLSv1.2"},
		{"joined in the middle", [][]byte{client(dtlsRecord(recordData, 1, make([]byte, 40)), dtlsRecord(recordAlert, 1, make([]byte, 20)))}, DTLS, "", "", ""},
		{"with a connection ID", [][]byte{client([]byte{recordConnectionID, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 7, 7, 0, 4, 1, 2, 3, 4})}, DTLS, "", "", ""},
		{"bytes left over", [][]byte{client(dtlsRecord(recordData, 1, make([]byte, 40)), []byte{1, 2, 3})}, NoProtocol, "", "", ""},
		{"data before keys", [][]byte{client(dtlsRecord(recordData, 0, make([]byte, 40)))}, NoProtocol, "", "", ""},
		{"another version", [][]byte{client([]byte{recordData, 3, 3, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0})}, NoProtocol, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := converse(t, packet.ProtoUDP, 5684, true, tt.payloads...)
			got := ""
			if r.JA4.Set() {
				got = string(r.JA4[:])
			}
			if r.Protocol != tt.want || r.host != tt.host || got != tt.ja4 || r.version != tt.version {
				t.Errorf("got %v host %q ja4 %q version %q", r.Protocol, r.host, got, r.version)
			}
		})
	}
}
