package afpacket

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"weir/internal/packet"
	"weir/internal/source"
)

const (
	// batchFrames is how many frames are handed to the sink at once, at most.
	batchFrames = 256
	// retireAfter is when the kernel hands over a block that is not full.
	retireAfter = 80 * time.Millisecond
	// drainTime is how long a ring that stops is still read: until the kernel
	// has surely retired its last block.
	drainTime = 2 * retireAfter

	minBlock = 16 << 10
	maxBlock = 64 << 10
	// frameOverhead is more than what precedes the data of a frame in a block,
	// and the block's own header.
	frameOverhead = 256
)

// ring is a packet socket with its memory. The goroutine of read is the only user
// of the memory and closes both at its end; all else belongs to the goroutine of
// Source.Run, which changes it under Source.mu.
type ring struct {
	tap         tap
	file        *os.File // the socket
	conn        syscall.RawConn
	mem         []byte
	blockSize   int
	vnet        bool   // a virtio_net_hdr precedes each frame
	weight      uint16 // frames that each one stands for
	promiscuous bool
	notes       []string                // what was refused
	level       int                     // of its filter
	brief       bool                    // the filter is the shorter one
	parties     atomic.Pointer[parties] // nil unless in hybrid mode
	point       *point
}

// geometry returns size and number of the blocks of a ring of so many bytes.
// Blocks are powers of two and whole pages, as the kernel wants them. Large
// ones wake the reader seldom; eight or more leave the kernel room for what
// arrives while one is read.
func geometry(ringBytes, snaplen, page int) (size, count int) {
	size = max(minBlock, page)
	for size < maxBlock && size*16 <= ringBytes {
		size *= 2
	}
	for size < snaplen+frameOverhead && size*4 <= ringBytes {
		size *= 2
	}
	return size, max(2, ringBytes/size)
}

// status returns the word by which kernel and reader pass block i to each other.
func (r *ring) status(i int) *uint32 {
	return (*uint32)(unsafe.Pointer(&r.mem[i*r.blockSize+blockStatus]))
}

// ready reports whether block i is the reader's. The atomic load orders it
// before the reads of the block.
func (r *ring) ready(i int) bool { return atomic.LoadUint32(r.status(i))&statusUser != 0 }

// release gives block i back to the kernel, after all reads of it.
func (r *ring) release(i int) { atomic.StoreUint32(r.status(i), statusKernel) }

// read hands frames to the sink until the deadline of a stop passes or the
// socket fails; then it empties what is left in the ring. It waits in the
// runtime's poller, not in a thread.
func (r *ring) read(sink source.Sink) {
	next := 0
	batch := make([]packet.Raw, batchFrames)
	b := block{link: r.tap.link, iface: r.point.number, vnet: r.vnet, weight: r.weight}
	waiting := func(uintptr) bool { return r.ready(next) }
	for open := true; open; {
		open = r.conn.Read(waiting) == nil
		for r.ready(next) {
			b.reset(r.mem[next*r.blockSize : (next+1)*r.blockSize])
			r.deliver(&b, batch, sink)
			r.release(next)
			next = (next + 1) % (len(r.mem) / r.blockSize)
		}
	}
}

// deliver hands the frames of one block to the sink.
func (r *ring) deliver(b *block, batch []packet.Raw, sink source.Sink) {
	p := r.point
	for {
		n, broken := b.fill(batch)
		p.drops.Add(uint64(broken))
		if n == 0 {
			return
		}
		var bytes uint64
		for i := range batch[:n] {
			bytes += uint64(batch[i].Len)
		}
		if known := r.parties.Load(); known != nil {
			p.tracked.Add(known.classify(batch[:n]))
		}
		sink.Packets(batch[:n])
		p.packets.Add(uint64(n))
		p.bytes.Add(bytes)
		p.last.Store(batch[n-1].Time)
	}
}
