package daemon

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/link"
)

// proc writes a tree of files as /proc has them.
func proc(t *testing.T, files map[string]string) procfs {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return procfs(root)
}

func TestForwards(t *testing.T) {
	const four, six = "sys/net/ipv4/ip_forward", "sys/net/ipv6/conf/all/forwarding"
	tests := []struct {
		name  string
		files map[string]string
		want  bool
	}{
		{"a router", map[string]string{four: "1\n", six: "1\n"}, true},
		{"IPv4 alone", map[string]string{four: "1\n", six: "0\n"}, true},
		{"IPv6 alone", map[string]string{four: "0\n", six: "1\n"}, true},
		{"without IPv6", map[string]string{four: "1\n"}, true},
		{"a host", map[string]string{four: "0\n", six: "0\n"}, false},
		{"nothing to read", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := proc(t, tt.files).forwards(); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestQuick(t *testing.T) {
	p := proc(t, map[string]string{
		"sys/net/ipv4/ip_forward": "1\n", "sys/net/netfilter/nf_conntrack_acct": "1\n",
		"sys/net/bridge/bridge-nf-call-iptables": "0\n", "sys/net/bridge/bridge-nf-call-ip6tables": "1\n",
	})
	if got, want := p.quick(), (quick{forwards: true, accounting: true, bridged: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := proc(t, nil).quick(); got != (quick{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestMayCapture(t *testing.T) {
	tests := []struct{ name, status, want string }{
		{"root", "Name:\tweir\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n", ""},
		{"the right alone", "CapPrm:\t0000000000000000\nCapEff:\t0000000000002000\n", ""},
		{"all but the right", "CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffdfff\n", errNoRaw.Error()},
		{"nobody", "CapEff:\t0000000000000000\n", errNoRaw.Error()},
		{"an odd number", "CapEff:\tnone\n", ""},
		{"no line", "Name:\tweir\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := proc(t, map[string]string{"self/status": tt.status}).mayCapture(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	if err := proc(t, nil).mayCapture(); err != nil {
		t.Errorf("nothing to read: %v", err)
	}
}

func TestUnaddressed(t *testing.T) {
	var s link.State
	for _, e := range []link.Event{
		{Op: link.LinkSet, Link: link.Link{Index: 2, Name: "br-lan", Up: true}},
		{Op: link.LinkSet, Link: link.Link{Index: 3, Name: "mirror", Up: true}},
		{Op: link.LinkSet, Link: link.Link{Index: 4, Name: "off"}},
		{Op: link.AddressSet, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("192.168.1.1/24")}},
		{Op: link.AddressSet, Address: link.Address{Index: 3, Prefix: netip.MustParsePrefix("fe80::1/64")}},
	} {
		s.Apply(e)
	}
	tests := []struct {
		name    string
		state   *link.State
		devices []string
		want    string
	}{
		{"a router", &s, []string{"br-lan"}, ""},
		{"a mirror port", &s, []string{"mirror"}, "mirror"},
		{"one of two has addresses", &s, []string{"mirror", "br-lan"}, ""},
		{"one does not exist yet", &s, []string{"mirror", "wg0"}, ""},
		{"down", &s, []string{"off"}, ""},
		{"none", &s, nil, ""},
		{"nothing known", nil, []string{"mirror"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := unaddressed(tt.state, tt.devices); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestDefaultRoutes(t *testing.T) {
	const (
		head  = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
		wan   = "wan\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		lan   = "br-lan\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		half  = "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
		none  = "00000000000000000000000000000000"
		wan6  = none + " 00 " + none + " 00 fe800000000000000000000000000001 00000400 00000003 00000000 00000003     wan\n"
		lte6  = none + " 00 " + none + " 00 fe800000000000000000000000000001 00000800 00000003 00000000 00000003    wwan0\n"
		lo6   = none + " 00 " + none + " 00 " + none + " ffffffff 00000001 00000000 00200200       lo\n"
		lan6  = "20010db8000100000000000000000000 40 " + none + " 00 " + none + " 00000100 00000001 00000000 00000001   br-lan\n"
		from6 = none + " 00 20010db8000100000000000000000000 38 fe800000000000000000000000000001 00000400 00000003 00000000 00000003    eth9\n"
	)
	tests := []struct {
		name, four, six string
		want            []string
	}{
		{"a router", head + wan + lan, lo6 + lan6 + wan6, []string{"wan"}},
		{"two ways", head + wan, lte6 + wan6, []string{"wan", "wwan0"}},
		{"IPv6 alone", head, wan6, []string{"wan"}},
		{"half of the world", head + half, "", nil},
		{"for the senders of a prefix, as OpenWrt makes them", "", from6, []string{"eth9"}},
		{"unreachable", "", lo6, nil},
		{"garbage", "wan 00000000\n\n", "no routes\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := proc(t, map[string]string{"net/route": tt.four, "net/ipv6_route": tt.six}).defaultRoutes()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := proc(t, nil).defaultRoutes(); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}
