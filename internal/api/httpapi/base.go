package httpapi

import (
	"strings"
)

// maxPrefix bounds X-Forwarded-Prefix.
const maxPrefix = 128

// locate returns what stands before the paths for the browser, as "/weir", and the
// path that is asked for without it. A proxy may leave that prefix (base_path says
// so) or take it off and say so in X-Forwarded-Prefix.
func (d *door) locate(r *request) (base, path string) {
	path = r.url.Path
	base = strings.TrimSuffix(d.s.c.BasePath, "/")
	if given := strings.TrimSuffix(r.fields.get("X-Forwarded-Prefix"), "/"); isPrefix(given) {
		base = given
	}
	if rest, ok := strings.CutPrefix(path, base); ok && strings.HasPrefix(rest, "/") {
		path = rest
	} else if ok && rest == "" {
		path = "/"
	}
	return base, path
}

// isPrefix accepts what is a path and nothing else, wherever it is put.
func isPrefix(s string) bool {
	if s == "" || len(s) > maxPrefix || s[0] != '/' || strings.Contains(s, "//") {
		return false
	}
	for _, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || '9' < c) && strings.IndexByte("/-._~", c) < 0 {
			return false
		}
	}
	return !strings.Contains(s, "/.")
}

// isSecure reports whether the browser speaks TLS, to us or to a proxy. No page can
// make a browser send that field along.
func (d *door) isSecure(r *request) bool {
	return d.secure || strings.EqualFold(r.fields.get("X-Forwarded-Proto"), "https")
}
