package flowlog

import (
	"bytes"

	"weir/internal/arith"
	"weir/internal/packet"
)

// Bounds of a block. One that would pass them is closed before.
const (
	BlockFlows = 512  // flows
	MaxText    = 1024 // bytes of one text; what is longer is cut

	maxTexts     = 700
	maxTextBytes = 10 << 10
	maxAddrs     = 700
	maxEntries   = 640 // of any other dictionary

	// A flow has so many texts and addresses at most.
	flowTexts = 32
	flowAddrs = 6

	hashSlots = 1024 // more than there are entries
)

// hashed finds entries of a dictionary by their hash. Indexes begin at 1.
type hashed [hashSlots]uint16

// find returns the index of the entry for which same says so, 0 for none, and
// the slot where it belongs.
func (h *hashed) find(sum uint32, same func(i int) bool) (index int, slot uint32) {
	for slot = sum % hashSlots; h[slot] != 0; slot = (slot + 1) % hashSlots {
		if i := int(h[slot]); same(i) {
			return i, slot
		}
	}
	return 0, slot
}

// sumOf hashes bytes (FNV-1a).
func sumOf(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h ^ h>>15
}

// texts is the dictionary of a block's texts. Index 0 is "".
type texts struct {
	bytes  []byte   // one after the other
	ends   []uint16 // where each ends
	slots  *hashed  // only of a Builder
	stream arith.Coder
	model  textModel
}

func (d *texts) len() int { return len(d.ends) }

func (d *texts) text(i int) []byte {
	if i == 0 {
		return nil
	}
	from := uint16(0)
	if i > 1 {
		from = d.ends[i-2]
	}
	return d.bytes[from:d.ends[i-1]]
}

// put returns the index of a text, which it adds when it is new.
func (d *texts) put(s string) uint64 {
	if s == "" {
		return 0
	}
	s = s[:min(len(s), MaxText)]
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	slot := (h ^ h>>15) % hashSlots
	for ; d.slots[slot] != 0; slot = (slot + 1) % hashSlots {
		if i := int(d.slots[slot]); string(d.text(i)) == s {
			return uint64(i)
		}
	}
	from := len(d.bytes)
	d.bytes = append(d.bytes, s...)
	d.ends = append(d.ends, uint16(len(d.bytes)))
	d.slots[slot] = uint16(len(d.ends))
	d.model.code(&d.stream, d.bytes[from:], nil)
	return uint64(len(d.ends))
}

// load reads n texts, and reports whether they are within the bounds.
func (d *texts) load(b []byte, n int) bool {
	d.bytes, d.ends = d.bytes[:0], d.ends[:0]
	d.model.forget()
	d.stream.Read(b)
	for range n {
		d.bytes = d.model.code(&d.stream, nil, d.bytes)
		if len(d.bytes) > maxTextBytes+flowTexts*MaxText {
			return false
		}
		d.ends = append(d.ends, uint16(len(d.bytes)))
	}
	return true
}

// textModel expects the next character by the two before it: from how often it
// came behind both of them, and behind the last one.
type textModel struct {
	one [1 << 12]arith.Prob
	two [1 << 12]arith.Prob
}

func (m *textModel) forget() {
	arith.Forget(m.one[:])
	arith.Forget(m.two[:])
	var s arith.Coder
	s.Write()
	m.code(&s, []byte(usual), nil)
}

// usual is what the texts of most blocks are like: a model that has seen it
// spells them shorter. It is part of the format.
const usual = "wlan0 eth0 br-lan.1 conntrack packets content guess port name network out in local remote router multicast wan none software SF S0 S1 RSTO OTH " +
	"tls quic dns http ntp mdns ssdp dhcp web streaming video social cloud system advertising other messenger games TLSv1.3 h2 h3 http/1.1 t13d1516h2_ " +
	"www.google.com api.googleapis.com i.ytimg.com rr3---sn-.googlevideo.com graph.facebook.com static.cdninstagram.com edge.icloud.com gateway.apple.com " +
	"settings-win.data.microsoft.com events.amazonaws.com d1.cloudfront.net api.netflix.com e1.akamaiedge.net cdn.cloudflare.net pool.ntp.org _tcp.local 1.0.in-addr.arpa "

// code codes one text: from text, or appended to dst. A text ends with a 0; what
// is 0 or 1 itself stands behind a 1.
func (m *textModel) code(s *arith.Coder, text, dst []byte) []byte {
	var before, last uint32
	at := len(dst)
	for i := 0; ; i++ {
		c := uint32(0)
		if i < len(text) {
			c = uint32(text[i])
		}
		quoted := flag(c <= 1 && i < len(text))
		if quoted != 0 {
			m.char(s, before, last, 1)
			c++
			before, last = last, 1
		}
		c = m.char(s, before, last, c)
		before, last = last, c
		switch {
		case !s.Reading() && i == len(text):
			return dst
		case s.Reading() && c == 0:
			return dst
		case s.Reading() && c == 1:
			c = m.char(s, before, last, 0)
			before, last = last, c
			dst = append(dst, byte(c-1))
		case s.Reading():
			dst = append(dst, byte(c))
		}
		if s.Reading() && len(dst)-at > MaxText {
			return dst
		}
	}
}

// char codes the character c, which follows last, which follows before.
func (m *textModel) char(s *arith.Coder, before, last, c uint32) uint32 {
	h1 := last * 0x9e3779b1 >> 4
	h2 := (before<<8 | last) * 0x85ebca6b >> 4
	at := uint32(1)
	for i := 7; i >= 0; i-- {
		p1 := &m.one[(h1^at*0x2545f)>>7%uint32(len(m.one))]
		p2 := &m.two[(h2^at*0x2545f)>>7%uint32(len(m.two))]
		v1, v2 := p1.Value(), p2.Value()
		v := v1
		switch seen := p2.Seen(); {
		case seen > 2:
			v = (v1 + 3*v2) / 4
		case seen > 0:
			v = (v1 + v2) / 2
		}
		bit := s.Likely(v, c>>i&1)
		p1.Learn(bit)
		p2.Learn(bit)
		at = at<<1 | bit
	}
	return at & 0xff
}

// addrs is the dictionary of a block's addresses. Index 0 is none.
type addrs struct {
	list   []packet.Addr
	slots  *hashed
	stream arith.Coder
	six    arith.Prob
	same   [16]arith.Prob
	byte   [9][256]arith.Prob // of an IPv4 address, of two bytes each of the first half of an IPv6 one, of the rest of it
	last   [2]packet.Addr
}

func (d *addrs) forget() {
	d.six = arith.Even
	arith.Forget(d.same[:])
	for i := range d.byte {
		arith.Forget(d.byte[i][:])
	}
	d.last = [2]packet.Addr{}
}

// put returns the index of an address, which it adds when it is new.
func (d *addrs) put(a *packet.Addr) uint64 {
	i, slot := d.slots.find(sumOf(a[:]), func(i int) bool { return bytes.Equal(d.list[i-1][:], a[:]) })
	if i == 0 {
		d.list = append(d.list, *a)
		i = len(d.list)
		d.slots[slot] = uint16(i)
		d.code(*a)
	}
	return uint64(i)
}

// load reads n addresses.
func (d *addrs) load(b []byte, n int) {
	d.forget()
	d.stream.Read(b)
	d.list = d.list[:0]
	for range n {
		d.list = append(d.list, d.code(packet.Addr{}))
	}
}

// code codes one address: those of a network follow each other often.
func (d *addrs) code(a packet.Addr) packet.Addr {
	s := &d.stream
	six := s.Bit(&d.six, flag(!a.Is4()))
	from := 12
	if six != 0 {
		from = 0
	} else {
		a[10], a[11] = 0xff, 0xff
	}
	last := &d.last[six]
	as := true // as the one before, so far
	for i := from; i < 16; i++ {
		if as && s.Bit(&d.same[i], flag(a[i] == last[i])) != 0 {
			a[i] = last[i]
			continue
		}
		as = false
		model := i - from
		if six != 0 {
			model = 4 + min(i/2, 4)
		}
		a[i] = byte(s.Tree(d.byte[model][:], 8, uint32(a[i])))
	}
	*last = a
	return a
}
