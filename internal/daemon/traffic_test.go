package daemon

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"weir/internal/packet"
)

// Hardware addresses of the traffic that tests make.
var (
	phoneMAC  = packet.MAC{2, 0, 0, 0, 1, 1}
	tvMAC     = packet.MAC{2, 0, 0, 0, 1, 2}
	routerMAC = packet.MAC{2, 0, 0, 0, 0, 1}
)

// datagram returns an Ethernet frame with a UDP datagram.
func datagram(t testing.TB, from, to packet.MAC, src, dst string, srcPort, dstPort uint16, payload int) []byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.ParseIP(src), DstIP: net.ParseIP(dst)}
	udp := &layers.UDP{SrcPort: layers.UDPPort(srcPort), DstPort: layers.UDPPort(dstPort)}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	b := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: from[:], DstMAC: to[:], EthernetType: layers.EthernetTypeIPv4},
		ip, udp, gopacket.Payload(make([]byte, payload)))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// captureHeader begins a classic capture of Ethernet frames, little endian.
func captureHeader() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 65535)
	return binary.LittleEndian.AppendUint32(b, 1)
}

// appendRecord appends a frame of a classic capture.
func appendRecord(b []byte, when time.Time, frame []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(when.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(when.Nanosecond()/1000))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
	return append(b, frame...)
}

// writeCapture writes a capture of so many datagrams of 100 IP bytes that the
// phone sends to a server elsewhere.
func writeCapture(t testing.TB, path string, count int) {
	t.Helper()
	b := captureHeader()
	frame := datagram(t, phoneMAC, routerMAC, "192.168.1.20", "203.0.113.7", 50000, 53, 72)
	for i := range count {
		b = appendRecord(b, time.Unix(1_700_000_000, int64(i)*1000), frame)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fileSource is a section that reads a capture in the house's directory.
func fileSource(name, file string) string {
	return fmt.Sprintf("config source '%s'\n\toption kind 'pcap'\n\toption path '$DIR/%s'\n", name, file)
}
