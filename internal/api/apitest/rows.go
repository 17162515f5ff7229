package apitest

import (
	"net/netip"
	"time"

	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/link"
	"weir/internal/packet"
	"weir/internal/usage"
)

type count = engine.Pair[uint64]

var (
	phone  = engine.Endpoint{IP: netip.MustParseAddr("192.168.1.20"), Port: 51234, Scope: "local", Device: 2, Name: "Anna phone"}
	laptop = engine.Endpoint{IP: netip.MustParseAddr("fd00::30"), Scope: "local", Device: 3}
	web    = engine.Endpoint{IP: netip.MustParseAddr("203.0.113.7"), Port: 443, Scope: "remote", Name: "cdn.example.net"}

	phoneMAC  = packet.MAC{0xda, 0xa1, 0x19, 0x00, 0x00, 0x20}
	laptopMAC = packet.MAC{0x00, 0x16, 0x3e, 0x00, 0x00, 0x30}
)

func ago(seconds float64) int64 { return Now.UnixMicro() - int64(seconds*1e6) }

// recordedFlows are those of the phone and the laptop, then those to the server.
func recordedFlows() []engine.FlowRow { return append(askedFlows(), servedFlows()...) }

// askedFlows are an offloaded TCP flow that connection tracking counts, a DNS
// question that was not answered, and an ICMPv6 flow, which has no ports.
func askedFlows() []engine.FlowRow {
	dns := phone
	dns.Port = 40000
	return []engine.FlowRow{
		{
			ID: 7, Interface: "br-lan", VLAN: 20, Proto: packet.ProtoTCP,
			Protocol: "tls", By: "content", App: "youtube", AppBy: "name", Category: "streaming", Host: "www.youtube.com", HostBy: "content",
			Detail: &engine.Detail{ALPN: "h2", Version: "TLSv1.3", JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1"},
			Client: phone, Server: web, State: "S1", Source: "conntrack", Dir: "out", Uplink: "wan", Offload: "software",
			NAT: &engine.NAT{
				Orig:  tupleOf("192.168.1.20", 51234, "203.0.113.7", 443),
				Reply: tupleOf("203.0.113.7", 443, "198.51.100.4", 51234),
			},
			First: ago(62.5), Last: ago(0.02),
			Bytes: count{Tx: 41822, Rx: 1873344}, Packets: count{Tx: 610, Rx: 1311},
			TCPFlags:  engine.Pair[uint8]{Tx: packet.SYN | packet.PSH | packet.ACK, Rx: packet.SYN | packet.ACK},
			RTTServer: 14201, BpsNow: 812000, BpsPeak: 24100000,
		},
		{
			ID: 9, Interface: "br-lan", Proto: packet.ProtoUDP,
			Protocol: "dns", By: "content", Category: "dns", Host: "www.youtube.com", HostBy: "content",
			Client: dns, Server: engine.Endpoint{IP: netip.MustParseAddr("192.168.1.1"), Port: 53, Scope: "router", Device: 1, Name: "OpenWrt"},
			OneWay: true, First: ago(3), Last: ago(3), Source: "conntrack", Dir: "local", Offload: "none",
			NAT: &engine.NAT{
				Orig:  tupleOf("192.168.1.20", 40000, "9.9.9.9", 53),
				Reply: tupleOf("192.168.1.1", 53, "192.168.1.20", 40000),
			},
			Bytes: count{Tx: 61}, Packets: count{Tx: 1},
		},
		{
			ID: 11, Interface: "br-lan", Proto: packet.ProtoICMPv6, Protocol: "icmpv6", By: "content", Category: "system",
			Client: laptop, Server: engine.Endpoint{IP: netip.MustParseAddr("ff02::1"), Scope: "multicast"},
			OneWay: true, First: ago(9), Last: ago(1), Source: "packets", Observed: true, Dir: "local",
			Bytes: count{Tx: 144}, Packets: count{Tx: 2}, Payload: count{Tx: 64},
			GapMin: engine.Pair[uint32]{Tx: 8000000}, GapAvg: engine.Pair[uint32]{Tx: 8000000}, GapMax: engine.Pair[uint32]{Tx: 8000000},
		},
	}
}

// servedFlows are a TCP flow between two hosts of the house with everything known,
// and one from outside.
func servedFlows() []engine.FlowRow {
	nas, local := laptop, phone
	nas.IP, nas.Port = netip.MustParseAddr("192.168.1.30"), 8443
	local.Port = 51300
	return []engine.FlowRow{
		{
			ID: 13, Interface: "br-lan", Proto: packet.ProtoTCP,
			Protocol: "http", By: "content", App: "Cloud", AppBy: "own", Category: "cloud", Host: "nas.lan", HostBy: "content",
			Detail: &engine.Detail{Method: "PUT", URL: "/photos/2025/06/15.jpg", Code: 201, UserAgent: "Nextcloud-android/3.29", Server: "nginx", ContentType: "text/html"},
			Client: local, Server: nas, State: "S1", Source: "packets", Observed: true, Dir: "local",
			First: ago(41), Last: ago(0.5),
			Bytes: count{Tx: 9822, Rx: 873344}, Packets: count{Tx: 310, Rx: 711}, Payload: count{Tx: 1200, Rx: 844200},
			TCPFlags: engine.Pair[uint8]{Tx: packet.SYN | packet.PSH | packet.ACK, Rx: packet.SYN | packet.PSH | packet.ACK},
			Retrans:  engine.Pair[uint32]{Rx: 3}, OutOfOrder: engine.Pair[uint32]{Rx: 1}, Lost: engine.Pair[uint32]{Rx: 2},
			GapMin: engine.Pair[uint32]{Tx: 12, Rx: 4}, GapAvg: engine.Pair[uint32]{Tx: 102431, Rx: 47620}, GapMax: engine.Pair[uint32]{Tx: 5012000, Rx: 5011900},
			RTTClient: 1840, RTTServer: 920, RTTApp: 31007, BpsNow: 12000, BpsPeak: 4100000,
		},
		{
			ID: 15, Interface: "br-lan", Proto: packet.ProtoTCP, Protocol: "tls", By: "port", Category: "other",
			Client: engine.Endpoint{IP: netip.MustParseAddr("192.0.2.55"), Port: 60222, Scope: "remote"}, Server: nas, State: "S1",
			Source: "conntrack", Dir: "in", Uplink: "wan", Offload: "none",
			NAT: &engine.NAT{
				Orig:    tupleOf("192.0.2.55", 60222, "198.51.100.4", 443),
				Reply:   tupleOf("192.168.1.30", 8443, "192.0.2.55", 60222),
				Mapping: "Cloud", OpenedBy: "redirect",
			},
			First: ago(12), Last: ago(2), Bytes: count{Tx: 2210, Rx: 61044}, Packets: count{Tx: 21, Rx: 52},
		},
	}
}

func tupleOf(src string, sport uint16, dst string, dport uint16) flow.Tuple {
	return flow.Tuple{
		Src: packet.AddrOf(netip.MustParseAddr(src)), SrcPort: sport,
		Dst: packet.AddrOf(netip.MustParseAddr(dst)), DstPort: dport,
	}
}

// recordedMappings are a port forward, what a game asked for, and a rule that lets
// anybody be asked.
func recordedMappings() []engine.MappingRow {
	return []engine.MappingRow{
		{
			Mapping: engine.Mapping{
				Name: "Cloud", OpenedBy: "redirect", Proto: packet.ProtoTCP, First: 443, Last: 443,
				Target: packet.AddrOf(netip.MustParseAddr("192.168.1.30")), TargetPort: 8443,
			},
			Hits: 41, Bytes: count{Tx: 91044112, Rx: 2210344}, Last: ago(2),
		},
		{
			Mapping: engine.Mapping{
				Name: "Game", OpenedBy: "upnp", Proto: packet.ProtoUDP, First: 3074, Last: 3074,
				Target: packet.AddrOf(phone.IP), TargetPort: 3074, Expires: ago(-3600),
			},
			Hits: 2, Bytes: count{Tx: 88120, Rx: 91733}, Last: ago(610),
		},
		{Mapping: engine.Mapping{OpenedBy: "rule", Proto: packet.ProtoICMPv6}},
	}
}

// measure feeds an hour of an uplink: PPPoE over the port wan, which flow offload
// passes by, 9 Mbit/s of which flows account for all but a little.
func measure(m *usage.Meters) {
	m.Set([]string{"wan"})
	s := usage.Sample{Merged: true}
	s.Stack = usage.StackOf([]link.Link{
		{Index: 5, Name: "wan", Kind: "dsa", Type: link.TypeEthernet},
		{Index: 9, Name: "pppoe-wan", Type: link.TypePPP},
	}, "pppoe-wan", "wan")
	const every = 5 * time.Second
	for at := Now.Add(-time.Hour - every); !at.After(Now); at = at.Add(every) {
		s.At = clock.Reading{Wall: at, Up: at.Sub(Now) + 3*time.Hour}
		s.FlowsAt = at.UnixMicro() - 4000
		s.Stack[0].Counters.RxBytes += 21000
		s.Stack[0].Counters.RxPackets += 19
		wan := &s.Stack[1].Counters
		wan.RxBytes, wan.RxPackets = wan.RxBytes+5_928_000, wan.RxPackets+3982
		wan.TxBytes, wan.TxPackets = wan.TxBytes+211_440, wan.TxPackets+1870
		s.Flows.RxBytes, s.Flows.RxPackets = s.Flows.RxBytes+5_829_120, s.Flows.RxPackets+3871
		s.Flows.TxBytes, s.Flows.TxPackets = s.Flows.TxBytes+169_900, s.Flows.TxPackets+1868
		s.Router.RxBytes, s.Router.TxBytes = s.Router.RxBytes+31_000, s.Router.TxBytes+2_100
		if at.Equal(Now.Add(-35 * time.Minute)) {
			s.Causes[usage.RingDrops] = 2
		}
		m.Feed("wan", s)
	}
}

func recordedHosts() []engine.HostRow {
	return []engine.HostRow{
		{
			IP: phone.IP, Scope: "local", Device: 2, Name: "Anna phone", MAC: phoneMAC, Interface: "br-lan",
			First: ago(7100), Last: ago(0.02), Bytes: count{Tx: 41883, Rx: 1873344}, Packets: count{Tx: 611, Rx: 1311},
			BpsNow: count{Tx: 21000, Rx: 791000}, AsClient: engine.FlowCounts{Active: 3, Total: 301, LowGoodput: 1},
			Observed: true, Retrans: engine.Pair[uint32]{Rx: 3}, OutOfOrder: engine.Pair[uint32]{Rx: 1}, Lost: engine.Pair[uint32]{Rx: 2},
		},
		{
			IP: web.IP, Scope: "remote", Name: web.Name, Host: "edge-7.example.net", HostBy: "reverse",
			First: ago(62.5), Last: ago(0.02), Bytes: count{Tx: 1873344, Rx: 41822}, Packets: count{Tx: 1311, Rx: 610},
			BpsNow: count{Tx: 791000, Rx: 21000}, AsServer: engine.FlowCounts{Active: 1, Total: 1},
		},
	}
}

func recordedDevices() []engine.DeviceRow {
	return []engine.DeviceRow{
		{
			ID: 2, Name: "Anna phone", MACs: []packet.MAC{phoneMAC}, IPs: []netip.Addr{phone.IP, netip.MustParseAddr("fd00::20")},
			RandomMAC: true, Interface: "br-lan", VLAN: 20, Online: true, First: ago(7100), Last: ago(0.02),
			Bytes: count{Tx: 4188300, Rx: 31873344}, Packets: count{Tx: 12611, Rx: 25311}, BpsNow: count{Tx: 21000, Rx: 791000},
			ActiveFlows: 2, TotalFlows: 301, Network: "lan", Zone: "lan", Pool: "kids",
			Link: &device.Link{Point: "phy0-ap0", SSID: "Haus", Freq: 5180, Signal: -52, RxRate: 866700, TxRate: 1200900, Since: ago(300), Roamed: 1},
		},
		{
			ID: 3, MACs: []packet.MAC{laptopMAC}, IPs: []netip.Addr{laptop.IP}, Interface: "br-lan",
			First: ago(86400), Last: ago(1), Bytes: count{Tx: 144}, Packets: count{Tx: 2}, ActiveFlows: 1, TotalFlows: 217, Port: "lan2",
		},
	}
}

// recordedApps are an application with a category, one of the user's own, two
// protocols and what was not recognised.
func recordedApps() []engine.AppRow {
	return []engine.AppRow{
		{Key: "youtube", Category: "streaming", Bytes: count{Tx: 311822, Rx: 29873344}, Packets: count{Tx: 6610, Rx: 21311}, Flows: 41, Active: 1, Rate: 812000, Share: 83_210},
		{Key: "Cloud", Category: "cloud", Bytes: count{Tx: 3882100, Rx: 991200}, Packets: count{Tx: 4210, Rx: 2750}, Flows: 12, Active: 1, Rate: 12000, Share: 13_434},
		{Key: "tls", Protocol: true, Category: "other", Bytes: count{Tx: 71300, Rx: 988210}, Packets: count{Tx: 901, Rx: 1102}, Flows: 118, Active: 1, Share: 2_921},
		{Key: "dns", Protocol: true, Category: "dns", Bytes: count{Tx: 40115, Rx: 80822}, Packets: count{Tx: 612, Rx: 609}, Flows: 301, Active: 1, Share: 333},
		{Key: "unknown", Protocol: true, Category: "other", Bytes: count{Tx: 22107, Rx: 14880}, Packets: count{Tx: 310, Rx: 82}, Flows: 46, Active: 1, Share: 101},
	}
}

func recordedPorts() []engine.PortRow {
	return []engine.PortRow{
		{Proto: packet.ProtoTCP, Port: 443, Service: "tls", Bytes: count{Tx: 41822, Rx: 1873344}, Packets: count{Tx: 610, Rx: 1311}, Flows: 1},
		{Proto: packet.ProtoUDP, Port: 6881, Bytes: count{Tx: 61}, Packets: count{Tx: 1}, Flows: 1},
	}
}
