package daemon

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/api"
	"weir/internal/apps"
	"weir/internal/names"
	"weir/internal/packet"
	"weir/test/ask"
	"weir/uci"
)

func TestApplications(t *testing.T) {
	backup := uci.Application{
		Ident: uci.Ident{ID: "backup"}, Name: "Backup", Category: "cloud", Domains: []string{"backup.example.org"},
	}
	camera := uci.Application{
		Ident: uci.Ident{ID: "@application[1]"}, Ports: []uci.Ports{{Proto: "udp", First: 7000, Last: 7009}, {First: 554, Last: 554}},
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
	clash := uci.Application{Ident: uci.Ident{ID: "clash"}, Domains: []string{"backup.example.org"}}
	long := uci.Application{Ident: uci.Ident{ID: "@application[2]"}, Name: strings.Repeat("ü", 64), Domains: []string{"example.net"}}
	tests := []struct {
		name     string
		all      []uci.Application
		problems []api.Problem
		apps     []string // which there are
	}{
		{"none", nil, nil, nil},
		{"two", []uci.Application{backup, camera}, nil, []string{"Backup", "@application[1]"}},
		{"a bad one between two", []uci.Application{backup, clash, camera}, []api.Problem{{
			Section: "application 'clash'", Warning: true,
			Message: `application "clash": domain backup.example.org is that of "Backup" already; it is left out until that is put right`,
		}}, []string{"Backup", "@application[1]"}},
		{"nothing but a bad one", []uci.Application{long}, []api.Problem{{
			Section: "@application[2]", Warning: true,
			Message: `application "` + long.Name + `": its name and its category are 1 to 63 bytes, the name not "unknown"; it is left out until that is put right`,
		}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, problems := applications(&uci.Config{Applications: tt.all})
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if got := table.NumApps() - new(apps.Table).NumApps(); got != len(tt.apps) {
				t.Errorf("%d applications of one's own, want %d", got, len(tt.apps))
			}
			for _, name := range tt.apps {
				if _, ok := table.ParseApp(name); !ok {
					t.Errorf("there is no %s", name)
				}
			}
		})
	}
	got := ownApp(&camera)
	want := apps.Own{
		Name: "@application[1]", Networks: camera.Networks,
		Ports: []apps.PortRange{{Proto: packet.ProtoUDP, First: 7000, Last: 7009}, {First: 554, Last: 554}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrivacy(t *testing.T) {
	for level, want := range map[uci.Privacy]names.Privacy{
		uci.PrivacyNames: names.KeepNames, uci.PrivacyDomains: names.KeepDomains, uci.PrivacyBytes: names.KeepNothing,
	} {
		if got := privacy(&uci.Config{Main: uci.Main{Privacy: level}}); got != want {
			t.Errorf("%s: %d, want %d", level, got, want)
		}
	}
}

// TestApplicationsFollowReloads names a flow that lives by an application that is
// added, changed and taken away.
func TestApplicationsFollowReloads(t *testing.T) {
	own := func(name, more string) string {
		return fileSource("home", "home.pcap") + "config application 'mine'\n\toption name '" + name + "'\n\tlist network '203.0.113.0/24'\n" + more
	}
	h := newHouse(t, own("Telescope", ""))
	writeCapture(t, h.path("home.pcap"), 5)
	h.run(t)
	tells := func(app any) {
		t.Helper()
		ask.Until(t, "the flow is named\n"+h.log.String(), func() bool {
			return ask.At(h.call(t, "flows", nil), "flows.0.app") == app
		})
	}
	tells("Telescope")
	h.configure(t, own("Microscope", "config application 'bad'\n\tlist domain 'example.org'\nconfig application 'worse'\n\tlist domain 'example.org'\n"))
	h.reloaded(t)
	tells("Microscope")
	if got := ask.At(h.call(t, "status", nil), "config.errors.0.section"); got != "application 'worse'" {
		t.Errorf("the problem is of %v", got)
	}
	h.configure(t, fileSource("home", "home.pcap"))
	h.reloaded(t)
	tells(nil)
}

// writeQuestion writes a capture in which the phone asks the router for a name,
// and sends a datagram to where that leads.
func writeQuestion(t *testing.T, path string) {
	t.Helper()
	name := dnsmessage.MustNewName("www.example.co.uk.")
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7},
		Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	pack := func() []byte {
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b, now := captureHeader(), time.Unix(1_700_000_000, 0)
	add := func(from, to packet.MAC, src, dst string, srcPort, dstPort uint16, payload []byte) {
		frame := datagram(t, from, to, src, dst, srcPort, dstPort, len(payload))
		copy(frame[len(frame)-len(payload):], payload)
		b, now = appendRecord(b, now, frame), now.Add(time.Millisecond)
	}
	add(phoneMAC, routerMAC, "192.168.1.20", "192.168.1.1", 40000, 53, pack())
	m.Response = true
	m.Answers = []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 300},
		Body:   &dnsmessage.AResource{A: [4]byte{203, 0, 113, 7}},
	}}
	add(routerMAC, phoneMAC, "192.168.1.1", "192.168.1.20", 53, 40000, pack())
	add(phoneMAC, routerMAC, "192.168.1.20", "203.0.113.7", 50000, 9999, make([]byte, 40))
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNamesFollowReloads takes away, reload by reload, what may be kept of the name
// that a flow leads to.
func TestNamesFollowReloads(t *testing.T) {
	source := fileSource("home", "home.pcap")
	main := "config weir 'main'\n\tlist interface 'weirtest0'\n"
	private := "config device\n\tlist mac '02:00:00:00:01:01'\n\toption private '1'\n"
	tests := []struct {
		name, config string
		host         any
		asked        bool // the names asked for are known
	}{
		{"as it is", source, "www.example.co.uk", true},
		{"domains", main + "\toption privacy 'domains'\n" + source, "example.co.uk", false},
		{"a private device", private + source, nil, false},
	}
	h := newHouse(t, source)
	writeQuestion(t, h.path("home.pcap"))
	h.run(t)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if i > 0 {
				h.configure(t, tt.config)
				h.reloaded(t)
			}
			ask.Until(t, "the flow is named\n"+h.log.String(), func() bool {
				flows := h.call(t, "flows", map[string][]string{"port": {"9999"}})
				return ask.At(flows, "total") == 1.0 && ask.At(flows, "flows.0.host") == tt.host
			})
			top := h.call(t, "dns_top", nil)
			if n := len(ask.At(top, "names").([]any)); (n > 0) != tt.asked {
				t.Errorf("%d names are known, want any: %v", n, tt.asked)
			}
			if n := ask.At(top, "counts.queries"); n != 1.0 {
				t.Errorf("%v questions are counted, want 1", n)
			}
		})
	}
	h.configure(t, main+"\toption dns_mode 'off'\n"+source)
	h.reloaded(t)
	if n := ask.At(h.call(t, "dns_top", nil), "counts.queries"); n != 0.0 {
		t.Errorf("%v questions are counted where DNS is not looked at", n)
	}
}
