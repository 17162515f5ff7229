package engine_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/packet"
)

func TestActivity(t *testing.T) {
	e := house(t)
	nas := devicesByName(t, e)[nasMAC.String()]
	phone := devicesByName(t, e)[phoneMAC.String()]
	got, ok := e.Activity(phone.ID)
	if !ok || got.AsClient != (engine.FlowCounts{Active: 3, Total: 3, LowGoodput: got.AsClient.LowGoodput}) || got.AsServer.Active != 0 || !got.Observed || got.Retrans.Rx != 1 {
		t.Errorf("phone %+v", got)
	}
	wantPeers := []engine.PeerRow{
		{Addr: addrs("203.0.113.5")[0], Flows: 1, Bytes: engine.Pair[uint64]{Tx: 320, Rx: 2120}},
		{Addr: addrs("2001:db8:1::30")[0], Flows: 1, Bytes: engine.Pair[uint64]{Tx: 60, Rx: 60}},
		{Addr: addrs("192.168.1.1")[0], Flows: 1, Bytes: engine.Pair[uint64]{Tx: 68}},
	}
	if diff := cmp.Diff(wantPeers, got.Peers); diff != "" {
		t.Errorf("peers (-want +got):\n%s", diff)
	}
	of, _ := e.Activity(nas.ID)
	wantPorts := []engine.DevicePort{
		{Proto: packet.ProtoTCP, Port: 445, Server: true, Flows: 1, Bytes: engine.Pair[uint64]{Tx: 60, Rx: 60}},
		{Proto: packet.ProtoUDP, Port: 5353, Flows: 1, Bytes: engine.Pair[uint64]{Tx: 88}},
		{Proto: packet.ProtoTCP, Port: 22, Server: true, Flows: 1, Bytes: engine.Pair[uint64]{Rx: 40}},
	}
	if diff := cmp.Diff(wantPorts, of.Ports); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	if _, ok := e.Activity(999); ok {
		t.Error("nobody is active")
	}
}

func TestActivityIsBounded(t *testing.T) {
	e := router(t, 512)
	for i := range 300 {
		e.Packets([]packet.Raw{frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: fmt.Sprintf("198.51.100.%d:%d", i%250+1, 2000+i), pay: i, point: lan}.raw()})
	}
	e.Tick(start+second, true)
	got, _ := e.Activity(deviceOf(t, e, phoneMAC).ID)
	if len(got.Peers) != 20 || len(got.Ports) != 20 || got.Ports[0].Port != 2299 || got.AsClient.Active != 300 {
		t.Errorf("%d peers, %d ports, %d flows", len(got.Peers), len(got.Ports), got.AsClient.Active)
	}
}
