package engine

import (
	"net/netip"
	"sort"

	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// Doings are all that a device or an address does, as far as its live flows, its
// hosts and its questions tell. Nothing is counted for it but what is anyway.
type Doings struct {
	Activity
	Device    uint32 // whose all of it, or whose the address is; 0 for none
	Places    []PeerPlace
	Sizes     [NumSizes]Pair[uint64] // packets of live flows by their mean size, see SizeLimits
	TCPFlows  uint32                 // that live
	FlagFlows [8]Pair[uint32]        // of those, in which a packet had the flag, lowest bit first; tx: the device's
	Apps      []AppUse               // of live flows, at most maxActivity
	HTTP      HTTPUse
	DNS       names.Counts
	Strangers names.Strangers
	Asked     bool // DNS and Strangers are known
}

// PeerPlace is where a peer is, and what it is called, in the order of Peers.
type PeerPlace struct {
	Scope   string
	Device  uint32
	Name    string
	Country [2]byte
	ASN     uint32
}

// AppUse is what an application, or a protocol, moves in live flows.
type AppUse struct {
	Key   string
	Flows uint32
	Bytes Pair[uint64] // tx is what the device sent
}

// HTTPUse is what live flows of HTTP in the clear say first: Codes by their
// hundreds, 0 for flows that were not answered.
type HTTPUse struct {
	Client, Server uint32 // flows in either role
	Codes          [6]uint32
}

// NumSizes is how many classes of packet sizes there are.
const NumSizes = 7

// SizeLimits are the largest sizes of the classes, in IP bytes; the last has none.
var SizeLimits = [NumSizes - 1]uint64{64, 128, 256, 512, 1024, 1500}

// DeviceDoings returns what the device with that ID does.
func (e *Engine) DeviceDoings(id uint32) (Doings, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.devices.ByID(id)
	if d == nil {
		return Doings{}, false
	}
	return e.doings(d.ID, nil, func(h *device.Host) bool { return h.Device == d }), true
}

// HostDoings returns what one address does. Questions are its device's, if it is
// one's.
func (e *Engine) HostDoings(ip netip.Addr) (Doings, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := packet.AddrOf(ip)
	h := e.hosts.Find(&a)
	if h == nil {
		return Doings{}, false
	}
	id := uint32(0)
	if h.Device != nil {
		id = h.Device.ID
	}
	return e.doings(id, &a, func(other *device.Host) bool { return other.Addr == a }), true
}

func (e *Engine) doings(id uint32, a *packet.Addr, belongs func(*device.Host) bool) Doings {
	d := Doings{Device: id}
	uses, asked := make(map[Short]AppUse), make(map[packet.Addr]uint32)
	d.Activity = e.activityOf(belongs, func(f *flow.Flow, at flow.End) {
		d.live(f, at)
		l := e.table.Label(f)
		s := Named{e, l}.Short()
		u := uses[s]
		u.Flows, u.Bytes.Tx, u.Bytes.Rx = u.Flows+1, u.Bytes.Tx+f.Bytes(at), u.Bytes.Rx+f.Bytes(at.Other())
		uses[s] = u
		if l.Host != 0 && at == f.Client() && callsServer(l) {
			asked[*f.Key.Addr(at.Other())] = l.Host
		}
		if dpi.Protocol(l.Protocol) == dpi.HTTP {
			d.HTTP.add(e.detailOf(l), at == f.Client())
		}
	})
	d.Apps = e.busiestApps(uses)
	for i := range d.Peers {
		peer := &d.Peers[i].Addr
		d.Places = append(d.Places, e.peerPlace(peer, asked[*peer]))
	}
	client := names.Client{Device: id}
	if a != nil {
		client.Addr = *a
	}
	d.DNS, d.Strangers, d.Asked = e.naming.names.Client(&client)
	return d
}

// live adds what the packets of a live flow were like, at whose end the device is.
func (d *Doings) live(f *flow.Flow, at flow.End) {
	o := at.Other()
	if n := f.Packets(at); n > 0 {
		d.Sizes[sizeClass(f.Bytes(at)/n)].Tx += n
	}
	if n := f.Packets(o); n > 0 {
		d.Sizes[sizeClass(f.Bytes(o)/n)].Rx += n
	}
	if f.Key.Proto != packet.ProtoTCP {
		return
	}
	d.TCPFlows++
	tx, rx := f.TCPFlags(at), f.TCPFlags(o)
	for i := range d.FlagFlows {
		d.FlagFlows[i].Tx += uint32(tx >> i & 1)
		d.FlagFlows[i].Rx += uint32(rx >> i & 1)
	}
}

// sizeClass returns the class of a size.
func sizeClass(bytes uint64) int {
	for i, limit := range SizeLimits {
		if bytes <= limit {
			return i
		}
	}
	return NumSizes - 1
}

func (h *HTTPUse) add(d *Detail, client bool) {
	if client {
		h.Client++
	} else {
		h.Server++
	}
	code := uint16(0)
	if d != nil {
		code = d.Code
	}
	if i := int(code / 100); i < len(h.Codes) {
		h.Codes[i]++
	}
}

// busiestApps returns the applications that moved most, those that moved as much in
// the order of their names.
func (e *Engine) busiestApps(uses map[Short]AppUse) []AppUse {
	var all []AppUse
	for s, u := range uses {
		u.Key = e.shortName(s)
		all = append(all, u)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := &all[i], &all[j]
		if x, y := a.Bytes.Tx+a.Bytes.Rx, b.Bytes.Tx+b.Bytes.Rx; x != y {
			return x > y
		}
		return a.Key < b.Key
	})
	return all[:min(len(all), maxActivity)]
}

// peerPlace returns where a peer is. host is the name that was asked for, 0 for none.
func (e *Engine) peerPlace(a *packet.Addr, host uint32) PeerPlace {
	scope := e.scopeOf(a)
	p := PeerPlace{Scope: scope.String(), Name: string(e.naming.text(host))}
	if h := e.hosts.Find(a); h != nil && h.Device != nil {
		p.Device, p.Name = h.Device.ID, h.Device.Name
	}
	if scope == device.Remote && e.cfg.Place != nil {
		p.Country, p.ASN = e.cfg.Place(*a)
	}
	return p
}
