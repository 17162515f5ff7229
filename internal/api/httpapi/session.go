//go:build !notls

package httpapi

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
	"time"
)

// maxEnded bounds the logouts that are remembered.
const maxEnded = 64

// A session is a cookie that nobody else can make: when it ends, a number and a
// proof, which only who knows the token's hash can compute. Nothing is kept of it,
// so that there may be many, and they outlast the program; another token ends all.
//
// The cookie alone does nothing, since browsers add it to requests of their own
// accord. A page is told the session's ID, which follows from the cookie and takes
// the place of ubus' session in calls: both are needed.
const (
	sessionNumber = 16
	sessionProof  = 16
	sessionSize   = 8 + sessionNumber + sessionProof
)

// seal returns a proof of data for a purpose.
func (t *token) seal(purpose string, data []byte) []byte {
	m := hmac.New(sha256.New, t[:])
	m.Write([]byte(purpose))
	m.Write(data)
	return m.Sum(nil)[:sessionProof]
}

// newSession returns the cookie of a session that lasts until end.
func (t *token) newSession(end time.Time) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, sessionSize), uint64(end.Unix()))
	b = b[:8+sessionNumber]
	rand.Read(b[8:])
	return hex.EncodeToString(append(b, t.seal("session", b)...))
}

// session reads a cookie: the ID that belongs to it, when it ends, and whether it
// was made here.
func (t *token) session(cookie string) (id string, end time.Time, ok bool) {
	b, err := hex.DecodeString(cookie)
	if t == nil || err != nil || len(b) != sessionSize {
		return "", end, false
	}
	claim, proof := b[:8+sessionNumber], b[8+sessionNumber:]
	if subtle.ConstantTimeCompare(proof, t.seal("session", claim)) != 1 {
		return "", end, false
	}
	return hex.EncodeToString(t.seal("id", claim)), time.Unix(int64(binary.BigEndian.Uint64(claim)), 0), true
}

// cookieName is the name of the cookie: another weir on this machine, at another
// port, has its own, while browsers keep one jar for all ports.
func (t *token) cookieName() string { return "weir-" + hex.EncodeToString(t.seal("name", nil)[:4]) }

// logouts are sessions that ended early, by ID.
type logouts struct {
	mu  sync.Mutex
	ids map[string]time.Time // when they would have ended
}

// add remembers a logout. The one that matters for the shortest time is forgotten
// when there are too many.
func (l *logouts) add(id string, end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids = map[string]time.Time{}
	}
	l.ids[id] = end
	if len(l.ids) <= maxEnded {
		return
	}
	var first string
	for other, end := range l.ids {
		if first == "" || end.Before(l.ids[first]) {
			first = other
		}
	}
	delete(l.ids, first)
}

func (l *logouts) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.ids[id]
	return ok
}

// sessionOf returns the ID of the session that r has a cookie of, "" for none.
func (d *door) sessionOf(r *request) string {
	id, end, ok := d.token.session(d.cookie(r))
	if !ok || !time.Now().Before(end) || d.s.pages.ended.has(id) {
		return ""
	}
	return id
}

// inSession reports whether r has the cookie of the session with that ID.
func (d *door) inSession(r *request, id string) bool {
	s := d.sessionOf(r)
	return s != "" && subtle.ConstantTimeCompare([]byte(s), []byte(id)) == 1
}

// cookie returns the value of our cookie, "" for none.
func (d *door) cookie(r *request) string {
	if d.token == nil {
		return ""
	}
	name := d.token.cookieName()
	for _, line := range r.fields.all("Cookie") {
		for one := range strings.SplitSeq(line, ";") {
			if k, v, _ := strings.Cut(strings.TrimSpace(one), "="); k == name {
				return v
			}
		}
	}
	return ""
}
