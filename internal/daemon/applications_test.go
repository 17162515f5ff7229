package daemon

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			Message: `application 'clash': application "clash": domain backup.example.org is that of "Backup" already; it is left out until that is put right`,
		}}, []string{"Backup", "@application[1]"}},
		{"nothing but a bad one", []uci.Application{long}, []api.Problem{{
			Section: "@application[2]", Warning: true,
			Message: `@application[2]: application "` + long.Name + `": its name and its category are 1 to 63 bytes, the name not "unknown"; it is left out until that is put right`,
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
