package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// conversation makes the frames of flow i, one for each direction: UDP and TCP
// of 200 machines with servers that differ from flow to flow.
func conversation(i int) (there, back []byte) {
	client, server := net.IP{192, 168, 1, byte(2 + i%200)}, net.IP{203, byte(i >> 16), byte(i >> 8), byte(i)}
	cport, sport := uint16(20000+i%40000), []uint16{443, 53, 80, 8443}[i%4]
	mac := net.HardwareAddr{0x02, 0, 0, 0, 0, byte(2 + i%200)}
	router := net.HardwareAddr{0x02, 0xff, 0, 0, 0, 1}
	payload := make([]byte, 60+i%900)
	frame := func(src, dst net.HardwareAddr, from, to net.IP, a, b uint16) []byte {
		ip := &layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolTCP, SrcIP: from, DstIP: to}
		var transport gopacket.SerializableLayer
		if i%4 == 1 {
			ip.Protocol = layers.IPProtocolUDP
			u := &layers.UDP{SrcPort: layers.UDPPort(a), DstPort: layers.UDPPort(b)}
			u.SetNetworkLayerForChecksum(ip)
			transport = u
		} else {
			t := &layers.TCP{SrcPort: layers.TCPPort(a), DstPort: layers.TCPPort(b), ACK: true, PSH: true, Seq: uint32(i), Window: 512}
			t.SetNetworkLayerForChecksum(ip)
			transport = t
		}
		buf := gopacket.NewSerializeBuffer()
		err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
			&layers.Ethernet{SrcMAC: src, DstMAC: dst, EthernetType: layers.EthernetTypeIPv4}, ip, transport, gopacket.Payload(payload))
		if err != nil {
			panic(err) // the layers are ours
		}
		return buf.Bytes()
	}
	return frame(mac, router, client, server, cport, sport), frame(router, mac, server, client, sport, cport)
}

// pump writes a pcap stream of liveFlows conversations, and a tenth more that
// push others out of the table, at pps packets a second.
func pump(ctx context.Context, w *bufio.Writer, pps int, sent *atomic.Int64) error {
	var frames [][]byte
	for i := range liveFlows * 11 / 10 {
		there, back := conversation(i)
		frames = append(frames, there, back)
	}
	header := make([]byte, 24)
	binary.LittleEndian.PutUint32(header, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(header[4:], 2)
	binary.LittleEndian.PutUint16(header[6:], 4)
	binary.LittleEndian.PutUint32(header[16:], 65535)
	binary.LittleEndian.PutUint32(header[20:], 1) // Ethernet
	if _, err := w.Write(header); err != nil {
		return err
	}
	const slice = 20 * time.Millisecond
	tick := time.NewTicker(slice)
	defer tick.Stop()
	var record [16]byte
	for next := 0; ; {
		var now time.Time
		select {
		case now = <-tick.C:
		case <-ctx.Done():
			return nil
		}
		for range pps / int(time.Second/slice) {
			f := frames[next%len(frames)]
			next++
			binary.LittleEndian.PutUint32(record[0:], uint32(now.Unix()))
			binary.LittleEndian.PutUint32(record[4:], uint32(now.Nanosecond()/1000))
			binary.LittleEndian.PutUint32(record[8:], uint32(len(f)))
			binary.LittleEndian.PutUint32(record[12:], uint32(len(f)))
			if _, err := w.Write(record[:]); err != nil {
				return err
			}
			if _, err := w.Write(f); err != nil {
				return err
			}
			sent.Add(1)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

// tableSize asks the daemon how many flows it holds.
func tableSize(ctx context.Context, client *http.Client) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://weir/api/v1/flows?limit=1", nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	var reply struct{ Total int }
	if err := json.Unmarshal(b, &reply); err != nil {
		return 0, fmt.Errorf("flows: %w in %.100s", err, b)
	}
	return reply.Total, nil
}
