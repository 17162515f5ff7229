package api

import (
	"weir/internal/dpi"
	"weir/internal/engine"
)

// activityView is an answer.
type activityView struct {
	engine.Doings
	week  *week
	names asNames
}

func (v *activityView) encode(e *Encoder) {
	uintOrNull(e, "device", uint64(v.Device))
	v.week.encode(e)
	e.Table("flows")
	flowCounts(e, "client", v.AsClient, v.Observed)
	flowCounts(e, "server", v.AsServer, v.Observed)
	e.EndTable()
	v.encodeTCP(e)
	pair(e, "icmp", v.ICMP)
	e.Array("sizes")
	for i, n := range v.Sizes {
		e.Table("")
		if i < len(engine.SizeLimits) {
			e.Uint("to", engine.SizeLimits[i])
		} else {
			e.Null("to")
		}
		pair(e, "pkts", n)
		e.EndTable()
	}
	e.EndArray()
	e.Array("apps")
	for i := range v.Apps {
		u := &v.Apps[i]
		e.Table("")
		e.Str("key", u.Key)
		e.Uint("flows", uint64(u.Flows))
		pair(e, "bytes", u.Bytes)
		e.EndTable()
	}
	e.EndArray()
	v.encodePeers(e)
	v.encodePorts(e)
	v.encodeHTTP(e)
	v.encodeDNS(e)
}

func (v *activityView) encodeTCP(e *Encoder) {
	e.Table("tcp")
	pairOrNull(e, "retrans", v.Retrans, v.Observed)
	pairOrNull(e, "ooo", v.OutOfOrder, v.Observed)
	pairOrNull(e, "lost", v.Lost, v.Observed)
	e.Uint("flows", uint64(v.TCPFlows))
	if v.TCPFlows == 0 {
		e.Null("flags")
	} else {
		e.Table("flags")
		for i, name := range flags {
			pair(e, name, v.FlagFlows[i])
		}
		e.EndTable()
	}
	e.EndTable()
}

func (v *activityView) encodePeers(e *Encoder) {
	e.Array("peers")
	for i := range v.Peers {
		p, at := &v.Peers[i], &v.Places[i]
		e.Table("")
		address(e, "ip", p.Addr.IP())
		e.Str("scope", at.Scope)
		uintOrNull(e, "device", uint64(at.Device))
		textOrNull(e, "name", at.Name)
		country(e, at.Country)
		uintOrNull(e, "asn", uint64(at.ASN))
		textOrNull(e, "as_name", v.names[at.ASN])
		e.Uint("flows", uint64(p.Flows))
		pair(e, "bytes", p.Bytes)
		e.EndTable()
	}
	e.EndArray()
}

// country writes where an address is.
func country(e *Encoder, c [2]byte) {
	if c[0] == 0 {
		e.Null("country")
		return
	}
	e.Bytes("country", c[:])
}

func (v *activityView) encodePorts(e *Encoder) {
	e.Array("ports")
	for i := range v.Ports {
		p := &v.Ports[i]
		e.Table("")
		protocol(e, "proto", p.Proto)
		e.Uint("port", uint64(p.Port))
		service := dpi.ByPort(p.Proto, p.Port)
		if service == 0 {
			e.Null("service")
		} else {
			e.Str("service", service.String())
		}
		e.Bool("server", p.Server)
		e.Uint("flows", uint64(p.Flows))
		pair(e, "bytes", p.Bytes)
		e.EndTable()
	}
	e.EndArray()
}

func (v *activityView) encodeHTTP(e *Encoder) {
	h := &v.HTTP
	if h.Client+h.Server == 0 {
		e.Null("http")
		return
	}
	e.Table("http")
	e.Uint("client", uint64(h.Client))
	e.Uint("server", uint64(h.Server))
	e.Table("codes")
	for i, name := range [...]string{"none", "informational", "success", "redirection", "client_error", "server_error"} {
		e.Uint(name, uint64(h.Codes[i]))
	}
	e.EndTable()
	e.EndTable()
}

func (v *activityView) encodeDNS(e *Encoder) {
	if !v.Asked {
		e.Null("dns")
		return
	}
	e.Table("dns")
	encodeDNSCounts(e, &v.DNS)
	e.Table("strangers")
	e.Uint("flows", uint64(v.Strangers.Flows))
	e.Uint("bytes", v.Strangers.Bytes)
	timeOrNull(e, "last", v.Strangers.Last)
	e.EndTable()
	e.EndTable()
}
