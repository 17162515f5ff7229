package home

import "time"

// minute and second place events in the evening.
func minute(m int, s ...int) time.Duration {
	d := time.Duration(m) * time.Minute
	for _, s := range s {
		d += time.Duration(s) * time.Second
	}
	return d
}

// evening is the script: who does what, when.
func (h *home) evening() {
	r := h.rooms()
	h.infrastructure(r)
	h.television(r)
	h.annasPhone(r)
	h.bensPhone(r)
	h.workOnLaptop(r)
	h.downloads(r)
	h.diskStation(r)
	h.printing(r)
}

// infrastructure is what goes on without anybody's doing.
func (h *home) infrastructure(r rooms) {
	for m := range 4 {
		h.routerAdvertisement(minute(3*m, 2))
	}
	for i, n := range []node{r.nas, r.printer, r.laptop, r.tv} {
		for at := minute(0, 7+3*i); at < Length; at += h.jitter(100 * time.Second) {
			h.arp(at, n, r.router)
			if n.v6.IsValid() {
				h.neighbour(at+40*ms, n, r.router)
			}
		}
	}
	for at := minute(0, 20); at < Length; at += minute(2) {
		h.notify(at, r.tv, "urn:schemas-upnp-org:device:MediaRenderer:1")
		h.notify(at+3*time.Second, r.nas, "urn:schemas-upnp-org:device:MediaServer:1")
		h.igmp(at+time.Second, r.tv, ssdpGroup)
		h.announce(at+4*time.Second, r.nas, "_smb._tcp", 445, "model=DS220+")
		h.announce(at+5*time.Second, r.tv, "_airplay._tcp", 7000, "model=OLED55C1", "flags=0x244")
	}
}

// television is switched on and plays a film all evening.
func (h *home) television(r rooms) {
	ready := h.join(minute(0, 3), r.tv, 1, 3, 6, 12, 15, 28, 42)
	h.search(ready, r.tv, "urn:schemas-upnp-org:device:MediaServer:1", r.nas)
	h.ntp(ready+time.Second, r.tv, "0.openwrt.pool.ntp.org")
	h.https(ready+2*time.Second, r.tv, "eu.ibs.lgappstv.com", "http/1.1").exchange(900, 14000).close(true)
	h.https(minute(0, 14), r.tv, "api-global.netflix.com", "h2", "http/1.1").
		exchange(1900, 42000).wait(time.Second).exchange(800, 9000).wait(3*time.Second).exchange(700, 2400)
	for i, name := range []string{"ipv4-c012-fra001-ix.1.oca.nflxvideo.net", "ipv4-c031-fra001-ix.1.oca.nflxvideo.net"} {
		c := h.https(minute(0, 20+5*i), r.tv, name, "http/1.1")
		c.exchange(640, 250_000)
		for c.at < minute(9, 40) { // a segment of the film about every twenty seconds
			c.wait(22*time.Second).exchange(640, h.between(80_000, 190_000))
		}
	}
	for at := minute(0, 40); at < Length; at += h.jitter(minute(1, 30)) {
		h.https(at, r.tv, "logs.netflix.com", "h2").exchange(2600, 300).close(true)
	}
	h.question(minute(2, 11), r.tv, 1, "ngfts.lge.com")
}

// annasPhone comes home with a randomised address, then scrolls and listens.
func (h *home) annasPhone(r rooms) {
	p := r.anna
	ready := h.join(minute(0, 32), p, 1, 121, 3, 6, 15, 108, 114, 119, 252)
	h.httpGet(ready, p, "captive.apple.com", "/hotspot-detect.html", "CaptiveNetworkSupport-481.140.1 wispr", "200 OK", 69).close(true)
	h.ntp(ready+300*ms, p, "time.apple.com")
	h.question(ready+600*ms, p, 1, "wpad.lan")
	h.browse(ready+time.Second, p, "_airplay._tcp", "_companion-link._tcp", "_sleep-proxy._udp")
	push := h.dial(h.resolve(ready+900*ms, p, "1-courier.push.apple.com"), p, h.remote("1-courier.push.apple.com"), 5223).
		startTLS("1-courier.push.apple.com", "apns-security-v3").exchange(420, 180)
	for push.at < minute(9) {
		push.wait(50*time.Second).exchange(60, 60)
	}
	h.https(minute(0, 36), p, "gateway.icloud.com", "h2", "http/1.1").exchange(2100, 5200).wait(2*time.Second).exchange(900, 700).close(true)
	h.http3(minute(0, 38), p, "mask.icloud.com").exchange(400, 900)
	chat := h.dial(h.resolve(minute(0, 37), p, "g.whatsapp.net"), p, h.remote("g.whatsapp.net"), 5222)
	chat.say(true, append([]byte{'E', 'D', 0, 1, 0, 0, 4, 8}, 'W', 'A', 6, 3))
	for chat.at < minute(9, 30) {
		chat.say(true, h.bytes(h.between(90, 700)))
		chat.say(false, h.bytes(h.between(40, 500)))
		chat.wait(26 * time.Second)
	}
	feed := h.http3(minute(1, 5), p, "i.instagram.com").exchange(1600, 30_000)
	pictures := h.http3(minute(1, 7), p, "scontent-fra5-1.cdninstagram.com").exchange(700, 200_000)
	for feed.at < minute(4) {
		feed.wait(15*time.Second).exchange(900, 16_000)
		pictures.wait(14*time.Second).exchange(600, h.between(40_000, 160_000))
	}
	h.https(minute(4, 20), p, "api.spotify.com", "h2").exchange(1300, 8000).close(true)
	music := h.https(minute(4, 22), p, "audio-fa.scdn.co", "h2", "http/1.1").exchange(500, 160_000)
	for music.at < minute(9, 20) {
		music.wait(40*time.Second).exchange(400, 160_000)
	}
	h.http3(minute(6, 2), p, "mmg.whatsapp.net").exchange(220_000, 900) // a picture is sent
}

// bensPhone watches videos over QUIC.
func (h *home) bensPhone(r rooms) {
	p := r.ben
	ready := h.join(minute(1, 12), p, 1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108)
	h.httpGet(ready, p, "connectivitycheck.gstatic.com", "/generate_204", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36", "204 No Content", 0).close(true)
	h.ntp(ready+200*ms, p, "time.google.com")
	h.browse(ready+2*time.Second, p, "_googlecast._tcp")
	talk := h.dial(h.resolve(ready+400*ms, p, "mtalk.google.com"), p, h.remote("mtalk.google.com"), 5228).startTLS("mtalk.google.com").exchange(300, 150)
	talk.wait(minute(4)).exchange(40, 40)
	h.http3(minute(1, 18), p, "play.googleapis.com").exchange(2600, 4000)
	h.http3(minute(1, 40), p, "www.youtube.com").exchange(2400, 160_000).wait(5*time.Second).exchange(1500, 60_000)
	h.http3(minute(1, 42), p, "i.ytimg.com").exchange(900, 140_000)
	video := h.http3(minute(1, 44), p, "rr4---sn-4g5e6nsz.googlevideo.com").exchange(800, 300_000)
	for video.at < minute(8, 30) {
		video.wait(18*time.Second).exchange(700, h.between(60_000, 240_000))
	}
	h.https(minute(8, 40), p, "www.tagesschau.de", "h2", "http/1.1").exchange(900, 90_000).close(false)
	h.ping(minute(5), p, r.router, true, 3)
}

// workOnLaptop is an evening's odds and ends.
func (h *home) workOnLaptop(r rooms) {
	n := r.laptop
	h.https(minute(0, 8), n, "outlook.office365.com", "h2", "http/1.1").exchange(1500, 22_000).wait(minute(2)).exchange(700, 3000).wait(minute(3)).exchange(900, 5000)
	h.https(minute(0, 50), n, "de.wikipedia.org", "h2", "http/1.1").exchange(800, 95_000).wait(20*time.Second).exchange(700, 60_000).close(true)
	h.https(minute(0, 51), n, "upload.wikimedia.org", "h2", "http/1.1").exchange(900, 240_000).close(true)
	h.https(minute(1, 50), n, "forum.openwrt.org", "h2", "http/1.1").exchange(900, 130_000).wait(30*time.Second).exchange(600, 40_000).close(true)
	h.https(minute(2, 5), n, "www.tagesschau.de", "h2", "http/1.1").exchange(900, 160_000).close(true)
	h.https(minute(2, 6), n, "cdn.jsdelivr.net", "h2", "http/1.1").exchange(500, 70_000).reset(true)
	h.httpGet(minute(2, 7), n, "ocsp.digicert.com", "/MFEwTzBNMEswSTAJBgUrDgMCGgUABBS", "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0", "200 OK", 471).close(true)
	h.question(minute(2, 9), n, 1, "adserver.example.net")
	h.question(minute(2, 9), n, 28, "www.tagesschua.de") // misspelt
	at := h.resolve(minute(3, 15), n, "github.com")
	h.ssh(at, n, h.remote("github.com"), "SSH-2.0-babeld-57ca1323", 2)
	h.ssh(minute(4, 5), n, r.nas, "SSH-2.0-OpenSSH_8.2", 25)
	h.ssh(minute(7, 40), n, r.router, "SSH-2.0-dropbear", 12)
	h.ping(minute(3), n, h.peer("1.1.1.1", 10*ms), false, 12)
	h.ping(minute(3, 40), n, r.router, false, 4)
	h.refused(minute(7, 30), n, r.router, 8080, false)
	h.smb(minute(5, 10), n, r.nas, false, 600_000)
	meeting := h.https(minute(6, 30), n, "ea1f0b6c9d2e4.awsglobalaccelerator.zoom.us", "http/1.1").exchange(2000, 9000)
	h.meeting(meeting.at, n, h.remote("ea1f0b6c9d2e4.awsglobalaccelerator.zoom.us"), 50*time.Second)
}

// meeting is a video call: small packets both ways, twenty a second.
func (h *home) meeting(at time.Duration, n, server node, length time.Duration) {
	port := h.clientPort(n)
	for end := at + length; at < end; at += 50 * ms {
		for _, up := range []bool{true, false} {
			p, sport, dport := from(at, n, server, false), port, uint16(8801)
			if !up {
				p, sport, dport = from(at+h.jitter(20*ms), server, n, false), 8801, port
			}
			p.snap = headersOnly
			h.udp(p, sport, dport, append([]byte{5, 16, 1}, h.filler[:h.between(90, 900)]...))
		}
	}
}

// downloads are the long ones: an image over HTTP and a swarm.
func (h *home) downloads(r rooms) {
	c := h.httpGet(minute(2, 30), r.laptop, "deb.debian.org", "/debian/pool/main/l/linux/linux-image-6.12.73-amd64_6.12.73-1_amd64.deb", "Debian APT-HTTP/1.3 (3.0.3)", "200 OK", 2_000_000)
	c.close(true)
	h.https(minute(3, 20), r.laptop, "releases.ubuntu.com", "h2", "http/1.1").exchange(700, 2_350_000).close(true)
	h.bittorrent(minute(5, 30), r.laptop, 800_000, 150_000)
}

// diskStation looks for updates and sends its backup out.
func (h *home) diskStation(r rooms) {
	h.ntp(minute(0, 45), r.nas, "time.google.com")
	h.https(minute(1), r.nas, "checkip.synology.com", "http/1.1").exchange(300, 400).close(true)
	backup := h.https(minute(1, 30), r.nas, "s3.eu-central-1.amazonaws.com", "http/1.1")
	for range 5 {
		backup.exchange(260_000, 500).wait(time.Minute)
	}
	backup.close(true)
	h.smb(minute(0, 55), r.laptop, r.nas, true, 300_000)
	h.smb(minute(8, 50), r.tv, r.nas, false, 400_000)
}

// printing is one document, and the printer's own chatter.
func (h *home) printing(r rooms) {
	ready := h.join(minute(0, 5), r.printer, 1, 3, 6, 12, 15, 44, 46, 47, 81)
	h.announce(ready, r.printer, "_ipp._tcp", 631, "rp=ipp/print", "ty=HP Color LaserJet MFP M283fdw", "pdl=application/pdf,image/urf")
	h.browse(minute(4, 30), r.laptop, "_ipp._tcp", "_ipps._tcp")
	h.announce(minute(4, 30)+30*ms, r.printer, "_ipp._tcp", 631, "rp=ipp/print", "ty=HP Color LaserJet MFP M283fdw")
	h.ipp(minute(4, 32), r.laptop, r.printer, 240_000)
	h.https(minute(4, 58), r.printer, "h10141.www1.hp.com", "http/1.1").exchange(1400, 600).close(true)
	h.search(minute(8), r.laptop, "ssdp:all", r.nas, r.tv)
}
