package home

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// question asks the router for one record of name and returns when the answer
// passes.
func (h *home) question(at time.Duration, client node, kind dnsmessage.Type, name string) time.Duration {
	router := h.rooms().router
	id, port := uint16(h.rng.Uint32()), h.clientPort(client)
	q := dnsmessage.Question{Name: dnsName(name), Type: kind, Class: dnsmessage.ClassINET}
	ask := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{q},
	}
	h.udp(from(at, client, router, false), port, 53, pack(ask))
	at += h.jitter(12 * time.Millisecond)
	reply := ask
	reply.Header = dnsmessage.Header{ID: id, Response: true, RecursionDesired: true, RecursionAvailable: true}
	reply.Answers = answers(kind, name)
	if _, known := services[name]; !known {
		reply.RCode = dnsmessage.RCodeNameError
	}
	h.udp(from(at, router, client, false), 53, port, pack(reply))
	return at
}

// resolve asks for the addresses of name as the client's resolver does, unless
// it did before, and returns when the client knows them.
func (h *home) resolve(at time.Duration, client node, name string) time.Duration {
	key := client.name + " " + name
	if h.asked[key] {
		return at
	}
	h.asked[key] = true
	done := h.question(at, client, dnsmessage.TypeA, name)
	if client.v6.IsValid() {
		done = max(done, h.question(at+200*time.Microsecond, client, dnsmessage.TypeAAAA, name))
	}
	if client.style == styleChrome || client.style == styleSafari {
		done = max(done, h.question(at+400*time.Microsecond, client, dnsmessage.TypeHTTPS, name))
	}
	return done + client.delay
}

// answers returns the records of a service.
func answers(kind dnsmessage.Type, name string) []dnsmessage.Resource {
	s := services[name]
	var out []dnsmessage.Resource
	owner := dnsName(name)
	add := func(ttl uint32, body dnsmessage.ResourceBody) {
		out = append(out, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: ttl}, Body: body})
	}
	if s.alias != "" {
		add(3600, &dnsmessage.CNAMEResource{CNAME: dnsName(s.alias)})
		owner = dnsName(s.alias)
	}
	switch {
	case kind == dnsmessage.TypeA && s.v4 != "":
		add(300, &dnsmessage.AResource{A: netip.MustParseAddr(s.v4).As4()})
	case kind == dnsmessage.TypeAAAA && s.v6 != "":
		add(300, &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(s.v6).As16()})
	case kind == dnsmessage.TypeHTTPS && s.h3:
		add(300, &dnsmessage.HTTPSResource{SVCBResource: dnsmessage.SVCBResource{
			Priority: 1, Target: dnsName(""), Params: []dnsmessage.SVCParam{{Key: dnsmessage.SVCParamALPN, Value: []byte("\x02h3\x02h2")}},
		}})
	}
	return out
}

func dnsName(s string) dnsmessage.Name {
	return dnsmessage.MustNewName(strings.TrimSuffix(s, ".") + ".")
}

func pack(m dnsmessage.Message) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err) // the messages are ours
	}
	return b
}

var (
	mdnsGroup  = netip.MustParseAddr("224.0.0.251")
	mdnsGroup6 = netip.MustParseAddr("ff02::fb")
)

// mdns sends one multicast DNS message (RFC 6762) over both families.
func (h *home) mdns(at time.Duration, n node, m dnsmessage.Message) {
	b := pack(m)
	h.udp(toGroup(at, n, n.v4, mdnsGroup, 255), 5353, 5353, b)
	if n.v6.IsValid() {
		h.udp(toGroup(at+time.Millisecond, n, n.linkLocal(), mdnsGroup6, 255), 5353, 5353, b)
	}
}

// browse asks the local network for services such as "_ipp._tcp".
func (h *home) browse(at time.Duration, n node, kinds ...string) {
	var m dnsmessage.Message
	for _, k := range kinds {
		m.Questions = append(m.Questions, dnsmessage.Question{Name: dnsName(k + ".local"), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET})
	}
	h.mdns(at, n, m)
}

// announce tells the local network about a service of n.
func (h *home) announce(at time.Duration, n node, kind string, port uint16, txt ...string) {
	const flush = 0x8000 // RFC 6762 section 10.2
	host := dnsName(n.name + ".local")
	instance := dnsName(strings.ReplaceAll(cmp.Or(n.model, n.name), ".", " ") + "." + kind + ".local")
	rec := func(name dnsmessage.Name, class dnsmessage.Class, body dnsmessage.ResourceBody) dnsmessage.Resource {
		return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET | class, TTL: 120}, Body: body}
	}
	m := dnsmessage.Message{
		Header: dnsmessage.Header{Response: true, Authoritative: true},
		Answers: []dnsmessage.Resource{
			rec(dnsName(kind+".local"), 0, &dnsmessage.PTRResource{PTR: instance}),
			rec(instance, flush, &dnsmessage.SRVResource{Port: port, Target: host}),
			rec(instance, flush, &dnsmessage.TXTResource{TXT: txt}),
			rec(host, flush, &dnsmessage.AResource{A: n.v4.As4()}),
		},
	}
	if n.v6.IsValid() {
		m.Answers = append(m.Answers, rec(host, flush, &dnsmessage.AAAAResource{AAAA: n.linkLocal().As16()}))
	}
	h.mdns(at, n, m)
}
