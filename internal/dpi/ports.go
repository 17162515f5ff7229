package dpi

import (
	"cmp"
	"slices"
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

// portEntry gives one application the ports of its servers.
type portEntry struct {
	name  string
	proto uint8
	ports []uint16
}

// ports is what a port table can tell of a home's traffic: IANA's service names
// where they are in use, and the ports that devices of a home really answer on.
// A name may stand in several lines; it is one application all the same.
var ports = []portEntry{
	{"dns", both, []uint16{53}},
	{"tls", tcp, []uint16{443, 4433, 8443}},
	{"quic", udp, []uint16{443, 4433}},
	{"http", tcp, []uint16{80, 8000, 8008, 8080, 8081, 8088, 8888}},
	{"icmp", icmp, []uint16{0}},
	{"icmpv6", icmp6, []uint16{0}},
	{"igmp", igmp, []uint16{0}},
	{"gre", gre, []uint16{0}},
	{"ipsec", esp, []uint16{0}},
	{"ipsec", ah, []uint16{0}},
	{"ipsec", udp, []uint16{500, 4500}},
	{"ipip", ipip, []uint16{0}},
	{"6in4", sixin4, []uint16{0}},
	{"ospf", ospf, []uint16{0}},
	{"pim", pim, []uint16{0}},
	{"vrrp", vrrp, []uint16{0}},
	{"mdns", udp, []uint16{5353}},
	{"llmnr", both, []uint16{5355}},
	{"netbios", both, []uint16{137, 139}},
	{"smb", both, []uint16{138, 445}},
	{"ssdp", udp, []uint16{1900}},
	{"wsd", both, []uint16{3702}},
	{"dhcp", udp, []uint16{67, 68}},
	{"dhcpv6", udp, []uint16{546, 547}},
	{"ntp", udp, []uint16{123}},
	{"ptp", udp, []uint16{319, 320}},
	{"natpmp", udp, []uint16{5350, 5351}},
	{"slp", both, []uint16{427}},
	{"dot", tcp, []uint16{853}},
	{"doq", udp, []uint16{853}},
	{"ssh", tcp, []uint16{22, 2222}},
	{"telnet", tcp, []uint16{23, 2323}},
	{"ftp", tcp, []uint16{21}},
	{"ftp_data", tcp, []uint16{20}},
	{"ftps", tcp, []uint16{989, 990}},
	{"tftp", udp, []uint16{69}},
	{"rsync", tcp, []uint16{873}},
	{"git", tcp, []uint16{9418}},
	{"nfs", both, []uint16{111, 2049}},
	{"afp", tcp, []uint16{548}},
	{"ipp", tcp, []uint16{631}},
	{"printing", tcp, []uint16{515, 9100}},
	{"bjnp", udp, []uint16{8610, 8611, 8612}},
	{"smtp", tcp, []uint16{25, 587}},
	{"smtps", tcp, []uint16{465}},
	{"imap", tcp, []uint16{143}},
	{"imaps", tcp, []uint16{993}},
	{"pop3", tcp, []uint16{110}},
	{"pop3s", tcp, []uint16{995}},
	{"nntp", tcp, []uint16{119, 563}},
	{"irc", tcp, []uint16{6666, 6667, 6669, 6697}},
	{"xmpp", tcp, []uint16{5222, 5223, 5269}},
	{"mqtt", tcp, []uint16{1883, 8883}},
	{"coap", udp, []uint16{5683, 5684}},
	{"stun", both, []uint16{3478, 3479, 5349}},
	{"stun", udp, []uint16{19302, 19305}},
	{"sip", both, []uint16{5060, 5061}},
	{"h323", tcp, []uint16{1720}},
	{"iax", udp, []uint16{4569}},
	{"mgcp", udp, []uint16{2427, 2727}},
	{"rtsp", both, []uint16{554, 8554}},
	{"rtmp", tcp, []uint16{1935}},
	{"airplay", tcp, []uint16{7000, 7100}},
	{"chromecast", tcp, []uint16{8009}},
	{"spotify_connect", udp, []uint16{57621}},
	{"sonos", tcp, []uint16{1400, 1443}},
	{"plex", tcp, []uint16{32400}},
	{"plex", udp, []uint16{32410, 32412, 32413, 32414}},
	{"jellyfin", both, []uint16{8096, 7359}},
	{"home_assistant", tcp, []uint16{8123}},
	{"syncthing", both, []uint16{22000}},
	{"syncthing", udp, []uint16{21027}},
	{"bittorrent", both, []uint16{6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 6969, 51413}},
	{"bittorrent", udp, []uint16{6771}},
	{"edonkey", both, []uint16{4662, 4672}},
	{"wireguard", udp, []uint16{51820}},
	{"openvpn", both, []uint16{1194}},
	{"l2tp", udp, []uint16{1701}},
	{"pptp", tcp, []uint16{1723}},
	{"zerotier", udp, []uint16{9993}},
	{"tailscale", udp, []uint16{41641}},
	{"vxlan", udp, []uint16{4789}},
	{"gtp", udp, []uint16{2123, 2152}},
	{"teredo", udp, []uint16{3544}},
	{"socks", tcp, []uint16{1080}},
	{"http_proxy", tcp, []uint16{3128}},
	{"tor", tcp, []uint16{9001, 9030, 9050}},
	{"rdp", both, []uint16{3389}},
	{"vnc", tcp, []uint16{5900, 5901, 5902}},
	{"teamviewer", both, []uint16{5938}},
	{"anydesk", tcp, []uint16{7070}},
	{"nomachine", tcp, []uint16{4000}},
	{"x11", tcp, []uint16{6000}},
	{"ldap", both, []uint16{389, 636, 3268}},
	{"kerberos", both, []uint16{88, 464}},
	{"radius", udp, []uint16{1812, 1813}},
	{"snmp", udp, []uint16{161, 162}},
	{"syslog", both, []uint16{514}},
	{"syslog", tcp, []uint16{6514}},
	{"netflow", udp, []uint16{2055, 9995, 4739}},
	{"sflow", udp, []uint16{6343}},
	{"capwap", udp, []uint16{5246, 5247}},
	{"ubnt_discovery", udp, []uint16{10001}},
	{"tplink_shp", both, []uint16{9999}},
	{"tuya", udp, []uint16{6667}},
	{"tuya", tcp, []uint16{6668}},
	{"xiaomi_miio", udp, []uint16{54321}},
	{"knx", udp, []uint16{3671}},
	{"modbus", tcp, []uint16{502}},
	{"bacnet", udp, []uint16{47808}},
	{"matter", udp, []uint16{5540}},
	{"wake_on_lan", udp, []uint16{9}},
	{"whois", tcp, []uint16{43}},
	{"bgp", tcp, []uint16{179}},
	{"mysql", tcp, []uint16{3306}},
	{"postgresql", tcp, []uint16{5432}},
	{"mssql", tcp, []uint16{1433}},
	{"redis", tcp, []uint16{6379}},
	{"mongodb", tcp, []uint16{27017}},
	{"memcached", both, []uint16{11211}},
	{"elasticsearch", tcp, []uint16{9200}},
	{"influxdb", tcp, []uint16{8086}},
	{"prometheus", tcp, []uint16{9090}},
	{"amqp", tcp, []uint16{5671, 5672}},
	{"minecraft", both, []uint16{25565, 19132}},
	{"steam", both, []uint16{27015, 27036}},
	{"xbox_live", both, []uint16{3074}},
	{"sctp", sctp, []uint16{0}},
}

// service is one port of the compiled table.
type service struct {
	number uint32
	app    App
}

// number orders protocols and ports.
func number(proto uint8, port uint16) uint32 { return uint32(proto)<<16 | uint32(port) }

// services is ports, one entry a port, sorted for binary search.
var services = compile(ports)

func compile(table []portEntry) []service {
	first := make(map[string]App)
	var out []service
	for i, e := range table {
		app, ok := first[e.name]
		if !ok {
			app = App(i + 1)
			first[e.name] = app
		}
		for _, p := range e.ports {
			if e.proto != both {
				out = append(out, service{number(e.proto, p), app})
				continue
			}
			out = append(out, service{number(tcp, p), app}, service{number(udp, p), app})
		}
	}
	slices.SortStableFunc(out, func(a, b service) int { return cmp.Compare(a.number, b.number) })
	return out
}
