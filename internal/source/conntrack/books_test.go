package conntrack

import (
	"sync"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source"
)

// books is a sink that adds up what it is told, per original tuple and protocol.
// It checks nothing but the bound of batches.
type books struct {
	mu      sync.Mutex
	flows   map[title]*sum // guarded by mu, as is all else
	batches int
	largest int
	told    []flow.Connection // all of them, in order
	swept   []int64
	notify  chan struct{} // of capacity 1: a sweep is over
}

type title struct {
	orig  flow.Tuple
	proto uint8
}

type sum struct {
	packets, bytes [2]uint64
	ended          int // times it was told as ended
	last           flow.Connection
}

func newBooks() *books {
	return &books{flows: make(map[title]*sum), notify: make(chan struct{}, 1)}
}

func (b *books) Connections(batch []flow.Connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batches++
	b.largest = max(b.largest, len(batch))
	b.told = append(b.told, batch...)
	for i := range batch {
		c := &batch[i]
		s := b.flows[title{c.Orig, c.Proto}]
		if s == nil {
			s = new(sum)
			b.flows[title{c.Orig, c.Proto}] = s
		}
		for d := range c.Bytes {
			s.packets[d] += c.Packets[d]
			s.bytes[d] += c.Bytes[d]
		}
		if c.Status&flow.ConnEnded != 0 {
			s.ended++
		}
		s.last = *c
	}
}

func (b *books) Swept(at int64) {
	b.mu.Lock()
	b.swept = append(b.swept, at)
	b.mu.Unlock()
	select {
	case b.notify <- struct{}{}:
	default:
	}
}

// total returns the sums of all flows.
func (b *books) total() (packets, bytes uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.flows {
		packets += s.packets[0] + s.packets[1]
		bytes += s.bytes[0] + s.bytes[1]
	}
	return packets, bytes
}

func (b *books) Interface(string) (uint8, error) {
	panic("connection tracking has no observation points")
}
func (b *books) Packets([]packet.Raw)  { panic("connection tracking has no packets") }
func (b *books) Records([]flow.Record) { panic("connection tracking has no records") }

var _ source.Sink = (*books)(nil)
