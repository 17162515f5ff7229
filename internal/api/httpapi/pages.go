//go:build !notls

package httpapi

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"time"

	"weir/internal/api"
	luciapp "weir/luci-app"
)

// maxConns bounds the connections of a door. A browser opens up to six, and each
// page that watches keeps one.
const maxConns = 32

// loginTime is how long a login lasts when nothing is configured.
const loginTime = 12 * time.Hour

// pages are the pages and who is logged in to them.
type pages struct {
	once  sync.Once
	site  *luciapp.Site // set by load
	err   error
	ended logouts
}

// load returns the pages, which are unpacked for the first who asks.
func (p *pages) load() (*luciapp.Site, error) {
	p.once.Do(func() { p.site, p.err = luciapp.Load() })
	return p.site, p.err
}

// page answers what belongs to the pages and reports whether it did. The unix
// socket has none: they need a login.
func (d *door) page(w *response, r *request, base, path string) bool {
	isPage := path == "/" || path == "/admin" || strings.HasPrefix(path, "/admin/")
	isFile := strings.HasPrefix(path, "/luci-static/") || strings.HasPrefix(path, "/admin/translations/")
	if d.trusted || !isPage && !isFile && path != "/login" && path != "/logout" {
		return false
	}
	site, err := d.s.pages.load()
	if err != nil {
		d.fail(w, api.AsError(err))
		return true
	}
	v := &visit{d: d, w: w, r: r, base: base, site: site}
	switch {
	case isFile:
		return v.file(path)
	case path == "/login":
		v.login()
	case path == "/logout":
		v.logout()
	case !allowed(w, r, "GET", "HEAD"):
		d.notAllowed(w, r)
	default:
		v.index(path)
	}
	return true
}

// visit is one request of a browser.
type visit struct {
	d    *door
	w    *response
	r    *request
	base string
	site *luciapp.Site
}

// policy lets a document load what this server has, and nothing else. Images may
// stand in style sheets as data. No text becomes a script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// document answers with HTML.
func (v *visit) document(status int, name string, gaps map[string]string) {
	v.w.set("Content-Type", "text/html; charset=utf-8")
	v.w.set("Content-Security-Policy", policy)
	v.w.set("X-Frame-Options", "DENY")
	v.w.set("Referrer-Policy", "same-origin") // with no-referrer a form would be sent from nowhere
	lang := v.language()
	gaps["lang"], gaps["base"], gaps["version"] = lang, v.base, v.site.Version
	v.w.begin(status)
	v.w.whole(v.site.Page(name, lang, gaps))
}

func (v *visit) language() string { return v.site.Language(v.r.fields.get("Accept-Language")) }

// index answers with the document of all pages, to who is logged in.
func (v *visit) index(path string) {
	id := v.d.sessionOf(v.r)
	if id == "" {
		v.redirect(v.base + "/login?next=" + url.QueryEscape(path))
		return
	}
	var env bytes.Buffer
	e := api.NewEncoder(&env)
	e.Table("")
	e.Str("base", v.base)
	e.Str("session", id)
	e.Str("version", v.site.Version)
	e.JSON("menu", v.site.Menu)
	e.EndTable()
	e.Flush() // to memory
	v.document(200, "index", map[string]string{"env": env.String()})
}

func (v *visit) redirect(to string) {
	v.w.set("Location", to)
	v.w.begin(303)
}

// login shows the form, and takes what it sends.
func (v *visit) login() {
	if !allowed(v.w, v.r, "GET", "HEAD", "POST") {
		v.d.notAllowed(v.w, v.r)
		return
	}
	if next := v.r.url.Query().Get("next"); v.r.method != "POST" {
		if v.d.sessionOf(v.r) != "" {
			v.redirect(v.base + inside(next))
		} else {
			v.form(200, "", next)
		}
		return
	}
	body, err := v.w.c.readBody(v.r.body)
	if err != nil {
		v.d.failArgs(v.w, err)
		return
	}
	sent, err := url.ParseQuery(string(body))
	if err != nil {
		v.form(400, "", "")
		return
	}
	from, now, next := v.w.c.RemoteAddr(), time.Now(), sent.Get("next")
	switch {
	case !v.d.s.guesses.mayTry(from, now):
		v.d.s.stats.denied.Add(1)
		v.w.set("Retry-After", "60")
		v.form(429, "Too many wrong tokens; try again in a minute.", next)
	case !v.d.token.is(strings.TrimSpace(sent.Get("token"))):
		v.d.s.stats.denied.Add(1)
		v.d.s.guesses.wrong(from, now)
		v.form(403, "This is not the token.", next)
	default:
		lasts := v.d.s.c.LoginTime
		if lasts <= 0 {
			lasts = loginTime
		}
		v.setCookie(v.d.token.newSession(now.Add(lasts)), lasts)
		v.redirect(v.base + inside(next))
	}
}

func (v *visit) form(status int, message, next string) {
	v.document(status, "login", map[string]string{"message": v.site.Say(v.language(), message), "next": inside(next)})
}

// inside returns path when it is one of ours, without the base, and else "/": who is
// sent to log in must not end up elsewhere.
func inside(path string) string {
	u, err := url.ParseRequestURI(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/admin") {
		return "/"
	}
	return u.EscapedPath()
}

// logout ends a session, also for who took the cookie.
func (v *visit) logout() {
	if !allowed(v.w, v.r, "POST") {
		v.d.notAllowed(v.w, v.r)
		return
	}
	if id, end, ok := v.d.token.session(v.d.cookie(v.r)); ok {
		v.d.s.pages.ended.add(id, end)
	}
	v.setCookie("", -time.Second)
	v.redirect(v.base + "/login")
}

// setCookie sets our cookie for so long, or takes it away.
func (v *visit) setCookie(value string, lasts time.Duration) {
	secure := ""
	if v.d.isSecure(v.r) {
		secure = "; Secure"
	}
	v.w.set("Set-Cookie", v.d.token.cookieName()+"="+value+"; Path="+v.base+"/; Max-Age="+
		number(max(int64(lasts/time.Second), 0))+"; HttpOnly; SameSite=Strict"+secure)
}
