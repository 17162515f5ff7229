package geo

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync/atomic"
)

const (
	pageSize    = 4096
	payloadSize = pageSize - 4 // the rest is the page's CRC-32C
	cachedPages = 16
)

// castagnoli is the polynomial of the checksums. The table is crc32's own.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// pages reads a file page by page and keeps the last few: all that a database
// needs of the heap, 64 kB at most, allocated as pages are first needed. It is
// not safe for concurrent use; its owner locks.
//
// The file is not mapped: a mapping of a file that somebody shortens kills the
// process with SIGBUS, a read that fails is only an address without a place.
type pages struct {
	file    io.ReaderAt
	size    int64
	summed  bool // each page ends with its checksum
	number  [cachedPages]uint32
	used    [cachedPages]uint32 // when, by clock
	data    [cachedPages]*[pageSize + 4]byte
	filled  int // slots that hold a page
	clock   uint32
	damaged atomic.Uint64 // pages that could not be read or failed their checksum
}

// page returns page n of the file, valid until the next call; nil when it cannot
// be read or is damaged. Four zeros follow the last byte. Of the last page, what
// is beyond the end of the file is zero.
func (p *pages) page(n uint32) []byte {
	if p.clock++; p.clock == 0 {
		p.used = [cachedPages]uint32{}
	}
	oldest := 0
	for i := range p.filled {
		if p.number[i] == n {
			p.used[i] = p.clock
			return p.data[i][:]
		}
		if p.used[i] < p.used[oldest] {
			oldest = i
		}
	}
	if p.filled < cachedPages {
		oldest = p.filled
		if p.data[oldest] == nil {
			p.data[oldest] = new([pageSize + 4]byte)
		}
		p.filled++
	}
	if !p.read(n, p.data[oldest][:pageSize]) {
		p.damaged.Add(1)
		// The last slot takes the place of the one that is empty now.
		p.filled--
		p.data[oldest], p.data[p.filled] = p.data[p.filled], p.data[oldest]
		p.number[oldest], p.used[oldest] = p.number[p.filled], p.used[p.filled]
		return nil
	}
	p.number[oldest], p.used[oldest] = n, p.clock
	return p.data[oldest][:]
}

// read fills dst with page n.
func (p *pages) read(n uint32, dst []byte) bool {
	off := int64(n) * pageSize
	want := min(p.size-off, pageSize)
	if want <= 0 {
		return false
	}
	got, err := p.file.ReadAt(dst[:want], off)
	if int64(got) < want || err != nil && err != io.EOF {
		return false
	}
	clear(dst[want:])
	return !p.summed || sumOf(dst) == binary.LittleEndian.Uint32(dst[payloadSize:])
}

func sumOf(page []byte) uint32 { return crc32.Checksum(page[:payloadSize], castagnoli) }

// span is how many bytes of a page are content.
func (p *pages) span() int64 {
	if p.summed {
		return payloadSize
	}
	return pageSize
}

// copy fills dst with content from off on, counted without checksums. It reports
// whether all of it could be read.
func (p *pages) copy(dst []byte, off int64) bool {
	span := p.span()
	for len(dst) > 0 {
		if off < 0 || off >= p.size {
			return false
		}
		page := p.page(uint32(off / span))
		if page == nil {
			return false
		}
		end := min(span, p.size-off/span*pageSize)
		if off%span >= end {
			return false
		}
		n := copy(dst, page[off%span:end])
		dst, off = dst[n:], off+int64(n)
	}
	return true
}
