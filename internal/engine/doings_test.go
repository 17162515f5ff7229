package engine_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/names"
	"weir/internal/packet"
)

func TestDeviceDoings(t *testing.T) {
	e := house(t)
	phone := devicesByName(t, e)[phoneMAC.String()]
	got, ok := e.DeviceDoings(phone.ID)
	if !ok || got.Device != phone.ID || got.AsClient.Active != 3 || got.TCPFlows != 2 {
		t.Fatalf("%+v", got)
	}
	type u32 = engine.Pair[uint32]
	// SYN of both connections, answered; PSH and ACK of the one that went on.
	if diff := cmp.Diff([8]u32{1: {Tx: 2, Rx: 2}, 3: {Tx: 1, Rx: 1}, 4: {Tx: 1, Rx: 2}}, got.FlagFlows); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
	type u64 = engine.Pair[uint64]
	if diff := cmp.Diff([engine.NumSizes]u64{0: {Tx: 1, Rx: 1}, 1: {Tx: 4}, 4: {Rx: 3}}, got.Sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]engine.AppUse{
		{Key: "tls", Flows: 1, Bytes: u64{Tx: 320, Rx: 2120}},
		{Key: "smb", Flows: 1, Bytes: u64{Tx: 60, Rx: 60}},
		{Key: "dns", Flows: 1, Bytes: u64{Tx: 68}},
	}, got.Apps); diff != "" {
		t.Errorf("applications (-want +got):\n%s", diff)
	}
	nas := devicesByName(t, e)[nasMAC.String()]
	if diff := cmp.Diff([]engine.PeerPlace{
		{Scope: "remote"}, {Scope: "local", Device: nas.ID, Name: "NAS"}, {Scope: "router", Device: got.Places[2].Device},
	}, got.Places); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if _, ok := e.DeviceDoings(999); ok {
		t.Error("nobody does something")
	}
}

func TestHostDoings(t *testing.T) {
	e := house(t)
	nas := devicesByName(t, e)[nasMAC.String()]
	tests := []struct {
		ip             string
		device         uint32
		client, server uint32
	}{
		{"192.168.1.30", nas.ID, 1, 1},
		{"2001:db8:1::30", nas.ID, 0, 1},
		{"203.0.113.5", 0, 0, 1},
		{"224.0.0.251", 0, 0, 1},
	}
	for _, tt := range tests {
		got, ok := e.HostDoings(netip.MustParseAddr(tt.ip))
		if !ok || got.Device != tt.device || got.AsClient.Active != tt.client || got.AsServer.Active != tt.server {
			t.Errorf("%s: %v, device %d, client %+v, server %+v", tt.ip, ok, got.Device, got.AsClient, got.AsServer)
		}
	}
	if _, ok := e.HostDoings(netip.MustParseAddr("192.0.2.99")); ok {
		t.Error("a host that nobody saw does something")
	}
}

// talks returns a TCP segment with that payload.
func talks(at int64, from, to packet.MAC, src, dst, payload string) packet.Raw {
	raw := frame{at: at, from: from, to: to, src: src, dst: dst, tcp: packet.PSH | packet.ACK, seq: 1, pay: len(payload), point: lan}.raw()
	copy(raw.Data[len(raw.Data)-len(payload):], payload)
	return raw
}

// Questions and requests are those of the device, whatever its address.
func TestDoingsOfNames(t *testing.T) {
	e := router(t, 64)
	q, a := dnsQuestion(t, 7, "www.example.org.", "example.org.", "198.51.100.9")
	e.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
		says(500, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
		talks(1000, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.9:80", "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n"),
		talks(2000, routerMAC, phoneMAC, "198.51.100.9:80", "192.168.1.20:5000", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
	})
	e.Tick(start+second, true)
	got, _ := e.DeviceDoings(deviceOf(t, e, phoneMAC).ID)
	if got.HTTP != (engine.HTTPUse{Client: 1, Codes: [6]uint32{4: 1}}) {
		t.Errorf("HTTP %+v", got.HTTP)
	}
	if !got.Asked || got.DNS.Queries != 1 || got.DNS.Answers[names.Found] != 1 {
		t.Errorf("DNS %v, %+v", got.Asked, got.DNS)
	}
	named := false
	for i := range got.Peers {
		named = named || got.Peers[i].Addr == addrs("198.51.100.9")[0] && got.Places[i].Name == "www.example.org"
	}
	if !named {
		t.Errorf("peers are called %+v", got.Places)
	}
}
