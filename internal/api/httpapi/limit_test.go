package httpapi

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

func address(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }

func TestLimiter(t *testing.T) {
	var l limiter
	now := time.Unix(1e9, 0)
	guesser, other := address("192.168.1.2:1000"), address("192.168.1.3:1000")
	for i := range maxWrong {
		if !l.mayTry(guesser, now) {
			t.Fatalf("slowed down after %d", i)
		}
		l.wrong(guesser, now)
	}
	if l.mayTry(guesser, now) || l.mayTry(address("192.168.1.2:2000"), now) || l.mayTry(address("[::ffff:192.168.1.2]:1"), now) {
		t.Error("it may guess on")
	}
	if !l.mayTry(other, now) {
		t.Error("another client may not try")
	}
	if l.mayTry(guesser, now.Add(wrongEvery-1)) || !l.mayTry(guesser, now.Add(wrongEvery)) {
		t.Error("not one more try after that time")
	}
	l.wrong(guesser, now.Add(wrongEvery))
	if l.mayTry(guesser, now.Add(wrongEvery)) {
		t.Error("two tries for one wait")
	}
	if !l.mayTry(guesser, now.Add(24*time.Hour)) {
		t.Error("it is never forgiven")
	}
	l.wrong(guesser, now.Add(24*time.Hour))
	if got := l.clients[client(guesser)].wrong; got != 1 {
		t.Errorf("%d wrong ones count after a day", got)
	}
}

func TestLimiterIsBounded(t *testing.T) {
	var l limiter
	now := time.Unix(1e9, 0)
	worst := address("10.0.0.1:1")
	for range maxWrong {
		l.wrong(worst, now)
	}
	for i := range 4 * maxWatched {
		l.wrong(&net.TCPAddr{IP: net.IPv4(10, 1, byte(i>>8), byte(i))}, now)
	}
	if len(l.clients) > maxWatched {
		t.Errorf("%d clients are watched", len(l.clients))
	}
	if l.mayTry(worst, now) {
		t.Error("the worst was forgotten for those who tried once")
	}
}

func TestClient(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true}, {"192.0.2.1:1", "192.0.2.2:1", false},
		{"[2001:db8::1]:1", "[2001:db8::ffff:2]:1", true}, {"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"[fe80::1%lo]:1", "[fe80::2%eth0]:1", true},
	}
	for _, tt := range tests {
		if got := client(address(tt.a)) == client(address(tt.b)); got != tt.same {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}
