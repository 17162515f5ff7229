package flowlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// ErrCorrupt is returned, wrapped, for a block that is damaged; ErrVersion for
// one in a form that this program does not know.
var (
	ErrCorrupt = errors.New("damaged block of flows")
	ErrVersion = errors.New("block of flows in a form that a newer weir wrote")
)

// Bounds of what a header tells. Honest blocks stay far below them.
const (
	blockVersion  = 1
	maxSet        = 4 << 10
	maxBody       = 512 << 10
	numDicts      = 6 // texts, addresses, ends, names, ways, details
	numSections   = numDicts + numColumns
	maxSectionLen = 64 << 10
)

// mostEntries bounds the entries of each dictionary.
var mostEntries = [numDicts]uint64{maxTexts, maxAddrs, maxEntries, maxEntries, maxEntries, maxEntries}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Block is flows that ended, packed.
type Block struct {
	First, Last int64 // microseconds since the Unix epoch: of the first packet of all, and of the last one
	Count       int
	Bytes       []byte
}

// Header is what stands in front of a block's flows.
type Header struct {
	Count       int
	First, Last int64    // of any flow's packets, microseconds since the Unix epoch
	Devices     []uint32 // all that flows name, each once; their entries name them by their place here

	base, moved int64 // what times of the body begin at, and what they are moved by
	maxBytes    uint64
	maxDuration int64
	dicts       [numDicts]int    // entries of each
	set         []byte           // see set.go
	sections    [numSections]int // bytes of each
	bodySum     uint32
	size        int // bytes of the header itself
}

// A header is: the version, its length (16 bits), the CRC32-C of what follows,
// and that. Integers are big endian or varints.
const headerFront = 1 + 2 + 4

// append appends the header in front of its body.
func (h *Header) append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, blockVersion, 0, 0, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(h.Count))
	dst = binary.AppendVarint(dst, h.base)
	dst = binary.AppendVarint(dst, h.moved)
	dst = binary.AppendVarint(dst, h.base+h.moved-h.First)
	dst = binary.AppendVarint(dst, h.Last-h.base-h.moved)
	dst = binary.AppendUvarint(dst, h.maxBytes)
	dst = binary.AppendVarint(dst, h.maxDuration)
	dst = binary.AppendUvarint(dst, uint64(len(h.Devices)))
	for _, d := range h.Devices {
		dst = binary.AppendUvarint(dst, uint64(d))
	}
	for _, n := range h.dicts {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	dst = binary.AppendUvarint(dst, uint64(len(h.set)))
	dst = append(dst, h.set...)
	for _, n := range h.sections {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	dst = binary.BigEndian.AppendUint32(dst, h.bodySum)
	binary.BigEndian.PutUint16(dst[at+1:], uint16(len(dst)-at))
	binary.BigEndian.PutUint32(dst[at+3:], crc32.Checksum(dst[at+headerFront:], castagnoli))
	return dst
}

// HeaderLen returns how long the header is that b begins with, as far as it can
// be told, and 0 for none.
func HeaderLen(b []byte) int {
	if len(b) < headerFront {
		return 0
	}
	return int(binary.BigEndian.Uint16(b[1:]))
}

// fields reads a header's fields; it is bad once one was missing.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) uint(most uint64) uint64 {
	v, n := binary.Uvarint(f.b)
	if n <= 0 || v > most {
		f.bad, f.b = true, nil
		return 0
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) int() int64 {
	v, n := binary.Varint(f.b)
	if n <= 0 {
		f.bad, f.b = true, nil
		return 0
	}
	f.b = f.b[n:]
	return v
}

// ReadHeader reads the header that b begins with. What it returns shares b's
// memory.
func ReadHeader(b []byte) (h Header, err error) {
	n := HeaderLen(b)
	switch {
	case n == 0:
		return h, fmt.Errorf("%w: %d bytes", ErrCorrupt, len(b))
	case b[0] != blockVersion:
		return h, fmt.Errorf("%w: %d", ErrVersion, b[0])
	case n < headerFront || n > len(b):
		return h, fmt.Errorf("%w: header of %d bytes in %d", ErrCorrupt, n, len(b))
	case crc32.Checksum(b[headerFront:n], castagnoli) != binary.BigEndian.Uint32(b[3:]):
		return h, fmt.Errorf("%w: checksum of the header", ErrCorrupt)
	}
	f := fields{b: b[headerFront:n]}
	h.size = n
	h.Count = int(f.uint(BlockFlows))
	h.base, h.moved = f.int(), f.int()
	h.First = h.base + h.moved - f.int()
	h.Last = h.base + h.moved + f.int()
	h.maxBytes = f.uint(1<<64 - 1)
	h.maxDuration = f.int()
	h.Devices = make([]uint32, f.uint(maxEntries))
	for i := range h.Devices {
		h.Devices[i] = uint32(f.uint(1<<32 - 1))
	}
	for i := range h.dicts {
		h.dicts[i] = int(f.uint(mostEntries[i]))
	}
	set := int(f.uint(min(maxSet, uint64(len(f.b)))))
	if set <= len(f.b) {
		h.set, f.b = f.b[:set], f.b[set:]
	} else {
		f.bad = true
	}
	for i := range h.sections {
		h.sections[i] = int(f.uint(maxSectionLen))
	}
	if f.bad || len(f.b) != 4 || h.bodyLen() > maxBody {
		return h, fmt.Errorf("%w: header", ErrCorrupt)
	}
	h.bodySum = binary.BigEndian.Uint32(f.b)
	return h, nil
}

func (h *Header) bodyLen() int {
	n := 0
	for _, l := range h.sections {
		n += l
	}
	return n
}

// Parse checks a block and returns it with what its header tells of it.
func Parse(b []byte) (Block, error) {
	h, err := ReadHeader(b)
	if err != nil {
		return Block{}, err
	}
	if err := h.check(b); err != nil {
		return Block{}, err
	}
	return Block{First: h.First, Last: h.Last, Count: h.Count, Bytes: b}, nil
}

// check reports what is wrong with the body behind the header.
func (h *Header) check(b []byte) error {
	body := b[h.size:]
	if len(body) != h.bodyLen() || crc32.Checksum(body, castagnoli) != h.bodySum {
		return fmt.Errorf("%w: checksum of %d bytes", ErrCorrupt, len(body))
	}
	return nil
}

// AppendMoved appends a block with all its times moved by d, as when the clock
// turns out to have been wrong.
func AppendMoved(dst, block []byte, d time.Duration) ([]byte, error) {
	return appendChanged(dst, block, func(h *Header) {
		h.moved += d.Microseconds()
		h.First += d.Microseconds()
		h.Last += d.Microseconds()
	})
}

// AppendMapped appends a block with other IDs of its devices, as in another
// database. An ID of 0 makes it a device that is not known.
func AppendMapped(dst, block []byte, id func(uint32) uint32) ([]byte, error) {
	return appendChanged(dst, block, func(h *Header) {
		for i, d := range h.Devices {
			h.Devices[i] = id(d)
		}
	})
}

func appendChanged(dst, block []byte, change func(*Header)) ([]byte, error) {
	h, err := ReadHeader(block)
	if err != nil {
		return dst, err
	}
	change(&h)
	return append(h.append(dst), block[h.size:]...), nil
}

// begin makes h the header of no flows.
func (h *Header) begin() {
	*h = Header{Devices: h.Devices[:0], set: h.set[:0]}
}

// add takes a flow into account.
func (h *Header) add(f *Flow) {
	if h.Count == 0 {
		h.base, h.First, h.Last = f.Last, f.First, f.Last
	}
	h.Count++
	h.First, h.Last = min(h.First, f.First), max(h.Last, f.Last)
	h.maxBytes = max(h.maxBytes, f.Bytes.Tx+f.Bytes.Rx)
	h.maxDuration = max(h.maxDuration, f.Last-f.First)
}

// device returns the place of a device among those of the block, from 1 on; 0 is
// none.
func (h *Header) device(id uint32) uint32 {
	if id == 0 {
		return 0
	}
	i := slices.Index(h.Devices, id)
	if i < 0 {
		i = len(h.Devices)
		h.Devices = append(h.Devices, id)
	}
	return uint32(i + 1)
}
