package uci

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadDHCP finds where leases are written down, and whose addresses are set up.
func TestReadDHCP(t *testing.T) {
	tests := []struct {
		name, text string
		want       LeaseFiles
		hosts      int
	}{
		{"nothing", "", LeaseFiles{}, 0},
		{"as installed", "config dnsmasq\n\toption leasefile '/tmp/dhcp.leases'\nconfig odhcpd 'odhcpd'\n\toption leasefile '/tmp/odhcpd.leases'\n", LeaseFiles{[]string{"/tmp/dhcp.leases"}, "/tmp/odhcpd.leases"}, 0},
		{"by default", "config dnsmasq\nconfig odhcpd\n", LeaseFiles{[]string{"/tmp/dhcp.leases"}, "/tmp/hosts/odhcpd"}, 0},
		{"two of dnsmasq", "config dnsmasq 'lan'\nconfig dnsmasq 'again'\nconfig dnsmasq 'guest'\n\toption leasefile '/tmp/guest'\n", LeaseFiles{[]string{"/tmp/dhcp.leases", "/tmp/guest"}, ""}, 0},
		{"hosts", "config host\n\toption mac '00:11:22:33:44:55 00:11:22:*'\n\toption ip '192.168.1.5'\nconfig host\n", LeaseFiles{}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePackage(strings.NewReader(tt.text), "dhcp")
			if err != nil {
				t.Fatal(err)
			}
			var r Router
			readDHCP(p, &r)
			if diff := cmp.Diff(tt.want, r.Leases); diff != "" || len(r.Hosts) != tt.hosts {
				t.Errorf("%d hosts, files (-want +got):\n%s", len(r.Hosts), diff)
			}
			if tt.hosts > 0 && (len(r.Hosts[0].MACs) != 1 || r.Hosts[0].IP != "192.168.1.5") {
				t.Errorf("%+v", r.Hosts[0])
			}
		})
	}
}
