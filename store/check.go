package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
)

// What follows reads bbolt's file format with plain bounds-checked reads. It is
// there because bbolt trusts its file: it maps it and follows its offsets, and
// when it rebuilds its list of free pages it does so in a goroutine of its own,
// where a fault cannot be recovered from. A damaged file would end the daemon at
// every start. So the tree is walked here first; only a sound one is opened.
//
// Numbers are in the byte order of the machine that wrote the file.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	pageHeader = 16
	element    = 16 // of a branch or leaf page
	metaSize   = 64
	metaSummed = 56 // bytes of it under its checksum

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10

	leafBucket   = 0x01 // the element is a bucket
	bucketHeader = 16   // root page, sequence

	noFreelist = 1<<64 - 1
	maxDepth   = 32 // of a tree; 2 elements a page would fill the address space before
)

// checker walks one file.
type checker struct {
	file  io.ReaderAt
	pages uint64 // high water mark: every page in use is below
	seen  []bool // pages met so far
}

// checkFile verifies the structure of a bbolt file of size bytes. Its errors
// wrap ErrDamaged and say what is wrong.
func checkFile(file io.ReaderAt, size int64) error {
	c := checker{file: file}
	meta, err := c.meta(size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	c.seen = make([]bool, c.pages)
	c.seen[0], c.seen[1] = true, true
	if err := c.tree(meta.root, true); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if meta.freelist != noFreelist {
		if err := c.freelist(meta.freelist); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return nil
}

// metaPage is what the checker needs of a meta page.
type metaPage struct {
	root, freelist, pages, tx uint64
}

// meta reads both meta pages and returns the one that bbolt will use: the newer
// of those that are valid.
func (c *checker) meta(size int64) (metaPage, error) {
	var best metaPage
	var firstErr error
	found := false
	for i := range int64(2) {
		buf := make([]byte, pageHeader+metaSize)
		if _, err := c.file.ReadAt(buf, i*pageSize); err != nil {
			return best, fmt.Errorf("read meta page %d of a file of %d bytes: %w", i, size, err)
		}
		m, err := parseMeta(buf[pageHeader:])
		switch {
		case err != nil && firstErr == nil:
			firstErr = err
		case err == nil && (!found || m.tx > best.tx):
			best, found = m, true
		}
	}
	if !found {
		return best, firstErr
	}
	if best.pages < 2 || best.pages > uint64(size/pageSize) {
		return best, fmt.Errorf("file of %d bytes should have %d pages", size, best.pages)
	}
	c.pages = best.pages
	return best, nil
}

func parseMeta(b []byte) (metaPage, error) {
	order := binary.NativeEndian
	switch magic := order.Uint32(b); {
	case magic == bits.ReverseBytes32(boltMagic):
		return metaPage{}, fmt.Errorf("written on a machine of the other byte order")
	case magic != boltMagic:
		return metaPage{}, fmt.Errorf("not a bbolt database (magic %#x)", magic)
	}
	if v := order.Uint32(b[4:]); v != boltVersion {
		return metaPage{}, fmt.Errorf("bbolt format %d, not %d", v, boltVersion)
	}
	if metaSum(b) != order.Uint64(b[metaSummed:]) {
		return metaPage{}, fmt.Errorf("checksum of the meta page")
	}
	if size := order.Uint32(b[8:]); size != pageSize {
		return metaPage{}, fmt.Errorf("page size %d, not %d", size, pageSize)
	}
	return metaPage{
		root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]),
		pages: order.Uint64(b[40:]), tx: order.Uint64(b[48:]),
	}, nil
}

// metaSum is the checksum that a meta page should have.
func metaSum(b []byte) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSummed])
	return sum.Sum64()
}

// page reads a page with its overflow and marks it as met.
func (c *checker) page(id uint64) ([]byte, error) {
	if id < 2 || id >= c.pages {
		return nil, fmt.Errorf("page %d is outside of the file", id)
	}
	head := make([]byte, pageHeader)
	if _, err := c.file.ReadAt(head, int64(id)*pageSize); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	if have := binary.NativeEndian.Uint64(head); have != id {
		return nil, fmt.Errorf("page %d says that it is page %d", id, have)
	}
	end := id + uint64(binary.NativeEndian.Uint32(head[12:])) + 1
	if end > c.pages {
		return nil, fmt.Errorf("page %d extends beyond the file", id)
	}
	for i := id; i < end; i++ {
		if c.seen[i] {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		c.seen[i] = true
	}
	b := make([]byte, (end-id)*pageSize)
	if _, err := c.file.ReadAt(b, int64(id)*pageSize); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	return b, nil
}

// tree walks the B+tree of one bucket. Only the top one may hold buckets.
func (c *checker) tree(root uint64, top bool) error {
	return c.subtree(root, nil, nil, top, 0)
}

// subtree walks a page and those below; its keys must lie in [low, high), where
// nil is no limit.
func (c *checker) subtree(id uint64, low, high []byte, top bool, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d is too deep", id)
	}
	b, err := c.page(id)
	if err != nil {
		return err
	}
	switch flags := binary.NativeEndian.Uint16(b[8:]); flags {
	case flagLeaf:
		err = c.leaf(b, low, high, top)
	case flagBranch:
		err = c.branch(b, low, high, top, depth)
	default:
		err = fmt.Errorf("flags %#x", flags)
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

func (c *checker) branch(b []byte, low, high []byte, top bool, depth int) error {
	n := int(binary.NativeEndian.Uint16(b[10:]))
	if n == 0 {
		return fmt.Errorf("branch without elements")
	}
	keys := make([][]byte, n)
	children := make([]uint64, n)
	for i := range n {
		e, err := elementAt(b, i)
		if err != nil {
			return err
		}
		pos, size := binary.NativeEndian.Uint32(e), binary.NativeEndian.Uint32(e[4:])
		children[i] = binary.NativeEndian.Uint64(e[8:])
		if keys[i], err = within(e, uint64(pos), uint64(size)); err != nil {
			return err
		}
	}
	if err := ordered(keys, low, high); err != nil {
		return err
	}
	for i, child := range children {
		end := high
		if i+1 < n {
			end = keys[i+1]
		}
		if err := c.subtree(child, keys[i], end, top, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// leaf checks a leaf page, or the page inside of a small bucket's value.
func (c *checker) leaf(b []byte, low, high []byte, top bool) error {
	n := int(binary.NativeEndian.Uint16(b[10:]))
	keys := make([][]byte, n)
	for i := range n {
		e, err := elementAt(b, i)
		if err != nil {
			return err
		}
		flags, pos := binary.NativeEndian.Uint32(e), uint64(binary.NativeEndian.Uint32(e[4:]))
		ksize, vsize := uint64(binary.NativeEndian.Uint32(e[8:])), uint64(binary.NativeEndian.Uint32(e[12:]))
		if keys[i], err = within(e, pos, ksize); err != nil {
			return err
		}
		value, err := within(e, pos+ksize, vsize)
		if err != nil {
			return err
		}
		switch {
		case flags == leafBucket && top:
			err = c.bucket(value)
		case flags == leafBucket:
			err = fmt.Errorf("bucket inside of a bucket: not weir's")
		case flags != 0:
			err = fmt.Errorf("element flags %#x", flags)
		case top:
			err = fmt.Errorf("value outside of a bucket: not weir's")
		}
		if err != nil {
			return fmt.Errorf("key %q: %w", keys[i], err)
		}
	}
	return ordered(keys, low, high)
}

// bucket checks a bucket: its value names the root page of its tree, or holds
// the only page of it.
func (c *checker) bucket(value []byte) error {
	if len(value) < bucketHeader {
		return fmt.Errorf("bucket of %d bytes", len(value))
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return c.tree(root, false)
	}
	page := value[bucketHeader:]
	if len(page) < pageHeader || binary.NativeEndian.Uint64(page) != 0 ||
		binary.NativeEndian.Uint16(page[8:]) != flagLeaf || binary.NativeEndian.Uint32(page[12:]) != 0 {
		return fmt.Errorf("page inside of a bucket")
	}
	return c.leaf(page, nil, nil, false)
}

// freelist checks the list of free pages that a database has which was made and
// not written to yet, or which another program wrote.
func (c *checker) freelist(id uint64) error {
	b, err := c.page(id)
	if err != nil {
		return fmt.Errorf("free pages: %w", err)
	}
	if flags := binary.NativeEndian.Uint16(b[8:]); flags != flagFreelist {
		return fmt.Errorf("free pages: flags %#x", flags)
	}
	n, ids := uint64(binary.NativeEndian.Uint16(b[10:])), b[pageHeader:]
	if n == 0xffff { // the count did not fit and stands first
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return fmt.Errorf("free pages: %d of them", n)
	}
	for i := range n {
		free := binary.NativeEndian.Uint64(ids[8*i:])
		if free < 2 || free >= c.pages || c.seen[free] {
			return fmt.Errorf("page %d cannot be free", free)
		}
		c.seen[free] = true
	}
	return nil
}

// elementAt returns the page from element i on: its positions count from there.
func elementAt(b []byte, i int) ([]byte, error) {
	at := pageHeader + i*element
	if at+element > len(b) {
		return nil, fmt.Errorf("element %d is outside of the page", i)
	}
	return b[at:], nil
}

// within returns size bytes at pos.
func within(b []byte, pos, size uint64) ([]byte, error) {
	if pos > uint64(len(b)) || size > uint64(len(b))-pos {
		return nil, fmt.Errorf("element is outside of the page")
	}
	return b[pos : pos+size], nil
}

// ordered checks that keys ascend and lie in [low, high).
func ordered(keys [][]byte, low, high []byte) error {
	for i, k := range keys {
		if len(k) == 0 {
			return fmt.Errorf("empty key")
		}
		if i > 0 && bytes.Compare(keys[i-1], k) >= 0 || bytes.Compare(k, low) < 0 ||
			high != nil && bytes.Compare(k, high) >= 0 {
			return fmt.Errorf("key %q is out of order", k)
		}
	}
	return nil
}
