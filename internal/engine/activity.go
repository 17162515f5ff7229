package engine

import (
	"sort"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// Activity is what a device does, over all of its addresses. Peers and Ports are
// those of its live flows, at most maxActivity of each, the busiest first.
type Activity struct {
	AsClient, AsServer FlowCounts
	Observed           bool // packets of its flows were counted; else the next three are not known
	Retrans            Pair[uint32]
	OutOfOrder         Pair[uint32]
	Lost               Pair[uint32]
	ICMP               Pair[uint64] // packets of live flows
	Peers              []PeerRow
	Ports              []DevicePort
}

// PeerRow is whom a device talks to.
type PeerRow struct {
	Addr  packet.Addr
	Flows uint32
	Bytes Pair[uint64] // tx is what the device sent
}

// DevicePort is a port that a device asks others on, or is asked on.
type DevicePort struct {
	Proto  uint8
	Port   uint16
	Server bool // others ask the device on it
	Flows  uint32
	Bytes  Pair[uint64] // tx is what the device sent
}

const maxActivity = 20

// Activity returns what the device with that ID does.
func (e *Engine) Activity(id uint32) (Activity, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.devices.ByID(id)
	if d == nil {
		return Activity{}, false
	}
	return e.activityOf(func(h *device.Host) bool { return h.Device == d }, func(*flow.Flow, flow.End) {}), true
}

// activityOf returns what the hosts do that belong says are meant, and calls seen
// for each end of a live flow that is one of them.
func (e *Engine) activityOf(belongs func(*device.Host) bool, seen func(*flow.Flow, flow.End)) Activity {
	var a Activity
	for h := range e.hosts.All {
		if belongs(h) {
			a.past(h)
		}
	}
	sums := activitySums{peers: make(map[packet.Addr]PeerRow), ports: make(map[devicePort]DevicePort)}
	for _, f := range e.table.All {
		ends := e.ends(f, e.table.Conn(f))
		for at := flow.A; at <= flow.B; at++ {
			if h := e.hosts.Find(ends[at]); h != nil && belongs(h) {
				a.live(f, at)
				sums.add(f, at, ends[at.Other()])
				seen(f, at)
			}
		}
	}
	a.Peers, a.Ports = sums.busiest()
	return a
}

// past adds what flows that ended told of one of the device's addresses.
func (a *Activity) past(h *device.Host) {
	a.AsClient.Total += h.AsClient
	a.AsServer.Total += h.AsServer
	a.Observed = a.Observed || h.Observed
	own, peers := &h.TCP[0], &h.TCP[1]
	a.Retrans.Tx += own.Retrans
	a.Retrans.Rx += peers.Retrans
	a.OutOfOrder.Tx += own.OutOfOrder
	a.OutOfOrder.Rx += peers.OutOfOrder
	a.Lost.Tx += own.Lost
	a.Lost.Rx += peers.Lost
}

// live adds what a live flow tells, at whose end the device is.
func (a *Activity) live(f *flow.Flow, at flow.End) {
	counts, o := &a.AsServer, at.Other()
	if at == f.Client() {
		counts = &a.AsClient
	}
	counts.Active++
	if f.LowGoodput() {
		counts.LowGoodput++
	}
	if f.Key.Proto == packet.ProtoICMP || f.Key.Proto == packet.ProtoICMPv6 {
		a.ICMP.Tx += f.Packets(at)
		a.ICMP.Rx += f.Packets(o)
	}
	a.Retrans.Tx += f.Retransmitted(at)
	a.Retrans.Rx += f.Retransmitted(o)
	a.OutOfOrder.Tx += f.OutOfOrder(at)
	a.OutOfOrder.Rx += f.OutOfOrder(o)
	a.Lost.Tx += f.Lost(at)
	a.Lost.Rx += f.Lost(o)
}

// activitySums are the peers and ports of a device's live flows: as many as it has
// flows at most, which the flow table bounds.
type activitySums struct {
	peers map[packet.Addr]PeerRow
	ports map[devicePort]DevicePort
}

type devicePort struct {
	proto  uint8
	port   uint16
	server bool
}

func (s *activitySums) add(f *flow.Flow, at flow.End, peer *packet.Addr) {
	tx, rx := f.Bytes(at), f.Bytes(at.Other())
	p := s.peers[*peer]
	p.Addr, p.Flows, p.Bytes.Tx, p.Bytes.Rx = *peer, p.Flows+1, p.Bytes.Tx+tx, p.Bytes.Rx+rx
	s.peers[*peer] = p
	port := f.Key.Port(f.Client().Other())
	if port == 0 {
		return
	}
	k := devicePort{f.Key.Proto, port, at != f.Client()}
	q := s.ports[k]
	q.Proto, q.Port, q.Server = k.proto, k.port, k.server
	q.Flows, q.Bytes.Tx, q.Bytes.Rx = q.Flows+1, q.Bytes.Tx+tx, q.Bytes.Rx+rx
	s.ports[k] = q
}

// busiest returns the first of both, those that moved as much in the order of their
// addresses and ports.
func (s *activitySums) busiest() (peers []PeerRow, ports []DevicePort) {
	for _, p := range s.peers {
		peers = append(peers, p)
	}
	for _, p := range s.ports {
		ports = append(ports, p)
	}
	sort.Slice(peers, func(i, j int) bool {
		a, b := &peers[i], &peers[j]
		if x, y := a.Bytes.Tx+a.Bytes.Rx, b.Bytes.Tx+b.Bytes.Rx; x != y {
			return x > y
		}
		return string(a.Addr[:]) < string(b.Addr[:])
	})
	sort.Slice(ports, func(i, j int) bool {
		a, b := &ports[i], &ports[j]
		switch x, y := a.Bytes.Tx+a.Bytes.Rx, b.Bytes.Tx+b.Bytes.Rx; {
		case x != y:
			return x > y
		case a.Port != b.Port:
			return a.Port < b.Port
		case a.Proto != b.Proto:
			return a.Proto < b.Proto
		}
		return !a.Server && b.Server
	})
	return peers[:min(len(peers), maxActivity)], ports[:min(len(ports), maxActivity)]
}
