package engine

import (
	"weir/internal/apps"
	"weir/internal/dpi"
	"weir/internal/flow"
)

// unknown names what nothing tells.
const unknown = "unknown"

// isApp reports whether an application is one, and not infrastructure that many
// of them use.
func isApp(table *apps.Table, a apps.App) bool {
	return a != apps.None && table.Category(a) != apps.Infra
}

// appName returns the name of a flow's application, or else of its protocol.
func (e *Engine) appName(l *flow.Label) string {
	if app := apps.App(l.App); isApp(e.naming.apps, app) {
		return e.naming.apps.Name(app)
	}
	return e.protocolName(l)
}

// protocolName returns the name of a flow's protocol, "unknown" when it is not
// known.
func (e *Engine) protocolName(l *flow.Label) string {
	if l.Protocol == 0 {
		return unknown
	}
	return dpi.Protocol(l.Protocol).String()
}

// Named is how a flow is named, for Config.Ended: valid until that returns.
type Named struct {
	e *Engine
	l *flow.Label
}

// Protocol returns the name of the flow's protocol, "" when it is not known.
func (n Named) Protocol() string { return dpi.Protocol(n.l.Protocol).String() }

// App returns the name of the flow's application, "" when it is not known.
func (n Named) App() string {
	if app := apps.App(n.l.App); isApp(n.e.naming.apps, app) {
		return n.e.naming.apps.Name(app)
	}
	return ""
}

// Category returns the name of the flow's category.
func (n Named) Category() string { return n.e.categoryName(n.l) }

// Host returns the name that the client asked for, nil when it is not known.
func (n Named) Host() []byte { return n.e.naming.text(n.l.Host) }

// Detail returns what the payload told beside that, nil for nothing.
func (n Named) Detail() *Detail { return n.e.detailOf(n.l) }

// Short is an application or, for flows without one, a protocol, as a number.
type Short uint16

// shortProtocol marks a Short that is a protocol.
const shortProtocol Short = 1 << 15

// Known reports whether s names something.
func (s Short) Known() bool { return s&^shortProtocol != 0 }

// Short returns the flow's application or protocol.
func (n Named) Short() Short {
	if app := apps.App(n.l.App); isApp(n.e.naming.apps, app) {
		return Short(app)
	}
	return shortProtocol | Short(n.l.Protocol)
}

// ShortName returns the name of s, "" when nothing is known. It may be called at
// any time.
func (e *Engine) ShortName(s Short) string {
	if s&shortProtocol != 0 {
		return dpi.Protocol(s &^ shortProtocol).String()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.naming.apps.Name(apps.App(s))
}

// categoryOf returns the category of a flow's application, or else of what its
// protocol is for.
func (e *Engine) categoryOf(l *flow.Label) apps.Category {
	if app := apps.App(l.App); isApp(e.naming.apps, app) {
		return e.naming.apps.Category(app)
	}
	switch dpi.Protocol(l.Protocol) {
	case dpi.DNS, dpi.DoT, dpi.DoH, dpi.DoQ, dpi.DNSCrypt:
		return apps.DNS
	case dpi.ICMP, dpi.ICMPv6, dpi.IGMP, dpi.MDNS, dpi.LLMNR, dpi.NetBIOS, dpi.DHCP, dpi.DHCPv6, dpi.NTP, dpi.PTP, dpi.NATPMP,
		dpi.SSDP, dpi.WSD, dpi.SLP, dpi.SNMP, dpi.Syslog, dpi.VRRP, dpi.OSPF, dpi.PIM, dpi.NetFlow, dpi.SFlow, dpi.WakeOnLAN, dpi.SMB, dpi.NFS, dpi.AFP, dpi.IPP, dpi.BJNP, dpi.Printing:
		return apps.System
	case dpi.SMTP, dpi.SMTPS, dpi.POP3, dpi.POP3S, dpi.IMAP, dpi.IMAPS:
		return apps.Mail
	case dpi.WireGuard, dpi.OpenVPN, dpi.IPsec, dpi.L2TP, dpi.PPTP, dpi.Tinc, dpi.Tailscale, dpi.ZeroTier, dpi.Tor, dpi.SOCKS:
		return apps.VPN
	case dpi.SSH, dpi.Telnet, dpi.RDP, dpi.VNC, dpi.XDMCP, dpi.NoMachine, dpi.Radmin, dpi.TeamViewer, dpi.AnyDesk, dpi.X11:
		return apps.Remote
	case dpi.SIP, dpi.RTP, dpi.SRTP, dpi.RTCP, dpi.H323, dpi.MGCP, dpi.IAX, dpi.XMPP, dpi.IRC, dpi.STUN:
		return apps.Messaging
	case dpi.RakNet, dpi.SourceEngine:
		return apps.Games
	case dpi.MQTT, dpi.CoAP, dpi.KNX, dpi.Matter, dpi.TPLink, dpi.Tuya, dpi.TiVo, dpi.Xiaomi:
		return apps.IoT
	case dpi.HLS, dpi.DASH, dpi.RTSP, dpi.RTMP, dpi.MPEGTS, dpi.Chromecast, dpi.AirPlay:
		return apps.Streaming
	case dpi.Icecast, dpi.SpotifyConnect, dpi.Sonos:
		return apps.Music
	}
	return apps.Other
}

func (e *Engine) categoryName(l *flow.Label) string {
	return e.naming.apps.CategoryName(e.categoryOf(l))
}

var appBy = [...]string{apps.ByNothing: "", apps.ByOwn: "own", apps.ByHost: "name", apps.ByNetwork: "network", apps.ByPort: "port"}

// labelRow copies out how a flow is named.
func (e *Engine) labelRow(row *FlowRow, l *flow.Label) {
	table := e.naming.apps
	row.Protocol, row.By = dpi.Protocol(l.Protocol).String(), dpi.By(l.By).String()
	if app := apps.App(l.App); isApp(table, app) {
		row.App, row.AppBy = table.Name(app), appBy[l.AppBy]
	} else if app != apps.None {
		row.CDN = table.Name(app)
	}
	row.Category = e.categoryName(l)
	row.Host, row.HostBy = string(e.naming.text(l.Host)), hostNames[l.HostBy]
	row.ECH = l.Marks&markECH != 0
	row.Detail = e.detailOf(l)
}
