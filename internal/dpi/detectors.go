package dpi

import "weir/internal/packet"

// detectors are asked in this order: those whose content is unmistakable first,
// those that go by shape last. To add a protocol, write its file and add its line.
var detectors = [...]*Detector{
	&tls,
	&quic,
	&dtls,
	&rtsp, // before http: AirPlay speaks both
	&http,
	&http2,
	&ssh,
	&magic,
	&netbios,
	&dns,
	&smb,
	&dhcp,
	&ssdp,
	&wsd,
	&snmp,
	&kerberos,
	&ldap,
	&dhcpv6,
	&slp,
	&tftp,
	&natpmp,
	&ptp,
	&xiaomi,
	&tuya,
	&tplink,
	&ubiquiti,
	&knx,
	&bacnet,
	&matter,
	&netflow,
	&sflow,
	&git,
	&smtp,
	&imap,
	&pop3,
	&ftp,
	&nntp,
	&irc,
	&xmpp,
	&vnc,
	&rdp,
	&mysql,
	&postgresql,
	&mssql,
	&mongodb,
	&redis,
	&memcached,
	&cassandra,
	&kafka,
	&stomp,
	&elasticsearch,
	&oracle,
	&dcerpc,
	&thrift,
	&radius,
	&diameter,
	&collectd,
	&capwap,
	&telnet,
	&mqtt,
	&coap,
	&nfs,
	&syslog,
	&afp,
	&modbus,
	&printing,
	&xdmcp,
	&whois,
	&rsh,
	&teamViewer,
	&wireguard,
	&tailscale,
	&raknet,
	&syncthing,
	&bitcoin,
	&pptp,
	&rtps,
	&sourceEngine,
	&spotifyConnect,
	&bittorrent,
	&stun,
	&sip,
	&openvpn,
	&ipsec,
	&l2tp,
	&h323,
	&mgcp,
	&mining,
	&gnutella,
	&tinc,
	&teredo,
	&vxlan,
	&gtp,
	&iax,
	&ethereum,
	&edonkey,
	&zeroTier,
	&socks,
	&rtmp,
	&mpegts,
	&ntp,
	&webSocket,
	&ftpData,
	&rtp, // by what packets have in common
}

// overTCP and overUDP are the detectors of a transport.
var overTCP, overUDP = candidatesOver(OverTCP), candidatesOver(OverUDP)

func candidatesOver(o Over) (c candidates) {
	for i := range detectors {
		if detectors[i].Over&o != 0 {
			c[i/64] |= 1 << (i % 64)
		}
	}
	return c
}

// candidatesOf returns the detectors of an IP protocol, and false for one that
// says by itself what is spoken, or nothing.
func candidatesOf(proto uint8) (candidates, bool) {
	switch proto {
	case packet.ProtoTCP:
		return overTCP, true
	case packet.ProtoUDP:
		return overUDP, true
	}
	return candidates{}, false
}
