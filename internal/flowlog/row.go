package flowlog

import (
	"encoding/binary"

	"weir/internal/packet"
)

// The columns of a block. What is expected of one may depend on those above it.
const (
	colServer = iota
	colName
	colPacketsTx
	colPacketsRx
	colClient
	colWay
	colDetail
	colState
	colMarks
	colServerPort
	colClientPort
	colLast
	colDuration
	colBytesTx
	colBytesRx
	colHeaderTx // what headers take of a packet, see headers
	colHeaderRx
	colOptionsTx
	colOptionsRx
	colFlagsTx
	colFlagsRx
	colSlot
	colID
	colRetransTx
	colRetransRx
	colOutOfOrderTx
	colOutOfOrderRx
	colLostTx
	colLostRx
	colGapAvgTx
	colGapAvgRx
	colGapMinTx
	colGapMinRx
	colGapMaxTx
	colGapMaxRx
	colRTTClient
	colRTTServer
	colRTTApp
	colBpsNow
	colBpsPeak
	colOrigSrc // of the NAT; 0 is as expected
	colOrigDst
	colOrigSrcPort
	colOrigDstPort
	colReplySrc
	colReplyDst
	colReplySrcPort
	colReplyDstPort
	numColumns
)

// How a column is coded.
const (
	plain   = iota
	signed  // may be negative
	likely  // as in the last row with the same key
	indexed // the same, an index of a dictionary
)

// layout says how each column is coded, and which column is its key.
var layout = [numColumns]struct{ how, key uint8 }{
	colServer: {indexed, colServer}, colName: {indexed, colServer}, colClient: {indexed, colName}, colWay: {indexed, colServer},
	colDetail: {indexed, colName}, colState: {indexed, colName}, colMarks: {likely, colName}, colServerPort: {likely, colServer},
	colLast: {signed, 0}, colDuration: {signed, 0},
	colGapAvgTx: {signed, 0}, colGapAvgRx: {signed, 0}, colGapMinTx: {signed, 0}, colGapMinRx: {signed, 0}, colGapMaxTx: {signed, 0}, colGapMaxRx: {signed, 0},
	colBpsPeak: {signed, 0}, colReplyDst: {likely, colWay},
}

// values is a row as the columns have it.
type values [numColumns]uint64

// Marks of a row and of a way.
const (
	markCompleted = 1 << iota
	markOneWay
	markLowGoodput
)

const (
	wayObserved = 1 << iota
	waySampled
	wayUncounted
	wayTranslated
)

func bit(b bool, mark uint32) uint32 {
	if b {
		return mark
	}
	return 0
}

// fill sets v to the row of f, whose texts, addresses and so on join the
// dictionaries. last is the time of the row before.
func (b *Builder) fill(v *values, f *Flow, last int64) {
	*v = values{}
	b.fillWho(v, f)
	v[colState] = b.texts.put(f.State)
	v[colMarks] = uint64(bit(f.Completed, markCompleted) | bit(f.OneWay, markOneWay) | bit(f.LowGoodput, markLowGoodput))
	v[colServerPort], v[colClientPort] = uint64(f.Server.Port), uint64(f.Client.Port)
	v[colLast], v[colDuration] = uint64(f.Last-last), uint64(f.Last-f.First)
	v[colSlot], v[colID] = f.ID>>idTimeBits, (f.ID^uint64(f.First))&(1<<idTimeBits-1)
	v[colPacketsTx], v[colPacketsRx] = f.Packets.Tx, f.Packets.Rx
	v[colBytesTx], v[colBytesRx] = f.Bytes.Tx, f.Bytes.Rx
	h := headers(f)
	v[colHeaderTx], v[colOptionsTx] = overhead(f.Bytes.Tx, f.Payload.Tx, f.Packets.Tx, h)
	v[colHeaderRx], v[colOptionsRx] = overhead(f.Bytes.Rx, f.Payload.Rx, f.Packets.Rx, h)
	v[colFlagsTx], v[colFlagsRx] = uint64(f.TCPFlags.Tx), uint64(f.TCPFlags.Rx)
	v[colRetransTx], v[colRetransRx] = uint64(f.Retrans.Tx), uint64(f.Retrans.Rx)
	v[colOutOfOrderTx], v[colOutOfOrderRx] = uint64(f.OutOfOrder.Tx), uint64(f.OutOfOrder.Rx)
	v[colLostTx], v[colLostRx] = uint64(f.Lost.Tx), uint64(f.Lost.Rx)
	timed := timedFor(f)
	v[colGapAvgTx], v[colGapMinTx], v[colGapMaxTx] = gaps(f.Packets.Tx, timed, f.GapMin.Tx, f.GapAvg.Tx, f.GapMax.Tx)
	v[colGapAvgRx], v[colGapMinRx], v[colGapMaxRx] = gaps(f.Packets.Rx, timed, f.GapMin.Rx, f.GapAvg.Rx, f.GapMax.Rx)
	v[colRTTClient], v[colRTTServer], v[colRTTApp] = uint64(f.RTTClient), uint64(f.RTTServer), uint64(f.RTTApp)
	v[colBpsNow], v[colBpsPeak] = f.BpsNow, f.BpsPeak-8*(f.Bytes.Tx+f.Bytes.Rx)
	if f.NAT != nil {
		b.fillNAT(v, f)
	}
}

// A flow's ID is the slot of its table and the low bits of the time of its first
// packet.
const idTimeBits = 31

// fillWho sets what tells between whom a flow was, and what it was.
func (b *Builder) fillWho(v *values, f *Flow) {
	t := func(s string) uint32 { return uint32(b.texts.put(s)) }
	v[colServer], v[colClient] = b.end(&f.Server), b.end(&f.Client)
	v[colName] = b.names.put([]uint32{
		nameApp: t(f.App), nameProtocol: t(f.Protocol), nameProto: uint32(f.Proto), nameBy: t(f.By), nameAppBy: t(f.AppBy),
		nameCategory: t(f.Category), nameCDN: t(f.CDN), nameHost: t(f.Host), nameHostBy: t(f.HostBy), nameECH: bit(f.ECH, 1),
	})
	marks := bit(f.Observed, wayObserved) | bit(f.Sampled, waySampled) | bit(f.Uncounted, wayUncounted) | bit(f.NAT != nil, wayTranslated)
	way := [...]uint32{
		wayDir: t(f.Dir), wayInterface: t(f.Interface), wayVLAN: uint32(f.VLAN), wayTunnel: t(f.Tunnel), wayCarries: t(f.Carries),
		waySource: t(f.Source), wayMarks: marks, wayUplink: t(f.Uplink), wayOffload: t(f.Offload), wayOpenedBy: 0,
	}
	if f.NAT != nil {
		way[wayMapping], way[wayOpenedBy] = t(f.NAT.Mapping), t(f.NAT.OpenedBy)
	}
	v[colWay] = b.ways.put(way[:])
	if d := f.Detail; d != nil {
		v[colDetail] = b.details.put([]uint32{
			detailALPN: t(d.ALPN), detailVersion: t(d.Version), detailJA4: t(d.JA4), detailMethod: t(d.Method), detailURL: t(d.URL),
			detailUserAgent: t(d.UserAgent), detailServer: t(d.Server), detailContentType: t(d.ContentType), detailSubject: t(d.Subject),
			detailCode: uint32(d.Code),
		})
	}
}

func (b *Builder) end(p *Endpoint) uint64 {
	var ip uint64
	if p.IP.IsValid() {
		a := packet.AddrOf(p.IP)
		ip = b.addrs.put(&a)
	}
	return b.ends.put([]uint32{
		endScope: uint32(b.texts.put(p.Scope)), endIP: uint32(ip), endDevice: b.head.device(p.Device), endName: uint32(b.texts.put(p.Name)),
		endCountry: uint32(binary.BigEndian.Uint16(p.Country[:])), endASN: p.ASN,
	})
}

// fillNAT sets the tuples, as far as they are not what the flow and each other
// let expect: Orig is from the client to the server, and Reply answers it.
func (b *Builder) fillNAT(v *values, f *Flow) {
	o, r := &f.NAT.Orig, &f.NAT.Reply
	v[colOrigSrc], v[colOrigDst] = b.other(&o.Src, packet.AddrOf(f.Client.IP)), b.other(&o.Dst, packet.AddrOf(f.Server.IP))
	v[colReplySrc], v[colReplyDst] = b.other(&r.Src, o.Dst), b.other(&r.Dst, o.Src)
	v[colOrigSrcPort], v[colOrigDstPort] = otherPort(o.SrcPort, f.Client.Port), otherPort(o.DstPort, f.Server.Port)
	v[colReplySrcPort], v[colReplyDstPort] = otherPort(r.SrcPort, o.DstPort), otherPort(r.DstPort, o.SrcPort)
}

func (b *Builder) other(a *packet.Addr, want packet.Addr) uint64 {
	if *a == want {
		return 0
	}
	return b.addrs.put(a)
}

func otherPort(port, want uint16) uint64 {
	if port == want {
		return 0
	}
	return 1 + uint64(port)
}

func port(v uint64, want uint16) uint16 {
	if v == 0 {
		return want
	}
	return uint16(v - 1)
}

// headers returns how long the headers of the flow's packets are at least.
func headers(f *Flow) uint64 {
	n := uint64(20)
	if f.Server.IP.Is6() {
		n = 40
	}
	switch f.Proto {
	case packet.ProtoTCP:
		n += 20
	case packet.ProtoUDP, packet.ProtoICMP, packet.ProtoICMPv6:
		n += 8
	}
	return n
}

// overhead tells payload from bytes: 0 for none; else 2 and more what its packets
// have of header beyond the least, and rest what is left of that; 1 where that
// makes no sense, and rest is the payload.
func overhead(bytes, payload, packets, header uint64) (each, rest uint64) {
	switch more := bytes - payload - packets*header; {
	case payload == 0:
		return 0, 0
	case packets > 0 && packets < 1<<32 && payload <= bytes && more <= bytes:
		return 2 + more/packets, more % packets
	}
	return 1, payload
}

func payloadOf(bytes, packets, header, each, rest uint64) uint64 {
	switch each {
	case 0:
		return 0
	case 1:
		return rest
	}
	return bytes - packets*header - (each-2)*packets - rest
}

// timedFor returns for how long the times between a flow's packets are known.
func timedFor(f *Flow) int64 {
	if !f.Observed {
		return 0
	}
	return f.Last - f.First
}

// gaps tells the times between packets from what the number of packets and the
// duration of the flow let expect.
func gaps(packets uint64, duration int64, least, average, most uint32) (avg, lo, hi uint64) {
	wantAvg, wantHi := wantGaps(packets, duration, average, least)
	lo = uint64(least)
	if packets == 2 {
		lo -= uint64(average)
	}
	return uint64(wantAvg - int64(average)), lo, uint64(int64(most) - wantHi)
}

func gapsOf(packets uint64, duration int64, avg, lo, hi uint64) (least, average, most uint32) {
	want, _ := wantGaps(packets, duration, 0, 0)
	average = uint32(want - int64(avg))
	least = uint32(lo)
	if packets == 2 {
		least += average
	}
	_, wantHi := wantGaps(packets, duration, average, least)
	return least, average, uint32(wantHi + int64(hi))
}

// wantGaps returns what the average and the longest gap should be: two gaps are
// known by their average and the shorter one.
func wantGaps(packets uint64, duration int64, average, least uint32) (avg, most int64) {
	if packets < 2 || duration <= 0 {
		return 0, 0
	}
	if packets < 1<<40 {
		avg = duration / int64(packets-1)
	}
	most = int64(average)
	if packets == 3 {
		most = 2*most - int64(least)
	}
	return avg, most
}
