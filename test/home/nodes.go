package home

import (
	"net"
	"net/netip"
	"time"
)

// node is a machine: one of the house or one on the internet. The machines on
// the internet have the router's hardware address, as the bridge sees it.
type node struct {
	name  string // host name in the house, domain name outside
	model string // what it calls itself: DHCP vendor class, mDNS and SSDP
	mac   net.HardwareAddr
	v4    netip.Addr
	v6    netip.Addr    // global address, zero when it has none
	ttl   uint8         // time to live as the bridge sees it
	delay time.Duration // bridge → machine → bridge
	style helloStyle    // of its TLS stack
}

// linkLocal returns the node's fe80:: address (RFC 4291 appendix A).
func (n node) linkLocal() netip.Addr {
	a := [16]byte{0: 0xfe, 1: 0x80, 8: n.mac[0] ^ 2, 9: n.mac[1], 10: n.mac[2], 11: 0xff, 12: 0xfe, 13: n.mac[3], 14: n.mac[4], 15: n.mac[5]}
	return netip.AddrFrom16(a)
}

// rooms are the machines of one house.
type rooms struct {
	router, anna, ben, tv, laptop, nas, printer node
}

func (h *home) rooms() rooms {
	in := func(name, model, mac string, host byte, delay time.Duration, style helloStyle) node {
		hw, err := net.ParseMAC(mac)
		if err != nil {
			panic(err) // the literals below
		}
		hw[5] ^= h.net ^ 1 // houses that are merged have machines of their own
		n := node{
			name: name, model: model, mac: hw, ttl: 64, delay: delay, style: style,
			v4: netip.AddrFrom4([4]byte{192, 168, h.net, host}),
		}
		if host != 60 { // the printer is as old as printers are
			n.v6 = netip.AddrFrom16([16]byte{
				0x20, 0x01, 0x0d, 0xb8, 0, h.net, 0, 0x10, // the prefix, then an identifier (RFC 7217)
				hw[1] ^ 0x5a, hw[3], hw[5], hw[4], hw[0] ^ 0x31, hw[2], 0x7d, host,
			})
		}
		return n
	}
	const wifi, wired = 4 * time.Millisecond, 300 * time.Microsecond
	return rooms{
		router:  in("OpenWrt", "OpenWrt", "94:83:c4:2a:10:01", 1, 200*time.Microsecond, stylePlain),
		anna:    in("Annas-iPhone", "", "6e:1f:83:a4:5c:d2", 23, wifi, styleSafari),
		ben:     in("Pixel-8", "android-dhcp-14", "d4:3a:2c:77:10:9b", 24, wifi, styleChrome),
		tv:      in("LGwebOSTV", "webOS TV", "a8:23:fe:51:0c:3e", 30, wired, stylePlain),
		laptop:  in("carla-thinkpad", "", "8c:8d:28:e0:45:17", 41, 2*time.Millisecond, styleFirefox),
		nas:     in("diskstation", "synology", "00:11:32:9f:6a:04", 50, wired, stylePlain),
		printer: in("HP2F1A3C", "HP Color LaserJet MFP M283fdw", "3c:d9:2b:2f:1a:3c", 60, wired, stylePlain),
	}
}

// service is a public service: its names, addresses and protocols.
type service struct {
	v4, v6 string
	alias  string // canonical name its name points at, if any
	delay  time.Duration
	h3     bool // announces HTTP/3
}

const ms = time.Millisecond

// services are the far ends that the house talks to by name.
var services = map[string]service{
	"api-global.netflix.com":                     {v4: "54.73.148.110", v6: "2a05:d018:76c:b684:8e48:47c9:84aa:b34d", alias: "dualstack.apiproxy-http1.netflix.com", delay: 31 * ms},
	"ipv4-c012-fra001-ix.1.oca.nflxvideo.net":    {v4: "45.57.40.12", delay: 9 * ms},
	"ipv4-c031-fra001-ix.1.oca.nflxvideo.net":    {v4: "45.57.41.31", delay: 9 * ms},
	"logs.netflix.com":                           {v4: "44.240.158.19", delay: 162 * ms},
	"eu.ibs.lgappstv.com":                        {v4: "54.171.65.40", delay: 33 * ms},
	"www.youtube.com":                            {v4: "142.250.185.78", v6: "2a00:1450:4001:80f::200e", alias: "youtube-ui.l.google.com", delay: 11 * ms, h3: true},
	"rr4---sn-4g5e6nsz.googlevideo.com":          {v4: "173.194.188.73", v6: "2a00:1450:401a::9", delay: 8 * ms, h3: true},
	"i.ytimg.com":                                {v4: "142.250.184.214", v6: "2a00:1450:4001:829::2016", delay: 11 * ms, h3: true},
	"play.googleapis.com":                        {v4: "142.250.186.42", v6: "2a00:1450:4001:82b::200a", delay: 11 * ms, h3: true},
	"connectivitycheck.gstatic.com":              {v4: "142.250.185.99", delay: 11 * ms},
	"mtalk.google.com":                           {v4: "64.233.184.188", v6: "2a00:1450:400c:c0b::bc", delay: 18 * ms},
	"g.whatsapp.net":                             {v4: "157.240.223.60", v6: "2a03:2880:f276:cd:face:b00c:0:167", alias: "chat.cdn.whatsapp.net", delay: 12 * ms},
	"mmg.whatsapp.net":                           {v4: "157.240.223.61", v6: "2a03:2880:f276:c9:face:b00c:0:167", delay: 12 * ms, h3: true},
	"i.instagram.com":                            {v4: "157.240.223.63", v6: "2a03:2880:f276:e6:face:b00c:0:43fe", delay: 12 * ms, h3: true},
	"scontent-fra5-1.cdninstagram.com":           {v4: "157.240.223.52", v6: "2a03:2880:f276:c4:face:b00c:0:a7", delay: 12 * ms, h3: true},
	"captive.apple.com":                          {v4: "17.253.57.203", alias: "captive.g.aaplimg.com", delay: 10 * ms},
	"1-courier.push.apple.com":                   {v4: "17.57.146.20", v6: "2620:149:a44:306::4", alias: "1.courier-push-apple.com.akadns.net", delay: 25 * ms},
	"gateway.icloud.com":                         {v4: "17.248.209.64", v6: "2a01:b740:a41:600::8", alias: "gateway.fe2.apple-dns.net", delay: 14 * ms},
	"mask.icloud.com":                            {v4: "17.248.209.71", v6: "2a01:b740:a41:600::11", delay: 14 * ms, h3: true},
	"api.spotify.com":                            {v4: "35.186.224.24", v6: "2600:1901:1:388::", delay: 11 * ms},
	"audio-fa.scdn.co":                           {v4: "151.101.14.248", v6: "2a04:4e42:3::760", delay: 9 * ms},
	"www.tagesschau.de":                          {v4: "2.16.187.97", v6: "2a02:26f0:1700:d::1737:a397", alias: "www.tagesschau.de.edgekey.net", delay: 10 * ms},
	"de.wikipedia.org":                           {v4: "185.15.59.224", v6: "2a02:ec80:300:ed1a::1", alias: "dyna.wikimedia.org", delay: 16 * ms},
	"upload.wikimedia.org":                       {v4: "185.15.59.240", v6: "2a02:ec80:300:ed1a::2:b", delay: 16 * ms},
	"github.com":                                 {v4: "140.82.121.3", delay: 15 * ms},
	"forum.openwrt.org":                          {v4: "139.59.210.197", v6: "2a03:b0c0:3:d0::1af1:1", delay: 13 * ms},
	"outlook.office365.com":                      {v4: "52.98.179.50", v6: "2603:1026:c03:7037::2", alias: "FRA-efz.ms-acdc.office.com", delay: 13 * ms},
	"deb.debian.org":                             {v4: "151.101.130.132", v6: "2a04:4e42:200::644", alias: "debian.map.fastlydns.net", delay: 9 * ms},
	"releases.ubuntu.com":                        {v4: "185.125.190.37", v6: "2620:2d:4000:1::1a", delay: 24 * ms},
	"cdn.jsdelivr.net":                           {v4: "104.16.175.226", v6: "2606:4700::6810:aee2", delay: 9 * ms, h3: true},
	"ocsp.digicert.com":                          {v4: "192.229.221.95", alias: "fp2e7a.wpc.phicdn.net", delay: 10 * ms},
	"s3.eu-central-1.amazonaws.com":              {v4: "52.219.169.122", delay: 10 * ms},
	"checkip.synology.com":                       {v4: "159.89.129.148", delay: 150 * ms},
	"h10141.www1.hp.com":                         {v4: "15.73.182.64", delay: 140 * ms},
	"0.openwrt.pool.ntp.org":                     {v4: "194.58.207.20", delay: 28 * ms},
	"time.apple.com":                             {v4: "17.253.14.253", delay: 12 * ms},
	"time.google.com":                            {v4: "216.239.35.0", delay: 12 * ms},
	"router.bittorrent.com":                      {v4: "203.0.113.10", delay: 150 * ms},
	"ssl.gstatic.com":                            {v4: "142.250.185.67", v6: "2a00:1450:4001:80e::2003", delay: 11 * ms, h3: true},
	"ea1f0b6c9d2e4.awsglobalaccelerator.zoom.us": {v4: "99.83.150.101", delay: 12 * ms},
}

// remote returns the machine behind a service's name, as the bridge sees it.
func (h *home) remote(name string) node {
	s, ok := services[name]
	if !ok {
		panic("home: no service " + name) // the literals of evening.go
	}
	n := node{name: name, mac: h.rooms().router.mac, v4: netip.MustParseAddr(s.v4), ttl: 54, delay: s.delay}
	if s.v6 != "" {
		n.v6 = netip.MustParseAddr(s.v6)
	}
	return n
}

// peer returns a machine on the internet that has no name.
func (h *home) peer(v4 string, delay time.Duration) node {
	return node{mac: h.rooms().router.mac, v4: netip.MustParseAddr(v4), ttl: 49, delay: delay}
}
