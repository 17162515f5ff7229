package apitest

import (
	"net/netip"

	"weir/internal/engine"
	"weir/internal/packet"
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

// recordedFlows are a TCP flow with everything known, a DNS question that was
// not answered, and an ICMPv6 flow, which has no ports.
func recordedFlows() []engine.FlowRow {
	dns := phone
	dns.Port = 40000
	return []engine.FlowRow{
		{
			ID: 7, Interface: "br-lan", VLAN: 20, Proto: packet.ProtoTCP, App: "tls", AppBy: "port",
			Client: phone, Server: web, State: "S1",
			First: ago(62.5), Last: ago(0.02),
			Bytes: count{Tx: 41822, Rx: 1873344}, Packets: count{Tx: 610, Rx: 1311}, Payload: count{Tx: 9200, Rx: 1804200},
			TCPFlags: engine.Pair[uint8]{Tx: packet.SYN | packet.PSH | packet.ACK, Rx: packet.SYN | packet.PSH | packet.ACK},
			Retrans:  engine.Pair[uint32]{Rx: 3}, OutOfOrder: engine.Pair[uint32]{Rx: 1}, Lost: engine.Pair[uint32]{Rx: 2},
			GapMin: engine.Pair[uint32]{Tx: 12, Rx: 4}, GapAvg: engine.Pair[uint32]{Tx: 102431, Rx: 47620}, GapMax: engine.Pair[uint32]{Tx: 5012000, Rx: 5011900},
			RTTClient: 1840, RTTServer: 14201, RTTApp: 31007, BpsNow: 812000, BpsPeak: 24100000,
		},
		{
			ID: 9, Interface: "br-lan", Proto: packet.ProtoUDP, App: "dns", AppBy: "port",
			Client: dns, Server: engine.Endpoint{IP: netip.MustParseAddr("192.168.1.1"), Port: 53, Scope: "router", Device: 1, Name: "OpenWrt"},
			OneWay: true, First: ago(3), Last: ago(3),
			Bytes: count{Tx: 61}, Packets: count{Tx: 1}, Payload: count{Tx: 33},
		},
		{
			ID: 11, Interface: "br-lan", Proto: packet.ProtoICMPv6,
			Client: laptop, Server: engine.Endpoint{IP: netip.MustParseAddr("ff02::1"), Scope: "multicast"},
			OneWay: true, First: ago(9), Last: ago(1),
			Bytes: count{Tx: 144}, Packets: count{Tx: 2}, Payload: count{Tx: 64},
			GapMin: engine.Pair[uint32]{Tx: 8000000}, GapAvg: engine.Pair[uint32]{Tx: 8000000}, GapMax: engine.Pair[uint32]{Tx: 8000000},
		},
	}
}

func recordedHosts() []engine.HostRow {
	return []engine.HostRow{
		{
			IP: phone.IP, Scope: "local", Device: 2, Name: "Anna phone", MAC: phoneMAC, Interface: "br-lan",
			First: ago(7100), Last: ago(0.02), Bytes: count{Tx: 41883, Rx: 1873344}, Packets: count{Tx: 611, Rx: 1311},
			BpsNow: count{Tx: 21000, Rx: 791000}, AsClient: engine.FlowCounts{Active: 2, Total: 301, LowGoodput: 1},
			Retrans: engine.Pair[uint32]{Rx: 3}, OutOfOrder: engine.Pair[uint32]{Rx: 1}, Lost: engine.Pair[uint32]{Rx: 2},
		},
		{
			IP: web.IP, Scope: "remote", Name: web.Name,
			First: ago(62.5), Last: ago(0.02), Bytes: count{Tx: 1873344, Rx: 41822}, Packets: count{Tx: 1311, Rx: 610},
			BpsNow: count{Tx: 791000, Rx: 21000}, AsServer: engine.FlowCounts{Active: 1, Total: 1},
			Retrans: engine.Pair[uint32]{Tx: 3}, OutOfOrder: engine.Pair[uint32]{Tx: 1}, Lost: engine.Pair[uint32]{Tx: 2},
		},
	}
}

func recordedDevices() []engine.DeviceRow {
	return []engine.DeviceRow{
		{
			ID: 2, Name: "Anna phone", MACs: []packet.MAC{phoneMAC}, IPs: []netip.Addr{phone.IP, netip.MustParseAddr("fd00::20")},
			RandomMAC: true, Interface: "br-lan", VLAN: 20, Online: true, First: ago(7100), Last: ago(0.02),
			Bytes: count{Tx: 4188300, Rx: 31873344}, Packets: count{Tx: 12611, Rx: 25311}, BpsNow: count{Tx: 21000, Rx: 791000},
			ActiveFlows: 2, TotalFlows: 301,
		},
		{
			ID: 3, MACs: []packet.MAC{laptopMAC}, IPs: []netip.Addr{laptop.IP}, Interface: "br-lan",
			First: ago(86400), Last: ago(1), Bytes: count{Tx: 144}, Packets: count{Tx: 2}, ActiveFlows: 1, TotalFlows: 217,
		},
	}
}

func recordedPorts() []engine.PortRow {
	return []engine.PortRow{
		{Proto: packet.ProtoTCP, Port: 443, Service: "tls", Bytes: count{Tx: 41822, Rx: 1873344}, Packets: count{Tx: 610, Rx: 1311}, Flows: 1},
		{Proto: packet.ProtoUDP, Port: 6881, Bytes: count{Tx: 61}, Packets: count{Tx: 1}, Flows: 1},
	}
}
