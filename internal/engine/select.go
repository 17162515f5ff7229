package engine

import (
	"cmp"
	"encoding/binary"
	"sort"

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

// page sorts refs and returns the part that p selects. Equal ones keep the order
// of their places, so that pages do not overlap.
func page(refs []ref, p Page) []ref {
	sort.Slice(refs, func(i, j int) bool {
		a, b := &refs[i], &refs[j]
		if c := a.compare(b); c != 0 {
			return (c < 0) != p.Desc
		}
		return a.at < b.at
	})
	from := min(max(p.Offset, 0), len(refs))
	to := min(from+min(max(p.Limit, 0), MaxRows), len(refs))
	return refs[from:to]
}

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
