package apps

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// table reads the files of the table.
func table(t testing.TB) []application {
	t.Helper()
	all, err := readTable("table")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestByName(t *testing.T) {
	tests := []struct{ name, host, want string }{
		{"a registrable domain", "netflix.com", "netflix"},
		{"a name below one", "api-global.netflix.com", "netflix"},
		{"deep below one", "a.b.c.d.e.f.nflxvideo.net", "netflix"},
		{"case", "WWW.YouTube.COM", "youtube"},
		{"the root's dot", "www.youtube.com.", "youtube"},
		{"dots", "www.youtube.com...", "youtube"},
		{"a port", "www.youtube.com:443", "youtube"},
		{"the end of another name", "notyoutube.com", "unknown"},
		{"a label with a hyphen before it", "not-youtube.com", "unknown"},
		{"a name in front of another domain", "youtube.com.example.org", "unknown"},
		{"the top-level domain alone", "com", "unknown"},
		{"no name", "", "unknown"},
		{"the root", ".", "unknown"},
		{"a port alone", ":443", "unknown"},
		{"an address", "192.0.2.1", "unknown"},
		{"an IPv6 address", "2001:db8::1", "unknown"},

		{"the longest suffix", "mail.google.com", "gmail"},
		{"below the longest suffix", "inbox.mail.google.com", "gmail"},
		{"not the longest suffix", "www.google.com", "google"},
		{"one border off the longest suffix", "xmail.google.com", "google"},
		{"three levels", "41-courier.push.apple.com", "apple_push"},

		{"under co.uk", "www.bbc.co.uk", "bbc_iplayer"},
		{"another one under co.uk", "example.co.uk", "unknown"},
		{"co.uk itself", "co.uk", "unknown"},
		{"every country", "www.google.de", "google"},
		{"every country, two labels", "www.google.co.uk", "google"},
		{"every country, com in front", "google.com.br", "google"},
		{"every country, a sub-domain", "maps.google.it", "google_maps"},
		{"every country, but no country", "google.museum", "unknown"},
		{"every country, another name", "notgoogle.de", "unknown"},
		{"every country, a second label that is none", "google.example.de", "unknown"},
		{"a full name before every country", "www.yahoo.co.jp", "yahoo_japan"},
		{"the country's letters are none", "google.1a", "unknown"},
		{"the star itself", "google.*", "unknown"},

		{"a star at the end of a label", "igcdn-photos-h-a.akamaihd.net", "instagram"},
		{"a star at the beginning", "P53-Buy.itunes.apple.com", "app_store"},
		{"a star that nothing stands for", "-buy.itunes.apple.com", "apple_itunes"},
		{"no star's", "p53.itunes.apple.com", "apple_itunes"},
		{"a star over labels", "instagram.fmuc1-1.fna.fbcdn.net", "instagram"},
		{"a star's suffix", "scontent.fmuc1-1.fna.fbcdn.net", "facebook"},
		{"the carrier of a star", "e4518.akamaihd.net", "akamai"},

		{"what every program asks", "stun1.l.google.com", "googleservices"},
		{"a network of advertisers, wherever it advertises", "ads.exoclick.com", "ads"},
		{"a registry's name", "www.net.cn", "alicloud"},
		{"a name that others registered there", "www.example.net.cn", "unknown"},
		{"mail of who runs a VPN, too", "mail.riseup.net", "riseup"},
		{"the VPN", "vpn07-par.riseup.net", "riseup_vpn"},

		{"a carrier", "d111111abcdef8.cloudfront.net", "cloudfront"},
		{"what is on a carrier", "r3---sn-n4v7knl6.googlevideo.com", "youtube"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ByName([]byte(tt.host)).String(); got != tt.want {
				t.Errorf("ByName(%q) = %s, want %s", tt.host, got, tt.want)
			}
		})
	}
}

func TestLongNames(t *testing.T) {
	const suffix = ".netflix.com"
	fits := strings.Repeat("a", maxHost-len(suffix)) + suffix
	if got := ByName([]byte(fits)).String(); got != "netflix" {
		t.Errorf("a name of %d bytes is %s", len(fits), got)
	}
	if got := ByName([]byte("a" + fits)); got != None {
		t.Errorf("a name of %d bytes is %s", len(fits)+1, got)
	}
	if got := ByName([]byte(fits + ".")).String(); got != "netflix" {
		t.Errorf("with the root's dot it is %s", got)
	}
}

// TestEverySuffix finds each line of the table, at each border and only there.
func TestEverySuffix(t *testing.T) {
	all := table(t)
	oracle := linesOf(all)
	for _, a := range all {
		for _, s := range a.suffixes {
			hosts := []string{s, "www." + s, strings.ToUpper(s)}
			if base, country := strings.CutSuffix(s, anyCountry); country {
				hosts = []string{base + ".at", "a." + base + ".co.za", base + ".com.ar"}
			} else if strings.Contains(s, "*") {
				hosts = []string{strings.Replace(s, "*", "x7", 1)}
			}
			for _, h := range hosts {
				if got, want := ByName([]byte(h)).String(), oracle.of(h); got != want {
					t.Errorf("%s: %s is %s, want %s", a.where, h, got, want)
				}
			}
			if got, want := ByName([]byte("z"+hosts[0])).String(), oracle.of("z"+hosts[0]); got != want {
				t.Errorf("%s: z%s is %s, want %s", a.where, hosts[0], got, want)
			}
		}
	}
}

// TestNames finds every application and category by its name.
func TestNames(t *testing.T) {
	used := make(map[Category]int)
	for a := None; int(a) < NumApps(); a++ {
		if got, ok := ParseApp(a.String()); !ok || got != a {
			t.Errorf("ParseApp(%q) = %d, %v, want %d", a, got, ok, a)
		}
		used[a.Category()]++
	}
	for c := Other; int(c) < NumCategories(); c++ {
		if got, ok := ParseCategory(c.String()); !ok || got != c {
			t.Errorf("ParseCategory(%q) = %d, %v, want %d", c, got, ok, c)
		}
		if used[c] == 0 {
			t.Errorf("no application is in category %s", c)
		}
		if c.About() == "" {
			t.Errorf("nothing says what %s holds", c)
		}
	}
	if used[Other] != 1 {
		t.Errorf("%d applications have no category", used[Other]-1)
	}
	for _, name := range []string{"", "Netflix", "netflix ", "zzz", "0"} {
		if a, ok := ParseApp(name); ok {
			t.Errorf("ParseApp(%q) = %s", name, a)
		}
		if c, ok := ParseCategory(name); ok {
			t.Errorf("ParseCategory(%q) = %s", name, c)
		}
	}
}

func TestBeyondTheTable(t *testing.T) {
	a, c := App(NumApps()), Category(NumCategories())
	if a.String() != noneName || a.Category() != Other || a.Infra() {
		t.Errorf("an App beyond the table is %s, %s", a, a.Category())
	}
	if c.String() != "other" || c.About() != Other.About() {
		t.Errorf("a Category beyond the list is %s", c)
	}
}

// TestSuffixesExist holds that names of the table are in a top-level domain that
// there is, and that none is what anybody can register names under, but where
// that is an authority.
func TestSuffixesExist(t *testing.T) {
	for _, a := range table(t) {
		for _, name := range a.suffixes {
			suffix, listed := publicsuffix.PublicSuffix(strings.TrimSuffix(name, anyCountry))
			switch {
			case strings.HasSuffix(name, anyCountry), strings.HasSuffix(name, ".onion"), name == "turner.facebook":
				// The last is what relays of calls name themselves by.
			case !listed && !strings.Contains(suffix, "."):
				t.Errorf("%s: %s is nowhere", a.where, name)
			case listed && suffix == name && !strings.HasPrefix(name, "gov.") && name != "nic.in":
				t.Errorf("%s: names of others end in %s", a.where, name)
			}
		}
	}
}

// TestInfra holds that carriers are told from what they carry.
func TestInfra(t *testing.T) {
	carriers := []string{
		"a1907.dscg.akamai.net", "e673.dsce9.akamaiedge.net", "www.example.com.edgekey.net", "x.akamaized.net", "x.edgesuite.net",
		"d1.cloudfront.net", "s3-external-2.amazonaws.com", "x.fastly.net", "x.cloudflare.net", "fonts.gstatic.com",
		"ajax.googleapis.com", "fra16s42-in-f14.1e100.net", "x.azureedge.net", "x.cloudapp.azure.com", "x.b-cdn.net", "x.llnwd.net",
		"x.alicdn.com", "x.myqcloud.com", "x.cdn77.org", "static.1.2.3.4.clients.your-server.de",
	}
	for _, host := range carriers {
		if a := ByName([]byte(host)); !a.Infra() {
			t.Errorf("%s is %s (%s), want infrastructure", host, a, a.Category())
		}
	}
	for _, host := range []string{"x.nflxvideo.net", "x.googlevideo.com", "x.fbcdn.net", "i.ytimg.com", "x.ttvnw.net", "audio-ak-spotify-com.akamaized.net"} {
		if a := ByName([]byte(host)); a == None || a.Infra() {
			t.Errorf("%s is %s, want what is carried", host, a)
		}
	}
}

// lines are the lines of the table as a map would hold them.
type lines struct {
	plain map[string]string   // suffix → application
	stars map[string][]string // suffix → names with a star within it
	apps  map[string]string   // names with a star → application
}

func linesOf(all []application) lines {
	l := lines{make(map[string]string), make(map[string][]string), make(map[string]string)}
	for _, a := range all {
		for _, s := range a.suffixes {
			if !strings.Contains(strings.TrimSuffix(s, anyCountry), "*") {
				l.plain[s] = a.name
				continue
			}
			_, _, suffix := cutStar(s)
			l.stars[suffix], l.apps[s] = append(l.stars[suffix], s), a.name
		}
	}
	return l
}

// of does what the index does, with maps and strings.
func (l lines) of(host string) string {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.Trim(host[i+1:], "0123456789") == "" {
		host = host[:i]
	}
	host = strings.TrimRight(host, ".")
	if len(host) > maxHost || strings.HasSuffix(host, "*") {
		return noneName
	}
	if a := l.longest(host, ""); a != "" {
		return a
	}
	if n := beforeCountry([]byte(host)); n > 0 {
		return cmp.Or(l.longest(host[:n], anyCountry), noneName)
	}
	return noneName
}

func (l lines) longest(host, tail string) string {
	rest := ""
	for at := 0; at < len(host); {
		suffix := host[at:] + tail
		for _, s := range l.stars[suffix] {
			before, after, _ := cutStar(s)
			if len(rest) > len(before)+len(after) && strings.HasPrefix(rest, before) && strings.HasSuffix(rest, after) {
				return l.apps[s]
			}
		}
		if a := l.plain[suffix]; a != "" {
			return a
		}
		dot := strings.IndexByte(host[at:], '.')
		if dot < 0 {
			break
		}
		rest, at = host[:at+dot], at+dot+1
	}
	return ""
}

// TestStarsKeepTheirOrder holds that one name does not answer two stars of a
// suffix, where their order would decide.
func TestStarsKeepTheirOrder(t *testing.T) {
	seen := make(map[string]string)
	for _, a := range table(t) {
		for _, s := range a.suffixes {
			if !strings.Contains(strings.TrimSuffix(s, anyCountry), "*") {
				continue
			}
			host := strings.Replace(s, "*", "x", 1)
			if got := ByName([]byte(host)).String(); got != a.name {
				t.Errorf("%s: %s is %s: two stars answer it (%s)", a.where, host, got, seen[got])
			}
			seen[a.name] = s
		}
	}
	if len(seen) == 0 {
		t.Error("the table has no stars")
	}
}

func TestNoAllocations(t *testing.T) {
	hosts := [][]byte{[]byte("r3---sn-n4v7knl6.googlevideo.com"), []byte("WWW.Google.co.uk."), []byte("igcdn-photos-h-a.akamaihd.net"), []byte("unknown.example.org")}
	own, err := NewTable([]Own{{Name: "backup", Domains: []string{"backup.example.org"}, Ports: []PortRange{{6, 8443, 8443}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := addr("149.154.167.51")
	names := 0
	if n := testing.AllocsPerRun(100, func() {
		for _, h := range hosts {
			a, _ := own.Match(h, &server, 6, 443)
			names += len(own.Name(a)) + len(own.CategoryName(own.Category(a)))
		}
		if a, ok := ParseApp("netflix"); ok {
			names += len(a.String())
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzByName(f *testing.F) {
	oracle := linesOf(table(f))
	for _, h := range []string{"www.netflix.com", "google.co.uk", "a.b..c:80", "-buy.itunes.apple.com", "\x00.youtube.com", "igcdn-a.akamaihd.net."} {
		f.Add([]byte(h))
	}
	f.Fuzz(func(t *testing.T, host []byte) {
		before := slices.Clone(host)
		got := ByName(host)
		if !slices.Equal(before, host) {
			t.Errorf("the name was changed to %q", host)
		}
		for _, c := range host {
			if c >= 0x80 {
				return // strings.ToLower knows more letters than names have
			}
		}
		if want := oracle.of(string(host)); got.String() != want {
			t.Errorf("ByName(%q) = %s, want %s", host, got, want)
		}
	})
}

func BenchmarkByName(b *testing.B) {
	for _, bb := range []struct{ name, host string }{
		{"short", "netflix.com"},
		{"usual", "scontent-mxp1-1.cdninstagram.com"},
		{"long", "r3---sn-n4v7knl6.abcdefghijklmnopqrstuvwxyz.cache.googlevideo.com"},
		{"country", "www.google.co.uk"},
		{"star", "igcdn-photos-h-a.akamaihd.net"},
		{"unknown", "a.name.that.nobody.knows.example.org"},
	} {
		host := []byte(bb.host)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ByName(host)
			}
		})
	}
}
