package openwrt

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"weir/internal/packet"
	"weir/internal/ubus"
)

// recorded answers with what testdata/ubus holds, named OBJECT.METHOD.json, in
// the shapes of odhcpd, hostapd, netifd and rpcd.
type recorded struct {
	asked []string
	fail  error // instead
}

func (r *recorded) Call(_ context.Context, object, method string, args ubus.Msg) (ubus.Msg, error) {
	r.asked = append(r.asked, fmt.Sprintf("%s %s %s", object, method, ubus.AppendJSON(nil, args)))
	if r.fail != nil {
		return nil, r.fail
	}
	text, err := os.ReadFile(filepath.Join("testdata", "ubus", object+"."+method+".json"))
	if err != nil {
		return nil, &ubus.Error{Object: object, Method: method, Status: ubus.NotFound}
	}
	return ubus.ParseJSON(text)
}

func addrs(texts ...string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// check compares what was read; addresses and prefixes by value.
func check(t *testing.T, want, got any, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
}

func TestDHCPLeases(t *testing.T) {
	got, err := DHCPv4Leases(t.Context(), &recorded{})
	check(t, []DHCPLease{
		{Device: "br-lan", MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 1}, Name: "tablet", Addrs: addrs("192.168.1.117"), Left: 41723 * time.Second},
		{Device: "br-lan", MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 2}, DUID: "000100012a4b", Addrs: addrs("192.168.1.5"), Left: Forever, Static: true},
		{Device: "br-guest", MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 3}, Name: "old odhcpd", Addrs: addrs("192.168.2.9"), Left: Forever},
		{Device: "br-guest", Name: "bad"},
	}, got, err)
	got, err = DHCPv6Leases(t.Context(), &recorded{})
	check(t, []DHCPLease{
		{Device: "br-lan", DUID: "0001000128fca7", Name: "laptop", Addrs: addrs("fd00:1:2:3::abc", "2001:db8:0:3::abc"), Left: time.Hour},
		{Device: "br-lan", DUID: "00030001025501", Prefixes: prefixes("2001:db8:0:4::/62"), Left: time.Hour},
		{Device: "br-lan", DUID: "00030001025502", Name: "printer", Addrs: addrs("2001:db8:0:3::10"), Left: time.Minute},
		{Device: "br-lan", DUID: "00030001025503", Name: "router", Prefixes: prefixes("2001:db8:0:8::/61"), Left: time.Minute},
	}, got, err)
}

func TestInterfaces(t *testing.T) {
	got, err := Interfaces(t.Context(), &recorded{})
	check(t, []Interface{
		{
			Name: "lan", Device: "br-lan", Below: "br-lan", Proto: "static", Up: true, Uptime: 24 * time.Hour,
			Addrs: prefixes("192.168.1.1/24"), Assigned: prefixes("2001:db8:0:3::1/64", "fd00:1:2:3::/64"),
		},
		{
			Name: "wan", Device: "pppoe-wan", Below: "eth1.7", Proto: "pppoe", Zone: "wan", Up: true, Uptime: time.Hour,
			Addrs: prefixes("203.0.113.7/32", "fe80::1/128"), Gateways: addrs("203.0.113.1"), DNS: addrs("9.9.9.9", "2620:fe::fe"),
		},
		{
			Name: "wan_6", Device: "pppoe-wan", Below: "pppoe-wan", Proto: "dhcpv6", Up: true, Dynamic: true, Uptime: 3590 * time.Second,
			Received: prefixes("2001:db8::/56"),
		},
		{Name: "guest", Proto: "static"},
	}, got, err)
}

func TestAccessPoints(t *testing.T) {
	got, err := ReadAccessPoint(t.Context(), &recorded{}, "hostapd.phy0-ap0")
	check(t, AccessPoint{
		SSID: "Haus", BSSID: packet.MAC{2, 0x55, 0xab, 0, 0, 1}, State: "ENABLED", PHY: "phy0-ap0", Freq: 5180, Channel: 36, Busy: 33,
	}, got, err)
	got, err = ReadAccessPoint(t.Context(), &recorded{}, "hostapd.phy1-ap0")
	check(t, AccessPoint{SSID: "a", State: "DISABLED", PHY: "phy1", Busy: -1}, got, err)
	if _, err := ReadAccessPoint(t.Context(), &recorded{}, "hostapd.gone"); !errors.Is(err, ubus.NotFound) {
		t.Errorf("error is %v", err)
	}
}

func TestStations(t *testing.T) {
	got, err := Stations(t.Context(), &recorded{}, "hostapd.phy0-ap0")
	check(t, []Station{
		{
			MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 1}, Authorized: true, Signal: -52, RxRate: 866700, TxRate: 1200900,
			RxBytes: 1 << 40, TxBytes: 1<<63 - 1,
		},
		{MAC: packet.MAC{2, 0x55, 0xab, 0x34, 0xcd, 2}},
	}, got, err)
}

func TestUCI(t *testing.T) {
	r := &recorded{}
	got, err := UCISections(t.Context(), r, "dhcp", "")
	check(t, []UCISection{
		{Name: "cfg01f37d", Type: "dnsmasq", Anonymous: true, Options: []UCIOption{
			{Name: "domainneeded", Values: []string{"1"}}, {Name: "server", Values: []string{"1.1.1.1", "9.9.9.9"}, List: true},
		}},
		{Name: "tablet", Type: "host", Options: []UCIOption{
			{Name: "name", Values: []string{"it's mine"}}, {Name: "mac", Values: []string{"02:55:AB:34:CD:01"}, List: true}, {Name: "ip", Values: []string{""}},
		}},
	}, got, err)
	if _, err := UCISections(t.Context(), r, "dhcp", "host"); err != nil {
		t.Error(err)
	}
	options := []UCIOption{{Name: "name", Values: []string{`"a" 'b'`}}, {Name: "mac", Values: []string{"x", "y"}, List: true}, {Name: "ip"}}
	SetUCI(t.Context(), r, "dhcp", "tablet", options...)
	AddUCISection(t.Context(), r, "weir", "device", "", options[0])
	AddUCISection(t.Context(), r, "weir", "device", "tablet")
	CommitUCI(t.Context(), r, "dhcp")
	check(t, []string{
		`uci get {"config":"dhcp"}`,
		`uci get {"config":"dhcp","type":"host"}`,
		`uci set {"config":"dhcp","section":"tablet","values":{"name":"\"a\" 'b'","mac":["x","y"],"ip":""}}`,
		`uci add {"config":"weir","type":"device","values":{"name":"\"a\" 'b'"}}`,
		`uci add {"config":"weir","type":"device","name":"tablet","values":{}}`,
		`uci commit {"config":"dhcp"}`,
	}, r.asked, nil)
}

func TestWhatIsNotThere(t *testing.T) {
	answered := &ubus.Error{Status: ubus.NotFound}
	for _, tt := range []struct {
		name string
		read func(context.Context, Caller) error
		none []error // that say there is nothing, and not that it could not be read
	}{
		{"DHCPv4", func(ctx context.Context, c Caller) error { _, err := DHCPv4Leases(ctx, c); return err }, []error{ubus.NotFound, ubus.MethodNotFound, answered}},
		{"DHCPv6", func(ctx context.Context, c Caller) error { _, err := DHCPv6Leases(ctx, c); return err }, []error{ubus.NotFound, ubus.MethodNotFound, answered}},
		{"interfaces", func(ctx context.Context, c Caller) error { _, err := Interfaces(ctx, c); return err }, nil},
		{"access point", func(ctx context.Context, c Caller) error { _, err := ReadAccessPoint(ctx, c, "o"); return err }, nil},
		{"stations", func(ctx context.Context, c Caller) error { _, err := Stations(ctx, c, "o"); return err }, []error{ubus.NotFound, answered}},
		{"configuration", func(ctx context.Context, c Caller) error { _, err := UCISections(ctx, c, "c", ""); return err }, []error{answered}},
		{"set", func(ctx context.Context, c Caller) error { return SetUCI(ctx, c, "c", "s") }, nil},
		{"add", func(ctx context.Context, c Caller) error { _, err := AddUCISection(ctx, c, "c", "t", "s"); return err }, nil},
		{"commit", func(ctx context.Context, c Caller) error { return CommitUCI(ctx, c, "c") }, nil},
	} {
		for _, fail := range []error{ubus.NotFound, ubus.MethodNotFound, answered, ubus.PermissionDenied, ubus.ErrClosed} {
			none := false
			for _, n := range tt.none {
				none = none || n == fail
			}
			err := tt.read(t.Context(), &recorded{fail: fail})
			if none && err != nil || !none && !errors.Is(err, fail) {
				t.Errorf("%s with %v: error is %v", tt.name, fail, err)
			}
		}
	}
}

func TestLostReplies(t *testing.T) {
	if _, err := DHCPv4Leases(t.Context(), answer(nil)); !errors.Is(err, ubus.NoData) {
		t.Errorf("error is %v", err)
	}
	if leases, err := DHCPv4Leases(t.Context(), answer{}); leases != nil || err != nil {
		t.Errorf("an empty reply is %v, %v", leases, err)
	}
}

func TestRepliesAreBounded(t *testing.T) {
	m, device := ubus.OpenTable(nil, "device")
	for d := range 2 {
		var table, list int
		m, table = ubus.OpenTable(m, fmt.Sprint("br", d))
		m, list = ubus.OpenArray(m, "leases")
		for range MaxReplyRows - 100 {
			m = ubus.AppendTable(m, "", ubus.AppendString(nil, "hostname", strings.Repeat("ü", 100)))
		}
		m = ubus.Close(ubus.Close(m, list), table)
	}
	m = ubus.Close(m, device)
	leases, err := DHCPv4Leases(t.Context(), answer(m))
	if err != nil || len(leases) != MaxReplyRows {
		t.Errorf("%d leases, %v", len(leases), err)
	}
	if name := leases[0].Name; name != strings.Repeat("ü", MaxReplyText/2) {
		t.Errorf("a name is %q", name)
	}
}

// answer answers all calls with itself.
type answer ubus.Msg

func (a answer) Call(context.Context, string, string, ubus.Msg) (ubus.Msg, error) {
	return ubus.Msg(a), nil
}

// FuzzReplies reads any bytes as any reply.
func FuzzReplies(f *testing.F) {
	files, err := filepath.Glob("testdata/ubus/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no recorded replies", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		m, err := ubus.ParseJSON(text)
		if err != nil {
			f.Fatal(file, err)
		}
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx, c := t.Context(), answer(b)
		v4, _ := DHCPv4Leases(ctx, c)
		for _, l := range v4 {
			if len(l.Name) > MaxReplyText {
				t.Fatalf("name of %d bytes", len(l.Name))
			}
		}
		DHCPv6Leases(ctx, c)
		interfaces, _ := Interfaces(ctx, c)
		for _, i := range interfaces {
			for _, p := range i.Addrs {
				if !p.IsValid() {
					t.Fatal("an address that is none")
				}
			}
		}
		ReadAccessPoint(ctx, c, "o")
		Stations(ctx, c, "o")
		UCISections(ctx, c, "c", "")
	})
}
