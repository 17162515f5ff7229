package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"weir/internal/api"
)

// admit checks where a request to TCP is addressed and which page sent it. It
// answers what it refuses, and preflights, itself.
func (d *door) admit(w http.ResponseWriter, r *http.Request) bool {
	if d.trusted {
		return true
	}
	host := hostname(r.Host)
	if !d.hostAccepted(host) {
		d.s.stats.denied.Add(1)
		d.fail(w, &api.Error{Code: api.PermissionDenied, Message: "this machine is not called " + host, Hint: "use its address, or add the name to list host of config api"})
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" || d.sameOrigin(origin, r.Host) {
		return true
	}
	if !slices.Contains(d.s.c.Origins, origin) {
		d.s.stats.denied.Add(1)
		d.fail(w, &api.Error{Code: api.PermissionDenied, Message: "pages of " + origin + " may not call", Hint: "add it to list origin of config api"})
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
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
func (d *door) authorized(r *http.Request) bool {
	if d.trusted {
		return true
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
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

// secureHeaders keep browsers from guessing, caching or running a reply.
func secureHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
}
