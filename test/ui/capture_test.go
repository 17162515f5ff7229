//go:build ui

package ui

import (
	"bufio"
	"io"
	"net"
	"os"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"weir/test/home"
)

// crowdFlows is as many flows as a router's table holds.
const crowdFlows = 8192

// captures are what the daemons of the tests replay, by name.
var captures = map[string]func(io.Writer) error{
	"evening": func(w io.Writer) error { return home.Write(w, home.Generate(1, 1)) },
	"crowd":   crowd,
	"nothing": func(w io.Writer) error { return home.Write(w, nil) },
}

func writeCapture(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// crowd writes a packet each way for every flow of a full table: what 200
// machines ask 8,192 servers.
func crowd(w io.Writer) error {
	pcap := pcapgo.NewWriter(w)
	if err := pcap.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		return err
	}
	for i := range crowdFlows {
		client, server := net.IP{192, 168, 1, byte(2 + i%200)}, net.IP{20, 1, byte(i >> 8), byte(i)}
		machine, router := net.HardwareAddr{2, 0, 0, 0, 0, byte(2 + i%200)}, net.HardwareAddr{2, 0xff, 0, 0, 0, 1}
		at := home.Start().Add(time.Duration(i) * time.Millisecond)
		there := datagram(machine, router, client, server, layers.UDPPort(20000+i), 443, 100+i%900)
		back := datagram(router, machine, server, client, 443, layers.UDPPort(20000+i), 100+i*7%900)
		for _, frame := range [][]byte{there, back} {
			if err := pcap.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(frame), Length: len(frame)}, frame); err != nil {
				return err
			}
		}
	}
	return nil
}

func datagram(src, dst net.HardwareAddr, from, to net.IP, a, b layers.UDPPort, size int) []byte {
	ip := &layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolUDP, SrcIP: from, DstIP: to}
	udp := &layers.UDP{SrcPort: a, DstPort: b}
	udp.SetNetworkLayerForChecksum(ip)
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: src, DstMAC: dst, EthernetType: layers.EthernetTypeIPv4}, ip, udp, gopacket.Payload(make([]byte, size)))
	if err != nil {
		panic(err) // the layers are ours
	}
	return buf.Bytes()
}
