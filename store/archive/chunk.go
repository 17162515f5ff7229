package archive

import (
	"encoding/binary"
	"hash/crc32"
)

// A segment, and a backup, is a magic number of 8 bytes and chunks:
//
//	mark     2 bytes
//	version  1 byte
//	flags    1 byte
//	packed   4 bytes, length of the payload
//	raw      4 bytes, length of the records
//	from, to 4 bytes each, the first and last start of the records in seconds since
//	         the Unix epoch
//	crc32c   4 bytes, of the 20 before it
//	payload  the records, packed or as they are, see packer
//	crc32c   4 bytes, of the payload
//
// Numbers are big endian. The header has a checksum of its own so that a reader
// finds the next chunk behind a damaged payload, and the next header behind a
// damaged one; later versions keep its layout. Version 1 was deflated and is not
// read: no release wrote it.
const (
	magic        = "\x89weir\r\n\x1a"
	mark0, mark1 = 0xe5, 0x57
	version      = 2

	headerLen  = 24
	headerSum  = 20
	trailerLen = 4

	flagStored    = 0x01 // the payload is the records as they are
	flagNames     = 0x02 // names alone
	flagCompacted = 0x04 // written by a compaction
	flagBlocks    = 0x08 // blocks are packed by the Codec

	target    = 32 << 10 // bytes of records in a chunk, unless one is larger
	maxRaw    = max(target, maxRecord)
	maxPacked = maxRaw // what does not shrink is stored
	maxShrink = 64     // times: what shrinks more is filled up with zeros
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is that of a chunk.
type header struct {
	version, flags byte
	packed, raw    uint32
	from, to       int64
}

func appendHeader(dst []byte, h header) []byte {
	n := len(dst)
	dst = append(dst, mark0, mark1, h.version, h.flags)
	for _, v := range []uint32{h.packed, h.raw, stamp(h.from), stamp(h.to)} {
		dst = binary.BigEndian.AppendUint32(dst, v)
	}
	return binary.BigEndian.AppendUint32(dst, crc32.Checksum(dst[n:], castagnoli))
}

// stamp brings a time into 32 bits. It is only told, so what lies outside of
// 1970 to 2106 becomes the nearest end.
func stamp(t int64) uint32 { return uint32(min(max(t, 0), 1<<32-1)) }

// parseHeader reads a header, false if b does not begin with one.
func parseHeader(b []byte) (header, bool) {
	if len(b) < headerLen || b[0] != mark0 || b[1] != mark1 {
		return header{}, false
	}
	if crc32.Checksum(b[:headerSum], castagnoli) != binary.BigEndian.Uint32(b[headerSum:]) {
		return header{}, false
	}
	h := header{
		version: b[2], flags: b[3],
		packed: binary.BigEndian.Uint32(b[4:]), raw: binary.BigEndian.Uint32(b[8:]),
		from: int64(binary.BigEndian.Uint32(b[12:])), to: int64(binary.BigEndian.Uint32(b[16:])),
	}
	sound := h.packed <= maxPacked && h.raw <= maxRaw && h.raw <= maxShrink*h.packed
	return h, h.version > version || h.version == version && sound
}
