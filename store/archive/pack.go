package archive

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A Codec knows what the blocks of slots look like.
type Codec struct {
	Map Mapper
	// Pack appends to dst what blocks, each of them Map's, are together. On an error
	// the chunk does without, and dst is as it was.
	Pack func(dst []byte, blocks [][]byte) ([]byte, error)
	// Unpack returns a function that appends the next block of what Pack made, of at
	// most so many bytes. It may be given anything.
	Unpack func(packed []byte) (next NextBlock, err error)
}

// NextBlock appends a block, of at most so many bytes, to dst.
type NextBlock func(dst []byte, most int) ([]byte, error)

// packer makes chunks, and takes them apart. The payload of one with flagBlocks is
//
//	raw     uvarint, length of the records without the data of their blocks
//	packed  uvarint, length of what they are packed
//	heads   they, packed as text
//	blocks  the data of the blocks in order, packed by the Codec
//
// and that of any other that is not stored the records, packed as text. Zeros may
// follow: they bound what is unpacked from a few bytes. One packer serves all
// segments of a batch, and goes with it.
type packer struct {
	text  text
	out   []byte
	heads []byte
}

// chunk packs records. What it returns is valid until the next call.
func (p *packer) chunk(c *Codec, raw []byte, flags byte, from, to int64) []byte {
	p.out = append(p.out[:0], make([]byte, headerLen)...)
	if flags&flagBlocks != 0 && p.blocks(c, raw) != nil {
		flags &^= flagBlocks
	}
	if flags&flagBlocks == 0 {
		p.out = p.text.appendPacked(p.out[:headerLen], raw)
	}
	for (len(p.out)-headerLen)*maxShrink < len(raw) {
		p.out = append(p.out, 0)
	}
	if len(p.out)-headerLen >= len(raw) {
		p.out = append(p.out[:headerLen], raw...)
		flags = flags&^flagBlocks | flagStored
	}
	payload := p.out[headerLen:]
	sum := crc32.Checksum(payload, castagnoli)
	h := header{version: version, flags: flags, packed: uint32(len(payload)), raw: uint32(len(raw)), from: from, to: to}
	appendHeader(p.out[:0], h)
	p.out = binary.BigEndian.AppendUint32(p.out, sum)
	return p.out
}

// blocks appends the payload of records with blocks.
func (p *packer) blocks(c *Codec, raw []byte) error {
	var blocks [][]byte
	p.heads = p.heads[:0]
	for len(raw) > 0 {
		r, rest, err := cutRecord(raw)
		if err != nil {
			return err
		}
		head := raw[:len(raw)-len(rest)]
		if r.sums() {
			blocks = append(blocks, r.Data)
			head = head[:len(head)-len(r.Data)]
		}
		p.heads = append(p.heads, head...)
		raw = rest
	}
	heads := p.text.appendPacked(nil, p.heads)
	p.out = binary.AppendUvarint(p.out, uint64(len(p.heads)))
	p.out = binary.AppendUvarint(p.out, uint64(len(heads)))
	p.out = append(p.out, heads...)
	packed, err := c.Pack(p.out, blocks)
	if err == nil {
		p.out = packed
	}
	return err
}

// unpack appends the records of a chunk to dst.
func (p *packer) unpack(c *Codec, dst []byte, h header, payload []byte) ([]byte, error) {
	if h.flags&flagBlocks == 0 {
		return p.text.appendUnpacked(dst, payload, int(h.raw)), nil
	}
	raw, n := binary.Uvarint(payload)
	packed, m := binary.Uvarint(payload[max(n, 0):])
	if n <= 0 || m <= 0 || raw > uint64(h.raw) || packed > uint64(len(payload)-n-m) {
		return nil, fmt.Errorf("%w: heads of a chunk", errDamaged)
	}
	payload = payload[n+m:]
	p.heads = p.text.appendUnpacked(p.heads[:0], payload[:packed], int(raw))
	next, err := c.Unpack(payload[packed:])
	if err == nil {
		dst, err = appendRecords(dst, p.heads, next, int(h.raw))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return dst, nil
}

// appendRecords appends records, n bytes together, of their heads and the blocks that
// next gives.
func appendRecords(dst, heads []byte, next NextBlock, n int) ([]byte, error) {
	end := len(dst) + n
	for len(heads) > 0 {
		head, block, err := cutHead(heads)
		if err != nil {
			return nil, err
		}
		dst, heads = append(dst, head...), heads[len(head):]
		if block == 0 {
			continue
		}
		at := len(dst)
		if block > end-at {
			return nil, fmt.Errorf("%w: longer than it says", errDamaged)
		}
		if dst, err = next(dst, block); err != nil {
			return nil, err
		}
		if len(dst)-at != block {
			return nil, fmt.Errorf("%w: length of a block", errDamaged)
		}
	}
	if len(dst) != end {
		return nil, fmt.Errorf("%w: not as long as it says", errDamaged)
	}
	return dst, nil
}
