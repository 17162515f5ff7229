//go:build integration

package daemon

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// Hardware addresses that phones make up.
var (
	firstMAC  = [6]byte{0xda, 0xa1, 0x19, 0, 0, 0x01}
	secondMAC = [6]byte{0xda, 0xa1, 0x19, 0, 0, 0x02}
	otherMAC  = [6]byte{0xda, 0xa1, 0x19, 0, 0, 0x03}
)

// dhcpHome is a home whose clients get their address from a real server, which has
// one.
type dhcpHome struct {
	*netns.Home
	*site
	etc    string
	server *exec.Cmd
}

func newDHCPHome(t *testing.T) *dhcpHome {
	t.Helper()
	for _, tool := range [][2]string{{"dnsmasq", "dnsmasq-base"}, {"busybox", "busybox"}} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			if _, err = os.Stat("/usr/sbin/" + tool[0]); err != nil {
				t.Skipf("SKIPPED: %s (Debian package %s) is missing", tool[0], tool[1])
			}
		}
	}
	h := &dhcpHome{Home: netns.New(t, netns.Options{NAT: true}), site: newSite(t, "")}
	tracking(t, h.Home)
	for _, ip := range []netip.Addr{netns.Client1IP, netns.Client2IP, netns.Client1IP6, netns.Client2IP6} {
		h.Router.IP(t, "neigh del "+ip.String()+" dev "+netns.Bridge)
	}
	for _, c := range []*netns.Namespace{h.Client1, h.Client2} {
		c.IP(t, "addr flush dev "+netns.Eth, "neigh flush dev "+netns.Eth+" nud permanent")
	}
	files := maps.Clone(routerFiles)
	files["dhcp"] = "config dnsmasq\n\toption leasefile '" + h.path("leases") + "'\n"
	h.etc = h.folder(t, files, "config weir 'main'\n\tlist interface 'lan'\n\toption idle_timeout '600'\n\toption source 'packets'\n")
	h.serveDHCP(t)
	return h
}

// serveDHCP starts dnsmasq, which also advertises the router.
func (h *dhcpHome) serveDHCP(t *testing.T) {
	t.Helper()
	c := h.Router.Command("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file=",
		"--interface="+netns.Bridge, "--bind-interfaces", "--dhcp-authoritative", "--no-ping", "--log-facility="+h.path("dnsmasq.log"),
		"--dhcp-range=192.168.1.110,192.168.1.110,2m", "--dhcp-range=2001:db8:1::,ra-only", "--enable-ra", "--dhcp-leasefile="+h.path("leases"))
	h.server = c
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill() // if it runs
		c.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(h.path("dnsmasq.log"))
			t.Logf("dnsmasq:\n%s", log)
		}
	})
	script := "#!/bin/sh\n[ \"$1\" = bound ] || exit 0\nip addr flush dev $interface scope global\nip addr add $ip/24 dev $interface\n" +
		"ip route replace default via $router\necho $ip >" + h.path("got") + "\n"
	if err := os.WriteFile(h.path("bound"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// join brings a client into the network with a hardware address, has it ask for an
// address, and returns that.
func (h *dhcpHome) join(t *testing.T, c *netns.Namespace, mac [6]byte, args ...string) netip.Addr {
	t.Helper()
	hw := net.HardwareAddr(mac[:]).String()
	c.IP(t, "link set "+netns.Eth+" down", "link set "+netns.Eth+" address "+hw, "link set "+netns.Eth+" up")
	c.Run(t, "busybox", append([]string{"udhcpc", "-i", netns.Eth, "-f", "-q", "-n", "-t", "8", "-T", "1", "-s", h.path("bound")}, args...)...)
	got, err := os.ReadFile(h.path("got"))
	if err != nil {
		t.Fatal(err)
	}
	return netip.MustParseAddr(strings.TrimSpace(string(got)))
}

// about returns what weir says of the device that has a hardware address.
func (h *dhcpHome) about(t *testing.T, mac [6]byte) any {
	t.Helper()
	row := h.device(t, mac)
	if row == nil {
		return nil
	}
	return h.call(t, "device", url.Values{"id": {fmt.Sprint(number(row, "id"))}})["device"]
}

// talks sends datagrams to the server, which answers, and returns the IP bytes of a
// direction.
func (h *dhcpHome) talks(t *testing.T, c *netns.Namespace, port uint16, count int) float64 {
	t.Helper()
	const size = 1000
	exchange(t, c, h.Server, netip.AddrPortFrom(netns.ServerIP, port), count, size)
	return float64(count * (size + udpHeaders))
}

// sent checks what a device sent: what a kernel says of itself comes on top.
func sent(t *testing.T, what string, device any, want float64) {
	t.Helper()
	const own = 6000
	if got := number(device, "bytes.tx"); got < want || got > want+own {
		t.Errorf("%s sent %v bytes, want %v", what, got, want)
	}
}

// A phone with two hardware addresses is proposed to be one, and is one when the user
// says so, with its history, also after a restart; an address that is given to
// another device is that one's from then on; and addresses of IPv6 that a device
// makes up are its own.
func TestDHCP(t *testing.T) {
	h := newDHCPHome(t)
	netns.Favour(t)
	p := h.start(t, h.Router.Command(program, "run", h.etc)).ready(t)
	p.running(t)
	phone := []string{"-x", "hostname:Annas-phone", "-x", "0x3d:004e6e6131", "-V", "android-dhcp-14"}

	ip := h.join(t, h.Client1, firstMAC, phone...)
	first := h.talks(t, h.Client1, 7001, 50)
	ask.Until(t, "the phone is known by its lease", func() bool {
		d := h.about(t, firstMAC)
		return text(d, "name") == "Annas-phone" && text(d, "ips.0.how") == "lease" && number(d, "ips.0.expires") > 0
	})
	h.swept(t) // the kernel tells of neighbours sooner than of frames
	again := h.join(t, h.Client1, secondMAC, phone...)
	second := h.talks(t, h.Client1, 7002, 70)
	h.swept(t)
	a, b := h.about(t, firstMAC), h.about(t, secondMAC)
	sent(t, "the first hardware address", a, first)
	sent(t, "the second hardware address", b, second)
	if ip != again || text(h.call(t, "host", url.Values{"ip": {ip.String()}})["host"], "mac") != strings.ToUpper(net.HardwareAddr(secondMAC[:]).String()) {
		t.Errorf("whose %s is: %v", ip, h.call(t, "host", url.Values{"ip": {ip.String()}}))
	}
	if number(ask.At(b, "suggestions.0"), "with.id") != number(a, "id") || number(ask.At(b, "suggestions.0"), "into") != number(a, "id") {
		t.Fatalf("suggested: %v", ask.At(b, "suggestions"))
	}
	if !strings.Contains(fmt.Sprint(ask.At(b, "suggestions.0.reasons")), "same_client_id same_dhcp_name same_dhcp_options random_mac") {
		t.Errorf("because of %v", ask.At(b, "suggestions.0.reasons"))
	}
	if text(a, "link.port") != netns.Port1 && text(b, "link.port") != netns.Port1 {
		ask.Until(t, "the port is known", func() bool { return text(h.about(t, secondMAC), "link.port") == netns.Port1 })
	}
	h.merges(t, a, b, first, second)
	h.moves(t, ip)
	h.privacy(t)
	p.stop(t)

	p = h.start(t, h.Router.Command(program, "run", h.etc)).ready(t)
	whole := h.about(t, secondMAC)
	if number(whole, "id") != number(a, "id") || text(whole, "name") != "Anna's" || text(whole, "note") != "hers" || len(ask.At(whole, "macs").([]any)) != 2 {
		t.Errorf("after a restart: %v", whole)
	}
	sent(t, "the phone, after a restart,", whole, first+second)
	if spans, _ := h.call(t, "presence", url.Values{"device": {fmt.Sprint(number(a, "id"))}, "period": {"hour"}})["spans"].([]any); len(spans) == 0 {
		t.Error("nobody was there before the restart")
	}
	if number(h.about(t, otherMAC), "bytes.tx") == 0 {
		t.Errorf("after a restart: %v", h.about(t, otherMAC))
	}
	p.stop(t)
}

// merges makes the second device a part of the first, takes that back, and does it
// again: history follows.
func (h *dhcpHome) merges(t *testing.T, a, b any, first, second float64) {
	t.Helper()
	id, with := fmt.Sprint(number(a, "id")), fmt.Sprint(number(b, "id"))
	history := func() (sum float64) {
		values, _ := h.call(t, "series", url.Values{"class": {"device"}, "key": {id}, "metric": {"tx_bytes"}, "period": {"hour"}})["values"].([]any)
		for _, v := range values {
			n, _ := v.(float64)
			sum += n
		}
		return sum
	}
	ask.Until(t, "history has begun", func() bool { return history() >= first })
	for range 2 {
		h.call(t, "device_merge", url.Values{"id": {id}, "with": {with}})
		sent(t, "the phone", h.about(t, secondMAC), first+second)
		if n := history(); n < first+second {
			t.Errorf("its history has %v bytes, want %v", n, first+second)
		}
		if n := number(h.call(t, "devices", url.Values{"text": {"annas"}}), "total"); n != 1 {
			t.Errorf("%v devices are called so", n)
		}
		if h.about(t, secondMAC) == nil || number(h.about(t, secondMAC), "id") != number(a, "id") {
			t.Errorf("the second hardware address is of %v", h.about(t, secondMAC))
		}
		h.call(t, "device_undo", nil)
		sent(t, "the first hardware address, parted,", h.about(t, firstMAC), first)
		sent(t, "the second hardware address, parted,", h.about(t, secondMAC), second)
	}
	h.call(t, "device_merge", url.Values{"id": {id}, "with": {with}})
	set := h.call(t, "device_set", url.Values{"id": {id}, "name": {"Anna's"}, "note": {"hers"}})
	if text(set, "device.name") != "Anna's" || text(set, "device.name_by") != "user" {
		t.Errorf("named: %v", set)
	}
	written, err := os.ReadFile(h.etc + "/weir")
	if err != nil || !strings.Contains(string(written), "config device\n\toption name 'Anna'\\''s'\n\tlist mac 'DA:A1:19:00:00:01'\n") {
		t.Errorf("%v: %s", err, written)
	}
}

// moves has the phone give its address up and another device get it.
func (h *dhcpHome) moves(t *testing.T, ip netip.Addr) {
	t.Helper()
	h.server.Process.Kill()
	h.server.Wait()
	if err := os.Remove(h.path("leases")); err != nil { // as when it has ended
		t.Fatal(err)
	}
	h.serveDHCP(t)
	h.Client1.IP(t, "addr flush dev "+netns.Eth+" scope global")
	before, at := number(h.about(t, secondMAC), "bytes.tx"), time.Now().Unix()
	if got := h.join(t, h.Client2, otherMAC, "-x", "hostname:tv"); got != ip {
		t.Fatalf("the other one has %s, want %s", got, ip)
	}
	moved := h.talks(t, h.Client2, 7003, 60)
	h.swept(t)
	sent(t, "who has its address now", h.about(t, otherMAC), moved)
	if name := text(h.about(t, otherMAC), "name"); name != "tv" {
		t.Errorf("it is called %q", name)
	}
	if after := number(h.about(t, secondMAC), "bytes.tx"); after > before+1000 {
		t.Errorf("the phone has %v bytes of the other one", after-before)
	}
	owner := ask.At(h.call(t, "host", url.Values{"ip": {ip.String()}}), "host")
	if number(owner, "device") != number(h.about(t, otherMAC), "id") {
		t.Errorf("%s is of %v", ip, owner)
	}
	flow := h.only(t, 7003)
	if number(flow, "client.device") != number(h.about(t, otherMAC), "id") || number(flow, "first") < float64(at) {
		t.Errorf("the flow: %v", flow)
	}
}

// privacy has a client make up addresses and talk from them.
func (h *dhcpHome) privacy(t *testing.T) {
	t.Helper()
	known := number(h.call(t, "devices", nil), "total")
	h.Client2.Sysctl(t, "net.ipv6.conf.eth0.use_tempaddr=2", "net.ipv6.conf.eth0.accept_ra=1")
	h.Client2.IP(t, "link set "+netns.Eth+" down", "link set "+netns.Eth+" up")
	var made []string
	ask.Until(t, "the client has made up an address", func() bool {
		made = nil
		for line := range strings.Lines(h.Client2.Run(t, "ip", "-6", "-o", "addr", "show", "dev", netns.Eth, "scope", "global")) {
			if f := strings.Fields(line); strings.Contains(line, "temporary") && !strings.Contains(line, "tentative") && len(f) > 3 {
				made = append(made, strings.TrimSuffix(f[3], "/64"))
			}
		}
		return len(made) > 0
	})
	exchange(t, h.Client2, h.Server, netip.AddrPortFrom(netns.ServerIP6, 7004), 20, 500)
	h.swept(t)
	var ips []string
	rows, _ := ask.At(h.about(t, otherMAC), "ips").([]any)
	for _, r := range rows {
		ips = append(ips, text(r, "ip"))
		if slices.Contains(made, text(r, "ip")) && text(r, "how") != "random" {
			t.Errorf("%s came to it by %s", text(r, "ip"), text(r, "how"))
		}
	}
	if !slices.Contains(ips, made[0]) || number(h.call(t, "devices", nil), "total") > known {
		t.Errorf("made up %v, has %v; devices: %v", made, ips, h.call(t, "devices", nil))
	}
	flow := h.only(t, 7004)
	if number(flow, "client.device") != number(h.about(t, otherMAC), "id") || text(flow, "client.ip") != made[0] {
		t.Errorf("the flow: %v", flow)
	}
}
