package dpi

import (
	"os"
	"path/filepath"
	"testing"

	"weir/internal/packet"
	"weir/test/corpus"
)

// seed adds the files of a folder of the corpus.
func seed(f *testing.F, elem ...string) {
	f.Helper()
	dir := corpus.Path(f, append([]string{"robust", "ndpi_fuzz_corpus"}, elem...)...)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no files in %s: %v", dir, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzCertificate reads a Certificate message: names lie in it.
func FuzzCertificate(f *testing.F) {
	seed(f, "fuzz_tls_certificate")
	f.Add(certificate("router.example", "Example CA", "other.example")[handshakeHeader:])
	f.Fuzz(func(t *testing.T, b []byte) {
		subject, issuer := certificateNames(cursor{b: b})
		for _, name := range [][]byte{subject, issuer} {
			if len(name) > 0 && !inside(name, b) {
				t.Errorf("name %q is not of the message", name)
			}
		}
	})
}

// FuzzClientHello reads a ClientHello: what it tells lies in it, and a JA4 is
// printable.
func FuzzClientHello(f *testing.F) {
	f.Add(exampleHello()[handshakeHeader:], false)
	f.Add(dtlsHello(make([]byte, 20), sni("camera.example"))[handshakeHeader:], true)
	f.Fuzz(func(t *testing.T, b []byte, datagram bool) {
		h, ok := readClientHello(b, datagram)
		if !ok {
			return
		}
		for _, x := range [][]byte{h.host, h.alpn, h.ciphers, h.extensions, h.signatures} {
			if len(x) > 0 && !inside(x, b) {
				t.Errorf("%q is not of the message", x)
			}
		}
		if j := h.ja4('t'); j.Set() && (!printable(j[:]) || j[10] != '_' || j[23] != '_') {
			t.Errorf("JA4 %q", j[:])
		}
	})
}

// FuzzFrames reads what an Initial packet is decrypted to, which bytes from the
// wire reach only by chance.
func FuzzFrames(f *testing.F) {
	ch := exampleHello()
	f.Add(uint8(0), crypto(ch, 0, len(ch)))
	f.Add(uint8(0), join([]byte{2, 5, 0, 1, 0, 0, 0}, crypto(ch, 100, len(ch)), []byte{1, 0}, crypto(ch, 0, 100)))
	f.Add(uint8(9), join([]byte{8, 0, 4, 0}, chlo("example.com")))
	f.Fuzz(func(t *testing.T, version uint8, frames []byte) {
		in := NewInspector(Config{Flows: 1, Streams: 1})
		h := in.Open(packet.ProtoUDP)
		var facts Facts
		s := &Segment{Proto: packet.ProtoUDP, FromClient: true, Facts: &facts, st: &in.states[h], in: in}
		s.readFrames(&quicVersions[int(version)%len(quicVersions)], frames)
		if len(in.streams) > 1 {
			t.Errorf("%d streams", len(in.streams))
		}
		for _, x := range [][]byte{facts.Host, facts.ALPN, facts.UserAgent} {
			if len(x) > 0 && !inside(x, frames) && !inStreams(in, x) {
				t.Errorf("%q lies elsewhere", x)
			}
		}
	})
}
