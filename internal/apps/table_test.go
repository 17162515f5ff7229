package apps

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"weir/internal/packet"
)

func addr(s string) packet.Addr { return packet.AddrOf(netip.MustParseAddr(s)) }

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// ours are applications of a user's own.
var ours = []Own{
	{Name: "Backup", Category: "cloud", Domains: []string{"backup.example.org", "*.Backup.example.net."}, Ports: []PortRange{{packet.ProtoTCP, 8443, 8450}}},
	{Name: "camera", Category: "watching", Networks: prefixes("192.0.2.0/24", "2001:db8:1::5/128")},
	{Name: "door", Category: "watching", Networks: prefixes("198.51.100.7/32"), Ports: []PortRange{{0, 554, 554}}},
	{Name: "netflix", Domains: []string{"films.example.org"}},
	{Name: "mine", Domains: []string{"www.youtube.com"}},
}

func TestMatch(t *testing.T) {
	table, err := NewTable(ours)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, host, server string
		proto              uint8
		port               uint16
		app, category      string
		by                 By
	}{
		{"own domain", "x.backup.example.org", "203.0.113.1", 17, 443, "Backup", "cloud", ByOwn},
		{"own domain as users write it", "x.backup.example.net", "203.0.113.1", 17, 443, "Backup", "cloud", ByOwn},
		{"own port", "", "203.0.113.1", 6, 8450, "Backup", "cloud", ByOwn},
		{"own port before a built-in name", "api.netflix.com", "203.0.113.1", 6, 8443, "Backup", "cloud", ByOwn},
		{"own port, other protocol", "", "203.0.113.1", 17, 8443, "unknown", "other", ByNothing},
		{"own network", "", "192.0.2.9", 6, 1, "camera", "watching", ByOwn},
		{"own address", "", "2001:db8:1::5", 6, 1, "camera", "watching", ByOwn},
		{"not own address", "", "2001:db8:1::6", 6, 1, "unknown", "other", ByNothing},
		{"own network and port", "", "198.51.100.7", 17, 554, "door", "watching", ByOwn},
		{"own network, other port", "", "198.51.100.7", 17, 555, "unknown", "other", ByNothing},
		{"own network, no ports", "", "198.51.100.7", 1, 554, "unknown", "other", ByNothing},
		{"a built-in one with an own domain", "films.example.org", "203.0.113.1", 6, 443, "netflix", "streaming", ByOwn},
		{"own name below a built-in one", "www.youtube.com", "203.0.113.1", 6, 443, "mine", "other", ByOwn},
		{"built-in name", "i.ytimg.com", "203.0.113.1", 6, 443, "youtube", "streaming", ByHost},
		{"built-in name before a network", "i.ytimg.com", "149.154.167.51", 6, 443, "youtube", "streaming", ByHost},
		{"built-in network", "", "149.154.167.51", 6, 443, "telegram", "messaging", ByNetwork},
		{"its last address", "", "149.154.175.255", 6, 443, "telegram", "messaging", ByNetwork},
		{"one beyond", "", "149.154.176.0", 6, 443, "unknown", "other", ByNothing},
		{"a single address", "", "9.9.9.9", 17, 53, "quad9", "dns", ByNetwork},
		{"an IPv6 network", "", "2a00:86c0:1:2::3", 6, 443, "netflix", "streaming", ByNetwork},
		{"a name nobody knows in a network", "x.example.com", "149.154.167.51", 6, 443, "telegram", "messaging", ByNetwork},
		{"a port", "", "203.0.113.1", 6, 4070, "spotify", "music", ByPort},
		{"a range of ports", "", "203.0.113.1", 17, 8805, "zoom", "work", ByPort},
		{"beyond it", "", "203.0.113.1", 17, 8811, "unknown", "other", ByNothing},
		{"no server", "", "", 17, 8801, "zoom", "work", ByPort},
		{"the first address there is", "", "0.0.0.0", 6, 80, "unknown", "other", ByNothing},
		{"the last address there is", "", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 255, 65535, "unknown", "other", ByNothing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var server *packet.Addr
			if tt.server != "" {
				a := addr(tt.server)
				server = &a
			}
			a, by := table.Match([]byte(tt.host), server, tt.proto, tt.port)
			if table.Name(a) != tt.app || by != tt.by || table.CategoryName(table.Category(a)) != tt.category {
				t.Errorf("%s, %d, %s; want %s, %d, %s", table.Name(a), by, table.CategoryName(table.Category(a)), tt.app, tt.by, tt.category)
			}
		})
	}
}

func TestTableNames(t *testing.T) {
	table, err := NewTable(ours)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := table.NumApps(), NumApps()+4; got != want {
		t.Errorf("%d applications, want %d", got, want)
	}
	if got, want := table.NumCategories(), NumCategories()+1; got != want {
		t.Errorf("%d categories, want %d", got, want)
	}
	for a := None; int(a) < table.NumApps(); a++ {
		if got, ok := table.ParseApp(table.Name(a)); !ok || got != a {
			t.Errorf("ParseApp(%q) = %d, %v, want %d", table.Name(a), got, ok, a)
		}
	}
	for c := Other; int(c) < table.NumCategories(); c++ {
		if got, ok := table.ParseCategory(table.CategoryName(c)); !ok || got != c {
			t.Errorf("ParseCategory(%q) = %d, %v, want %d", table.CategoryName(c), got, ok, c)
		}
	}
	if got := table.Name(App(table.NumApps())); got != noneName {
		t.Errorf("an App beyond the table is %s", got)
	}
	if got := table.CategoryName(Category(table.NumCategories())); got != "other" {
		t.Errorf("a Category beyond the table is %s", got)
	}
}

func TestNoOwn(t *testing.T) {
	made, err := NewTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := addr("203.0.113.1")
	for _, table := range []*Table{made, {}} {
		if a, by := table.Match([]byte("www.netflix.com"), &server, 6, 443); a.String() != "netflix" || by != ByHost {
			t.Errorf("%s, %d", a, by)
		}
		if a, by := table.Match(nil, nil, 0, 0); a != None || by != ByNothing {
			t.Errorf("nothing is %s, %d", a, by)
		}
		if table.NumApps() != NumApps() || table.NumCategories() != NumCategories() {
			t.Errorf("%d applications, %d categories", table.NumApps(), table.NumCategories())
		}
	}
}

func TestOwnErrors(t *testing.T) {
	many := make([]Own, MaxOwn+1)
	domains := make([]string, MaxOwnDomains+1)
	for i := range domains {
		domains[i] = fmt.Sprintf("d%d.example.org", i)
	}
	kinds := make([]Own, 256)
	for i := range kinds {
		kinds[i] = Own{Name: fmt.Sprint("a", i), Category: fmt.Sprint("c", i)}
	}
	tests := []struct {
		name string
		own  []Own
		want string
	}{
		{"no name", []Own{{Domains: []string{"example.org"}}}, "1 to 63 bytes"},
		{"the name of none", []Own{{Name: "unknown"}}, "1 to 63 bytes"},
		{"a long name", []Own{{Name: strings.Repeat("n", 64)}}, "1 to 63 bytes"},
		{"no domain", []Own{{Name: "a", Domains: []string{""}}}, `application "a": domain "" has an empty label`},
		{"an empty label", []Own{{Name: "a", Domains: []string{"b..c"}}}, "empty label"},
		{"a wrong letter", []Own{{Name: "a", Domains: []string{"b ü.c"}}}, "lower case letters"},
		{"two stars", []Own{{Name: "a", Domains: []string{"a*b*.example.org"}}}, "one star"},
		{"a star of nothing", []Own{{Name: "a", Domains: []string{"a*.example.org"}}}, "give example.org an application"},
		{"a long domain", []Own{{Name: "a", Domains: []string{strings.Repeat("a.", 40) + "org"}}}, "longer than 63"},
		{"a domain of two", []Own{{Name: "a", Domains: []string{"e.org"}}, {Name: "b", Domains: []string{"e.org"}}}, `"b": domain e.org is that of "a"`},
		{"ports upside down", []Own{{Name: "a", Ports: []PortRange{{6, 2, 1}}}}, "ports 2-1"},
		{"no network", []Own{{Name: "a", Networks: []netip.Prefix{{}}}}, "network"},
		{"another category", []Own{{Name: "netflix", Category: "work"}}, "has category streaming already"},
		{"too many", many, "257 applications, at most 256"},
		{"too many domains", []Own{{Name: "a", Domains: domains}}, "2049 domains"},
		{"too many rules", []Own{{Name: "a", Ports: make([]PortRange, MaxOwnRules+1)}}, "1025 ports and networks"},
		{"too many categories", kinds, "one too many"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewTable(tt.own)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	table, err := NewTable(ours)
	if err != nil {
		b.Fatal(err)
	}
	server := addr("149.154.167.51")
	host := []byte("unknown.example.com")
	b.ReportAllocs()
	for b.Loop() {
		table.Match(host, &server, 6, 443)
	}
}
