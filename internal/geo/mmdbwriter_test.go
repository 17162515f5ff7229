package geo

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sort"
)

// mmdbWriter writes MMDB files as their publishers do: an IPv6 tree with IPv4 in
// ::/96 and, as MaxMind has it, the networks of 6to4 and mapped addresses linked to
// it; texts that were written before are pointers.
type mmdbWriter struct {
	recordBits int
	version    int // of IP
	kind       string
	alias      bool

	nodes [][2]int // child: > 0 a node, < 0 a record of data, as ^offset; 0 nothing
	data  []byte
	texts map[string]int // where a text is
	same  map[string]int // where a record is
}

func newMMDBWriter(recordBits, version int, kind string) *mmdbWriter {
	return &mmdbWriter{recordBits: recordBits, version: version, kind: kind, nodes: make([][2]int, 1), texts: map[string]int{}, same: map[string]int{}}
}

// pair is a field of a map, in the order in which it is written.
type pair struct {
	name  string
	value any
}

// insert gives a range a record.
func (w *mmdbWriter) insert(from, to netip.Addr, record []pair) {
	at := w.record(record)
	for _, p := range prefixesOf(from, to) {
		w.insertPrefix(p, ^at)
	}
}

func (w *mmdbWriter) insertPrefix(p netip.Prefix, what int) {
	a, depth := p.Addr().AsSlice(), p.Bits()
	if len(a) == 4 && w.version == 6 {
		a, depth = append(make([]byte, 12), a...), depth+96
	}
	node := 0
	for i := range depth {
		bit := a[i>>3] >> (7 - i&7) & 1
		if i == depth-1 {
			w.nodes[node][bit] = what
			return
		}
		if w.nodes[node][bit] <= 0 {
			w.nodes = append(w.nodes, [2]int{})
			w.nodes[node][bit] = len(w.nodes) - 1
		}
		node = w.nodes[node][bit]
	}
}

// prefixesOf cuts a range into networks.
func prefixesOf(from, to netip.Addr) []netip.Prefix {
	var out []netip.Prefix
	s, a := numberOf(from)
	_, z := numberOf(to)
	width := s.bytes() * 8
	for {
		n := width
		if a != (key{}) {
			n = a.zeros()
		}
		size := z.minus(a).plus(key{0, 1})
		if l := size.length() - 1; size != (key{}) && l < n {
			n = l
		}
		ip, _ := netip.AddrFromSlice(s.appendKey(nil, a))
		out = append(out, netip.PrefixFrom(ip, width-n))
		a = a.plus(key{0, 1}.shiftLeft(n))
		if z.less(a) || a == (key{}) {
			return out
		}
	}
}

func (w *mmdbWriter) record(r []pair) int {
	whole := string((&mmdbWriter{texts: map[string]int{}}).appendValue(nil, 0, r))
	at, known := w.same[whole]
	if !known {
		at = len(w.data)
		w.same[whole] = at
		w.data = w.appendValue(w.data, 0, r)
	}
	return at
}

// appendValue writes a value to dst, which will stand at base of the section.
func (w *mmdbWriter) appendValue(dst []byte, base int, v any) []byte {
	switch v := v.(type) {
	case string:
		if at, ok := w.texts[v]; ok && len(v) > 3 {
			return appendPointer(dst, at)
		}
		w.texts[v] = base + len(dst)
		return append(appendControl(dst, mmdbString, len(v)), v...)
	case uint32:
		b := binary.BigEndian.AppendUint32(nil, v)[bits.LeadingZeros32(v)/8:]
		return append(appendControl(dst, mmdbUint32, len(b)), b...)
	case uint64:
		b := binary.BigEndian.AppendUint64(nil, v)[bits.LeadingZeros64(v)/8:]
		return append(appendControl(dst, mmdbUint64, len(b)), b...)
	case bool:
		return appendControl(dst, mmdbBool, 1)
	case float64:
		return append(appendControl(dst, 3, 8), make([]byte, 8)...)
	case []string:
		dst = appendControl(dst, mmdbArray, len(v))
		for _, s := range v {
			dst = w.appendValue(dst, base, s)
		}
		return dst
	case []pair:
		dst = appendControl(dst, mmdbMap, len(v))
		for _, p := range v {
			dst = w.appendValue(w.appendValue(dst, base, p.name), base, p.value)
		}
		return dst
	}
	panic("a value that the tests do not write")
}

func appendControl(dst []byte, kind, size int) []byte {
	c, extended := byte(kind)<<5, []byte(nil)
	if kind > 7 {
		c, extended = 0, []byte{byte(kind - 7)}
	}
	switch {
	case size < 29:
		return append(append(dst, c|byte(size)), extended...)
	case size < 285:
		return append(append(append(dst, c|29), extended...), byte(size-29))
	}
	return binary.BigEndian.AppendUint16(append(append(dst, c|30), extended...), uint16(size-285))
}

func appendPointer(dst []byte, at int) []byte {
	switch {
	case at < 2048:
		return append(dst, 1<<5|byte(at>>8), byte(at))
	case at < 2048+1<<19:
		at -= 2048
		return append(dst, 1<<5|1<<3|byte(at>>16), byte(at>>8), byte(at))
	}
	at -= 2048 + 1<<19
	return append(dst, 1<<5|2<<3|byte(at>>24), byte(at>>16), byte(at>>8), byte(at))
}

// bytes returns the file.
func (w *mmdbWriter) bytes() []byte {
	if w.alias {
		v4 := w.nodes[0][0]
		for range 95 {
			v4 = w.nodes[v4][0]
		}
		w.insertPrefix(netip.MustParsePrefix("2002::/16"), v4)
		w.insertPrefix(netip.PrefixFrom(netip.MustParseAddr("::ffff:0:0"), 96), v4)
	}
	var b bytes.Buffer
	for _, n := range w.nodes {
		var r [2]uint32
		for i, child := range n {
			switch {
			case child == 0:
				r[i] = uint32(len(w.nodes))
			case child > 0:
				r[i] = uint32(child)
			default:
				r[i] = uint32(len(w.nodes) + separatorSize + ^child)
			}
		}
		b.Write(w.node(r[0], r[1]))
	}
	b.Write(make([]byte, separatorSize))
	b.Write(w.data)
	b.Write(metadataMark)
	meta := []pair{
		{"node_count", uint32(len(w.nodes))}, {"record_size", uint32(w.recordBits)}, {"ip_version", uint32(w.version)},
		{"binary_format_major_version", uint32(2)}, {"binary_format_minor_version", uint32(0)}, {"build_epoch", uint64(1_700_000_000)},
		{"database_type", w.kind}, {"description", []pair{{"en", "made for a test"}}}, {"languages", []string{"en"}},
	}
	b.Write((&mmdbWriter{texts: map[string]int{}}).appendValue(nil, 0, meta))
	return b.Bytes()
}

func (w *mmdbWriter) node(l, r uint32) []byte {
	switch w.recordBits {
	case 24:
		return []byte{byte(l >> 16), byte(l >> 8), byte(l), byte(r >> 16), byte(r >> 8), byte(r)}
	case 28:
		return []byte{byte(l >> 16), byte(l >> 8), byte(l), byte(l>>24)<<4 | byte(r>>24)&15, byte(r >> 16), byte(r >> 8), byte(r)}
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, l), r)
}

// The records of publishers.

func maxmindCountry(h *holder) []pair {
	return []pair{
		{"continent", []pair{{"code", "EU"}, {"geoname_id", uint32(6255148)}, {"names", []pair{{"de", "Europa"}, {"en", "Europe"}}}}},
		{"country", []pair{{"geoname_id", uint32(2921044)}, {"is_in_european_union", true}, {"iso_code", h.country}, {"names", []pair{{"en", "Country " + h.country}}}}},
		{"registered_country", []pair{{"iso_code", "XX"}}},
	}
}

func maxmindASN(h *holder) []pair {
	return []pair{{"autonomous_system_number", h.asn}, {"autonomous_system_organization", h.name}}
}

func ipinfoLite(h *holder) []pair {
	return []pair{
		{"as_domain", "example.net"}, {"as_name", h.name}, {"asn", "AS" + decimal(h.asn)}, {"continent", "Europe"}, {"continent_code", "EU"},
		{"country", "Country " + h.country}, {"country_code", h.country},
	}
}

func ipinfoASN(h *holder) []pair {
	return []pair{{"asn", "AS" + decimal(h.asn)}, {"domain", "example.net"}, {"name", h.name}, {"route", "192.0.2.0/24"}, {"type", "isp"}}
}

func ipinfoCountry(h *holder) []pair {
	return []pair{{"continent", "EU"}, {"continent_name", "Europe"}, {"country", h.country}, {"country_name", "Country " + h.country}, {"weight", 0.5}}
}

func decimal(n uint32) string {
	var b []byte
	for ; n > 0 || b == nil; n /= 10 {
		b = append([]byte{'0' + byte(n%10)}, b...)
	}
	return string(b)
}

// mmdbOf writes all of lines with records of one shape.
func mmdbOf(lines []line, recordBits int, shape func(*holder) []pair) []byte {
	w := newMMDBWriter(recordBits, 6, "Made-For-Tests")
	w.alias = true
	sorted := append([]line(nil), lines...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].from.Less(sorted[j].from) })
	for _, l := range sorted {
		w.insert(l.from, l.to, shape(l.holder))
	}
	return w.bytes()
}
