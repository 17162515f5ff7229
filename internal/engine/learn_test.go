package engine_test

import (
	"testing"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// TestNeighbours knows devices by the kernel's table alone. That somebody is
// remembered does not mean that he is there.
func TestNeighbours(t *testing.T) {
	e := router(t, 64)
	phone, nas, own := addrs("192.168.1.20")[0], addrs("192.168.1.30")[0], addrs("192.168.1.1")[0]
	e.Neighbours([]device.Neighbour{
		{Addr: phone, MAC: phoneMAC, Point: lan}, {Addr: nas, MAC: nasMAC, Point: lan}, {Addr: own, MAC: routerMAC, Point: lan},
		{Addr: addrs("198.51.100.1")[0], MAC: packet.MAC{0, 7, 7, 7, 7, 7}, Point: wan}, // the provider's
		{Addr: phone, MAC: packet.MAC{}, Point: lan}, {Addr: phone, MAC: phoneMAC, Point: 99},
	}, start)
	e.Connections([]flow.Connection{told(5000, 700, start)})
	e.Swept(start + second)
	e.Tick(start+second, true)
	all := devicesByName(t, e)
	if len(all) != 3 {
		t.Fatalf("devices %v", all)
	}
	if d := all[phoneMAC.String()]; !d.Online || d.Bytes.Tx != 700 || d.First == 0 || d.Interface != "br-lan" {
		t.Errorf("phone %+v", d)
	}
	if d := all[nasMAC.String()]; d.Online || len(d.IPs) != 1 {
		t.Errorf("NAS %+v", d)
	}
	if !all[routerMAC.String()].Router {
		t.Error("this machine is not known as the router")
	}
	e.Neighbours([]device.Neighbour{{Addr: phone, MAC: nasMAC, Point: lan}}, start+2*second)
	e.Connections([]flow.Connection{told(5000, 300, start)})
	e.Swept(start + 3*second)
	all = devicesByName(t, e)
	if p, n := all[phoneMAC.String()], all[nasMAC.String()]; p.Bytes.Tx != 700 || len(p.IPs) != 0 || n.Bytes.Tx != 300 || len(n.IPs) != 2 {
		t.Errorf("after the address moved: phone %+v, NAS %+v", p, n)
	}
}
