package flowlog

import (
	"encoding/binary"
	"fmt"

	"weir/internal/arith"
	"weir/internal/packet"
)

// Reader unpacks blocks. It keeps its memory, about 300 KiB, from block to block.
// The zero Reader is ready for use.
type Reader struct {
	head     Header
	sections [numSections][]byte
	texts    texts
	addrs    addrs
	ends     entries
	names    entries
	ways     entries
	details  entries
	rows     rows
	made     bool
	spelled  bool

	values  [numColumns][]uint64
	known   [numColumns]bool
	strings string // all texts, which rows take theirs from
	has     [4][]uint32
	textHas []uint32
	addrHas []uint32
}

// load checks the body behind the header at hand and unpacks its dictionaries, but
// for the texts.
func (r *Reader) load(block []byte) (err error) {
	if err = r.head.check(block); err != nil {
		return err
	}
	if !r.made {
		r.made = true
		r.ends.init(endMembers)
		r.names.init(nameMembers)
		r.ways.init(wayMembers)
		r.details.init(detailMembers)
		r.rows.init()
	}
	body := block[r.head.size:]
	for i, n := range r.head.sections {
		r.sections[i], body = body[:n], body[n:]
	}
	r.rows.forget()
	r.known = [numColumns]bool{}
	n := r.head.dicts
	r.spelled = false
	r.addrs.load(r.sections[1], n[1])
	for i, d := range r.dicts() {
		if !d.load(r.sections[2+i], n[2+i], n[0], n[1]) {
			return fmt.Errorf("%w: dictionary %d", ErrCorrupt, i)
		}
	}
	for i := 1; i <= n[2]; i++ {
		if int(r.ends.at(i)[endDevice]) > len(r.head.Devices) {
			return fmt.Errorf("%w: devices", ErrCorrupt)
		}
	}
	return nil
}

// spell unpacks the texts, which take longest, once they are needed.
func (r *Reader) spell() error {
	if r.spelled {
		return nil
	}
	if !r.texts.load(r.sections[0], r.head.dicts[0]) {
		return fmt.Errorf("%w: texts", ErrCorrupt)
	}
	r.strings, r.spelled = string(r.texts.bytes), true
	return nil
}

func (r *Reader) dicts() [4]*entries { return [4]*entries{&r.ends, &r.names, &r.ways, &r.details} }

// most returns the largest value that a column may have.
func (h *Header) most(c int) uint64 {
	switch c {
	case colState:
		return uint64(h.dicts[0])
	case colOrigSrc, colOrigDst, colReplySrc, colReplyDst:
		return uint64(h.dicts[1])
	case colServer, colClient:
		return uint64(h.dicts[2])
	case colName:
		return uint64(h.dicts[3])
	case colWay:
		return uint64(h.dicts[4])
	case colDetail:
		return uint64(h.dicts[5])
	}
	return 1<<64 - 1
}

// column unpacks a column, and those that it depends on.
func (r *Reader) column(c int) ([]uint64, error) {
	if r.known[c] {
		return r.values[c], nil
	}
	n := r.head.Count
	if cap(r.values[c]) < n {
		r.values[c] = make([]uint64, BlockFlows)
	}
	vals := r.values[c][:n]
	r.values[c] = vals
	var keys, tx, rx, names []uint64
	need := func(at int, to *[]uint64) (err error) {
		if at < c {
			*to, err = r.column(at)
		}
		return err
	}
	key := int(layout[c].key)
	if layout[c].how < likely {
		key = c
	}
	for _, x := range [...]struct {
		at int
		to *[]uint64
	}{{key, &keys}, {colName, &names}, {colPacketsTx, &tx}, {colPacketsRx, &rx}} {
		if err := need(x.at, x.to); err != nil {
			return nil, err
		}
	}
	var s arith.Coder
	s.Read(r.sections[numDicts+c])
	most := r.head.most(c)
	for i := range vals {
		class, k := 0, uint64(0)
		if names != nil {
			class = classOf(c, r.proto(names[i]), at(tx, i), at(rx, i))
		}
		if keys != nil {
			k = keys[i]
		}
		vals[i] = r.rows.code(&s, c, class, k, 0)
		if vals[i] > most {
			return nil, fmt.Errorf("%w: column %d", ErrCorrupt, c)
		}
	}
	r.known[c] = true
	return vals, nil
}

func at(column []uint64, i int) uint64 {
	if column == nil {
		return 0
	}
	return column[i]
}

func (r *Reader) proto(name uint64) uint8 {
	if name == 0 {
		return 0
	}
	return uint8(r.names.at(int(name))[nameProto])
}

// str returns a text without copying it.
func (r *Reader) str(i uint32) string {
	if i == 0 {
		return ""
	}
	from := 0
	if i > 1 {
		from = int(r.texts.ends[i-2])
	}
	return r.strings[from:r.texts.ends[i-1]]
}

// flow makes the row i, whose columns are all unpacked.
func (r *Reader) flow(i int, lasts []int64, f *Flow) {
	var v values
	for c := range v {
		v[c] = r.values[c][i]
	}
	*f = Flow{}
	f.Server, f.Client = r.end(v[colServer]), r.end(v[colClient])
	f.Server.Port, f.Client.Port = uint16(v[colServerPort]), uint16(v[colClientPort])
	r.name(f, v[colName])
	marks := r.way(f, v[colWay])
	r.detail(f, v[colDetail])
	f.State = r.str(uint32(v[colState]))
	m := v[colMarks]
	f.Completed, f.OneWay, f.LowGoodput = m&markCompleted != 0, m&markOneWay != 0, m&markLowGoodput != 0
	last, duration := lasts[i], int64(v[colDuration])
	f.ID = v[colSlot]<<idTimeBits | (v[colID]^uint64(last-duration))&(1<<idTimeBits-1)
	f.Last = last + r.head.moved
	f.First = f.Last - duration
	f.Packets = Pair[uint64]{Tx: v[colPacketsTx], Rx: v[colPacketsRx]}
	f.Bytes = Pair[uint64]{Tx: v[colBytesTx], Rx: v[colBytesRx]}
	h := headers(f)
	f.Payload = Pair[uint64]{
		Tx: payloadOf(f.Bytes.Tx, f.Packets.Tx, h, v[colHeaderTx], v[colOptionsTx]),
		Rx: payloadOf(f.Bytes.Rx, f.Packets.Rx, h, v[colHeaderRx], v[colOptionsRx]),
	}
	f.TCPFlags = Pair[uint8]{Tx: uint8(v[colFlagsTx]), Rx: uint8(v[colFlagsRx])}
	f.Retrans = pair32(v[colRetransTx], v[colRetransRx])
	f.OutOfOrder = pair32(v[colOutOfOrderTx], v[colOutOfOrderRx])
	f.Lost = pair32(v[colLostTx], v[colLostRx])
	timed := timedFor(f)
	f.GapMin.Tx, f.GapAvg.Tx, f.GapMax.Tx = gapsOf(f.Packets.Tx, timed, v[colGapAvgTx], v[colGapMinTx], v[colGapMaxTx])
	f.GapMin.Rx, f.GapAvg.Rx, f.GapMax.Rx = gapsOf(f.Packets.Rx, timed, v[colGapAvgRx], v[colGapMinRx], v[colGapMaxRx])
	f.RTTClient, f.RTTServer, f.RTTApp = uint32(v[colRTTClient]), uint32(v[colRTTServer]), uint32(v[colRTTApp])
	f.BpsNow, f.BpsPeak = v[colBpsNow], v[colBpsPeak]+8*(f.Bytes.Tx+f.Bytes.Rx)
	if marks&wayTranslated != 0 {
		r.nat(f, &v)
	}
}

func pair32(tx, rx uint64) Pair[uint32] { return Pair[uint32]{Tx: uint32(tx), Rx: uint32(rx)} }

func (r *Reader) end(i uint64) (p Endpoint) {
	if i == 0 {
		return p
	}
	e := r.ends.at(int(i))
	if a := e[endIP]; a != 0 {
		p.IP = r.addrs.list[a-1].IP()
	}
	if d := e[endDevice]; d != 0 {
		p.Device = r.head.Devices[d-1]
	}
	p.Scope, p.Name, p.ASN = r.str(e[endScope]), r.str(e[endName]), e[endASN]
	binary.BigEndian.PutUint16(p.Country[:], uint16(e[endCountry]))
	return p
}

func (r *Reader) name(f *Flow, i uint64) {
	if i == 0 {
		return
	}
	e := r.names.at(int(i))
	f.App, f.Protocol, f.Proto, f.By = r.str(e[nameApp]), r.str(e[nameProtocol]), uint8(e[nameProto]), r.str(e[nameBy])
	f.AppBy, f.Category, f.CDN = r.str(e[nameAppBy]), r.str(e[nameCategory]), r.str(e[nameCDN])
	f.Host, f.HostBy, f.ECH = r.str(e[nameHost]), r.str(e[nameHostBy]), e[nameECH] != 0
}

// way fills what is told of a flow's way, and returns its marks.
func (r *Reader) way(f *Flow, i uint64) uint32 {
	if i == 0 {
		return 0
	}
	e := r.ways.at(int(i))
	f.Dir, f.Interface, f.VLAN, f.Tunnel = r.str(e[wayDir]), r.str(e[wayInterface]), uint16(e[wayVLAN]), r.str(e[wayTunnel])
	f.Carries, f.Source, f.Uplink, f.Offload = r.str(e[wayCarries]), r.str(e[waySource]), r.str(e[wayUplink]), r.str(e[wayOffload])
	m := e[wayMarks]
	f.Observed, f.Sampled, f.Uncounted = m&wayObserved != 0, m&waySampled != 0, m&wayUncounted != 0
	if m&wayTranslated != 0 {
		f.NAT = &NAT{Mapping: r.str(e[wayMapping]), OpenedBy: r.str(e[wayOpenedBy])}
	}
	return m
}

func (r *Reader) detail(f *Flow, i uint64) {
	if i == 0 {
		return
	}
	e := r.details.at(int(i))
	f.Detail = &Detail{
		ALPN: r.str(e[detailALPN]), Version: r.str(e[detailVersion]), JA4: r.str(e[detailJA4]), Method: r.str(e[detailMethod]), URL: r.str(e[detailURL]),
		UserAgent: r.str(e[detailUserAgent]), Server: r.str(e[detailServer]), ContentType: r.str(e[detailContentType]), Subject: r.str(e[detailSubject]),
		Code: uint16(e[detailCode]),
	}
}

func (r *Reader) nat(f *Flow, v *values) {
	o, p := &f.NAT.Orig, &f.NAT.Reply
	o.Src, o.Dst = r.addr(v[colOrigSrc], packet.AddrOf(f.Client.IP)), r.addr(v[colOrigDst], packet.AddrOf(f.Server.IP))
	o.SrcPort, o.DstPort = port(v[colOrigSrcPort], f.Client.Port), port(v[colOrigDstPort], f.Server.Port)
	p.Src, p.Dst = r.addr(v[colReplySrc], o.Dst), r.addr(v[colReplyDst], o.Src)
	p.SrcPort, p.DstPort = port(v[colReplySrcPort], o.DstPort), port(v[colReplyDstPort], o.SrcPort)
}

func (r *Reader) addr(i uint64, want packet.Addr) packet.Addr {
	if i == 0 {
		return want
	}
	return r.addrs.list[i-1]
}
