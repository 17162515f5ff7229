package dpi

import (
	"bytes"
	"encoding/binary"
)

// bittorrent recognises the protocols of BitTorrent by what its enhancement
// proposals lay down: the handshake of peers (BEP 3) over TCP or uTP (BEP 29), the
// DHT (BEP 5), trackers over UDP (BEP 15) and the search for peers in the house
// (BEP 14). Peers that encrypt their handshake look like noise and stay unknown.
var bittorrent = Detector{BitTorrent, OverTCP | OverUDP, detectBitTorrent,
	"the handshake of peers over TCP or uTP, messages of the DHT, of trackers and of the search in the house"}

var (
	peerHandshake = []byte("\x13BitTorrent protocol")
	peerSearch    = []byte("BT-SEARCH * HTTP/1.1\r\n")
	trackerMagic  = []byte{0, 0, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0} // and action 0: connect
)

func detectBitTorrent(s *Segment) Verdict {
	p := s.Payload
	if !s.datagram() {
		if len(p) < len(peerHandshake) && bytes.HasPrefix(peerHandshake, p) {
			s.Keep()
			return Perhaps
		}
		return s.yesOrWait(bytes.HasPrefix(p, peerHandshake) || s.Joined && isPeerMessage(p))
	}
	switch {
	case bytes.HasPrefix(p, peerSearch), s.Len == 16 && bytes.HasPrefix(p, trackerMagic), isAnnounce(p, s.Len), isKRPC(p, s.whole()):
		return Yes
	case len(p) >= utpHeader && p[0]&15 == 1 && p[0]>>4 <= utpSYN:
		return utpVerdict(s)
	}
	return s.wait()
}

// isPeerMessage recognises, in a connection joined in the middle, what it is for:
// the request for a block of 16 KiB, or the block; or what extensions an end has
// (BEP 10), of which every client has one of two (BEP 9, BEP 11).
func isPeerMessage(p []byte) bool {
	const request, piece, block, scan = 6, 7, 16 << 10, 256
	if head := p[:min(len(p), scan)]; bytes.Contains(head, []byte("11:ut_metadatai")) || bytes.Contains(head, []byte("6:ut_pexi")) {
		return true
	}
	if len(p) < 17 {
		return false
	}
	switch length := binary.BigEndian.Uint32(p); p[4] {
	case request:
		return length == 13 && binary.BigEndian.Uint32(p[13:]) == block && binary.BigEndian.Uint32(p[9:])%block == 0
	case piece:
		return length == 9+block && binary.BigEndian.Uint32(p[9:])%block == 0
	}
	return false
}

// isAnnounce recognises what is said to a tracker behind the connect, where that was
// not seen: action 1, and one of four events far behind it.
func isAnnounce(p []byte, size int) bool {
	const announce, action, event = 98, 8, 80
	return size == announce && len(p) >= event+4 && binary.BigEndian.Uint32(p[action:]) == 1 && binary.BigEndian.Uint32(p[event:]) <= 3
}

// krpcScan is how much of a message of the DHT is looked at, at either end.
const krpcScan = 128

// isKRPC reports whether p is a message of the DHT: a bencoded dictionary with the
// sender's node of 20 bytes, or with the type of the message.
func isKRPC(p []byte, whole bool) bool {
	if len(p) < 12 || p[0] != 'd' || p[1] < '1' || p[1] > '9' || p[2] != ':' || whole && p[len(p)-1] != 'e' {
		return false
	}
	return bytes.Contains(p[:min(len(p), krpcScan)], []byte("2:id20:")) || whole && bytes.Contains(p[max(0, len(p)-krpcScan):], []byte("1:y1:"))
}

// uTP, BEP 29.
const (
	utpHeader    = 20
	utpState     = 2
	utpSYN       = 4
	maxUTPWindow = 16 << 20
	utpPause     = 60e6 // µs
	utpNear      = 512  // sequence numbers
)

// utpPacket is what of a packet's header shows that it belongs to a connection.
type utpPacket struct {
	kind     byte
	conn     uint16
	time     uint32 // µs of the sender's clock
	seq, ack uint16
}

// readUTP reads the header of a packet, of which 20 bytes are enough.
func readUTP(p []byte) (u utpPacket, ok bool) {
	if len(p) < utpHeader || p[0]&15 != 1 || p[0]>>4 > utpSYN || p[1] > 3 || binary.BigEndian.Uint32(p[12:]) > maxUTPWindow {
		return u, false
	}
	u = utpPacket{p[0] >> 4, binary.BigEndian.Uint16(p[2:]), binary.BigEndian.Uint32(p[4:]), binary.BigEndian.Uint16(p[16:]), binary.BigEndian.Uint16(p[18:])}
	return u, u.conn != 0 && u.time != 0 && (u.kind == utpSYN || u.seq|u.ack != 0)
}

// extensionsEnd reports whether the extensions of a packet (its second byte says
// which comes first) end within it, and only data has something behind them.
func extensionsEnd(p []byte, size int) bool {
	at := utpHeader
	for next := p[1]; next != 0; {
		if next > 3 || at+2 > len(p) {
			return false
		}
		next, at = p[at], at+2+int(p[at+1])
	}
	return at == size || at < size && p[0]>>4 == 0
}

// utpVerdict judges a datagram by the connection it would belong to: the answer to
// a SYN has its number, and what follows in the other direction the next one.
func utpVerdict(s *Segment) Verdict {
	u, ok := readUTP(s.Payload)
	if !ok || !extensionsEnd(s.Payload, s.Len) {
		return No
	}
	if bytes.HasPrefix(s.Payload[utpHeader:], peerHandshake) {
		return Yes
	}
	if o, ok := readUTP(s.Answered().Head()); ok {
		switch {
		case o.kind == utpSYN && u.conn == o.conn:
			return verdictIf(u.ack == o.seq || s.Sent().Packets > 0)
		case u.kind == utpSYN:
			return Perhaps // both call
		case u.conn-o.conn == 1 || o.conn-u.conn == 1:
			return verdictIf(u.ack-o.seq+utpNear < 2*utpNear)
		}
		return No
	}
	if s.First() {
		return Perhaps
	}
	f, ok := readUTP(s.Sent().Head())
	switch {
	case !ok && s.Sent().Packets < patience:
		return Perhaps // a message of the DHT came first: Yes already; or something else
	case !ok, u.time-f.time-1 >= utpPause, u.seq-f.seq > utpNear:
		return No
	case u.conn == f.conn, f.kind == utpSYN && u.conn == f.conn+1:
		return Likely
	}
	return No
}
