package httpapi

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"weir/internal/api"
)

// admit checks where a request to TCP is addressed and which page sent it. It
// answers what it refuses, and preflights, itself.
func (d *door) admit(w *response, r *request) bool {
	if d.trusted {
		return true
	}
	host := hostname(r.host)
	if !d.hostAccepted(host) {
		d.s.stats.denied.Add(1)
		d.fail(w, &api.Error{Code: api.PermissionDenied, Message: "this machine is not called " + host, Hint: "use its address, or add the name to list host of config api"})
		return false
	}
	origin := r.fields.get("Origin")
	if origin == "" || d.sameOrigin(origin, r.host) {
		return true
	}
	if !slices.Contains(d.s.c.Origins, origin) {
		d.s.stats.denied.Add(1)
		d.fail(w, &api.Error{Code: api.PermissionDenied, Message: "pages of " + origin + " may not call", Hint: "add it to list origin of config api"})
		return false
	}
	w.set("Access-Control-Allow-Origin", origin)
	w.set("Vary", "Origin")
	if r.method == "OPTIONS" && r.fields.get("Access-Control-Request-Method") != "" {
		w.set("Access-Control-Allow-Methods", "GET, POST")
		w.set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		w.set("Access-Control-Max-Age", "600")
		w.begin(204)
		return false
	}
	return true
}

// hostAccepted lets pass addresses, which no DNS answer can point elsewhere,
// localhost and configured names.
func (d *door) hostAccepted(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return true
	}
	return slices.ContainsFunc(d.s.c.Hosts, func(name string) bool {
		return strings.EqualFold(strings.TrimSuffix(name, "."), host)
	})
}

// sameOrigin reports whether a page that this door served sent the request.
func (d *door) sameOrigin(origin, host string) bool {
	scheme := "http"
	if d.secure {
		scheme = "https"
	}
	return strings.EqualFold(origin, scheme+"://"+host)
}

// authorized reports whether r carries the token, or needs none.
func (d *door) authorized(r *request) bool {
	if d.trusted {
		return true
	}
	scheme, secret, _ := strings.Cut(r.fields.get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && d.token.is(strings.TrimSpace(secret))
}

// hostname returns the name or address of a Host header, lower case, without
// port and brackets.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// safeFields keep browsers from guessing, caching or running a reply.
var safeFields = fields{
	{"X-Content-Type-Options", "nosniff"},
	{"Cache-Control", "no-store"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Referrer-Policy", "no-referrer"},
}
