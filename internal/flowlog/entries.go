package flowlog

import (
	"slices"

	"weir/internal/arith"
)

// entries is a dictionary of things that many flows of a block have in common:
// an end, a name, a way, what the payload told. An entry is a row of members,
// which are numbers or indexes into the texts and addresses. Index 0 is none.
type entries struct {
	kinds   []member
	flat    []uint32 // entry after entry
	slots   *hashed  // only of a Builder
	columns []column
	last    []uint16 // by the first member: the last entry that has it
	stream  arith.Coder
}

// member says what one member of an entry is.
type member uint8

const (
	isText member = iota
	isAddr
	isNumber
)

// The dictionaries of entries. An entry is expected to be like the last one with
// the same first member.
var (
	endMembers  = []member{endScope: isText, endIP: isAddr, endDevice: isNumber, endName: isText, endCountry: isNumber, endASN: isNumber}
	nameMembers = []member{
		nameApp: isText, nameProtocol: isText, nameProto: isNumber, nameBy: isText, nameAppBy: isText, nameCategory: isText,
		nameCDN: isText, nameHost: isText, nameHostBy: isText, nameECH: isNumber,
	}
	wayMembers = []member{
		wayDir: isText, wayInterface: isText, wayVLAN: isNumber, wayTunnel: isText, wayCarries: isText, waySource: isText,
		wayMarks: isNumber, wayUplink: isText, wayOffload: isText, wayMapping: isText, wayOpenedBy: isText,
	}
	detailMembers = []member{
		detailALPN: isText, detailVersion: isText, detailJA4: isText, detailMethod: isText, detailURL: isText, detailUserAgent: isText,
		detailServer: isText, detailContentType: isText, detailSubject: isText, detailCode: isNumber,
	}
)

const (
	endScope = iota
	endIP
	endDevice
	endName
	endCountry
	endASN
)

const (
	nameApp = iota
	nameProtocol
	nameProto
	nameBy
	nameAppBy
	nameCategory
	nameCDN
	nameHost
	nameHostBy
	nameECH
)

const (
	wayDir = iota
	wayInterface
	wayVLAN
	wayTunnel
	wayCarries
	waySource
	wayMarks
	wayUplink
	wayOffload
	wayMapping
	wayOpenedBy
)

const (
	detailALPN = iota
	detailVersion
	detailJA4
	detailMethod
	detailURL
	detailUserAgent
	detailServer
	detailContentType
	detailSubject
	detailCode
)

// maxMembers is the most that an entry has.
const maxMembers = wayOpenedBy + 1

func (d *entries) init(kinds []member) {
	d.kinds, d.columns, d.last = kinds, make([]column, len(kinds)), make([]uint16, firsts)
}

func (d *entries) len() int { return len(d.flat) / len(d.kinds) }

// at returns an entry, valid until the next put. Index 0 has none.
func (d *entries) at(i int) []uint32 { return d.flat[(i-1)*len(d.kinds) : i*len(d.kinds)] }

func (d *entries) forget() {
	d.flat = d.flat[:0]
	for i := range d.columns {
		d.columns[i].forget()
	}
	clear(d.last)
}

// put returns the index of an entry, which it adds when it is new.
func (d *entries) put(e []uint32) uint64 {
	h := uint32(2166136261)
	for _, v := range e {
		h = (h ^ v) * 16777619
	}
	i, slot := d.slots.find(h^h>>15, func(i int) bool { return slices.Equal(d.at(i), e) })
	if i == 0 {
		d.flat = append(d.flat, e...)
		i = d.len()
		d.slots[slot] = uint16(i)
		d.code(i)
	}
	return uint64(i)
}

// load reads n entries and reports whether their members are indexes of what
// there is.
func (d *entries) load(b []byte, n, texts, addrs int) bool {
	d.forget()
	d.stream.Read(b)
	for i := 1; i <= n; i++ {
		d.flat = append(d.flat, make([]uint32, len(d.kinds))...)
		d.code(i)
		for m, v := range d.at(i) {
			if d.kinds[m] == isText && int(v) > texts || d.kinds[m] == isAddr && int(v) > addrs {
				return false
			}
		}
	}
	return true
}

// firsts is for how many first members the last entry is kept; those that share a
// place spoil each other's expectations, and nothing else.
const firsts = 256

var noEntry [maxMembers]uint32

// code codes the entry i, which is the newest.
func (d *entries) code(i int) {
	e, want := d.at(i), noEntry[:]
	if i > 1 {
		want = d.at(i - 1)
	}
	for m, kind := range d.kinds {
		c := &d.columns[m]
		var v uint64
		if kind == isNumber {
			v = c.expect(&d.stream, 0, uint64(want[m]), uint64(e[m]))
		} else {
			v = c.index(&d.stream, 0, uint64(want[m]), uint64(e[m]))
		}
		e[m] = uint32(v)
		if m > 0 {
			continue
		}
		v %= firsts
		if like := d.last[v]; like != 0 {
			want = d.at(int(like))
		}
		d.last[v] = uint16(i)
	}
}
