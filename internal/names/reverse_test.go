package names

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"weir/internal/packet"
)

func at(s string) *packet.Addr {
	a := addr(s)
	return &a
}

// reversed returns what an address is called, after it was asked for.
func (h *house) reversed(a *packet.Addr, name string, hold uint32, now int64) string {
	h.Reverse.Asked(a, now)
	return string(h.Pool.Text(h.Reverse.Learn(a, []byte(name), hold, now)))
}

func TestReverse(t *testing.T) {
	h := newHouse(t, Config{})
	r := &h.Reverse
	a, b := at("192.0.2.1"), at("2001:db8::1")
	if !r.Due(a, false, noon) || r.Name(a) != 0 || r.Len() != 0 {
		t.Error("an address is known from the start")
	}
	if h.Reverse.Learn(a, []byte("early.example"), 60, noon); r.Name(a) != 0 {
		t.Error("an answer without a question was taken")
	}
	r.Asked(a, noon)
	if r.Due(a, false, noon) || r.Due(a, false, noon+(reverseWait-1)*second) || !r.Due(a, false, noon+reverseWait*second) {
		t.Error("an answer is awaited for 60 seconds")
	}
	if got := h.reversed(a, "Host.Example.", 3600, noon); got != "host.example" {
		t.Errorf("kept %q", got)
	}
	late := noon + 3600*second
	if r.Due(a, false, late-second) || !r.Due(a, false, late) || r.Name(a) == 0 {
		t.Error("a name holds for an hour, and until there is another")
	}
	if h.reversed(b, "", 600, noon); r.Name(b) != 0 || r.Due(b, false, noon+599*second) || !r.Due(b, false, noon+600*second) {
		t.Error("to have no name holds, too")
	}
	if h.reversed(a, "other.example", 600, late); string(h.Pool.Text(r.Name(a))) != "other.example" {
		t.Error("a new name")
	}
	h.consistent()
	if h.reversed(a, "", 600, late); r.Name(a) != 0 || r.Len() != 2 {
		t.Error("a name that went")
	}
	h.consistent()
	r.Forget()
	if r.Len() != 0 || !r.Due(b, false, noon) {
		t.Error("something is left")
	}
}

// TestReversePrivacy keeps of names what may be kept, and forgets them when that
// changes.
func TestReversePrivacy(t *testing.T) {
	a := at("192.0.2.1")
	for _, tt := range []struct {
		level Privacy
		due   bool
		want  string
	}{{KeepNames, true, "ec2-1.eu.example.co.uk"}, {KeepDomains, true, "example.co.uk"}, {KeepNothing, false, ""}} {
		h := newHouse(t, Config{Privacy: tt.level})
		if got := h.Reverse.Due(a, false, noon); got != tt.due {
			t.Errorf("level %d: due %v", tt.level, got)
		}
		if !h.Reverse.Due(a, true, noon) {
			t.Errorf("level %d: a device of the house is not asked for", tt.level)
		}
		if got := h.reversed(a, "ec2-1.eu.example.co.uk", 600, noon); got != tt.want {
			t.Errorf("level %d: kept %q, want %q", tt.level, got, tt.want)
		}
		h.consistent()
	}
	for name, change := range map[string]func(*house){
		"level": func(h *house) { h.SetPrivacy(KeepDomains) }, "no DNS": func(h *house) { h.SetDecode(false) },
		"private device": func(h *house) { who := phone(); h.Forget(&who) },
	} {
		h := newHouse(t, Config{})
		h.reversed(a, "www.example.org", 600, noon)
		change(h)
		if h.Reverse.Name(a) != 0 || h.Reverse.Len() != 0 {
			t.Errorf("%s: a name stayed", name)
		}
		if h.consistent(); h.Pool.Len() != 0 {
			t.Errorf("%s: %d texts stayed", name, h.Pool.Len())
		}
	}
	off := newHouse(t, Config{})
	if off.SetDecode(false); off.Reverse.Due(a, true, noon) {
		t.Error("asked for though DNS is off")
	}
}

// TestReverseClock has the clock set while an answer is awaited and another holds.
func TestReverseClock(t *testing.T) {
	h := newHouse(t, Config{})
	r, a, b := &h.Reverse, at("192.0.2.1"), at("192.0.2.2")
	const early = 3600 * second
	h.reversed(a, "host.example", 86400, early)
	r.Asked(b, early)
	h.Shift(noon, 0, early+60*second)
	now := early + noon + 10*second
	if r.Due(a, false, now) || r.Due(b, false, now) || !r.Due(b, false, now+60*second) || !r.Due(a, false, early+noon+86400*second) {
		t.Error("times did not move")
	}
	h.Shift(-2*noon, 0, 3*noon) // to before the epoch
	h.consistent()
	if r.Len() != 2 {
		t.Errorf("%d addresses", r.Len())
	}
}

func TestReverseOwn(t *testing.T) {
	h := newHouse(t, Config{})
	v6 := strings.Repeat("1.", 31) + "2.ip6.arpa"
	h.Reverse.Asked(at("192.0.2.1"), noon)
	h.Reverse.Asked(at("2111:1111:1111:1111:1111:1111:1111:1111"), noon)
	for name, want := range map[string]bool{
		"1.2.0.192.in-addr.arpa": true, "1.2.0.192.IN-ADDR.arpa.": true, v6: true, strings.ToUpper(v6): true,
		"2.2.0.192.in-addr.arpa": false, "1.2.0.in-addr.arpa": false, "1.2.0.192.example": false, "": false, ".": false,
		"1.2.0.256.in-addr.arpa": false, "::1.in-addr.arpa": false, v6[2:]: false, "x" + v6[1:]: false, "1.1" + v6[2:]: false,
		strings.Replace(v6, ".", "1", 1): false, "ip6.arpa": false,
	} {
		if got := h.Reverse.Own([]byte(name), noon+59*second); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	for when, want := range map[int64]bool{noon - 60*second: true, noon - 61*second: false, noon + 60*second: true, noon + 61*second: false} {
		if got := h.Reverse.Own([]byte(v6), when); got != want {
			t.Errorf("%d s after: %v, want %v", (when-noon)/second, got, want)
		}
	}
}

// TestReverseIsBounded learns long names of many addresses, as a hostile network
// has them, and measures what they take. Addresses that somebody looks at stay.
func TestReverseIsBounded(t *testing.T) {
	h := newHouse(t, Config{Flows: 8192})
	popular := at("198.51.100.1")
	h.reversed(popular, "popular.example", 86400, noon)
	for i := range 20 * reverseAddrs {
		var a packet.Addr
		binary.BigEndian.PutUint32(a[8:], uint32(i)+1)
		now := noon + int64(i)*second
		h.reversed(&a, fmt.Sprintf("%0240d.example", i), 600, now)
		h.Reverse.Due(popular, false, now)
	}
	// Nothing else is in the pool.
	table := int(reflect.TypeFor[called]().Size()) * cap(h.Reverse.slots)
	size := table + h.Pool.Size()
	t.Logf("%d addresses, %d bytes of names: the table has %d bytes, the pool %d, together %d",
		h.Reverse.Len(), h.Reverse.text, table, h.Pool.Size(), size)
	if size > 150_000 {
		t.Errorf("%d bytes", size)
	}
	if h.Reverse.Len() > reverseAddrs || h.Reverse.Len() < reverseAddrs*9/10 || h.Reverse.Evicted == 0 {
		t.Errorf("%d addresses, %d given up", h.Reverse.Len(), h.Reverse.Evicted)
	}
	if h.Reverse.Name(popular) == 0 {
		t.Error("an address that is looked at was given up for others")
	}
	h.consistent()
}

// TestReverseLeavesRoom fills the pool with names that clients asked for: those come
// first.
func TestReverseLeavesRoom(t *testing.T) {
	h := newHouse(t, Config{Flows: 64})
	var kept []uint32
	for i := 0; h.Pool.Spare(); i++ {
		kept = append(kept, h.Keep(fmt.Appendf(nil, "www%d.example.org", i), &Client{}))
	}
	if got := h.reversed(at("192.0.2.1"), "host.example", 600, noon); got != "" {
		t.Errorf("kept %q where no room is to spare", got)
	}
	h.consistent(kept...)
}

// TestReverseRandomly does everything in any order.
func TestReverseRandomly(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	h := newHouse(t, Config{})
	now := noon
	for range 5000 {
		a := packet.Addr{15: byte(random.IntN(200)), 14: 1}
		now += random.Int64N(100) * second
		switch random.IntN(10) {
		case 0, 1, 2:
			h.Reverse.Due(&a, random.IntN(2) == 0, now)
		case 3, 4, 5:
			h.Reverse.Asked(&a, now)
		case 6, 7, 8:
			h.Reverse.Learn(&a, []byte(strings.Repeat("x", random.IntN(300))+".example"), uint32(random.IntN(9999)), now)
		case 9:
			switch random.IntN(30) {
			case 0:
				h.SetPrivacy(Privacy(random.IntN(3)))
			case 1:
				h.SetDecode(random.IntN(4) > 0)
			case 2:
				h.Shift(random.Int64N(100)*second, 0, now)
			}
		}
		h.consistent()
	}
}
