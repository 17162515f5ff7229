package main

import (
	"hash/maphash"
	"math"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"time"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// maxTallies bounds the flows of one capture that are held for the table once
// they have left memory. Those that end beyond it are counted and not listed.
const maxTallies = 1 << 18

// hostBytes is how much room there is for the name that a flow's client asked
// for, on average: most share it with others, and it is taken as it is needed.
const hostBytes = 32

// slabSize is how many entries are allocated at once; a growing slice would
// copy them again and again.
const slabSize = 1024

// flowList gathers the flows of one capture for the table. The flows of a long
// capture are many and most of them small, so they are kept packed.
type flowList struct {
	slabs []*[slabSize]entry
	n     int
	whole []*tally // those that cannot be packed
	// heads begin the chains of flows that may come back, by the hash of their
	// keys. They do not grow with the list: at worst four flows share one.
	heads       [1 << 16]uint32
	hosts       *names.Pool // what clients asked for
	seed        maphash.Seed
	returning   bool  // there is something in a chain
	first, last int64 // microseconds since the Unix epoch, of all records
	unlisted    int   // records left out to keep within maxTallies
}

func newFlowList() *flowList {
	return &flowList{seed: maphash.MakeSeed(), first: math.MaxInt64, hosts: names.NewPool(hostBytes * maxTallies)}
}

func (l *flowList) entry(i uint32) *entry { return &l.slabs[i/slabSize][i%slabSize] }

// at returns what is known of the flow with number i.
func (l *flowList) at(i uint32) tally {
	if e := l.entry(i); !e.whole {
		return e.unpack()
	}
	return *l.whole[l.entry(i).length]
}

// total returns the bytes of the flow with number i.
func (l *flowList) total(i uint32) uint64 {
	e := l.entry(i)
	if e.whole {
		return l.whole[e.length].total()
	}
	return uint64(e.bytes[flow.A]) + uint64(e.bytes[flow.B])
}

// put stores t as the flow with number i.
func (l *flowList) put(i uint32, t *tally) {
	e := l.entry(i)
	switch {
	case e.whole:
		*l.whole[e.length] = *t
	case !e.pack(t):
		e.whole, e.length = true, uint32(len(l.whole))
		w := *t
		l.whole = append(l.whole, &w)
	}
}

// add takes one record of f, which is of app and asked for host, nil for nothing. A
// flow is looked up only when one that left memory before could be the same.
func (l *flowList) add(f *flow.Flow, r *flow.Record, app engine.Short, host []byte) {
	l.first, l.last = min(l.first, r.First), max(l.last, r.Last)
	var c chain
	if r.Why != flow.Flushed || l.returning {
		c = l.chain(&r.Key)
		if i, ok := l.find(c, &r.Key); ok {
			t := l.at(i)
			t.merge(f, r)
			l.name(&t, app, host)
			l.put(i, &t)
			return
		}
	}
	if l.n == maxTallies {
		l.unlisted++
		return
	}
	if l.n%slabSize == 0 {
		l.slabs = append(l.slabs, new([slabSize]entry))
	}
	i := uint32(l.n)
	l.n++
	if r.Why != flow.Flushed {
		l.entry(i).next = c.push(i)
		l.returning = true
	}
	t := tally{key: r.Key, client: r.Client, first: r.First}
	t.merge(f, r)
	l.name(&t, app, host)
	l.put(i, &t)
}

// name gives a flow what a record of it tells of its name: of a flow that comes
// back, not every record does.
func (l *flowList) name(t *tally, app engine.Short, host []byte) {
	if !t.app.Known() || app.Known() {
		t.app = app
	}
	if t.host == 0 {
		t.host = l.hosts.Put(host)
	}
}

// chain is a chain of entries as one key sees it. Its head has the number of the
// newest entry, plus 1, in its low bits; 0 ends a chain. The bits above are the
// marks of the keys in it: where that of a key is missing, which is so for most
// flows that were never seen, no entry need be fetched from memory.
type chain struct {
	head *uint32
	mark uint32
}

const (
	numberBits = 19 // of maxTallies
	numberMask = 1<<numberBits - 1
)

// chain returns the chain that k belongs in.
func (l *flowList) chain(k *flow.Key) chain {
	h := maphash.Comparable(l.seed, *k)
	return chain{&l.heads[h%uint64(len(l.heads))], 1 << (numberBits + h>>32%(32-numberBits))}
}

// push puts entry i at the front and returns what is next to it.
func (c chain) push(i uint32) (next uint32) {
	next = *c.head & numberMask
	*c.head = *c.head&^numberMask | c.mark | i + 1
	return next
}

// find returns the number of the flow of k in its chain.
func (l *flowList) find(c chain, k *flow.Key) (i uint32, ok bool) {
	if *c.head&c.mark == 0 {
		return 0, false
	}
	for n := *c.head & numberMask; n != 0; n = l.entry(n - 1).next {
		if e := l.entry(n - 1); e.ports == [2]uint16{k.PortA, k.PortB} && l.at(n-1).key == *k {
			return n - 1, true
		}
	}
	return 0, false
}

// largest returns the numbers of the limit flows with most bytes, all when limit
// is 0, the largest first and the older first among equals.
func (l *flowList) largest(limit int) []uint32 {
	if limit == 0 || limit > l.n {
		limit = l.n
	}
	// Twice as many as are wanted are kept; when they are full, the smaller half
	// goes and sets the mark for those that follow.
	top, least := make([]uint32, 0, min(2*limit, l.n)), uint64(0)
	for i := range uint32(l.n) {
		if l.total(i) < least {
			continue
		}
		top = append(top, i)
		if len(top) == 2*limit {
			l.sort(top)
			top = top[:limit]
			least = l.total(top[limit-1])
		}
	}
	l.sort(top)
	return top[:limit]
}

func (l *flowList) sort(flows []uint32) {
	sort.Slice(flows, func(i, j int) bool {
		a, b := flows[i], flows[j]
		if x, y := l.total(a), l.total(b); x != y {
			return x > y
		}
		if x, y := l.at(a).first, l.at(b).first; x != y {
			return x < y
		}
		return a < b
	})
}

// len returns how many flows there were; beyond maxTallies those that came back
// count again.
func (l *flowList) len() int { return l.n + l.unlisted }

// span returns the time from the first packet to the last.
func (l *flowList) span() time.Duration {
	if l.n == 0 {
		return 0
	}
	return time.Duration(l.last-l.first) * time.Microsecond
}

// narrow is the width below which a table of flows has no room for both the server
// and the name that was asked for: the name says more.
const narrow = 100

// table lays the first limit flows out, all of them when limit is 0, for a screen
// of width columns or, when that is 0, of any width. appName names an application.
func (l *flowList) table(con *console, limit, width int, appName func(engine.Short) string) *table {
	up, down := con.sign("→", ">"), con.sign("←", "<")
	t := &table{columns: []column{
		{title: "client", least: 14, cut: cutSocket}, {title: "server", least: 14, cut: cutSocket}, {title: "proto", drop: 1},
		{title: "app", least: 8}, {title: "host", least: 14, cut: cutHost},
		{title: "packets " + up, right: true, drop: 3}, {title: down, right: true, drop: 3},
		{title: "bytes " + up, right: true}, {title: down, right: true},
		{title: "duration", right: true, drop: 2}, {title: "state", drop: 4}, {title: "rtt", right: true, drop: 5},
	}}
	for _, i := range l.largest(limit) {
		r := l.at(i)
		c, s := r.client, r.client.Other()
		t.add(endText(&r.key, c), endText(&r.key, s), packet.ProtoName(r.key.Proto), con.clean(appName(r.app)),
			con.clean(string(l.hosts.Text(r.host))),
			countText(r.packets[c]), countText(r.packets[s]), byteText(r.bytes[c]), byteText(r.bytes[s]),
			durationText(time.Duration(r.last-r.first)*time.Microsecond),
			strings.TrimRight(string(r.state[:]), "\x00"), latencyText(uint64(r.rtt)))
	}
	if width > 0 && width < narrow {
		return joinServer(t)
	}
	return t
}

// joinServer makes one column of server and host, the columns 1 and 4 of a table of
// flows.
func joinServer(t *table) *table { return t.joined(1, 4, "host or server") }

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
