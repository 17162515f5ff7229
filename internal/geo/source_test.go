package geo

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told is what a source tells, written out.
func told(b *Builder) []string {
	var out []string
	for s := range numSpaces {
		for _, r := range b.ranges[s] {
			v := b.values[r.value]
			text := strings.TrimRight(string(v.country[:]), "\x00")
			if v.asn != 0 {
				text = fmt.Sprintf("AS%d %s", v.asn, v.name)
			}
			out = append(out, strings.TrimSpace(s.rangeText(r)+" "+text))
		}
	}
	return out
}

// Lines as publishers write them.
const (
	dbipCountry = "1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.3.255,CN\n0.0.0.0,0.255.255.255,ZZ\n2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n"
	dbipASN     = "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n1.0.4.0,1.0.7.255,38803,Wirefreebroadband Pty Ltd\n"
	dbipCity    = "1.0.0.0,1.0.0.255,OC,AU,Queensland,\"South Brisbane\",-27.4767,153.017\n"
	ip2asn      = "1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n1.0.4.0\t1.0.7.255\t38803\tAU\tWPL-AS-AP \"Wirefree\", Pty\n"
	ip2country  = "1.0.0.0\t1.0.0.255\tAU\n1.0.1.0\t1.0.3.255\tCN\n"
	ipinfoNew   = "network,country,country_code,continent,continent_code,asn,as_name,as_domain\n" +
		"1.0.0.0/24,Australia,AU,Oceania,OC,AS13335,\"Cloudflare, Inc.\",cloudflare.com\n2001:200::/32,Japan,JP,Asia,AS,AS2500,WIDE Project,wide.ad.jp\n1.0.1.7,China,CN,Asia,AS,,,\n"
	ipinfoOld = "start_ip,end_ip,country,country_name,continent,continent_name,asn,as_name,as_domain\r\n" +
		"1.0.0.0,1.0.0.255,AU,Australia,OC,Oceania,AS13335,\"Cloudflare, Inc.\",cloudflare.com\r\n"
	maxmindASNs = "network,autonomous_system_number,autonomous_system_organization\n1.0.0.0/24,13335,CLOUDFLARENET\n2001:200::/32,2500,\"WIDE \"\"Project\"\"\"\n"
)

func TestSources(t *testing.T) {
	const first, second, v6 = "1.0.0.0-1.0.0.255", "1.0.1.0-1.0.3.255", "2001:200::-2001:200:ffff:ffff:ffff:ffff:ffff:ffff"
	cloudflare := first + " AS13335 Cloudflare, Inc."
	tests := []struct {
		name string
		kind Kind
		text string
		want []string
	}{
		{"DB-IP country", Country, dbipCountry, []string{first + " AU", second + " CN", "0.0.0.0-0.255.255.255", v6 + " JP"}},
		{"DB-IP ASN", ASN, dbipASN, []string{cloudflare, "1.0.4.0-1.0.7.255 AS38803 Wirefreebroadband Pty Ltd"}},
		{"DB-IP city", Country, dbipCity, []string{first + " AU"}},
		{"iptoasn, AS", ASN, ip2asn, []string{first + " AS13335 CLOUDFLARENET", second, `1.0.4.0-1.0.7.255 AS38803 WPL-AS-AP "Wirefree", Pty`}},
		{"iptoasn, country", Country, ip2asn, []string{first + " US", second, "1.0.4.0-1.0.7.255 AU"}},
		{"iptoasn of countries", Country, ip2country, []string{first + " AU", second + " CN"}},
		{"IPinfo Lite, AS", ASN, ipinfoNew, []string{cloudflare, "1.0.1.7-1.0.1.7", v6 + " AS2500 WIDE Project"}},
		{"IPinfo Lite, country", Country, ipinfoNew, []string{first + " AU", "1.0.1.7-1.0.1.7 CN", v6 + " JP"}},
		{"IPinfo before, AS", ASN, ipinfoOld, []string{cloudflare}},
		{"IPinfo before, country", Country, ipinfoOld, []string{first + " AU"}},
		{"MaxMind, AS", ASN, maxmindASNs, []string{first + " AS13335 CLOUDFLARENET", v6 + ` AS2500 WIDE "Project"`}},
		{"comments, no end of line", Country, "# from\n\n1.0.0.0,1.0.0.255,AU", []string{first + " AU"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			if _, err := z.Write([]byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			for _, data := range [][]byte{[]byte(tt.text), packed.Bytes()} {
				b := NewBuilder(tt.kind)
				if err := b.AddFile(writeFile(t, "source", data)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, told(b)); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestSourceErrors(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(mmdbOf(internet(5, 20, 5), 24, maxmindCountry))
	_ = z.Close()
	ieee := "Registry,Assignment,Organization Name,Organization Address\n"
	tests := []struct {
		name string
		kind Kind
		text string
		want string
	}{
		{"empty", Country, "", "holds no ranges"},
		{"header alone", ASN, strings.SplitAfter(maxmindASNs, "\n")[0], "holds no ranges"},
		{"no such column", Country, maxmindASNs, "tells no columns with country"},
		{"addresses alone", Country, "1.0.0.0,1.0.0.255\n", "tells no columns with country"},
		{"vendors of addresses", Vendor, dbipASN, "tells no columns with vendor"},
		{"no address", Country, dbipCountry + "1.0.0,1.0.0.255,AU\n", `line 5: "1.0.0" is no address`},
		{"no last address", Country, "1.0.0.0,x,AU\n", `line 1: "x" is no address`},
		{"backwards", Country, "1.0.0.9,1.0.0.0,AU\n", "line 1: ends before it begins"},
		{"two versions", Country, "1.0.0.0,2001::,AU\n", "not of one IP version"},
		{"mapped network", ASN, "network,asn\n::ffff:1.2.3.0/120,5\n", "is an IPv4 network written as IPv6"},
		{"no AS", ASN, "1.0.0.0,1.0.0.255,5,a\n1.0.1.0,1.0.1.255,five,b\n", `line 2: "five" is no number of an AS`},
		{"no assignment", Vendor, ieee + "MA-L,00112X,A,\n", `"00112X" is no assignment`},
		{"short assignment", Vendor, ieee + "MA-L,0011,A,\n", `"0011" is no assignment`},
		{"quote without end", Vendor, ieee + "MA-L,001122,\"A\n", "has a quote that does not end"},
		{"quote without end, long", Vendor, ieee + "MA-L,001122,\"A\n" + strings.Repeat("x\n", 1<<16), "has a quote that does not end"},
		{"long line", Country, strings.Repeat("x", maxLine+1), "line 0: bufio: buffer full"},
		{"packed MMDB", Country, packed.String(), "gunzip"},
		{"packed badly", Country, "\x1f\x8b\x08", "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := NewBuilder(tt.kind).AddFile(writeFile(t, "source", []byte(tt.text)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	mm := writeFile(t, "source.mmdb", mmdbOf(internet(5, 20, 5), 24, maxmindCountry))
	if err := NewBuilder(Vendor).AddFile(mm); err == nil || !strings.Contains(err.Error(), "tells no vendors") {
		t.Errorf("vendors of an MMDB: error %v", err)
	}
}

// TestFlatten wants the smallest range that holds a number.
func TestFlatten(t *testing.T) {
	last := ipv4.last()
	at := func(v uint64) key { return key{0, v} }
	tests := []struct {
		name  string
		spans []span
		want  []boundary
	}{
		{"nothing", nil, []boundary{{at(0), 0}}},
		{"all", []span{{at(0), last, 7}}, []boundary{{at(0), 7}}},
		{"gap", []span{{at(5), at(9), 1}, {at(12), at(12), 2}}, []boundary{{at(0), 0}, {at(5), 1}, {at(10), 0}, {at(12), 2}, {at(13), 0}}},
		{"neighbours alike", []span{{at(0), at(9), 1}, {at(10), at(20), 1}}, []boundary{{at(0), 1}, {at(21), 0}}},
		{"within", []span{{at(0), at(99), 1}, {at(10), at(19), 2}, {at(12), at(13), 3}}, []boundary{{at(0), 1}, {at(10), 2}, {at(12), 3}, {at(14), 2}, {at(20), 1}, {at(100), 0}}},
		{"within, at both ends", []span{{at(10), at(19), 1}, {at(10), at(12), 2}, {at(18), at(19), 2}}, []boundary{{at(0), 0}, {at(10), 2}, {at(13), 1}, {at(18), 2}, {at(20), 0}}},
		{"the same, last holds", []span{{at(3), at(4), 1}, {at(3), at(4), 2}}, []boundary{{at(0), 0}, {at(3), 2}, {at(5), 0}}},
		{"within, alike", []span{{at(0), at(99), 1}, {at(10), at(19), 1}}, []boundary{{at(0), 1}, {at(100), 0}}},
		{"to the end", []span{{at(9), last, 1}, {last, last, 2}}, []boundary{{at(0), 0}, {at(9), 1}, {last, 2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := flatten(ipv4, tt.spans)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(boundary{}, key{})); diff != "" {
				t.Errorf("boundaries (-want +got):\n%s", diff)
			}
		})
	}
	_, err := flatten(ipv4, []span{{at(1), at(5), 1}, {at(4), at(8), 2}})
	if err == nil || err.Error() != "0.0.0.1-0.0.0.5 and 0.0.0.4-0.0.0.8 overlap without one being part of the other" {
		t.Errorf("error %v", err)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		" a \t b\x00c ":                 "a b c",
		"M\xfcller":                     "M?ller",
		"Zürich\u202eevil\u2028 AG":     "Zürich evil AG",
		strings.Repeat("ü", 200):        strings.Repeat("ü", 127),
		strings.Repeat("x", 254) + " y": strings.Repeat("x", 254) + "y",
		"\x1b[31mred":                   "[31mred",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// FuzzText wants what a text tells to be found again, or an error.
func FuzzText(f *testing.F) {
	for _, text := range []string{dbipCountry, dbipASN, dbipCity, ip2asn, ipinfoNew, ipinfoOld, maxmindASNs} {
		f.Add([]byte(text), uint8(ASN))
		f.Add([]byte(text), uint8(Country))
	}
	f.Add([]byte("Registry,Assignment,Organization Name,Organization Address\nMA-L,001122,\"A, B\",\"x\ny\"\n"), uint8(Vendor))
	f.Fuzz(func(t *testing.T, text []byte, kind uint8) {
		b := NewBuilder(Kind(kind%3) + Country)
		if b.AddText(bytes.NewReader(text)) != nil {
			return
		}
		var spaces [numSpaces][]boundary
		for s := range numSpaces {
			var err error
			if spaces[s], err = flatten(s, b.ranges[s]); err != nil {
				return
			}
		}
		values := b.values
		var out bytes.Buffer
		if _, err := b.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		tb, err := openTable(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for s := range numSpaces {
			for _, r := range spaces[s] {
				if !b.kind.has(s) {
					continue
				}
				v, want := tb.find(s, r.from), values[r.value]
				if c := tb.country(s, r.from); b.kind == Country && c != want.country {
					t.Errorf("%s: country %q, want %q", s.text(r.from), c, want.country)
				}
				if b.kind == ASN && tb.asnOf(v) != want.asn {
					t.Errorf("%s: AS%d, want AS%d", s.text(r.from), tb.asnOf(v), want.asn)
				}
				if name := string(tb.appendName(nil, new(inflaterPool), v)); b.kind != Country && name != want.name {
					t.Errorf("%s: %q, want %q", s.text(r.from), name, want.name)
				}
			}
		}
	})
}
