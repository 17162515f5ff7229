package dpi

import (
	"sort"
)

// IP protocol numbers of the table (IANA).
const (
	icmp   = 1
	igmp   = 2
	ipip   = 4
	tcp    = 6
	udp    = 17
	sixin4 = 41
	gre    = 47
	esp    = 50
	ah     = 51
	icmp6  = 58
	ospf   = 89
	pim    = 103
	vrrp   = 112
	sctp   = 132
	both   = 0 // in the table: TCP and UDP
)

// portEntry gives one protocol the ports of its servers.
type portEntry struct {
	protocol Protocol
	proto    uint8
	ports    []uint16
}

// ports is what a port table can tell of a home's traffic: IANA's service names
// where they are in use, and the ports that devices of a home really answer on.
// A protocol may stand in several lines.
var ports = []portEntry{
	{DNS, both, []uint16{53}},
	{TLS, tcp, []uint16{443, 4433, 8443}},
	{QUIC, udp, []uint16{443, 4433}},
	{HTTP, tcp, []uint16{80, 8000, 8008, 8080, 8081, 8088, 8888}},
	{ICMP, icmp, []uint16{0}},
	{ICMPv6, icmp6, []uint16{0}},
	{IGMP, igmp, []uint16{0}},
	{GRE, gre, []uint16{0}},
	{IPsec, esp, []uint16{0}},
	{IPsec, ah, []uint16{0}},
	{IPsec, udp, []uint16{500, 4500}},
	{IPIP, ipip, []uint16{0}},
	{SixInFour, sixin4, []uint16{0}},
	{OSPF, ospf, []uint16{0}},
	{PIM, pim, []uint16{0}},
	{VRRP, vrrp, []uint16{0}},
	{MDNS, udp, []uint16{5353}},
	{LLMNR, both, []uint16{5355}},
	{NetBIOS, both, []uint16{137, 139}},
	{SMB, both, []uint16{138, 445}},
	{SSDP, udp, []uint16{1900}},
	{WSD, both, []uint16{3702}},
	{DHCP, udp, []uint16{67, 68}},
	{DHCPv6, udp, []uint16{546, 547}},
	{NTP, udp, []uint16{123}},
	{PTP, udp, []uint16{319, 320}},
	{NATPMP, udp, []uint16{5350, 5351}},
	{SLP, both, []uint16{427}},
	{DoT, tcp, []uint16{853}},
	{DoQ, udp, []uint16{853}},
	{SSH, tcp, []uint16{22, 2222}},
	{Telnet, tcp, []uint16{23, 2323}},
	{FTP, tcp, []uint16{21}},
	{FTPData, tcp, []uint16{20}},
	{FTPS, tcp, []uint16{989, 990}},
	{TFTP, udp, []uint16{69}},
	{Rsync, tcp, []uint16{873}},
	{Git, tcp, []uint16{9418}},
	{NFS, both, []uint16{111, 2049}},
	{AFP, tcp, []uint16{548}},
	{IPP, tcp, []uint16{631}},
	{Printing, tcp, []uint16{515, 9100}},
	{BJNP, udp, []uint16{8610, 8611, 8612}},
	{SMTP, tcp, []uint16{25, 587}},
	{SMTPS, tcp, []uint16{465}},
	{IMAP, tcp, []uint16{143}},
	{IMAPS, tcp, []uint16{993}},
	{POP3, tcp, []uint16{110}},
	{POP3S, tcp, []uint16{995}},
	{NNTP, tcp, []uint16{119, 563}},
	{IRC, tcp, []uint16{6666, 6667, 6669, 6697}},
	{XMPP, tcp, []uint16{5222, 5223, 5269}},
	{MQTT, tcp, []uint16{1883, 8883}},
	{CoAP, udp, []uint16{5683, 5684}},
	{STUN, both, []uint16{3478, 3479, 5349}},
	{STUN, udp, []uint16{19302, 19305}},
	{SIP, both, []uint16{5060, 5061}},
	{H323, tcp, []uint16{1720}},
	{IAX, udp, []uint16{4569}},
	{MGCP, udp, []uint16{2427, 2727}},
	{RTSP, both, []uint16{554, 8554}},
	{RTMP, tcp, []uint16{1935}},
	{AirPlay, tcp, []uint16{7000, 7100}},
	{Chromecast, tcp, []uint16{8009}},
	{SpotifyConnect, udp, []uint16{57621}},
	{Sonos, tcp, []uint16{1400, 1443}},
	{Syncthing, both, []uint16{22000}},
	{Syncthing, udp, []uint16{21027}},
	{BitTorrent, both, []uint16{6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 6969, 51413}},
	{BitTorrent, udp, []uint16{6771}},
	{EDonkey, both, []uint16{4662, 4672}},
	{WireGuard, udp, []uint16{51820}},
	{OpenVPN, both, []uint16{1194}},
	{L2TP, udp, []uint16{1701}},
	{PPTP, tcp, []uint16{1723}},
	{ZeroTier, udp, []uint16{9993}},
	{Tailscale, udp, []uint16{41641}},
	{VXLAN, udp, []uint16{4789}},
	{GTP, udp, []uint16{2123, 2152}},
	{Teredo, udp, []uint16{3544}},
	{SOCKS, tcp, []uint16{1080}},
	{HTTPProxy, tcp, []uint16{3128}},
	{Tor, tcp, []uint16{9001, 9030, 9050}},
	{RDP, both, []uint16{3389}},
	{VNC, tcp, []uint16{5900, 5901, 5902}},
	{TeamViewer, both, []uint16{5938}},
	{AnyDesk, tcp, []uint16{7070}},
	{NoMachine, tcp, []uint16{4000}},
	{X11, tcp, []uint16{6000}},
	{LDAP, both, []uint16{389, 636, 3268}},
	{Kerberos, both, []uint16{88, 464}},
	{RADIUS, udp, []uint16{1812, 1813}},
	{SNMP, udp, []uint16{161, 162}},
	{Syslog, both, []uint16{514}},
	{Syslog, tcp, []uint16{6514}},
	{NetFlow, udp, []uint16{2055, 9995, 4739}},
	{SFlow, udp, []uint16{6343}},
	{CAPWAP, udp, []uint16{5246, 5247}},
	{Ubiquiti, udp, []uint16{10001}},
	{TPLink, both, []uint16{9999}},
	{Tuya, udp, []uint16{6667}},
	{Tuya, tcp, []uint16{6668}},
	{Xiaomi, udp, []uint16{54321}},
	{KNX, udp, []uint16{3671}},
	{Modbus, tcp, []uint16{502}},
	{BACnet, udp, []uint16{47808}},
	{Matter, udp, []uint16{5540}},
	{WakeOnLAN, udp, []uint16{9}},
	{Whois, tcp, []uint16{43}},
	{BGP, tcp, []uint16{179}},
	{MySQL, tcp, []uint16{3306}},
	{PostgreSQL, tcp, []uint16{5432}},
	{MSSQL, tcp, []uint16{1433}},
	{Redis, tcp, []uint16{6379}},
	{MongoDB, tcp, []uint16{27017}},
	{Memcached, both, []uint16{11211}},
	{Elasticsearch, tcp, []uint16{9200}},
	{AMQP, tcp, []uint16{5671, 5672}},
	{SCTP, sctp, []uint16{0}},
}

// service is one port of the compiled table.
type service struct {
	number   uint32
	protocol Protocol
}

// number orders protocols and ports.
func number(proto uint8, port uint16) uint32 { return uint32(proto)<<16 | uint32(port) }

// services is ports, one entry a port, sorted for binary search.
var services = compile(ports)

func compile(table []portEntry) []service {
	var out []service
	for _, e := range table {
		for _, p := range e.ports {
			if e.proto != both {
				out = append(out, service{number(e.proto, p), e.protocol})
				continue
			}
			out = append(out, service{number(tcp, p), e.protocol}, service{number(udp, p), e.protocol})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].number < out[j].number })
	return out
}

// ByPort returns the protocol that the IP protocol itself or a service's port
// stands for (RFC 6335), NoProtocol for most ports. It looks at one port: callers
// ask for the server's first.
func ByPort(proto uint8, port uint16) Protocol {
	want := number(proto, port)
	lo, hi := 0, len(services)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); services[mid].number < want {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(services) && services[lo].number == want {
		return services[lo].protocol
	}
	return NoProtocol
}
