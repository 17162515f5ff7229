package names

import (
	"sort"

	"weir/internal/packet"
)

// Bounds of the addresses that nobody asked for: examples in all and of a client.
const (
	strangerRows    = 128
	strangersClient = 8
)

// Stranger is an address that a client talked to although no answer gave it.
type Stranger struct {
	Device uint32 // 0 when it is not known
	Client packet.Addr
	Server packet.Addr
	Proto  uint8
	Port   uint16
	Flows  uint32
	Bytes  uint64
	Last   int64
}

// Strangers is what a client did with such addresses.
type Strangers struct {
	Flows uint32
	Bytes uint64
	Last  int64
}

// strangers are the newest examples.
type strangers struct{ rows []stranger }

type stranger struct {
	key uint32
	row Stranger
}

// add counts a flow. The oldest example makes room, the client's own when it has
// its share.
func (s *strangers) add(c *Client, key uint32, f *Stranger, now int64) {
	oldest, own, mine := -1, -1, 0
	for i := range s.rows {
		r := &s.rows[i]
		if r.key == key {
			if r.row.Server == f.Server && r.row.Proto == f.Proto && r.row.Port == f.Port {
				r.row.Flows++
				r.row.Bytes += f.Bytes
				r.row.Last = now
				return
			}
			mine++
			if own < 0 || r.row.Last < s.rows[own].row.Last {
				own = i
			}
		}
		if oldest < 0 || r.row.Last < s.rows[oldest].row.Last {
			oldest = i
		}
	}
	row := stranger{key, *f}
	row.row.Device, row.row.Client, row.row.Flows, row.row.Last = c.Device, c.Addr, 1, now
	switch {
	case mine >= strangersClient:
		s.rows[own] = row
	case len(s.rows) < strangerRows:
		s.rows = append(s.rows, row)
	default:
		s.rows[oldest] = row
	}
}

// list returns the examples, the newest first.
func (s *strangers) list() []Stranger {
	out := make([]Stranger, 0, len(s.rows))
	for i := range s.rows {
		out = append(out, s.rows[i].row)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Last > out[j].Last })
	return out
}
