package afpacket

import (
	"golang.org/x/net/bpf"

	"weir/internal/packet"
)

const (
	// shortPayload is the longest payload of a segment that passes for being
	// short alone.
	shortPayload = 255
	// pushedPayload is the longest of one that passes for being pushed: bulk
	// data is pushed, too, once in a while, and when merged it is longer.
	pushedPayload = 2047
	// smallDatagram is the longest payload of a datagram of an unknown protocol.
	smallDatagram = 300

	udpHeader = 8

	tlsChatter = "TLS chatter" // records that are no handshake
)

// tcp decides on segments:
//
//   - A payload that begins like a message with a name passes whole.
//   - SYN, FIN and RST pass with their headers.
//   - Of the rest, those pass that a speaker sent on its own and not as part of
//     bulk data: short ones, and pushed ones to the server. The end of a
//     ClientHello longer than a segment is among the latter.
//
// What is lost: the middle of a ClientHello that takes three segments, for
// nothing tells it from an upload.
func (f *filter) tcp(a *assembler) {
	signatures := tcpSignatures
	if f.brief {
		signatures = briefSignatures
	}
	a.label("TCP")
	a.storeX(cellTransport)
	a.loadX(12, 1)
	a.alu(bpf.ALUOpAnd, 0xf0)
	a.alu(bpf.ALUOpShiftRight, 2)
	a.aluX(bpf.ALUOpAdd)
	a.toX()
	a.fetch(cellEnd)
	a.aluX(bpf.ALUOpSub)
	a.store(cellPayload)
	a.when(bpf.JumpLessThan, 4, "TCP flags", "")
	a.loadX(0, 4)
	a.among(signatures, passWhole, "TCP flags")

	// Other records of TLS name nothing, however short they are.
	a.label(tlsChatter)
	a.fetchX(cellTransport)
	a.loadX(13, 1)
	a.when(bpf.JumpBitsSet, packet.FIN|packet.SYN|packet.RST, passHead, byDefault)

	a.label("TCP flags")
	a.fetchX(cellTransport)
	a.loadX(13, 1)
	a.when(bpf.JumpBitsSet, packet.FIN|packet.SYN|packet.RST, passHead, "")
	if levels[f.level].answers {
		a.when(bpf.JumpBitsSet, packet.PSH, "pushed", "")
		a.jump("short segment")
	} else {
		a.when(bpf.JumpBitsSet, packet.PSH, "", byDefault)
	}
	f.pushed(a)
}

// pushed decides on segments with PSH. The server has the lower port.
func (f *filter) pushed(a *assembler) {
	a.label("pushed")
	a.fetch(cellPayload)
	a.alu(bpf.ALUOpSub, 1) // an empty one becomes the longest
	a.when(bpf.JumpGreaterOrEqual, pushedPayload, byDefault, "")
	a.loadX(2, 2)
	a.equal(portHTTPS, passWhole)
	a.equal(portDNS, passWhole)
	a.store(cellPort)
	a.loadX(0, 2)
	a.equal(portDNS, passWhole)
	if !levels[f.level].anyPort {
		a.jump(byDefault)
		return
	}
	a.fetchX(cellPort)
	if !levels[f.level].answers {
		a.whenX(bpf.JumpGreaterOrEqual, passWhole, byDefault)
		return
	}
	a.whenX(bpf.JumpGreaterOrEqual, passWhole, "")
	a.label("short segment")
	a.fetch(cellPayload)
	a.alu(bpf.ALUOpSub, 1)
	a.when(bpf.JumpLessThan, shortPayload, passShort, byDefault)
}

// udp decides on datagrams: whole those of the ports that name something, of
// handshakes (QUIC's long headers, DTLS, WireGuard), and STUN; of the rest small
// ones, as far as the level has it.
func (f *filter) udp(a *assembler) {
	a.label("UDP")
	a.loadX(0, 2)
	a.storeX(cellTransport)
	a.store(cellPort)
	a.loadX(2, 2)
	a.fetchX(cellPort)
	a.whenX(bpf.JumpGreaterThan, "UDP lower port", "")
	a.store(cellPort) // the lower one, which is the service's
	a.label("UDP lower port")
	a.fetchX(cellTransport)
	a.fetch(cellPort)
	a.among(udpPorts, passWhole, "UDP payload")

	a.label("UDP payload")
	a.fetch(cellEnd)
	a.aluX(bpf.ALUOpSub)
	a.store(cellPayload) // with the header of UDP
	a.when(bpf.JumpLessThan, udpHeader+11, "small datagram", "")
	a.loadX(udpHeader, 4)
	a.when(bpf.JumpBitsSet, 1<<31, "long header", "")
	a.equal(wireGuardData, byDefault)
	a.among(udpSignatures, passWhole, "STUN")
	a.label("STUN")
	a.loadX(udpHeader+4, 4)
	a.equal(stunCookie, passWhole)
	a.loadX(udpHeader+9, 2)
	a.when(bpf.JumpEqual, googleQUIC, passWhole, "small datagram")

	// RFC 9000 section 17.2. The fixed bit may be greased; the version tells well
	// enough.
	a.label("long header")
	a.loadX(udpHeader+1, 4)
	a.among(quicVersions, passWhole, "reserved version")
	a.label("reserved version")
	a.alu(bpf.ALUOpAnd, quicReservedMask)
	a.when(bpf.JumpEqual, quicReserved, passWhole, "small datagram")
	f.smallDatagram(a)
}

// smallDatagram decides on datagrams of protocols unknown to the filter. The
// first one of a flow would tell most, but no filter without memory knows it.
// While there is little traffic all small ones pass; then a random part, which
// still sees every long flow. On the ports of QUIC and of ESP in UDP none do, since
// each would be an acknowledgement of a download.
func (f *filter) smallDatagram(a *assembler) {
	a.label("small datagram")
	n := levels[f.level].datagrams
	if n == 0 {
		a.jump(byDefault)
		return
	}
	a.fetch(cellPayload)
	a.when(bpf.JumpGreaterThan, udpHeader+smallDatagram, byDefault, "")
	a.fetch(cellPort)
	a.equal(portHTTPS, byDefault)
	a.equal(portESP, byDefault)
	if n > 1 {
		a.ask(bpf.ExtRand)
		a.alu(bpf.ALUOpMod, n)
		a.when(bpf.JumpEqual, 0, "", byDefault)
	}
	a.jump(passShort)
}
