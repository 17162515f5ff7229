package geo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"weir/internal/packet"
)

// Database is an open file that tells country, AS or vendor: one of the compact
// form, or an MMDB. It stays in its file but for the pages in use and an index, and
// is safe for concurrent use; after Close it knows nothing.
type Database struct {
	file  *os.File
	table *table // or
	mmdb  *mmdb
	names inflaterPool
	path  string
}

// Open opens a file that Builder wrote, or an MMDB file. Damage within the compact
// form shows when a damaged page is read, see Verify and Damaged.
func Open(path string) (*Database, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	d := &Database{file: f, path: path}
	if err := d.open(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return d, nil
}

func (d *Database) open() error {
	info, err := d.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a file")
	}
	d.table, err = openTable(d.file, info.Size())
	if errors.Is(err, errNotOurs) || errors.Is(err, io.EOF) {
		d.mmdb, err = openMMDB(d.file, info.Size())
	}
	if errors.Is(err, errNotOurs) {
		return errors.New("is neither an MMDB file nor one that weir geo build made")
	}
	return err
}

// Close frees the file.
func (d *Database) Close() error { return d.file.Close() }

// Country returns the country of an address, zero when unknown: two capital
// letters of ISO 3166, or what the source uses beside them, as EU.
func (d *Database) Country(a packet.Addr) [2]byte {
	if d.mmdb != nil {
		return d.mmdb.lookup(&a).country
	}
	if d.table.head.kind != Country {
		return [2]byte{}
	}
	s, k := keyOf(&a)
	return d.table.country(s, k)
}

// ASN returns the autonomous system of an address, 0 when unknown.
func (d *Database) ASN(a packet.Addr) uint32 {
	if d.mmdb != nil {
		return d.mmdb.lookup(&a).asn
	}
	if d.table.head.kind != ASN {
		return 0
	}
	s, k := keyOf(&a)
	return d.table.asn(s, k)
}

// ASName returns who an autonomous system belongs to, "" when unknown. An MMDB
// knows only those that were looked up lately. It takes some 50 µs and
// allocates: a name is asked for when it is shown, not for each flow.
func (d *Database) ASName(asn uint32) string {
	if d.mmdb != nil {
		return d.mmdb.name(asn)
	}
	return string(d.table.appendName(nil, &d.names, d.table.valueOf(asn)))
}

// MAC is a hardware address (EUI-48) as on the wire.
type MAC [6]byte

// Assigned reports whether a's maker chose it: that it is neither a group's nor
// locally administered, as random ones are (IEEE 802, section 8.4).
func (a MAC) Assigned() bool { return a[0]&3 == 0 }

// Vendor returns a number for the vendor that an address is assigned to, 0 when
// unknown or when the address is not assigned. Numbers belong to this Database.
func (d *Database) Vendor(a MAC) uint32 {
	if d.table == nil || d.table.head.kind != Vendor || !a.Assigned() {
		return 0
	}
	return d.table.find(mac, mac.keyAt(a[:]))
}

// AppendVendorName appends the name of a vendor to dst, nothing for those unknown.
// It costs what ASName does.
func (d *Database) AppendVendorName(dst []byte, vendor uint32) []byte {
	if d.table == nil || d.table.head.kind != Vendor {
		return dst
	}
	return d.table.appendName(dst, &d.names, vendor)
}

// Info is what a database says about itself.
type Info struct {
	Path    string
	Format  string // "weir", or "mmdb" and what it calls itself
	Kind    Kind   // 0 for an MMDB that was not asked yet: its fields tell
	Built   time.Time
	Bytes   int64
	Ranges  uint32 // 0 when unknown
	Values  uint32 // countries, networks or vendors; 0 when unknown
	Damaged uint64 // pages that could not be read so far
}

// Info describes the database.
func (d *Database) Info() Info {
	if m := d.mmdb; m != nil {
		return Info{Path: d.path, Format: "mmdb " + m.kind, Built: m.time(), Bytes: m.size, Damaged: m.pages.damaged.Load()}
	}
	h := d.table.head
	return Info{
		Path: d.path, Format: "weir", Kind: h.kind, Built: h.time(), Bytes: int64(h.pages) * pageSize,
		Ranges: h.ranges, Values: h.values - 1, Damaged: d.table.pages.damaged.Load(),
	}
}

// Verify reads all of the file and checks what can be checked: each page of the
// compact form against its checksum. It takes no memory beyond a page.
func (d *Database) Verify() error {
	if d.mmdb != nil {
		return nil
	}
	p := pages{file: d.file, size: d.table.pages.size, summed: true}
	var page [pageSize]byte
	for n := range d.table.head.pages {
		if !p.read(n, page[:]) {
			return fmt.Errorf("%s %w", d.path, errDamaged)
		}
	}
	return nil
}
