package flowlog

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"weir/internal/packet"
)

// Filter narrows a search; zero fields do not filter, and all others must hold.
// Fields that name one end match either end.
type Filter struct {
	From, To    int64 // microseconds since the Unix epoch: flows that lived from From until before To; To 0 is for ever
	Interface   string
	Device      uint32
	Members     []uint32 // that count as Device, too
	IP          netip.Prefix
	App         string // application, or the protocol of flows that have none, or Unknown
	Protocol    string // protocol above IP, or Unknown
	Category    string
	Name        string // part of the name that was asked for or of an end's, whatever its case
	Country     string // ISO 3166-1 alpha-2
	ASN         uint32
	Proto       uint8
	HasProto    bool // Proto counts, even as 0
	Port        uint16
	Dir         string // "in", "out" or "local": who opened it
	Uplink      string
	Mapping     string
	MinBytes    uint64
	MinDuration int64  // microseconds
	Text        string // part of any text or address of the flow, whatever its case
}

// Unknown is what a filter calls an application or protocol that is not known.
const Unknown = "unknown"

// What a flow must have, as far as its entries in the dictionaries tell.
const (
	wantDevice = 1 << iota
	wantIP
	wantCountry
	wantASN
	wantApp
	wantProtocol
	wantCategory
	wantName
	wantProto
	wantInterface
	wantDir
	wantUplink
	wantMapping
	wantText
)

// wantsNoText is what can be told without the texts of a block.
const wantsNoText = wantDevice | wantIP | wantCountry | wantASN | wantProto

// matcher is a Filter prepared for a search.
type matcher struct {
	Filter
	need    uint32
	name    []byte // lower case
	text    []byte // lower case
	country uint16
	ip      packet.Addr // of a prefix that is one address
	single  bool
	low     []byte // scratch
}

func newMatcher(f *Filter) matcher {
	m := matcher{Filter: *f, name: []byte(strings.ToLower(f.Name)), text: []byte(strings.ToLower(f.Text))}
	for _, w := range [...]struct {
		on   bool
		want uint32
	}{
		{f.Device != 0, wantDevice}, {f.IP.IsValid(), wantIP}, {f.Country != "", wantCountry}, {f.ASN != 0, wantASN},
		{f.App != "", wantApp}, {f.Protocol != "", wantProtocol}, {f.Category != "", wantCategory}, {f.Name != "", wantName},
		{f.HasProto, wantProto}, {f.Interface != "", wantInterface}, {f.Dir != "", wantDir}, {f.Uplink != "", wantUplink},
		{f.Mapping != "", wantMapping}, {f.Text != "", wantText},
	} {
		if w.on {
			m.need |= w.want
		}
	}
	if len(f.Country) == 2 {
		m.country = uint16(upper(f.Country[0]))<<8 | uint16(upper(f.Country[1]))
	}
	if m.IP.IsValid() {
		m.IP = m.IP.Masked()
		if m.single = m.IP.IsSingleIP(); m.single {
			m.ip = packet.AddrOf(m.IP.Addr())
		}
	}
	return m
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

// unknown turns the word for what is not known into the text that stands for it.
func unknown(s string) []byte {
	if s == Unknown {
		return nil
	}
	return []byte(s)
}

// block reports whether the header lets the block have a flow that matches.
func (m *matcher) block(h *Header) bool {
	var b [4]byte
	switch {
	case h.Last < m.From,
		m.To != 0 && h.First >= m.To,
		h.maxBytes < m.MinBytes,
		m.MinDuration > 0 && h.maxDuration < m.MinDuration,
		m.Device != 0 && !slices.ContainsFunc(h.Devices, m.isDevice),
		m.single && !h.has(setAddr, m.ip[:]),
		m.App != "" && !h.has(setApp, unknown(m.App)) && !h.has(setApp, []byte(m.App)),
		m.Protocol != "" && !h.has(setProtocol, unknown(m.Protocol)),
		m.Category != "" && !h.has(setCategory, []byte(m.Category)),
		m.HasProto && !h.has(setProto, two(&b, uint16(m.Proto))),
		m.Port != 0 && m.Port < wellKnown && !h.has(setPort, two(&b, m.Port)),
		m.Country != "" && !h.has(setCountry, two(&b, m.country)),
		m.ASN != 0 && !h.has(setASN, four(&b, m.ASN)):
		return false
	}
	return true
}

// isDevice reports whether id is that of the device looked for, or of a member of it.
func (m *matcher) isDevice(id uint32) bool {
	return id == m.Device || slices.Contains(m.Members, id)
}

// in reports whether part, in lower case, is in s.
func (m *matcher) in(s, part []byte) bool {
	m.low = m.low[:0]
	for _, c := range s {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		m.low = append(m.low, c)
	}
	return bytes.Contains(m.low, part)
}
