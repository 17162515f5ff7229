package geo

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"weir/internal/packet"
)

// answers remembers the last answers, since a home asks the same hosts again and
// again: 14 kB that save most lookups. It is safe for concurrent use.
type answers struct {
	version atomic.Uint32 // of the databases; answers of another one do not count

	mu    sync.Mutex
	slots [answerSlots]answer // guarded by mu
}

const answerSlots = 512

// answer is where an address is, by databases of a version.
type answer struct {
	addr    packet.Addr
	country [2]byte
	asn     uint32
	version uint32
}

// slot returns where the answer about an address is kept, in the place of others
// that share it (multiplication by the golden ratio).
func (c *answers) slot(a *packet.Addr) *answer {
	le := binary.LittleEndian
	h := (le.Uint64(a[:]) ^ le.Uint64(a[8:])*0xff51afd7ed558ccd) * 0x9e3779b97f4a7c15
	return &c.slots[h>>32%answerSlots]
}

// find returns the answer about an address. The zero address, which stands in
// empty slots, is never asked for: it is local.
func (c *answers) find(a packet.Addr, version uint32) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.slot(&a)
	return *s, s.addr == a && s.version == version
}

func (c *answers) keep(found answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.slot(&found.addr) = found
}
