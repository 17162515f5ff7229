//go:build integration

package daemon

import (
	"maps"
	"os"
	"strings"
	"testing"

	"weir/test/ask"
	"weir/test/netns"
)

// Ports that programs ask miniupnpd for are known soon after it wrote them down,
// until they are not there any more.
func TestLeases(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true})
	tracking(t, home)
	s := newSite(t, "")
	files := maps.Clone(routerFiles)
	files["upnpd"] = "config upnpd 'config'\n\toption enabled '1'\n\toption upnp_lease_file '" + s.path("leases") + "'\n"
	etc := s.folder(t, files, "config weir 'main'\n\tlist interface 'lan'\n")
	p := s.start(t, home.Router.Command(program, "run", etc)).ready(t)
	p.running(t)
	names := func() string {
		var all []string
		rows, _ := s.call(t, "nat", nil)["nat"].([]any)
		for _, r := range rows {
			all = append(all, text(r, "opened_by")+" "+text(r, "name"))
		}
		return strings.Join(all, ", ")
	}
	if got := names(); got != "redirect Web" {
		t.Errorf("at first: %s", got)
	}
	if err := os.WriteFile(s.path("leases"), []byte("UDP:6881:192.168.1.101:6882:0:Torrent\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	until(t, "the lease is known", func() bool { return names() == "redirect Web, upnp Torrent" })
	row := ask.At(s.call(t, "nat", nil), "nat.1")
	if number(row, "port") != 6881 || number(row, "target.port") != 6882 || text(row, "target.ip") != netns.Client1IP.String() {
		t.Errorf("the lease: %v", row)
	}
	if err := os.Remove(s.path("leases")); err != nil {
		t.Fatal(err)
	}
	until(t, "the lease is gone", func() bool { return names() == "redirect Web" })
	p.stop(t)
}
