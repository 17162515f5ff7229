package geo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"
	"time"

	"weir/internal/packet"
)

// mmdb reads what weir needs of a MaxMind DB file (format 2.0,
// https://maxmind.github.io/MaxMind-DB): the country and the AS of an address, by
// the names that MaxMind, DB-IP and IPinfo give these fields. The file stays where
// it is. It is safe for concurrent use.
type mmdb struct {
	nodes      uint32 // of the search tree
	recordBits uint32 // 24, 28 or 32
	v6         bool
	kind       string // "GeoLite2-Country", "DBIP-ASN-Lite", "ipinfo generic_country_free.mmdb" …
	built      uint64
	dataAt     int64 // where the data section begins
	size       int64 // of the file without the metadata
	v4Root     uint32
	v4Depth    int // bits of the path to v4Root

	mu      sync.Mutex
	pages   pages // guarded by mu
	records [recordSlots]mmdbRecord
	names   [recordSlots]mmdbName
}

// recordSlots is how many records are kept decoded: each of the world's countries
// is one, and networks that are spoken to are few.
const recordSlots = 512

// mmdbRecord is what a record of the data section says.
type mmdbRecord struct {
	at      uint32 // in the data section, plus 1; 0: empty
	country [2]byte
	asn     uint32
	name    uint32 // where the name of the AS is, plus 1; 0: none
}

// mmdbName tells where the name of an AS that was looked up is: the format has no
// way from a number to its name.
type mmdbName struct{ asn, at uint32 }

var metadataMark = []byte("\xab\xcd\xefMaxMind.com")

const (
	maxMetadata   = 128 << 10
	separatorSize = 16 // between tree and data
)

// openMMDB reads the metadata of the size bytes of f.
func openMMDB(f io.ReaderAt, size int64) (*mmdb, error) {
	tail := make([]byte, min(size, maxMetadata))
	if n, err := f.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		return nil, fmt.Errorf("read its end: %w", err)
	}
	at := bytes.LastIndex(tail, metadataMark)
	if at < 0 {
		return nil, errNotOurs
	}
	m := &mmdb{size: size - int64(len(tail)) + int64(at)}
	// The metadata is a data section of its own.
	meta := tail[at+len(metadataMark):]
	d := mmdbData{pages: &pages{file: bytes.NewReader(meta), size: int64(len(meta))}, end: int64(len(meta))}
	if err := m.readMetadata(&d); err != nil {
		return nil, err
	}
	m.pages = pages{file: f, size: m.size}
	tree := int64(m.nodes) * int64(m.recordBits) / 4
	m.dataAt = tree + separatorSize
	if m.dataAt > m.size {
		return nil, errors.New("has a search tree beyond its end; fetch it again")
	}
	m.findV4()
	return m, nil
}

// readMetadata takes what the metadata says, which d reads.
func (m *mmdb) readMetadata(d *mmdbData) error {
	var version, major uint64
	d.fields(0, func(name []byte, v mmdbValue) {
		switch string(name) {
		case "node_count":
			m.nodes = uint32(min(v.number, 1<<32-1))
		case "record_size":
			m.recordBits = uint32(min(v.number, 255))
		case "ip_version":
			version = v.number
		case "binary_format_major_version":
			major = v.number
		case "build_epoch":
			m.built = min(v.number, maxBuilt)
		case "database_type":
			m.kind = cleanName(string(d.text(v)))
		}
	})
	m.v6 = version == 6
	switch {
	case d.bad:
		return errors.New("has damaged metadata; fetch it again")
	case major != 2:
		return fmt.Errorf("is an MMDB of version %d; weir reads version 2", major)
	case version != 4 && version != 6:
		return fmt.Errorf("is an MMDB for IP version %d", version)
	case m.recordBits != 24 && m.recordBits != 28 && m.recordBits != 32:
		return fmt.Errorf("is an MMDB with records of %d bits; weir reads 24, 28 and 32", m.recordBits)
	case m.nodes == 0:
		return errors.New("is an MMDB without addresses")
	}
	return nil
}

// findV4 remembers where IPv4 begins in a tree of IPv6: below ::/96.
func (m *mmdb) findV4() {
	if !m.v6 {
		return
	}
	for m.v4Depth < 96 && m.v4Root < m.nodes {
		m.v4Root = m.child(m.v4Root, 0)
		m.v4Depth++
	}
}

// child returns one of the two records of a node: below nodes another node, nodes
// itself for nothing, more for a place in the data section. Of what cannot be read
// it is nothing. The caller holds mu, or is alone.
func (m *mmdb) child(node uint32, bit uint32) uint32 {
	var b [8]byte
	size := m.recordBits / 4
	if !m.pages.copy(b[:size], int64(node)*int64(size)) {
		return m.nodes
	}
	switch m.recordBits {
	case 24:
		at := bit * 3
		return uint32(b[at])<<16 | uint32(b[at+1])<<8 | uint32(b[at+2])
	case 28: // the middle byte holds the high bits of both
		if bit == 0 {
			return uint32(b[3]>>4)<<24 | uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
		}
		return uint32(b[3]&15)<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
	}
	at := bit * 4
	return uint32(b[at])<<24 | uint32(b[at+1])<<16 | uint32(b[at+2])<<8 | uint32(b[at+3])
}

// lookup returns what the file says about an address.
func (m *mmdb) lookup(a *packet.Addr) mmdbRecord {
	m.mu.Lock()
	defer m.mu.Unlock()
	node, from := uint32(0), 0
	switch {
	case a.Is4():
		node, from = m.v4Root, 96
	case !m.v6:
		return mmdbRecord{}
	}
	for i := from; i < 128 && node < m.nodes; i++ {
		node = m.child(node, uint32(a[i>>3]>>(7-i&7)&1))
	}
	if node <= m.nodes {
		return mmdbRecord{}
	}
	return m.record(node - m.nodes - separatorSize)
}

// record decodes the record at an offset of the data section, or remembers it.
func (m *mmdb) record(at uint32) mmdbRecord {
	r := &m.records[slotOf(at)]
	if r.at != at+1 {
		d := mmdbData{pages: &m.pages, base: m.dataAt, end: m.size}
		*r = d.record(at)
		if d.bad {
			m.pages.damaged.Add(1)
			*r = mmdbRecord{}
		}
		r.at = at + 1
	}
	if r.asn != 0 {
		m.names[slotOf(r.asn)] = mmdbName{r.asn, r.name}
	}
	return *r
}

// slotOf spreads numbers over recordSlots (multiplication by the golden ratio).
func slotOf(n uint32) uint32 { return n * 0x9e3779b1 >> (32 - bits.Len32(recordSlots-1)) }

// name returns the name of an AS, as long as it is among those that were looked
// up lately.
func (m *mmdb) name(asn uint32) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[slotOf(asn)]
	if n.asn != asn || n.at == 0 {
		return ""
	}
	d := mmdbData{pages: &m.pages, base: m.dataAt, end: m.size}
	v, _ := d.value(n.at - 1)
	return cleanName(string(d.text(v)))
}

// time returns when the file was made.
func (m *mmdb) time() time.Time {
	if m.built == 0 {
		return time.Time{}
	}
	return time.Unix(int64(m.built), 0).UTC()
}
