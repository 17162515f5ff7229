package home

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/gopacket/layers"
)

// TestInitialKeys compares with RFC 9001 appendix A.1.
func TestInitialKeys(t *testing.T) {
	dcid := unhex(t, "8394c8f03e515708")
	tests := []struct{ name, side, key, iv, hp string }{
		{"client", "client in", "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{"server", "server in", "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := keysFor(dcid, tt.side)
			if !bytes.Equal(k.key, unhex(t, tt.key)) || !bytes.Equal(k.iv, unhex(t, tt.iv)) || !bytes.Equal(k.hp, unhex(t, tt.hp)) {
				t.Errorf("keys %x %x %x", k.key, k.iv, k.hp)
			}
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open undoes initial for a packet whose source connection ID is empty.
func open(t *testing.T, pkt []byte) []byte {
	t.Helper()
	pkt = slices.Clone(pkt)
	dcid := pkt[6 : 6+int(pkt[5])]
	at := 6 + len(dcid) + 1 + 1 // empty source ID, no token
	length := int(binary.BigEndian.Uint16(pkt[at:]) & 0x3fff)
	at += 2
	k := keysFor(dcid, "client in")
	var mask [16]byte
	block(k.hp).Encrypt(mask[:], pkt[at+4:at+20])
	pkt[0] ^= mask[0] & 0x0f
	for i := range 4 {
		pkt[at+i] ^= mask[1+i]
	}
	nonce := slices.Clone(k.iv)
	for i := range 4 {
		nonce[8+i] ^= pkt[at+i]
	}
	frames, err := gcm(k.key).Open(nil, nonce, pkt[at+4:at+length], pkt[:at+4])
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

func TestQUICNamesCanBeRead(t *testing.T) {
	var hellos []byte
	var datagrams int
	for _, f := range Generate(1, 1) {
		udp, ok := decode(f).TransportLayer().(*layers.UDP)
		if !ok || udp.DstPort != 443 || len(udp.Payload) < 1200 || udp.Payload[0]&0xf0 != 0xc0 {
			continue
		}
		datagrams++
		hellos = append(hellos, open(t, udp.Payload)...)
	}
	for _, name := range []string{"www.youtube.com", "i.instagram.com", "rr4---sn-4g5e6nsz.googlevideo.com"} {
		if !bytes.Contains(hellos, []byte(name)) {
			t.Errorf("no QUIC hello names %s", name)
		}
	}
	if datagrams < 10 {
		t.Errorf("%d Initial packets, want more: hellos with post-quantum keys fill two", datagrams)
	}
}
