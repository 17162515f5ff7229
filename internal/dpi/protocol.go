package dpi

// Protocol is a protocol that a flow speaks, above IP. Its number is not stored
// anywhere: names are.
type Protocol uint8

// The protocols. What an IP protocol number says by itself stands first.
const (
	NoProtocol Protocol = iota
	ICMP
	ICMPv6
	IGMP
	GRE
	IPIP
	SixInFour
	OSPF
	PIM
	VRRP
	SCTP

	// Names, addresses and time.
	DNS
	MDNS
	LLMNR
	DoT
	DoH
	DoQ
	DNSCrypt
	NetBIOS
	DHCP
	DHCPv6
	NTP
	PTP
	NATPMP
	SSDP
	WSD
	SLP

	// The web and what carries it.
	TLS
	DTLS
	QUIC
	HTTP
	HTTP2
	HTTPProxy
	HTTPConnect
	WebSocket
	WebDAV
	SOAP
	JSONRPC
	HLS
	DASH
	OCSP
	Icecast

	// Files, mail, terminals and directories.
	SSH
	Telnet
	RSH
	FTP
	FTPData
	FTPS
	TFTP
	Rsync
	Git
	NFS
	SMB
	AFP
	IPP
	BJNP
	Printing
	SMTP
	SMTPS
	POP3
	POP3S
	IMAP
	IMAPS
	NNTP
	IRC
	XMPP
	LDAP
	Kerberos
	RADIUS
	Diameter
	DCERPC
	RDP
	VNC
	XDMCP
	NoMachine
	Radmin
	TeamViewer
	AnyDesk
	Whois

	// Databases, messages and management.
	MySQL
	PostgreSQL
	MongoDB
	Redis
	Memcached
	MSSQL
	Oracle
	Elasticsearch
	Cassandra
	Kafka
	AMQP
	STOMP
	MQTT
	CoAP
	SNMP
	Syslog
	NetFlow
	SFlow
	Munin
	Zabbix
	Collectd
	CAPWAP
	BGP
	Thrift
	CORBA

	// Voice, video and real time.
	STUN
	RTP
	SRTP
	RTCP
	RTSP
	RTMP
	SIP
	H323
	MGCP
	IAX
	MPEGTS
	AirPlay
	Chromecast
	SpotifyConnect
	Sonos

	// Peers and games.
	BitTorrent
	EDonkey
	Gnutella
	Syncthing
	Mining
	Bitcoin
	Ethereum
	RakNet
	SourceEngine
	RTPS

	// Tunnels.
	WireGuard
	OpenVPN
	IPsec
	L2TP
	PPTP
	Tinc
	Tailscale
	ZeroTier
	Teredo
	VXLAN
	GTP
	SOCKS
	Tor

	// Things of a house.
	KNX
	BACnet
	Modbus
	Matter
	TPLink
	Tuya
	TiVo
	Ubiquiti
	Xiaomi
	X11
	WakeOnLAN

	NumProtocols = int(iota)
)

var protocolNames = [NumProtocols]string{
	ICMP: "icmp", ICMPv6: "icmpv6", IGMP: "igmp", GRE: "gre", IPIP: "ipip", SixInFour: "6in4",
	OSPF: "ospf", PIM: "pim", VRRP: "vrrp", SCTP: "sctp",

	DNS: "dns", MDNS: "mdns", LLMNR: "llmnr", DoT: "dot", DoH: "doh", DoQ: "doq", DNSCrypt: "dnscrypt", NetBIOS: "netbios",
	DHCP: "dhcp", DHCPv6: "dhcpv6", NTP: "ntp", PTP: "ptp", NATPMP: "natpmp", SSDP: "ssdp", WSD: "wsd", SLP: "slp",

	TLS: "tls", DTLS: "dtls", QUIC: "quic", HTTP: "http", HTTP2: "http2", HTTPProxy: "http_proxy", HTTPConnect: "http_connect",
	WebSocket: "websocket", WebDAV: "webdav", SOAP: "soap", JSONRPC: "json_rpc", HLS: "hls", DASH: "dash", OCSP: "ocsp", Icecast: "icecast",

	SSH: "ssh", Telnet: "telnet", RSH: "rsh", FTP: "ftp", FTPData: "ftp_data", FTPS: "ftps", TFTP: "tftp", Rsync: "rsync",
	Git: "git", NFS: "nfs", SMB: "smb", AFP: "afp", IPP: "ipp", BJNP: "bjnp", Printing: "printing",
	SMTP: "smtp", SMTPS: "smtps", POP3: "pop3", POP3S: "pop3s", IMAP: "imap", IMAPS: "imaps", NNTP: "nntp", IRC: "irc", XMPP: "xmpp",
	LDAP: "ldap", Kerberos: "kerberos", RADIUS: "radius", Diameter: "diameter", DCERPC: "dcerpc",
	RDP: "rdp", VNC: "vnc", XDMCP: "xdmcp", NoMachine: "nomachine", Radmin: "radmin", TeamViewer: "teamviewer", AnyDesk: "anydesk", Whois: "whois",

	MySQL: "mysql", PostgreSQL: "postgresql", MongoDB: "mongodb", Redis: "redis", Memcached: "memcached", MSSQL: "mssql",
	Oracle: "oracle", Elasticsearch: "elasticsearch", Cassandra: "cassandra", Kafka: "kafka", AMQP: "amqp", STOMP: "stomp",
	MQTT: "mqtt", CoAP: "coap", SNMP: "snmp", Syslog: "syslog", NetFlow: "netflow", SFlow: "sflow", Munin: "munin", Zabbix: "zabbix",
	Collectd: "collectd", CAPWAP: "capwap", BGP: "bgp", Thrift: "thrift", CORBA: "corba",

	STUN: "stun", RTP: "rtp", SRTP: "srtp", RTCP: "rtcp", RTSP: "rtsp", RTMP: "rtmp", SIP: "sip", H323: "h323", MGCP: "mgcp", IAX: "iax",
	MPEGTS: "mpegts", AirPlay: "airplay", Chromecast: "chromecast", SpotifyConnect: "spotify_connect", Sonos: "sonos",

	BitTorrent: "bittorrent", EDonkey: "edonkey", Gnutella: "gnutella", Syncthing: "syncthing", Mining: "mining",
	Bitcoin: "bitcoin", Ethereum: "ethereum", RakNet: "raknet", SourceEngine: "source_engine", RTPS: "rtps",

	WireGuard: "wireguard", OpenVPN: "openvpn", IPsec: "ipsec", L2TP: "l2tp", PPTP: "pptp", Tinc: "tinc", Tailscale: "tailscale",
	ZeroTier: "zerotier", Teredo: "teredo", VXLAN: "vxlan", GTP: "gtp", SOCKS: "socks", Tor: "tor",

	KNX: "knx", BACnet: "bacnet", Modbus: "modbus", Matter: "matter", TPLink: "tplink_shp", Tuya: "tuya", TiVo: "tivo",
	Ubiquiti: "ubnt_discovery", Xiaomi: "xiaomi_miio", X11: "x11", WakeOnLAN: "wake_on_lan",
}

// String returns the protocol's name in lower case, "" for NoProtocol.
func (p Protocol) String() string {
	if int(p) < NumProtocols {
		return protocolNames[p]
	}
	return ""
}

// ParseProtocol finds a protocol by its name.
func ParseProtocol(name string) (Protocol, bool) {
	for p, n := range protocolNames {
		if n == name && n != "" {
			return Protocol(p), true
		}
	}
	return NoProtocol, false
}
