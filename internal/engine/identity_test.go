package engine_test

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/flowlog"
	"weir/internal/packet"
	"weir/test/corpus"
)

var (
	tabletMAC = packet.MAC{0x06, 0xaa, 0, 0, 0, 3} // locally administered
	groupMAC  = packet.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

// payload returns what gopacket makes of the layers.
func payload(tb testing.TB, all ...gopacket.SerializableLayer) string {
	tb.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, all...); err != nil {
		tb.Fatal(err)
	}
	return string(b.Bytes())
}

// dhcpMessage is a message of DHCPv4 of a client: kind is that of option 53.
func dhcpMessage(tb testing.TB, client packet.MAC, kind layers.DHCPMsgType, ip string, options ...layers.DHCPOption) string {
	tb.Helper()
	m := &layers.DHCPv4{Operation: layers.DHCPOpRequest, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, ClientHWAddr: client[:],
		Options: append([]layers.DHCPOption{layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{byte(kind)})}, options...)}
	if ip != "" {
		m.Operation, m.YourClientIP = layers.DHCPOpReply, net.ParseIP(ip)
		m.Options = append(m.Options, layers.NewDHCPOption(layers.DHCPOptLeaseTime, []byte{0, 0, 14, 16}))
	}
	return payload(tb, m)
}

// asks is a client's broadcast of a DHCP request.
func asks(tb testing.TB, at int64, client packet.MAC, name, vendor string, list ...byte) packet.Raw {
	return says(at, client, groupMAC, "0.0.0.0:68", "255.255.255.255:67", dhcpMessage(tb, client, layers.DHCPMsgTypeRequest, "",
		layers.NewDHCPOption(layers.DHCPOptHostname, []byte(name)), layers.NewDHCPOption(layers.DHCPOptClassID, []byte(vendor)),
		layers.NewDHCPOption(layers.DHCPOptParamsRequest, list)))
}

// deviceOf returns the row of the device with that hardware address, with all that
// is told of one.
func deviceOf(tb testing.TB, e *engine.Engine, m packet.MAC) engine.DeviceRow {
	tb.Helper()
	rows, n := e.Devices(engine.Filter{MAC: m.String()}, engine.Page{Limit: 2})
	if n != 1 {
		tb.Fatalf("%d devices have %s", n, m)
	}
	row, ok := e.Device(rows[0].ID)
	if !ok {
		tb.Fatalf("%s is listed and not there", m)
	}
	return row
}

// TestDHCPNamesDevices has several clients ask, all in one flow: from no address to
// everybody.
func TestDHCPNamesDevices(t *testing.T) {
	e := routerWith(t, 64, func(c *engine.Config) {
		c.Vendor = func(m packet.MAC) string { return map[packet.MAC]string{nasMAC: "Synology"}[m] }
	})
	forged := says(40, nasMAC, groupMAC, "0.0.0.0:68", "255.255.255.255:67",
		dhcpMessage(t, phoneMAC, layers.DHCPMsgTypeRequest, "", layers.NewDHCPOption(layers.DHCPOptHostname, []byte("forged"))))
	for i, raw := range []packet.Raw{
		asks(t, 0, phoneMAC, "Pixel-7", "android-dhcp-14", 1, 3, 6, 15, 26, 28, 51, 58, 59, 43),
		asks(t, 10, tabletMAC, "Annas-iPad", "", 1, 121, 3, 6, 15, 119, 252),
		asks(t, 20, nasMAC, "", "udhcp 1.30"),
		forged,
	} {
		raw.Classify = i%2 == 1 // it counts whoever counts the bytes
		e.Packets([]packet.Raw{raw})
	}
	e.Tick(start+second, true)
	type facts struct {
		Name, By, Vendor, Type, OS string
		Random                     bool
	}
	got := make(map[packet.MAC]facts)
	for _, m := range []packet.MAC{phoneMAC, tabletMAC, nasMAC} {
		d := deviceOf(t, e, m)
		got[m] = facts{d.Name, d.NameBy, d.Vendor, d.Type.String(), d.OS.String(), d.RandomMAC}
	}
	want := map[packet.MAC]facts{
		phoneMAC:  {"Pixel-7", "dhcp", "", "phone", "android", true},
		tabletMAC: {"Annas-iPad", "dhcp", "", "tablet", "ios", true},
		nasMAC:    {"", "", "Synology", "iot", "linux", false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows, _ := e.Devices(engine.Filter{Text: "pixel"}, engine.Page{Limit: 9}); len(rows) != 1 || rows[0].Evidence != nil {
		t.Errorf("found by its name: %+v", rows)
	}
}

// announces is an answer of mDNS with the records, each after the other.
func announces(tb testing.TB, at int64, from packet.MAC, src string, records ...layers.DNSResourceRecord) packet.Raw {
	return says(at, from, packet.MAC{1, 0, 0x5e, 0, 0, 0xfb}, src+":5353", "224.0.0.251:5353",
		payload(tb, &layers.DNS{QR: true, AA: true, Answers: records}))
}

func recordA(name, ip string) layers.DNSResourceRecord {
	return layers.DNSResourceRecord{Name: []byte(name), Type: layers.DNSTypeA, Class: layers.DNSClassIN, IP: net.ParseIP(ip)}
}

func recordTXT(name string, texts ...string) layers.DNSResourceRecord {
	r := layers.DNSResourceRecord{Name: []byte(name), Type: layers.DNSTypeTXT, Class: layers.DNSClassIN}
	for _, t := range texts {
		r.TXTs = append(r.TXTs, []byte(t))
	}
	return r
}

func recordPTR(name, to string) layers.DNSResourceRecord {
	return layers.DNSResourceRecord{Name: []byte(name), Type: layers.DNSTypePTR, Class: layers.DNSClassIN, PTR: []byte(to)}
}

// TestMDNSNamesDevices has a television announce itself, a router repeat what others
// said on another network, and somebody claim another one's name.
func TestMDNSNamesDevices(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:9", "192.168.1.1:9", "x"),
		says(0, nasMAC, routerMAC, "192.168.1.30:9", "192.168.1.1:9", "x"),
		says(0, routerMAC, phoneMAC, "192.168.1.1:9", "192.168.1.20:9", "x"),
		announces(t, 10, phoneMAC, "192.168.1.20", recordA("tv-livingroom.local", "192.168.1.20"), recordA("stolen.local", "192.168.1.30"),
			recordPTR("_googlecast._tcp.local", "x._googlecast._tcp.local"), recordPTR("_services._dns-sd._udp.local", "_androidtvremote2._tcp.local")),
		announces(t, 20, phoneMAC, "192.168.1.20", recordTXT("x._googlecast._tcp.local", "id=1", "md=BRAVIA 4K", "fn=Living Room")),
		announces(t, 30, routerMAC, "192.168.1.1", recordA("nas.local", "192.168.1.30"), recordPTR("_ipp._tcp.local", "x._ipp._tcp.local")),
		says(40, phoneMAC, packet.MAC{1}, "192.168.1.20:5353", "224.0.0.251:5353", payload(t, &layers.DNS{Questions: []layers.DNSQuestion{{Name: []byte("asked.local"), Type: layers.DNSTypeA, Class: layers.DNSClassIN}}})),
	})
	e.Tick(start+second, true)
	tv, nas, own := deviceOf(t, e, phoneMAC), deviceOf(t, e, nasMAC), deviceOf(t, e, routerMAC)
	if tv.Name != "Living Room" || tv.NameBy != "mdns_friendly" || tv.Type != device.Television || tv.OS != device.Android {
		t.Errorf("television %+v", tv)
	}
	var evidence []string
	for _, v := range tv.Evidence {
		evidence = append(evidence, v.Kind.String()+" "+v.Value)
	}
	want := []string{"mdns tv-livingroom", "mdns_friendly Living Room", "mdns_service googlecast", "mdns_service androidtvremote2", "mdns_model BRAVIA 4K"}
	if diff := cmp.Diff(want, evidence); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if nas.Name != "nas" || len(own.Evidence) != 0 || own.Type != device.RouterType {
		t.Errorf("NAS %q, router %v", nas.Name, own.Evidence)
	}
}

// TestSSDPTellsWhatDevicesAre has a device say several things in one flow, and
// another one answer a search.
func TestSSDPTellsWhatDevicesAre(t *testing.T) {
	e := router(t, 64)
	notify := func(nt string) packet.Raw {
		return says(20, phoneMAC, packet.MAC{1}, "192.168.1.20:40000", "239.255.255.250:1900",
			"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: "+nt+"\r\nSERVER: Linux UPnP/1.0 Sonos/79.1 (ZPS9)\r\n\r\n")
	}
	e.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:9", "192.168.1.1:9", "x"),
		notify("upnp:rootdevice"), notify("urn:schemas-upnp-org:device:ZonePlayer:1"), notify("urn:schemas-upnp-org:service:AVTransport:1"),
		says(30, nasMAC, phoneMAC, "192.168.1.30:1900", "192.168.1.20:50000", "HTTP/1.1 200 OK\r\nST: roku:ecp\r\nServer: Roku/9.4.0 UPnP/1.0 Roku/9.4.0\r\n\r\n"),
		says(40, tabletMAC, packet.MAC{1}, "192.168.1.40:50000", "239.255.255.250:1900", "M-SEARCH * HTTP/1.1\r\nST: urn:schemas-upnp-org:device:Printer:1\r\n\r\n"),
	})
	e.Tick(start+second, true)
	if d := deviceOf(t, e, phoneMAC); d.Type != device.Speaker || len(d.Evidence) != 2 {
		t.Errorf("speaker %v %+v", d.Type, d.Evidence)
	}
	if d := deviceOf(t, e, nasMAC); d.Type != device.Television || d.OS != device.RokuOS {
		t.Errorf("television %v %+v", d.Type, d.Evidence)
	}
	if d := deviceOf(t, e, tabletMAC); len(d.Evidence) != 0 {
		t.Errorf("who searches for a printer is %v", d.Evidence)
	}
}

// TestUserAgents keeps where programs of a device say that they run, unless it is
// private.
func TestUserAgents(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit\r\n\r\n"
	for _, private := range []bool{false, true} {
		e := router(t, 64)
		e.Configure([]device.Named{{Private: private, Name: "phone", MACs: []packet.MAC{phoneMAC}}})
		get := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:80", tcp: packet.PSH | packet.ACK, pay: len(request), point: lan, ttl: 64}.raw()
		copy(get.Data[len(get.Data)-len(request):], request)
		e.Packets([]packet.Raw{get})
		e.Tick(start+second, true)
		if d := deviceOf(t, e, phoneMAC); (d.OS == device.IOS) == private {
			t.Errorf("private %v: %v, %+v", private, d.OS, d.Evidence)
		}
	}
}

// sent is a datagram of 1,000 bytes from one device in the house to the world.
func sent(at int64, from packet.MAC, src string) packet.Raw {
	return frame{at: at, from: from, to: routerMAC, src: src, dst: "198.51.100.5:7777", pay: 972, point: lan, ttl: 64}.raw()
}

// TestAddressesMove gives an address to another device in each of the ways in which
// that is learnt: what the first one moved until then stays its own, in its totals
// and in the log of its flows, and what comes after is the other one's.
func TestAddressesMove(t *testing.T) {
	const shared = "192.168.1.20"
	moves := map[string]func(*engine.Engine, int64){
		"by its frames": func(*engine.Engine, int64) {},
		"by the answer of the DHCP server": func(e *engine.Engine, at int64) {
			e.Packets([]packet.Raw{says(at, routerMAC, nasMAC, "192.168.1.1:67", shared+":68", dhcpMessage(t, nasMAC, layers.DHCPMsgTypeAck, shared))})
		},
		"by the leases": func(e *engine.Engine, at int64) {
			a := addrs(shared)
			e.SetLeases([]device.Lease{{Kind: device.FromLease, MAC: phoneMAC, Name: "phone", Addrs: a}}, start+at-1000)
			e.SetLeases([]device.Lease{{Kind: device.FromLease, MAC: nasMAC, Name: "NAS", Addrs: a}}, start+at)
		},
		"by the kernel's neighbours": func(e *engine.Engine, at int64) {
			e.Neighbours([]device.Neighbour{{Addr: addrs(shared)[0], MAC: nasMAC, Point: lan}}, start+at)
		},
	}
	for name, move := range moves {
		t.Run(name, func(t *testing.T) {
			logged := make(map[uint32]uint64)
			e := routerWith(t, 64, func(c *engine.Config) {
				c.Log = func(f *flowlog.Flow) { logged[f.Client.Device] += f.Bytes.Tx }
			})
			e.Packets([]packet.Raw{sent(0, nasMAC, "192.168.1.30:5001"), sent(0, phoneMAC, shared+":5001")})
			e.Tick(start+second, true)
			phone, nas := deviceOf(t, e, phoneMAC), deviceOf(t, e, nasMAC)
			e.Packets([]packet.Raw{sent(second+second/2, phoneMAC, shared+":5001"), sent(second+second/2, phoneMAC, shared+":5002")})
			move(e, second+second*6/10) // in the middle of a second
			e.Packets([]packet.Raw{sent(second+second*7/10, nasMAC, shared+":5003"), sent(second+second*8/10, nasMAC, shared+":5003")})
			e.Tick(start+2*second, true)
			if got := deviceOf(t, e, phoneMAC); got.Bytes.Tx != 3000 || len(got.IPs) != 0 {
				t.Errorf("the first one sent %d bytes, and has %v", got.Bytes.Tx, got.IPs)
			}
			if got := deviceOf(t, e, nasMAC); got.Bytes.Tx != 3000 || len(got.IPs) != 2 {
				t.Errorf("the second one sent %d bytes, and has %v", got.Bytes.Tx, got.IPs)
			}
			e.Flush()
			if logged[phone.ID] != 3000 || logged[nas.ID] != 3000 {
				t.Errorf("logged %v, of %d and %d", logged, phone.ID, nas.ID)
			}
			var moved []device.Event
			for _, v := range e.DeviceEvents() {
				if v.What == device.Moved {
					moved = append(moved, v)
				}
			}
			if len(moved) != 1 || moved[0].From != phone.ID || moved[0].Device != nas.ID || moved[0].Addr != addrs(shared)[0] {
				t.Errorf("events %+v", moved)
			}
		})
	}
}

// TestAddressOfTwo has two hardware addresses use one address by turns, as with
// bonded links: their flows do not end each time.
func TestAddressOfTwo(t *testing.T) {
	ended := 0
	e := routerWith(t, 512, func(c *engine.Config) { c.Log = func(*flowlog.Flow) { ended++ } })
	for i := range 200 {
		from := phoneMAC
		if i%2 == 1 {
			from = nasMAC
		}
		e.Packets([]packet.Raw{sent(int64(i)*10_000, from, fmt.Sprintf("192.168.1.20:%d", i+1))})
	}
	if ended > 1 {
		t.Errorf("%d flows ended", ended)
	}
}

// TestServersOfDHCP believes answers of this machine alone.
func TestServersOfDHCP(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{
		sent(0, nasMAC, "192.168.1.30:1"), sent(0, phoneMAC, "192.168.1.20:1"),
		says(10, nasMAC, phoneMAC, "192.168.1.30:67", "192.168.1.20:68", dhcpMessage(t, nasMAC, layers.DHCPMsgTypeAck, "192.168.1.20")),
		says(10, routerMAC, phoneMAC, "192.168.1.1:67", "255.255.255.255:68", dhcpMessage(t, nasMAC, layers.DHCPMsgTypeAck, "198.51.100.9")),
	})
	e.Tick(start+second, true)
	if d := deviceOf(t, e, phoneMAC); len(d.IPs) != 1 {
		t.Errorf("somebody took its address away: %+v", d)
	}
}

// TestPrivacyAddresses keeps the addresses that a phone makes up with the phone.
func TestPrivacyAddresses(t *testing.T) {
	e := router(t, 512)
	for i := range 9 {
		e.Packets([]packet.Raw{sentV6(int64(i)*second, phoneMAC, fmt.Sprintf("[2001:db8:1::a0%d:1:2:%d]:5000", i, i+1))})
	}
	e.Tick(start+10*second, true)
	d := deviceOf(t, e, phoneMAC)
	if len(d.IPs) != 9 || d.Bytes.Tx != 9000 || d.Addrs[0].By != "random" || d.Addrs[0].IP != d.IPs[0] {
		t.Errorf("%d bytes, %+v", d.Bytes.Tx, d.Addrs)
	}
}

func sentV6(at int64, from packet.MAC, src string) packet.Raw {
	return frame{at: at, from: from, to: routerMAC, src: src, dst: "[2001:db8:ffff::5]:7777", pay: 952, point: lan, ttl: 64}.raw()
}

// TestOutsideIsNoDevice sees the provider's machines by their frames, as neighbours
// and by what they announce.
func TestOutsideIsNoDevice(t *testing.T) {
	e := router(t, 64)
	isp := packet.MAC{0, 7, 7, 7, 7, 7}
	e.Packets([]packet.Raw{
		frame{from: isp, to: routerMAC, src: "198.51.100.5:443", dst: "203.0.113.77:5000", tcp: packet.SYN, point: wan, ttl: 57}.raw(),
		frame{from: isp, to: routerMAC, src: "[fe80::1]:546", dst: "[ff02::1]:547", pay: 9, point: wan, ttl: 255}.raw(),
	})
	raw := asks(t, 10, isp, "neighbour", "")
	raw.Iface = wan
	e.Packets([]packet.Raw{raw})
	e.Neighbours([]device.Neighbour{{Addr: addrs("fe80::1")[0], MAC: isp, Point: wan}}, start)
	e.Tick(start+second, true)
	if rows, n := e.Devices(engine.Filter{}, engine.Page{Limit: 9}); n != 0 {
		t.Errorf("%+v", rows)
	}
}

// TestDevicesWithoutHardwareAddress knows those behind a tunnel by their addresses.
func TestDevicesWithoutHardwareAddress(t *testing.T) {
	e := router(t, 64)
	e.SetUnlinked([]string{"br-guest", "nothing"}) // it may as well be a tunnel
	c := connection(6, "192.168.2.9:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5000")
	c.Packets, c.Bytes, c.Last = [2]uint64{1, 0}, [2]uint64{700, 0}, start
	lanToo := connection(6, "192.168.1.77:5001", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5001")
	lanToo.Packets, lanToo.Bytes, lanToo.Last = [2]uint64{1, 0}, [2]uint64{900, 0}, start
	e.Connections([]flow.Connection{c, lanToo})
	e.Swept(start + second)
	e.Tick(start+second, true)
	rows, n := e.Devices(engine.Filter{}, engine.Page{Limit: 9})
	if n != 1 || rows[0].Key != "192.168.2.9" || rows[0].Bytes.Tx != 700 || len(rows[0].MACs) != 0 || !rows[0].Online || rows[0].Interface != "br-guest" {
		t.Errorf("%+v", rows)
	}
}

// TestLeasesAlone knows devices by leases where neither frames nor neighbours tell.
func TestLeasesAlone(t *testing.T) {
	e := router(t, 64)
	e.SetLeases([]device.Lease{{Kind: device.FromLease, MAC: phoneMAC, Name: "phone", Addrs: addrs("192.168.1.20"), Expires: start + 3600*second}}, start)
	e.Connections([]flow.Connection{told(5000, 700, start)})
	e.Swept(start + second)
	e.Tick(start+second, true)
	d := deviceOf(t, e, phoneMAC)
	want := []engine.AddrRow{{IP: netip.MustParseAddr("192.168.1.20"), By: "lease", Expires: start + 3600*second, First: start, Last: start}}
	if diff := cmp.Diff(want, d.Addrs, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || d.Bytes.Tx != 700 || d.Name != "phone" || !d.Online {
		t.Errorf("%+v %s", d, diff)
	}
}

func TestStationsInRows(t *testing.T) {
	e := router(t, 64)
	e.SetStations([]device.Station{{MAC: phoneMAC, Point: "phy0-ap0", SSID: "home", Freq: 5180, Signal: -55}}, start)
	e.Tick(start+second, true)
	if d := deviceOf(t, e, phoneMAC); d.Link == nil || d.Link.SSID != "home" || !d.Online || d.Since == 0 {
		t.Errorf("%+v", d)
	}
}

// TestCaptures finds out who is who in captures of real devices.
func TestCaptures(t *testing.T) {
	tests := []struct{ file, mac, name, by, kind, os string }{
		{"iotsentinel__D-LinkCam_Setup-A-1-STA.pcap", "B0:C5:54:25:5B:0E", "DCS-935L", "dhcp", "camera", "embedded"},
		{"iotsentinel__HueBridge_Setup-A-1-STA.pcap", "00:17:88:24:76:FF", "Philips-hue", "dhcp", "iot", "embedded"},
		{"iotsentinel__TP-LinkPlugHS110_Setup-A-1-STA.pcap", "50:C7:BF:00:C7:03", "HS110(EU)", "dhcp", "iot", "embedded"},
		{"iotsentinel__WeMoSwitch_Setup-A-1-STA.pcap", "94:10:3E:35:01:C1", "", "", "iot", "embedded"},
		{"iotsentinel__Withings_Setup-A-1-STA.pcap", "00:24:E4:24:80:2A", "", "", "iot", "embedded"},
		{"ipfixprobe__dnssd.pcap", "8C:85:90:77:1A:72", "Peter’s MacBook Pro", "mdns_friendly", "computer", "macos"},
		{"ipfixprobe__dnssd.pcap", "0C:96:E6:24:B9:B1", "DESKTOP-M3JAMSQ", "mdns", "computer", "windows"},
		{"ipfixprobe__dnssd.pcap", "14:20:5E:57:EC:A6", "Martins-iPhone", "mdns", "phone", "ios"},
		{"ndpi__alexa-app.pcapng", "78:F8:82:D3:FB:C2", "android-1c1335ec95a27318", "dhcp", "phone", "android"},
		{"ndpi__telegram.pcap", "78:28:CA:05:FA:CC", "sonos7828CA05FACC", "mdns", "speaker", "embedded"},
		{"ndpi__telegram.pcap", "8C:FE:57:23:37:E4", "Gabrieles-iPad", "mdns", "tablet", "ios"},
		{"ndpi__telegram.pcap", "04:92:26:5C:97:35", "DESKTOP-RB5T12G", "netbios", "computer", "windows"},
		{"ndpi__wa_voice.pcap", "D8:30:62:56:00:1C", "Lucas-iMac", "dhcp", "computer", "macos"},
		{"arkime__nbns.pcap", "00:50:56:33:78:9E", "MDJR98", "netbios", "", ""},
		{"ndpi__netflix.pcap", "E4:98:D6:1F:BD:14", "", "", "phone", "ios"},
	}
	for _, tt := range tests {
		t.Run(strings.TrimSuffix(tt.file, ".pcap")+" "+tt.mac, func(t *testing.T) {
			c := readCapture(t, corpus.Path(t, "pcap", tt.file))
			e := fullEngine(t, c.points...)
			e.Packets(c.frames)
			rows, _ := e.Devices(engine.Filter{MAC: tt.mac}, engine.Page{Limit: 2})
			if len(rows) != 1 {
				t.Fatalf("%d devices", len(rows))
			}
			if d := rows[0]; d.Name != tt.name || d.NameBy != tt.by || d.Type.String() != tt.kind || d.OS.String() != tt.os {
				t.Errorf("%q by %q, %q with %q", d.Name, d.NameBy, d.Type, d.OS)
			}
		})
	}
}

// FuzzAnnouncements hands over any payload on the ports where devices announce.
func FuzzAnnouncements(f *testing.F) {
	f.Add(uint8(0), []byte(dhcpMessage(f, phoneMAC, layers.DHCPMsgTypeRequest, "", layers.NewDHCPOption(layers.DHCPOptHostname, []byte("phone")))))
	f.Add(uint8(1), []byte(dhcpMessage(f, nasMAC, layers.DHCPMsgTypeAck, "192.168.1.20")))
	f.Add(uint8(2), []byte("NOTIFY * HTTP/1.1\r\nNT: urn:schemas-upnp-org:device:ZonePlayer:1\r\nSERVER: Linux UPnP/1.0 Sonos/79.1\r\n\r\n"))
	f.Add(uint8(3), []byte(payload(f, &layers.DNS{QR: true, Answers: []layers.DNSResourceRecord{recordA("tv.local", "192.168.1.20"), recordTXT("x._ipp._tcp.local", "ty=HP")}})))
	f.Add(uint8(4), []byte("\x01\x01\x02\x03\x00\x01\x00\x04\x00\x03\x00\x01"))
	ports := []string{"68 67", "67 68", "1900 1900", "5353 5353", "546 547", "40000 1900", "137 137", "3702 3702"}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		e := router(t, 16)
		src, dst, _ := strings.Cut(ports[int(which)%len(ports)], " ")
		b = b[:min(len(b), 1400)]
		e.Packets([]packet.Raw{
			says(0, phoneMAC, routerMAC, "192.168.1.20:9", "192.168.1.1:9", "x"),
			says(0, routerMAC, phoneMAC, "192.168.1.1:9", "192.168.1.20:9", "x"),
			says(10, phoneMAC, nasMAC, "192.168.1.20:"+src, "192.168.1.30:"+dst, string(b)),
			says(20, routerMAC, nasMAC, "192.168.1.1:"+src, "192.168.1.30:"+dst, string(b)),
		})
		e.Tick(start+second, true)
		rows, n := e.Devices(engine.Filter{}, engine.Page{Limit: 9})
		for _, r := range rows {
			d, ok := e.Device(r.ID)
			if !ok || len(d.Name) > 48 {
				t.Fatalf("%+v", d)
			}
		}
		if n > 4 || slices.ContainsFunc(rows, func(r engine.DeviceRow) bool { return r.Key == "" }) {
			t.Fatalf("%d devices", n)
		}
	})
}
