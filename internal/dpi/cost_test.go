package dpi

import (
	"bytes"
	"testing"
	"time"

	"weir/internal/packet"
)

// mostPerPacket bounds what the detectors, all of them, may take for a payload,
// whatever it is. 30 to 60 µs are usual (amd64); what is not linear takes seconds.
const mostPerPacket = 2 * time.Millisecond

// The largest payloads that there are, of one byte over and over, of lines, of
// pointers and of the beginnings of messages, cost no more than others do.
func TestTimeIsBounded(t *testing.T) {
	var all [][]byte
	for c := range 256 {
		all = append(all, bytes.Repeat([]byte{byte(c)}, 65000))
	}
	for _, s := range []string{
		"a\r\n", "* OK \n", "220 a\n", "\r\n\r\n", "<a ", "<?xml <stream ", "M-SEARCH * HTTP/1.1\r\nA: b\r\n", "GET / HTTP/1.1\r\nA: b\r\n",
		dnsQuery, dnsAnswer, "\x12\x34\x84\x00\x00\x20\x00\x20\x00\x20\x00\x20\xc0\x00\xc0\x0c", "\xff\xfb\x01", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
		"\x30\x82\x01\x00\x02\x01\x01", "\x01\x01\x06\x00", "\x00\x00\x00\x10", "\x40\x01\x11", "\x10\xff\xff\x7f\x00\x04MQTT", "(DESCRIPTION", "{\"a\":",
	} {
		all = append(all, bytes.Repeat([]byte(s), 65000/len(s)))
	}
	for _, proto := range []uint8{packet.ProtoTCP, packet.ProtoUDP} {
		for _, port := range []uint16{5353, 53, 137, 443, 514, 1521, 9042, 50000} {
			for _, payload := range all {
				best := time.Hour
				for range 10 { // others run on the machine, too
					if best = min(best, inspectOnce(proto, port, payload)); best <= mostPerPacket {
						break
					}
				}
				if best > mostPerPacket {
					t.Errorf("protocol %d port %d, %q…: %v", proto, port, payload[:16], best)
				}
			}
		}
	}
}

// inspectOnce returns how long a packet takes that nothing was seen before.
func inspectOnce(proto uint8, port uint16, payload []byte) time.Duration {
	in := NewInspector(Config{Flows: 1, Streams: 1})
	h := in.Open(proto)
	p := packet.Packet{Proto: proto, SrcPort: 40000, DstPort: port, Payload: payload, PayLen: uint32(len(payload))}
	start := time.Now()
	in.Inspect(h, &p, true, new(Facts))
	return time.Since(start)
}
