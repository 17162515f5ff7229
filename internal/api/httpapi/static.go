//go:build !notls

package httpapi

import (
	"strconv"
	"strings"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// file answers with a file, and reports whether there is one. Strangers may have
// it: it is the same for everybody.
func (v *visit) file(path string) bool {
	f, ok := v.site.File(path)
	if !ok {
		return false
	}
	if !allowed(v.w, v.r, "GET", "HEAD") {
		v.d.notAllowed(v.w, v.r)
		return true
	}
	v.w.set("Content-Type", f.Type)
	v.w.set("ETag", f.ETag)
	v.w.set("Vary", "Accept-Encoding")
	if v.r.url.Query().Get("v") == v.site.Version {
		v.w.set("Cache-Control", "private, max-age=31536000, immutable")
	} else {
		v.w.set("Cache-Control", "no-cache") // kept, but asked about each time
	}
	if matchesTag(v.r.fields.get("If-None-Match"), f.ETag) {
		v.w.begin(304)
		return true
	}
	body := f.Body
	if f.Packed != nil && accepts(v.r.fields.get("Accept-Encoding"), "gzip") {
		v.w.set("Content-Encoding", "gzip")
		body = f.Packed
	}
	v.w.whole(body)
	return true
}

// matchesTag reports whether a list of tags has the tag, strong or weak (RFC 9110,
// section 13.1.2).
func matchesTag(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// accepts reports whether Accept-Encoding names a coding and does not refuse it.
func accepts(list, coding string) bool {
	for one := range strings.SplitSeq(list, ",") {
		name, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q, isWeight := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			x, err := strconv.ParseFloat(q, 32)
			return !isWeight || err == nil && x > 0
		}
	}
	return false
}
