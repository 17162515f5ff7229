//go:build !notls

package httpapi

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSessionCookies(t *testing.T) {
	ours, theirs := token{1}, token{2}
	end := time.Unix(2e9, 0)
	cookie := ours.newSession(end)
	id, got, ok := ours.session(cookie)
	if !ok || !got.Equal(end) || len(id) != sessionIDSize {
		t.Fatalf("got %q %s %v", id, got, ok)
	}
	if again, _, _ := ours.session(cookie); again != id {
		t.Error("a cookie has two IDs")
	}
	if ours.newSession(end) == cookie {
		t.Error("two sessions have one cookie")
	}
	if ours.cookieName() == theirs.cookieName() {
		t.Error("two tokens have one cookie name")
	}
	b, err := hex.DecodeString(cookie)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		changed := append([]byte(nil), b...)
		changed[i] ^= 1
		if _, _, ok := ours.session(hex.EncodeToString(changed)); ok {
			t.Errorf("byte %d can be changed", i)
		}
	}
	for _, bad := range []string{"", "x", cookie[2:], cookie + "00", strings.ToUpper(cookie) + " ", theirs.newSession(end)} {
		if _, _, ok := ours.session(bad); ok {
			t.Errorf("%q is a session", bad)
		}
	}
	var none *token
	if _, _, ok := none.session(cookie); ok {
		t.Error("without a token there is a session")
	}
}

// FuzzSession checks that no cookie but our own is a session.
func FuzzSession(f *testing.F) {
	k := token{3}
	f.Add(k.newSession(time.Unix(1, 0)))
	f.Add(strings.Repeat("00", sessionSize))
	made := k.newSession(time.Unix(1, 0))
	f.Fuzz(func(t *testing.T, cookie string) {
		other := token{4}
		if _, _, ok := other.session(cookie); ok && cookie != made {
			t.Errorf("%q is a session", cookie)
		}
	})
}

func TestLogoutsAreBounded(t *testing.T) {
	var l logouts
	begin := time.Unix(1e9, 0)
	for i := range maxEnded * 2 {
		l.add(fmt.Sprint(i), begin.Add(time.Duration(i)*time.Second))
	}
	if len(l.ids) != maxEnded {
		t.Errorf("%d are kept", len(l.ids))
	}
	if l.has("0") || !l.has(fmt.Sprint(maxEnded*2-1)) {
		t.Error("what matters longest was forgotten")
	}
}
