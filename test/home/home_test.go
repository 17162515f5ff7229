package home

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// wantHash is the SHA-256 of the capture of seed 1. Whoever changes the evening
// changes it, and knows that what others measured on it has changed.
const wantHash = "14a1fff1db5998f633774c1477330ead9d8644b58b481ecc912df7bf5fcb1e74"

func capture(t *testing.T, frames []Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, frames); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCaptureIsTheSameEverywhere(t *testing.T) {
	b := capture(t, Generate(1, 1))
	sum := sha256.Sum256(b)
	if got := hex.EncodeToString(sum[:]); got != wantHash {
		t.Errorf("SHA-256 of the capture = %s, want %s", got, wantHash)
	}
	if limit := 3_000_000; len(b) > limit {
		t.Errorf("the capture has %d bytes, at most %d", len(b), limit)
	}
	if other := capture(t, Generate(2, 1)); bytes.Equal(b, other) {
		t.Error("another seed gives the same capture")
	}
}

func TestWriteKeepsTimesAndLengths(t *testing.T) {
	frames := Generate(1, 1)
	r, err := pcapgo.NewReader(bytes.NewReader(capture(t, frames)))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.LinkType(); got != layers.LinkTypeEthernet {
		t.Errorf("link type %v", got)
	}
	for i, f := range frames {
		data, ci, err := r.ReadPacketData()
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		at := ci.Timestamp.Sub(Start())
		if at != f.At.Truncate(time.Microsecond) || ci.Length != f.Wire || !bytes.Equal(data, f.Data) {
			t.Fatalf("frame %d: at %v, %d bytes; want %v, %d", i, at, ci.Length, f.At, f.Wire)
		}
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Errorf("after the last frame: %v, want io.EOF", err)
	}
	first, last := frames[0].At, frames[len(frames)-1].At
	if first < 0 || last >= Length || last-first < 9*time.Minute {
		t.Errorf("frames from %v to %v", first, last)
	}
}

func TestMergeKeepsHomesApart(t *testing.T) {
	a, b := Generate(1, 1), Generate(1, 2)
	all := Merge(a, b)
	if len(all) != len(a)+len(b) {
		t.Fatalf("%d frames of %d and %d", len(all), len(a), len(b))
	}
	if !slices.IsSortedFunc(all, func(x, y Frame) int { return int(min(1, max(-1, x.At-y.At))) }) {
		t.Error("the frames are not in order of time")
	}
	net := netip.MustParsePrefix("192.168.2.0/24")
	var inSecond int
	for _, f := range all {
		if ip := decode(f).Layer(layers.LayerTypeIPv4); ip != nil {
			src, _ := netip.AddrFromSlice(ip.(*layers.IPv4).SrcIP)
			if net.Contains(src) {
				inSecond++
			}
		}
	}
	if inSecond == 0 {
		t.Error("no packet comes from the second home")
	}
}

func decode(f Frame) gopacket.Packet {
	return gopacket.NewPacket(f.Data, layers.LayerTypeEthernet, gopacket.DecodeOptions{NoCopy: true})
}

// TestPacketsAreRight decodes every frame with gopacket and computes its
// checksums anew.
func TestPacketsAreRight(t *testing.T) {
	for i, f := range Generate(1, 1) {
		cut := len(f.Data) < f.Wire
		if len(f.Data) > f.Wire || f.Wire < 60 || f.Wire > 1514 || cut && len(f.Data) != headersOnly {
			t.Errorf("frame %d: %d of %d bytes", i, len(f.Data), f.Wire)
		}
		p := decode(f)
		if e := p.ErrorLayer(); e != nil && !cut {
			t.Errorf("frame %d: %v", i, e.Error())
		}
		if msg := badChecksum(p, cut); msg != "" {
			t.Errorf("frame %d: %s", i, msg)
		}
	}
}

// badChecksum names a wrong checksum of p. What is cut has only the IPv4
// header's left to check.
func badChecksum(p gopacket.Packet, cut bool) string {
	var src, dst, body []byte
	var proto byte
	switch ip := p.NetworkLayer().(type) {
	case *layers.IPv4:
		if checksum(ip.Contents) != 0 {
			return "IPv4 header checksum"
		}
		src, dst, body, proto = ip.SrcIP.To4(), ip.DstIP.To4(), ip.Payload, byte(ip.Protocol)
	case *layers.IPv6:
		src, dst, body, proto = ip.SrcIP, ip.DstIP, ip.Payload, byte(ip.NextHeader)
	default: // ARP
		return ""
	}
	if cut {
		return ""
	}
	sum := slices.Clone(body)
	if proto == 6 || proto == 17 || proto == 58 { // with the pseudo-header of RFC 9293, RFC 8200
		sum = slices.Concat(src, dst, []byte{0, proto, byte(len(body) >> 8), byte(len(body))}, body)
	}
	if len(sum)%2 == 1 {
		sum = append(sum, 0)
	}
	if checksum(sum) != 0 {
		return "checksum of protocol " + layers.IPProtocol(proto).String()
	}
	return ""
}

// TestStreamsHaveNoHoles follows every TCP connection: it begins with a SYN,
// and its segments cover the sequence numbers without a gap, though some come
// late, twice, or in another order.
func TestStreamsHaveNoHoles(t *testing.T) {
	type key struct {
		src, dst     gopacket.Endpoint
		sport, dport layers.TCPPort
	}
	type stream struct{ have, end []uint32 }
	streams := map[key]*stream{}
	var late, twice int
	for i, f := range Generate(1, 1) {
		p := decode(f)
		tcp, ok := p.TransportLayer().(*layers.TCP)
		if !ok {
			continue
		}
		net := p.NetworkLayer().NetworkFlow()
		k := key{net.Src(), net.Dst(), tcp.SrcPort, tcp.DstPort}
		s := streams[k]
		if s == nil {
			if !tcp.SYN && !tcp.RST {
				t.Errorf("frame %d: %v begins without SYN", i, k)
			}
			s = &stream{}
			streams[k] = s
		}
		n := segmentLength(p.NetworkLayer(), tcp)
		if n == 0 {
			continue
		}
		switch {
		case slices.Contains(s.have, tcp.Seq):
			twice++
		case len(s.end) > 0 && tcp.Seq < s.end[len(s.end)-1]:
			late++
		}
		s.have, s.end = append(s.have, tcp.Seq), append(s.end, tcp.Seq+n)
	}
	for k, s := range streams {
		slices.SortFunc(s.have, func(a, b uint32) int { return int(int32(a - b)) })
		slices.SortFunc(s.end, func(a, b uint32) int { return int(int32(a - b)) })
		have, end := slices.Compact(s.have), slices.Compact(s.end)
		if len(have) > 1 && !slices.Equal(have[1:], end[:len(end)-1]) {
			t.Errorf("%v: the sequence numbers have a gap", k)
		}
	}
	if len(streams) < 60 || late < 20 || twice < 10 {
		t.Errorf("%d streams, %d late and %d repeated segments; too few to be a home", len(streams), late, twice)
	}
}

// segmentLength returns the sequence space of a segment, cut or not.
func segmentLength(ip gopacket.NetworkLayer, tcp *layers.TCP) uint32 {
	n := -int(tcp.DataOffset) * 4
	switch ip := ip.(type) {
	case *layers.IPv4:
		n += int(ip.Length) - int(ip.IHL)*4
	case *layers.IPv6:
		n += int(ip.Length)
	}
	for _, flag := range []bool{tcp.SYN, tcp.FIN} {
		if flag {
			n++
		}
	}
	return uint32(n)
}

// TestEverybodyIsHome looks for what the evening is to hold.
func TestEverybodyIsHome(t *testing.T) {
	got := map[string]int{}
	hosts := map[string]bool{}
	var total int
	for _, f := range Generate(1, 1) {
		total += f.Wire
		p := decode(f)
		for _, l := range p.Layers() {
			got[l.LayerType().String()]++
		}
		if d, ok := p.Layer(layers.LayerTypeDHCPv4).(*layers.DHCPv4); ok {
			for _, o := range d.Options {
				if o.Type == layers.DHCPOptHostname {
					hosts[string(o.Data)] = true
				}
			}
		}
		for name, mark := range map[string]string{
			"HTTP": "Host: deb.debian.org", "mDNS": "_tcp\x05local", "SSDP": "M-SEARCH", "SSH": "SSH-2.0-dropbear", "SMB": "\xfeSMB",
			"IPP": "POST /ipp/print", "BitTorrent": "\x13BitTorrent protocol", "DHT": "get_peers", "SNI": "api-global.netflix.com", "ALPN": "\x02h2\x08http/1.1",
		} {
			if bytes.Contains(f.Data, []byte(mark)) {
				got[name]++
			}
		}
	}
	for _, kind := range []string{
		"ARP", "IPv4", "IPv6", "TCP", "UDP", "DNS", "DHCPv4", "NTP", "IGMP", "ICMPv4", "ICMPv6Echo", "ICMPv6RouterAdvertisement", "ICMPv6NeighborSolicitation",
		"HTTP", "mDNS", "SSDP", "SSH", "SMB", "IPP", "BitTorrent", "DHT", "SNI", "ALPN",
	} {
		if got[kind] == 0 {
			t.Errorf("no %s in the evening", kind)
		}
	}
	want := map[string]bool{"Annas-iPhone": true, "Pixel-8": true, "LGwebOSTV": true, "HP2F1A3C": true}
	if diff := cmp.Diff(want, hosts); diff != "" {
		t.Errorf("DHCP host names (-want +got):\n%s", diff)
	}
	if total < 20_000_000 {
		t.Errorf("%d bytes on the wire, want a believable evening", total)
	}
}
