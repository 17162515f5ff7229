package main

import (
	"cmp"
	"hash/maphash"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/packet"
)

// maxTallies bounds the flows of one capture that are held for the table once
// they have left memory. Those that end beyond it are counted and not listed.
const maxTallies = 1 << 18

// tally is what the table shows of one flow; flows that left memory and came
// back are one tally. It holds no pointers, so the garbage collector passes
// over them.
type tally struct {
	key            flow.Key
	client         flow.End
	app            dpi.App
	state          [6]byte
	rtt            uint32 // of the handshake, both halves; 0 = not seen
	first, last    int64
	packets, bytes [2]uint64 // by flow.End
}

func (t *tally) total() uint64 { return t.bytes[flow.A] + t.bytes[flow.B] }

// slabSize is how many tallies are allocated at once; a growing slice would
// copy them again and again.
const slabSize = 1024

// flowList gathers the flows of one capture for the table.
type flowList struct {
	slabs []*[slabSize]tally
	n     int
	// back has the number of each flow that may come back, by the hash of its
	// key: hashes instead of keys take a third of the memory. Should two keys
	// ever share one, the later flow is not found and listed in parts.
	back     map[uint64]uint32
	seed     maphash.Seed
	unlisted int // records left out to keep within maxTallies
}

func newFlowList() *flowList {
	return &flowList{back: make(map[uint64]uint32), seed: maphash.MakeSeed()}
}

func (l *flowList) at(i uint32) *tally { return &l.slabs[i/slabSize][i%slabSize] }

// add takes one record of f. A flow is looked up only when one that left memory
// before could be the same.
func (l *flowList) add(f *flow.Flow, r *flow.Record) {
	var hash uint64
	if r.Why != flow.Flushed || len(l.back) > 0 {
		hash = maphash.Comparable(l.seed, r.Key)
		if i, ok := l.back[hash]; ok && l.at(i).key == r.Key {
			l.at(i).merge(f, r)
			return
		}
	}
	if l.n == maxTallies {
		l.unlisted++
		return
	}
	if l.n%slabSize == 0 {
		l.slabs = append(l.slabs, new([slabSize]tally))
	}
	i := uint32(l.n)
	l.n++
	if r.Why != flow.Flushed {
		l.back[hash] = i
	}
	t := l.at(i)
	t.key, t.client, t.app, t.first = r.Key, r.Client, dpi.App(f.Service), r.First
	t.merge(f, r)
}

// merge adds one record of the flow.
func (t *tally) merge(f *flow.Flow, r *flow.Record) {
	t.first, t.last = min(t.first, r.First), max(t.last, r.Last)
	for e := range t.bytes {
		t.packets[e] += r.Packets[e]
		t.bytes[e] += r.Bytes[e]
	}
	t.state = [len(t.state)]byte{}
	copy(t.state[:], f.State())
	server, ok := f.ServerRTT()
	client, ok2 := f.ClientRTT()
	if ok && ok2 && t.rtt == 0 {
		t.rtt = server + client
	}
}

// largest returns the numbers of the limit flows with most bytes, all when limit
// is 0, the largest first and the older first among equals.
func (l *flowList) largest(limit int) []uint32 {
	order := func(a, b uint32) int {
		x, y := l.at(a), l.at(b)
		return cmp.Or(cmp.Compare(y.total(), x.total()), cmp.Compare(x.first, y.first), cmp.Compare(a, b))
	}
	if limit == 0 || limit > l.n {
		limit = l.n
	}
	// Twice as many as are wanted are kept; when they are full, the smaller half
	// goes and sets the mark for those that follow.
	top, least := make([]uint32, 0, min(2*limit, l.n)), uint64(0)
	for i := range uint32(l.n) {
		if l.at(i).total() < least {
			continue
		}
		top = append(top, i)
		if len(top) == 2*limit {
			slices.SortFunc(top, order)
			top = top[:limit]
			least = l.at(top[limit-1]).total()
		}
	}
	slices.SortFunc(top, order)
	return top[:limit]
}

// len returns how many flows there were; beyond maxTallies those that came back
// count again.
func (l *flowList) len() int { return l.n + l.unlisted }

// span returns the time from the first packet to the last.
func (l *flowList) span() time.Duration {
	if l.n == 0 {
		return 0
	}
	first, last := l.at(0).first, l.at(0).last
	for i := range uint32(l.n) {
		first, last = min(first, l.at(i).first), max(last, l.at(i).last)
	}
	return time.Duration(last-first) * time.Microsecond
}

// table lays the first limit flows out, all of them when limit is 0.
func (l *flowList) table(con *console, limit int) *table {
	up, down := con.sign("→", ">"), con.sign("←", "<")
	t := &table{columns: []column{
		{title: "client", least: 16}, {title: "server", least: 16}, {title: "proto"}, {title: "app", least: 4},
		{title: "packets " + up, right: true, drop: 2}, {title: down, right: true, drop: 2},
		{title: "bytes " + up, right: true}, {title: down, right: true},
		{title: "duration", right: true, drop: 1}, {title: "state", drop: 3}, {title: "rtt", right: true, drop: 4},
	}}
	for _, i := range l.largest(limit) {
		r := l.at(i)
		c, s := r.client, r.client.Other()
		t.add(endText(&r.key, c), endText(&r.key, s), packet.ProtoName(r.key.Proto), appText(r.app),
			countText(r.packets[c]), countText(r.packets[s]), byteText(r.bytes[c]), byteText(r.bytes[s]),
			durationText(time.Duration(r.last-r.first)*time.Microsecond),
			strings.TrimRight(string(r.state[:]), "\x00"), latencyText(uint64(r.rtt)))
	}
	return t
}

// appText names an application, "" when it is unknown.
func appText(app dpi.App) string {
	if app == dpi.Unknown {
		return ""
	}
	return app.String()
}

// endText returns address and port, the address alone where there are no ports.
func endText(k *flow.Key, e flow.End) string {
	ip, port := k.Addr(e).IP(), k.Port(e)
	if k.PortA|k.PortB == 0 {
		return ip.String()
	}
	return socketText(ip, strconv.Itoa(int(port)))
}

// socketText joins an address and a port as URLs do: "[2001:db8::1]:443".
func socketText(ip netip.Addr, port string) string {
	if ip.Is4() {
		return ip.String() + ":" + port
	}
	return "[" + ip.String() + "]:" + port
}
