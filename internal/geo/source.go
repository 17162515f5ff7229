package geo

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// AddFile takes all that a file tells about the builder's kind: an MMDB; a CSV of
// addresses as DB-IP, IPinfo or MaxMind (networks of AS) publish it, or the TSV of
// iptoasn; for vendors, the CSV of an IEEE registry. Text may be compressed with
// gzip. Unless SetTime was called, an MMDB's time becomes the builder's.
//
// Of several files that tell of the same range, the last one holds.
func (b *Builder) AddFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := b.addFile(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (b *Builder) addFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	m, err := openMMDB(f, info.Size())
	switch {
	case err == nil:
		return b.addMMDB(m)
	case !errors.Is(err, errNotOurs):
		return err
	}
	return b.AddText(f)
}

// AddText takes what AddFile takes but for MMDB files.
func (b *Builder) AddText(r io.Reader) error {
	in := bufio.NewReaderSize(r, maxLine)
	if start, _ := in.Peek(2); bytes.Equal(start, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		in = bufio.NewReaderSize(z, maxLine)
		if start, _ := in.Peek(len(magic)); bytes.IndexByte(start, 0) >= 0 {
			return errors.New("is a compressed file that is no text; decompress it with gunzip first")
		}
	}
	lines := &records{in: in}
	var columns *columns
	added := false
	for {
		fields, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", lines.n, err)
		}
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if columns == nil {
			var isHeader bool
			if columns, isHeader, err = findColumns(fields, b.kind); err != nil {
				return err
			}
			if isHeader {
				continue
			}
		}
		if err := columns.add(b, fields); err != nil {
			return fmt.Errorf("line %d: %w", lines.n, err)
		}
		added = true
	}
	if !added {
		return errors.New("holds no ranges")
	}
	return nil
}

// columns tells which field of a line is what; -1 is none.
type columns struct {
	from, to   int // to is -1 where from is a network
	country    int
	asn, name  int
	assignment int // of IEEE's registries
	vendor     int
}

// headers are the names of columns in the files with a header: IPinfo's, old and
// new, MaxMind's of networks of AS, and IEEE's. Of two names for one thing the one
// further below holds.
var headers = []struct {
	name string
	set  func(*columns) *int
}{
	{"network", func(c *columns) *int { return &c.from }},
	{"start_ip", func(c *columns) *int { return &c.from }},
	{"end_ip", func(c *columns) *int { return &c.to }},
	{"country", func(c *columns) *int { return &c.country }},
	{"country_code", func(c *columns) *int { return &c.country }},
	{"asn", func(c *columns) *int { return &c.asn }},
	{"autonomous_system_number", func(c *columns) *int { return &c.asn }},
	{"name", func(c *columns) *int { return &c.name }},
	{"as_name", func(c *columns) *int { return &c.name }},
	{"autonomous_system_organization", func(c *columns) *int { return &c.name }},
	{"Assignment", func(c *columns) *int { return &c.assignment }},
	{"Organization Name", func(c *columns) *int { return &c.vendor }},
}

// findColumns tells from the first line of a file what its columns are, and
// whether that line is a header.
func findColumns(fields []string, kind Kind) (*columns, bool, error) {
	c := &columns{from: 0, to: 1, country: -1, asn: -1, name: -1, assignment: -1, vendor: -1}
	_, err := netip.ParseAddr(fields[0])
	header := err != nil
	switch {
	case header:
		c.from, c.to = -1, -1
		for _, h := range headers {
			for i, f := range fields {
				if f == h.name {
					*h.set(c) = i
				}
			}
		}
	case len(fields) < 3:
	case len(fields) >= 8: // DB-IP's cities: continent, country, …
		c.country = 3
	case isNumber(fields[2]): // AS, country, name of iptoasn; AS, name of DB-IP
		c.asn, c.name = 2, 3
		if len(fields) >= 5 {
			c.country, c.name = 3, 4
		}
	default:
		c.country = 2
	}
	missing := map[Kind]bool{
		Country: c.from < 0 || c.country < 0, ASN: c.from < 0 || c.asn < 0, Vendor: c.assignment < 0 || c.vendor < 0,
	}
	if missing[kind] {
		return nil, false, fmt.Errorf("the first line tells no columns with %s; give a CSV of DB-IP, IPinfo or IEEE, or a TSV of iptoasn", kind)
	}
	return c, header, nil
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// add takes one line.
func (c *columns) add(b *Builder, fields []string) error {
	field := func(i int) string {
		if i < 0 || i >= len(fields) {
			return ""
		}
		return strings.TrimSpace(fields[i])
	}
	if b.kind == Vendor {
		return b.addAssignment(field(c.assignment), field(c.vendor))
	}
	s, from, to, err := parseRange(field(c.from), field(c.to))
	if err != nil {
		return err
	}
	var v builtValue
	if b.kind == Country {
		v.country = countryOf([]byte(field(c.country)))
	} else if text := field(c.asn); text != "" {
		var ok bool
		if v.asn, ok = parseASN(text); !ok {
			return fmt.Errorf("%q is no number of an AS", text)
		}
		if name := cleanName(field(c.name)); v.asn != 0 && name != "-" {
			v.name = name
		}
	}
	return b.add(s, from, to, v)
}

// parseRange reads a first and a last address; or, without the last, a network or
// an address.
func parseRange(first, last string) (s space, from, to key, err error) {
	if last == "" {
		if prefix, err := netip.ParsePrefix(first); err == nil {
			s, from = numberOf(prefix.Masked().Addr())
			bits := s.bytes()*8 - prefix.Bits()
			if bits < 0 { // a network of mapped addresses
				return s, from, to, fmt.Errorf("%s is an IPv4 network written as IPv6; write it as IPv4", first)
			}
			return s, from, from.plus(key{0, 1}.shiftLeft(bits).minus(key{0, 1})), nil
		}
		last = first
	}
	a, err := netip.ParseAddr(first)
	if err != nil {
		return s, from, to, fmt.Errorf("%q is no address", first)
	}
	z, err := netip.ParseAddr(last)
	if err != nil {
		return s, from, to, fmt.Errorf("%q is no address", last)
	}
	s, from = numberOf(a)
	s2, to := numberOf(z)
	if s != s2 {
		return s, from, to, fmt.Errorf("%s and %s are not of one IP version", first, last)
	}
	return s, from, to, nil
}

// parseASN reads "64496" and "AS64496".
func parseASN(s string) (uint32, bool) {
	if len(s) > 2 && (s[0] == 'A' || s[0] == 'a') && (s[1] == 'S' || s[1] == 's') {
		s = s[2:]
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil
}

// addAssignment takes a line of an IEEE registry: an assignment is the first 24, 28
// or 36 bits of addresses, in hexadecimal. What IEEE holds itself, to assign it in
// smaller parts, has no vendor, nor has what is kept secret.
func (b *Builder) addAssignment(assignment, vendor string) error {
	n, err := strconv.ParseUint(assignment, 16, 48)
	bits := 4 * len(assignment)
	if err != nil || bits < 24 || bits > 48 {
		return fmt.Errorf("%q is no assignment of IEEE", assignment)
	}
	name := cleanName(vendor)
	if name == "IEEE Registration Authority" || name == "Private" {
		name = ""
	}
	from := key{0, n << (48 - bits)}
	return b.add(mac, from, key{0, from.lo | (1<<(48-bits) - 1)}, builtValue{name: name})
}

// addMMDB takes all of an MMDB.
func (b *Builder) addMMDB(m *mmdb) error {
	if b.kind == Vendor {
		return errors.New("is an MMDB, which tells no vendors; give the CSV files of IEEE's registries")
	}
	if b.built.IsZero() {
		b.built = m.time()
	}
	known := false
	err := m.walk(func(s space, from, to key, r mmdbRecord) error {
		v := builtValue{country: r.country}
		if b.kind == ASN {
			v = builtValue{asn: r.asn}
			if n := b.asn[r.asn]; r.asn != 0 && (n == 0 || b.values[n].name == "") {
				v.name = m.name(r.asn)
			}
		}
		known = known || v != builtValue{}
		return b.add(s, from, to, v)
	})
	if err == nil && !known {
		return fmt.Errorf("tells nothing about %s", b.kind)
	}
	return err
}

// ParseDate reads the day that data is from, as 2026-11-20.
func ParseDate(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Unix() <= 0 {
		return t, fmt.Errorf("%q is no day after 1970 such as 2026-11-20", s)
	}
	return t, nil
}
