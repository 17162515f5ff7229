package httpapi

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

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
	if origin == "" || d.sameOrigin(origin, r) {
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
func (d *door) sameOrigin(origin string, r *request) bool {
	scheme := "http"
	if d.isSecure(r) {
		scheme = "https"
	}
	return strings.EqualFold(origin, scheme+"://"+r.host)
}

// sessionIDSize is the length of the IDs of sessions, as of those of ubus.
const sessionIDSize = 32

// caller is who sent a request.
type caller struct {
	d     *door
	r     *request
	from  net.Addr
	known bool // whatever else it says
	slow  bool // it guessed so often that nothing was looked at
}

// caller finds out who sends r: with the token, or that of a session, as Bearer.
func (d *door) caller(w *response, r *request) *caller {
	c := &caller{d: d, r: r, from: w.c.RemoteAddr(), known: d.trusted}
	if scheme, secret, _ := strings.Cut(r.fields.get("Authorization"), " "); !c.known && strings.EqualFold(scheme, "Bearer") {
		c.known = c.proves(strings.TrimSpace(secret))
	}
	return c
}

// may reports whether a caller may call with that secret, in the place where ubus
// has the session.
func (c *caller) may(secret string) bool { return c.known || c.proves(secret) }

// proves reports whether secret is the token, or that of the session that the
// request's cookie belongs to. Wrong ones are counted, and after some of them
// nothing is right any more for a while.
func (c *caller) proves(secret string) bool {
	if secret == "" {
		return false
	}
	if c.d.inSession(c.r, secret) {
		return true
	}
	now := time.Now()
	if !c.d.s.guesses.mayTry(c.from, now) {
		c.slow = true
		return false
	}
	if c.d.token.is(secret) {
		return true
	}
	if !looksLikeSession(secret) {
		c.d.s.guesses.wrong(c.from, now)
	}
	return false
}

// looksLikeSession reports whether secret may be the ID of a session that is over,
// whose page goes on to ask for a while and does not guess.
func looksLikeSession(secret string) bool {
	return len(secret) == sessionIDSize && strings.Trim(secret, "0123456789abcdef") == ""
}

// deny answers a caller who is not known.
func (d *door) deny(w *response, c *caller) {
	d.s.stats.denied.Add(1)
	if c.slow {
		w.set("Retry-After", "60")
		d.failStatus(w, 429, &api.Error{Code: api.PermissionDenied, Message: "too many wrong tokens came from there", Hint: "try again in a minute"})
		return
	}
	w.set("WWW-Authenticate", `Bearer realm="weir"`)
	d.failStatus(w, 401, &api.Error{Code: api.PermissionDenied, Message: "the token is missing or wrong", Hint: "send the header Authorization: Bearer TOKEN, with what is in the token file"})
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
