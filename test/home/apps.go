package home

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// https opens a TLS connection to a service, resolving its name first.
func (h *home) https(at time.Duration, client node, name string, alpn ...string) *conn {
	return h.dial(h.resolve(at, client, name), client, h.remote(name), 443).startTLS(name, alpn...)
}

// http3 opens a QUIC connection to a service.
func (h *home) http3(at time.Duration, client node, name string) *quicConn {
	return h.dialQUIC(h.resolve(at, client, name), client, h.remote(name), name)
}

// httpGet asks for a page in the clear; body bytes of filler follow the header
// of the answer.
func (h *home) httpGet(at time.Duration, client node, name, path, agent, status string, body int) *conn {
	c := h.dial(h.resolve(at, client, name), client, h.remote(name), 80)
	c.say(true, fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n", path, name, agent))
	c.wait(5 * ms)
	c.say(false, fmt.Appendf(nil, "HTTP/1.1 %s\r\nDate: Sat, 14 Mar 2026 19:00:00 GMT\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", status, body))
	if body > 0 {
		c.reply(false, body)
	}
	return c
}

// ssh opens a session (RFC 4253): banners, key exchange, then keystrokes.
func (h *home) ssh(at time.Duration, client, server node, banner string, keys int) {
	c := h.dial(at, client, server, 22)
	c.say(true, []byte("SSH-2.0-OpenSSH_9.6\r\n"))
	c.say(false, []byte(banner+"\r\n"))
	c.say(true, h.sshPacket(20, kexInit("mlkem768x25519-sha256,curve25519-sha256,ecdh-sha2-nistp256")))
	c.say(false, h.sshPacket(20, kexInit("curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256")))
	c.say(true, h.sshPacket(30, vec32(h.bytes(32))))
	c.say(false, h.sshPacket(31, slices.Concat(h.signed(32), vec32(h.bytes(32)), h.signed(64))))
	for range 4 {
		c.say(true, h.bytes(h.between(44, 68)))
		c.say(false, h.bytes(h.between(44, 200)))
	}
	for range keys {
		c.wait(400 * ms)
		c.say(true, h.bytes(36))
		c.say(false, h.bytes(h.between(36, 300)))
	}
	c.close(true)
}

// sshPacket returns an unencrypted packet (RFC 4253 section 6).
func (h *home) sshPacket(kind byte, body []byte) []byte {
	pad := 16 - (len(body)+6)%8
	b := binary.BigEndian.AppendUint32(nil, uint32(2+len(body)+pad))
	b = append(append(b, byte(pad), kind), body...)
	return append(b, h.bytes(pad)...)
}

// kexInit returns the body of a KEXINIT message (RFC 4253 section 7.1).
func kexInit(exchanges string) []byte {
	b := make([]byte, 16) // cookie
	for _, list := range []string{
		exchanges, "ssh-ed25519,rsa-sha2-512", "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
		"hmac-sha2-256-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "none,zlib@openssh.com", "none,zlib@openssh.com", "", "",
	} {
		b = append(b, vec32([]byte(list))...)
	}
	return append(b, 0, 0, 0, 0, 0)
}

// signed returns an Ed25519 key of 32 bytes or signature of 64 (RFC 8709).
func (h *home) signed(n int) []byte {
	return vec32(append(vec32([]byte("ssh-ed25519")), vec32(h.bytes(n))...))
}

func vec32(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// smb opens a share on the NAS (MS-SMB2) and reads or writes n bytes.
func (h *home) smb(at time.Duration, client, server node, write bool, n int) {
	c := h.dial(at, client, server, 445)
	var number uint64
	// message builds a header and the fixed part of a command, whose first
	// field is its size; an answer has the number of its request.
	message := func(command uint16, answer bool, size uint16, data int) []byte {
		b := make([]byte, 4+64+int(size)&^1+data)
		b[2], b[3] = byte((len(b)-4)>>8), byte(len(b)-4)
		copy(b[4:], "\xfeSMB")
		b[8] = 64
		binary.LittleEndian.PutUint16(b[16:], command)
		if answer {
			b[20] = 1
		} else {
			number++
		}
		binary.LittleEndian.PutUint64(b[28:], number)
		binary.LittleEndian.PutUint16(b[68:], size)
		return b
	}
	for _, m := range []struct{ command, ask, answer uint16 }{{0, 36, 65}, {1, 25, 9}, {3, 9, 16}} {
		c.say(true, message(m.command, false, m.ask, 0))
		c.say(false, message(m.command, true, m.answer, 0))
	}
	c.pace = 30 * time.Microsecond
	for n > 0 {
		part := min(n, 48<<10)
		if write {
			c.say(true, message(9, false, 49, 0))
			c.reply(true, part)
			c.say(false, message(9, true, 17, 0))
		} else {
			c.say(true, message(8, false, 49, 0))
			c.say(false, message(8, true, 17, 0))
			c.reply(false, part)
		}
		c.wait(60 * ms)
		n -= part
	}
	c.close(true)
}

// ipp prints a document of n bytes (RFC 8010) over HTTP.
func (h *home) ipp(at time.Duration, client, printer node, n int) {
	c := h.dial(at, client, printer, 631)
	attributes := append([]byte{2, 0, 0, 2, 0, 0, 0, 1, 1}, "G\x00\x12attributes-charset\x00\x05utf-8"...)
	attributes = append(attributes, "H\x00\x1battributes-natural-language\x00\x05en-gb"...)
	attributes = append(attributes, fmt.Sprintf("E\x00\x0bprinter-uri\x00%cipp://%s/ipp/print\x03", rune(len(printer.v4.String())+16), printer.v4)...)
	c.say(true, append(fmt.Appendf(nil, "POST /ipp/print HTTP/1.1\r\nHost: %s:631\r\nUser-Agent: CUPS/2.4.7 (Linux 6.8.0; x86_64) IPP/2.0\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n",
		printer.v4, len(attributes)+n), attributes...))
	c.reply(true, n)
	c.wait(300 * ms)
	c.say(false, []byte("HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 9\r\n\r\n\x02\x00\x00\x00\x00\x00\x00\x01\x03"))
	c.close(false)
}

// bittorrent joins a swarm: questions to the DHT (BEP 5), then handshakes and
// pieces with peers (BEP 3). Two peers do not answer.
func (h *home) bittorrent(at time.Duration, client node, down, up int) {
	const dhtPort = 51413
	id, hash := h.bytes(20), h.bytes(20)
	for i := range 12 {
		peer := h.peer(fmt.Sprintf("198.51.100.%d", 20+7*i), 60*ms)
		t := at + time.Duration(i)*350*ms
		ask := fmt.Appendf(nil, "d1:ad2:id20:%s9:info_hash20:%se1:q9:get_peers1:t2:%c%c1:y1:qe", id, hash, 'a', rune('a'+i))
		h.udp(from(t, client, peer, false), dhtPort, uint16(6881+i), ask)
		if i%4 == 3 {
			continue
		}
		reply := fmt.Appendf(nil, "d1:rd2:id20:%s5:nodes208:%s5:token4:%se1:t2:%c%c1:y1:re", h.bytes(20), h.bytes(208), h.bytes(4), 'a', rune('a'+i))
		h.udp(from(t+h.jitter(peer.delay), peer, client, false), uint16(6881+i), dhtPort, reply)
	}
	h.refused(at+2*time.Second, client, h.peer("198.51.100.62", 60*ms), 6887, true)
	h.refused(at+3*time.Second, client, h.peer("198.51.100.69", 60*ms), 6888, false)
	for i := range 3 {
		peer := h.peer(netip.AddrFrom4([4]byte{203, 0, 113, byte(40 + 9*i)}).String(), time.Duration(40+30*i)*ms)
		c := h.dial(at+time.Duration(3+i)*time.Second, client, peer, uint16(51000+77*i))
		hello := append([]byte("\x13BitTorrent protocol\x00\x00\x00\x00\x00\x10\x00\x05"), hash...)
		c.say(true, append(append([]byte(nil), hello...), id...))
		c.say(false, append(append([]byte(nil), hello...), h.bytes(20)...))
		c.say(false, append([]byte{0, 0, 0, 65, 5}, h.bytes(64)...)) // bitfield
		c.say(true, []byte{0, 0, 0, 1, 2})                           // interested
		c.say(false, []byte{0, 0, 0, 1, 1})                          // unchoke
		for range 6 {
			request := append([]byte{0, 0, 0, 13, 6, 0, 0, 0, byte(h.between(0, 200))}, 0, 0, 0, 0, 0, 0, 0x40, 0)
			c.say(true, request)
			c.reply(false, down/18)
			c.reply(true, up/18)
			c.wait(14 * time.Second)
		}
		if i == 0 {
			c.reset(false)
		}
	}
}
