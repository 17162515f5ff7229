package conntrack

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"weir/internal/flow"
	"weir/internal/packet"
)

// recordedSeq is the sequence number of the dumps in testdata.
const recordedSeq = 77

// recordings are what TestRecord wrote on a little-endian machine: datagrams one
// after the other.
var recordings = []string{"dump", "events", "ends", "uncounted"}

func recorded(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".bin"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// swapped returns datagrams of a little-endian machine as a big-endian one would
// have written them.
func swapped(tb testing.TB, datagrams []byte) []byte {
	tb.Helper()
	b := append([]byte(nil), datagrams...)
	for rest := b; len(rest) > 0; {
		m, more, ok := nextMessage(rest, littleEndian)
		if !ok {
			tb.Fatal("the recording is malformed")
		}
		swap32(rest)
		swap16(rest[4:])
		swap16(rest[6:])
		swap32(rest[8:])
		swap32(rest[12:])
		if m.typ == messageDone {
			swap32(m.body)
		} else {
			swapAttributes(tb, m.body[familyHeader:])
		}
		rest = more
	}
	return b
}

func swapAttributes(tb testing.TB, b []byte) {
	tb.Helper()
	const nested = 0x8000
	for len(b) > 0 {
		_, v, more, ok := nextAttribute(b, littleEndian)
		if !ok {
			tb.Fatal("the recording is malformed")
		}
		if littleEndian.uint16(b[2:])&nested != 0 {
			swapAttributes(tb, v)
		}
		swap16(b)
		swap16(b[2:])
		b = more
	}
}

func swap16(b []byte) { binary.BigEndian.PutUint16(b, binary.LittleEndian.Uint16(b)) }
func swap32(b []byte) { binary.BigEndian.PutUint32(b, binary.LittleEndian.Uint32(b)) }

// puts returns o as what can write.
func (o order) puts() binary.ByteOrder {
	if o == bigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// attribute returns an attribute in the order o around its values.
func attribute(o order, typ uint16, values ...[]byte) []byte {
	b := make([]byte, attributeHeader)
	for _, v := range values {
		b = append(b, v...)
	}
	put := o.puts()
	put.PutUint16(b, uint16(len(b)))
	put.PutUint16(b[2:], typ)
	return append(b, make([]byte, align(len(b))-len(b))...)
}

func be16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
func be32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func be64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// datagram returns a message around a body.
func datagram(o order, typ, flags uint16, seq uint32, body []byte) []byte {
	put := o.puts()
	b := make([]byte, messageHeader, messageHeader+len(body))
	put.PutUint32(b, uint32(messageHeader+len(body)))
	put.PutUint16(b[4:], typ)
	put.PutUint16(b[6:], flags)
	put.PutUint32(b[8:], seq)
	return append(b, body...)
}

// tuple returns the attribute of one tuple over IPv4.
func tuple(o order, typ uint16, t flow.Tuple, proto uint8) []byte {
	return attribute(o, typ,
		attribute(o, ctaTupleIP, attribute(o, ctaIPv4Src, t.Src[12:]), attribute(o, ctaIPv4Dst, t.Dst[12:])),
		attribute(o, ctaTupleProto, attribute(o, ctaProtoNum, []byte{proto}),
			attribute(o, ctaProtoSrcPort, be16(t.SrcPort)), attribute(o, ctaProtoDstPort, be16(t.DstPort))))
}

// body returns what the kernel would say of e, which is IPv4, with the status
// bits of the kernel.
func body(o order, e *entry, status uint32) []byte {
	b := append([]byte{2, 0, 0, 0}, tuple(o, ctaTupleOrig, e.orig, e.proto)...)
	b = append(b, tuple(o, ctaTupleReply, e.reply, e.proto)...)
	b = append(b, attribute(o, ctaID, be32(e.id))...)
	b = append(b, attribute(o, ctaStatus, be32(status))...)
	for i, typ := range []uint16{ctaCountersOrig, ctaCountersReply} {
		if e.counted {
			b = append(b, attribute(o, typ,
				attribute(o, ctaCountersPackets, be64(e.packets[i])), attribute(o, ctaCountersBytes, be64(e.bytes[i])))...)
		}
	}
	return b
}

func ip4(a, b, c, d byte) packet.Addr {
	return packet.Addr{10: 0xff, 11: 0xff, 12: a, 13: b, 14: c, 15: d}
}

// udpEntry returns an entry with an identity, and with counters: so many packets
// of 100 bytes went out, and half as many bytes came back.
func udpEntry(id uint32, packets uint64) *entry {
	orig := flow.Tuple{Src: ip4(192, 168, 1, byte(id)), Dst: ip4(203, 0, 113, 2), SrcPort: uint16(1000 + id), DstPort: 53}
	reply := orig.Inverted()
	reply.Dst = ip4(203, 0, 113, 1)
	return &entry{
		id: id, orig: orig, reply: reply, proto: packet.ProtoUDP, counted: true,
		packets: [2]uint64{packets, packets}, bytes: [2]uint64{100 * packets, 50 * packets},
	}
}
