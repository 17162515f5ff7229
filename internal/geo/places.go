package geo

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"weir/internal/packet"
)

// Files are the databases of Places and Vendors; an empty path is none.
type Files struct {
	Country string
	ASN     string
	Vendor  string
}

// Places answers where addresses are and who made a device, from databases that
// can be exchanged while they are in use. The zero value knows nothing; it is safe
// for concurrent use.
type Places struct {
	country, asn, vendor slot
	answers              answers

	loading sync.Mutex
	noted   [3]fileMark // guarded by loading
}

// slot holds the database in force. A reader that took one before it was exchanged
// finds it closed at worst, and its address unknown.
type slot struct{ atomic.Pointer[Database] }

// swap puts a database in force and closes the one before.
func (s *slot) swap(d *Database) {
	if old := s.Swap(d); old != nil {
		// Nothing was written: what closing could fail at is lost to nobody.
		_ = old.Close()
	}
}

// fileMark tells whether a file is still the one that was opened.
type fileMark struct {
	path string
	info fs.FileInfo
}

func (m fileMark) is(path string, info fs.FileInfo) bool {
	return m.path == path && m.info != nil && os.SameFile(m.info, info) && m.info.ModTime().Equal(info.ModTime()) && m.info.Size() == info.Size()
}

// Load opens the databases that are new, or whose file is another than the one in
// force, and puts them in force, each at once. One that cannot be used leaves the
// one before in force and is part of the error; the others are loaded all the same.
// Calling it again when nothing changed costs three stats: do so when the
// configuration is read, and every minute or so to notice new files.
func (p *Places) Load(files Files) error {
	p.loading.Lock()
	defer p.loading.Unlock()
	return errors.Join(
		p.load(&p.country, &p.noted[0], files.Country),
		p.load(&p.asn, &p.noted[1], files.ASN),
		p.load(&p.vendor, &p.noted[2], files.Vendor),
	)
}

func (p *Places) load(s *slot, noted *fileMark, path string) error {
	if path == "" {
		s.swap(nil)
		p.answers.version.Add(1)
		*noted = fileMark{}
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if noted.is(path, info) {
		return nil
	}
	d, err := Open(path)
	if err != nil {
		return err
	}
	s.swap(d)
	p.answers.version.Add(1)
	*noted = fileMark{path, info}
	return nil
}

// Close frees all files; Places knows nothing afterwards.
func (p *Places) Close() { _ = p.Load(Files{}) }

// Lookup returns country and AS of an address, zero what is unknown. Addresses
// that are not the internet's (see Special) are in no country, whatever a database
// says; those that carry an IPv4 address (NAT64, 6to4) are where that one is. It
// does not allocate, and reads at most a few pages of 4 kB from a file.
func (p *Places) Lookup(a packet.Addr) (country [2]byte, asn uint32) {
	a = carried(a)
	if SpecialOf(a).Local() {
		return country, 0
	}
	version := p.answers.version.Load()
	if found, ok := p.answers.find(a, version); ok {
		return found.country, found.asn
	}
	if d := p.country.Load(); d != nil {
		country = d.Country(a)
	}
	if d := p.asn.Load(); d != nil {
		asn = d.ASN(a)
	}
	p.answers.keep(answer{a, country, asn, version})
	return country, asn
}

// ASName returns who an AS belongs to, "" when unknown; see Database.ASName.
func (p *Places) ASName(asn uint32) string {
	if d := p.asn.Load(); d != nil && asn != 0 {
		return d.ASName(asn)
	}
	return ""
}

// VendorName returns who made the device with a hardware address, "" when unknown
// or when the address is random. It allocates and takes some 50 µs.
func (p *Places) VendorName(a MAC) string {
	d := p.vendor.Load()
	if d == nil {
		return ""
	}
	return string(d.AppendVendorName(nil, d.Vendor(a)))
}

// Info describes the databases in force.
func (p *Places) Info() []Info {
	var out []Info
	for _, s := range []*slot{&p.country, &p.asn, &p.vendor} {
		if d := s.Load(); d != nil {
			out = append(out, d.Info())
		}
	}
	return out
}
