package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
	"weir/internal/ubus"
	"weir/test/ask"
	"weir/test/ubusd"
)

// recorded is an object of a bus that answers with what package openwrt has recorded.
func recorded(t *testing.T, object string, methods ...string) *ubus.Object {
	t.Helper()
	o := &ubus.Object{Path: object}
	for _, name := range methods {
		text, err := os.ReadFile(filepath.Join("..", "openwrt", "testdata", "ubus", object+"."+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ubus.ParseJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Methods = append(o.Methods, ubus.Method{Name: name, Unchecked: true, Handle: func(context.Context, *ubus.Request) (ubus.Msg, error) { return m, nil }})
	}
	return o
}

// holders returns what the engine knows by leases: names by address, and how.
func holders(d *Daemon) map[string]string {
	all := make(map[string]string)
	rows, _ := d.engine.Devices(engine.Filter{}, engine.Page{Limit: engine.MaxRows})
	for i := range rows {
		one, _ := d.engine.Device(rows[i].ID)
		all[one.Key] = one.Name + " by " + one.NameBy
	}
	return all
}

// TestTellLeases takes leases of every file, and takes them again when they change.
func TestTellLeases(t *testing.T) {
	h := newHouse(t, "")
	now := time.Unix(1_750_000_000, 0)
	h.opt.Bus = h.path("none")
	h.opt.Now = func() clock.Reading { return clock.Reading{Wall: now, Up: time.Hour} }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(h.path(name), []byte(strings.ReplaceAll(text, "$DIR", h.dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("dhcp", "config dnsmasq\n\toption leasefile '$DIR/leases'\nconfig odhcpd\n\toption leasefile '$DIR/odhcpd'\n"+
		"config host\n\toption name 'nas'\n\toption mac '02:00:00:00:02:01'\n\toption ip '192.168.1.5'\n")
	write("leases", "1750003600 02:00:00:00:02:02 192.168.1.20 phone 01:02:00:00:00:02:02\n")
	write("odhcpd", "# br-lan 000300010200000000ff 1 laptop 1750003600 abc 128 2001:db8::abc/128\n# br-lan 020000000203 ipv4 tablet 1750003600 c0a80275 32 192.168.1.117/32\n")
	write("ethers", "02:00:00:00:02:04 printer\n02:00:00:00:02:01 192.168.1.5\n")
	d := h.daemon(t)
	d.whois.ethers = h.path("ethers")
	look := func(all bool) {
		t.Helper()
		now = now.Add(time.Second)
		if err := d.tellLeases(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		d.engine.Configure(namedDevices(d.config.Load()))
	}
	look(true)
	want := map[string]string{
		"02:00:00:00:02:01": "nas by static_lease", "02:00:00:00:02:02": "phone by lease",
		"02:00:00:00:02:03": "tablet by lease", "02:00:00:00:02:04": "printer by ethers",
	}
	if diff := cmp.Diff(want, holders(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	write("leases", "1750003600 02:00:00:00:02:02 192.168.1.20 Annas-phone *\n")
	look(false)
	want["02:00:00:00:02:02"] = "Annas-phone by lease"
	write("ethers", "")
	look(false)
	want["02:00:00:00:02:04"] = " by "
	if diff := cmp.Diff(want, holders(d)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if err := os.Remove(h.path("leases")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(h.path("leases"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := d.tellLeases(t.Context(), true); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("a folder: %v", err)
	}
}

// TestOverTheBus takes leases of odhcpd and stations of hostapd from those who have
// them, and knows when they are gone.
func TestOverTheBus(t *testing.T) {
	bus := ubusd.New(t)
	h := newHouse(t, "")
	h.opt.Now, h.opt.Bus = standing(begin), bus.Path
	d := h.daemon(t)
	t.Cleanup(d.bus.close)
	other := h.onBus(t, bus)
	for _, o := range []*ubus.Object{
		recorded(t, "dhcp", "ipv4leases", "ipv6leases"), recorded(t, "hostapd.phy0-ap0", "get_clients", "get_status"),
	} {
		if err := other.Publish(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	d.lookup(t.Context(), true)
	tickAt(d, begin)
	const tablet = "02:55:AB:34:CD:01"
	if got := holders(d)[tablet]; got != "tablet by lease" {
		t.Errorf("known: %v", holders(d))
	}
	rows, _ := d.engine.Devices(engine.Filter{MAC: tablet}, engine.Page{Limit: 1})
	want := &device.Link{Point: "phy0-ap0", SSID: "Haus", Freq: 5180, Signal: -52, RxRate: 866700, TxRate: 1200900, Since: begin.UnixMicro()}
	if len(rows) != 1 || rows[0].Link == nil || rows[0].Link.SSID != want.SSID || rows[0].Link.Signal != want.Signal ||
		rows[0].Link.Band() != "5 GHz" || rows[0].Link.Since != want.Since || rows[0].Link.TxRate != want.TxRate || !rows[0].Online {
		t.Errorf("%+v", rows)
	}
	points, err := d.AccessPoints()
	wantPoints := []api.AccessPoint{{
		Name: "phy0-ap0", SSID: "Haus", BSSID: packet.MAC{2, 0x55, 0xab, 0, 0, 1}, State: "ENABLED", PHY: "phy0-ap0", Channel: 36, Freq: 5180, Busy: 33, Stations: 1,
	}}
	if diff := cmp.Diff(wantPoints, points); diff != "" || err != nil {
		t.Errorf("%v, access points (-want +got):\n%s", err, diff)
	}
	bus.Halt()
	ask.Until(t, "the bus is missed", func() bool {
		d.lookup(t.Context(), false)
		points, err := d.AccessPoints()
		return len(points) == 0 && err != nil
	})
	if rows, _ := d.engine.Devices(engine.Filter{MAC: tablet}, engine.Page{Limit: 1}); rows[0].Link != nil {
		t.Errorf("without a bus: %+v", rows[0].Link)
	}
	bus.Start(t)
	d.bus.mu.Lock()
	d.bus.failed = time.Time{} // long ago
	d.bus.mu.Unlock()
	if !d.bus.reachable(t.Context()) {
		t.Errorf("the bus is back: %v", d.bus.why())
	}
}

// TestOnce tells an error once, and another one.
func TestOnce(t *testing.T) {
	a, b := errors.New("a"), errors.New("b")
	var o once
	for i, step := range []struct {
		err  error
		want bool
	}{{nil, false}, {a, true}, {a, false}, {b, true}, {nil, false}, {b, true}, {context.Canceled, false}} {
		if got := o.changed(step.err); got != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}
