package api

import (
	"errors"

	"weir/internal/dpi"
	"weir/internal/engine"
)

// The filters by what a flow is.
var (
	appArg      = Arg{Name: "app", Type: String, Doc: "application or, of flows that have none, protocol; unknown where neither is known"}
	categoryArg = Arg{Name: "category", Type: String, Doc: "category of the application or, of flows that have none, of the protocol"}
	protocolArg = Arg{Name: "protocol", Type: String, Doc: "protocol above IP", Form: "a name, as tls, quic or dns, or unknown", parse: parseService}
	hostArg     = Arg{Name: "host", Type: String, Doc: "part of the name that the client asked for"}
)

// unknownService is the protocol of flows that have none.
const unknownService = "unknown"

func parseService(s string) (any, error) {
	if _, ok := dpi.ParseProtocol(s); ok || s == unknownService {
		return s, nil
	}
	return nil, errors.New(quote(s) + " is not a protocol that weir can tell")
}

// flowNameFields tell what a flow is and how that is known.
func flowNameFields() []Field {
	return []Field{
		{"protocol", Text, true, "above IP: tls, dns, bittorrent …"},
		{"by", Text, true, "how the protocol is known: content, guess (by the shape of what is said) or port, which is a hint only"},
		{"app", Text, true, "application"},
		{"app_by", Text, true, "how the application is known: own (as configured), name, network or port"},
		{"category", Text, false, "of the application, or of the protocol where that tells; else other"},
		{"cdn", Text, true, "infrastructure that the name leads to: it serves many applications and is none"},
		{"host", Text, true, "name that the client asked for, as far as it may be kept; of a DNS flow, the name in question"},
		{"host_by", Text, true, "where that is from: content, dns (the answer to a question of this client), link (the server announced itself), house (the answer to a question of somebody else) or reverse (what the owner of the address calls it; tells no application)"},
		{"info", Table, true, "what the payload told beside that; null when nothing did"},
		{"info.ech", Flag, false, "the name asked for is encrypted, and host is the outer one"},
		{"info.alpn", Text, true, "protocol inside of TLS or QUIC"},
		{"info.version", Text, true, "of the protocol"},
		{"info.ja4", Text, true, "fingerprint of the client's TLS"},
		{"info.subject", Text, true, "name in the server's certificate"},
		{"info.method", Text, true, "of the first request"},
		{"info.url", Text, true, "its target"},
		{"info.code", Integer, true, "of the first answer: HTTP or SIP status"},
		{"info.rcode", Text, true, "of the first answer to a DNS question: noerror, nxdomain, servfail …"},
		{"info.user_agent", Text, true, "what the client calls itself"},
		{"info.server", Text, true, "what the server calls itself"},
		{"info.content_type", Text, true, "of the first answer"},
	}
}

// encodeFlowName writes how a flow is named.
func encodeFlowName(e *Encoder, f *engine.FlowRow) {
	textOrNull(e, "protocol", f.Protocol)
	textOrNull(e, "by", f.By)
	textOrNull(e, "app", f.App)
	textOrNull(e, "app_by", f.AppBy)
	e.Str("category", f.Category)
	textOrNull(e, "cdn", f.CDN)
	textOrNull(e, "host", f.Host)
	textOrNull(e, "host_by", f.HostBy)
	var none engine.Detail
	d := f.Detail
	switch {
	case d == nil && !f.ECH:
		e.Null("info")
		return
	case d == nil:
		d = &none
	}
	e.Table("info")
	e.Bool("ech", f.ECH)
	textOrNull(e, "alpn", d.ALPN)
	textOrNull(e, "version", d.Version)
	textOrNull(e, "ja4", d.JA4)
	textOrNull(e, "subject", d.Subject)
	textOrNull(e, "method", d.Method)
	textOrNull(e, "url", d.URL)
	code := uint64(d.Code)
	if answersNames(f.Protocol) && code > 0 {
		e.Null("code")
		rcode(e, "rcode", uint8(code-1))
	} else {
		uintOrNull(e, "code", code)
		e.Null("rcode")
	}
	textOrNull(e, "user_agent", d.UserAgent)
	textOrNull(e, "server", d.Server)
	textOrNull(e, "content_type", d.ContentType)
	e.EndTable()
}

// answersNames reports whether a protocol's codes are those of DNS.
func answersNames(protocol string) bool {
	switch protocol {
	case "dns", "mdns", "llmnr":
		return true
	}
	return false
}
