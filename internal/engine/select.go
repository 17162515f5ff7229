package engine

import (
	"cmp"
	"encoding/binary"
	"sort"

	"weir/internal/flow"
	"weir/internal/packet"
)

// ref is one candidate of a query: where it is and what it sorts by, its text
// first, then hi, then lo.
type ref struct {
	at     uint32
	hi, lo uint64
	text   string
}

// compare orders by what is sorted by, not by place.
func (r *ref) compare(o *ref) int {
	c := cmp.Compare(r.text, o.text)
	if c == 0 {
		c = cmp.Compare(r.hi, o.hi)
	}
	if c == 0 {
		c = cmp.Compare(r.lo, o.lo)
	}
	return c
}

// selection chooses the refs of one page. It keeps four times as many as are on
// the page and before it: when it is full, the further ones go and set the mark for
// those that follow. So a page of a full table takes little memory.
type selection struct {
	page   Page
	wanted int // refs on the page and before it
	refs   []ref
	cut    bool // the first refs are those wanted so far, in order
	n      int  // refs that were added
}

// keptRefs bounds the memory that an Engine keeps for the next query.
const keptRefs = 8 * MaxRows

// choose begins the selection of a page, in the memory of the last one.
func (e *Engine) choose(p Page) selection {
	p.Offset = min(max(p.Offset, 0), flow.MaxFlows) // no table has more
	p.Limit = min(max(p.Limit, 0), MaxRows)
	return selection{page: p, wanted: p.Offset + p.Limit, refs: e.scratch[:0]}
}

// add offers a ref. All are counted.
func (s *selection) add(r ref) {
	s.n++
	if s.wanted == 0 || s.cut && !s.before(&r, &s.refs[s.wanted-1]) {
		return
	}
	if s.refs = append(s.refs, r); len(s.refs) == 4*s.wanted {
		sort.Sort(s)
		s.refs, s.cut = s.refs[:s.wanted], true
	}
}

// chosen returns the refs of the page in order, valid until the next query.
func (e *Engine) chosen(s *selection) []ref {
	sort.Sort(s)
	if e.scratch = s.refs; cap(s.refs) > keptRefs {
		e.scratch = nil
	}
	return s.refs[min(s.page.Offset, len(s.refs)):min(s.wanted, len(s.refs))]
}

// before reports whether a comes before b. Equal ones keep the order of their
// places, so that pages do not overlap.
func (s *selection) before(a, b *ref) bool {
	if c := a.compare(b); c != 0 {
		return (c < 0) != s.page.Desc
	}
	return a.at < b.at
}

// The methods of sort.Interface.
func (s *selection) Len() int           { return len(s.refs) }
func (s *selection) Less(i, j int) bool { return s.before(&s.refs[i], &s.refs[j]) }
func (s *selection) Swap(i, j int)      { s.refs[i], s.refs[j] = s.refs[j], s.refs[i] }

// sortKey returns the key that a page asks for, the first of keys by default.
func sortKey(p Page, keys []string) string {
	if p.Sort == "" {
		return keys[0]
	}
	return p.Sort
}

// addrKey orders addresses, IPv4 before IPv6.
func addrKey(a *packet.Addr) (hi, lo uint64) {
	return binary.BigEndian.Uint64(a[0:8]), binary.BigEndian.Uint64(a[8:16])
}
