package afpacket

import (
	"testing"

	"golang.org/x/net/bpf"

	"weir/internal/link"
)

// nobody's frames are to and from no address.
var nobody link.MAC

// addresses returns the begin of a frame.
func addresses(dst, src link.MAC) []byte { return append(dst[:], src[:]...) }

// assembled returns a machine with the program of f, which the kernel's length
// for it bounds and whose instructions can be encoded.
func assembled(tb testing.TB, f filter) *machine {
	tb.Helper()
	code, err := f.program()
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := bpf.Assemble(code); err != nil {
		tb.Fatal(err)
	}
	if len(code) > 400 {
		tb.Errorf("the program has %d instructions", len(code))
	}
	return &machine{code: code}
}

func TestFilter(t *testing.T) {
	bridge, port := link.MAC{2, 0, 0, 0, 0, 1}, link.MAC{2, 0, 0, 0, 0, 2}
	// These share one half of an address with the router's.
	host, other := link.MAC{2, 0, 0, 0, 1, 1}, link.MAC{2, 9, 0, 0, 0, 1}
	group := link.MAC{1, 0, 0x5e, 0, 0, 1}
	own := []link.MAC{bridge, port}
	full := make([]link.MAC, maxOwnMACs)
	for i := range full {
		full[i] = link.MAC{2, 1, 1, 1, 1, byte(i)}
	}
	tests := []struct {
		name   string
		filter filter
		frame  seen
		pass   bool
	}{
		{"plain, received", filter{direction: bothWays}, seen{}, true},
		{"plain, sent", filter{direction: bothWays}, seen{outgoing: true}, true},
		{"loopback, received", filter{direction: receiveOnly}, seen{}, true},
		{"loopback, sent", filter{direction: receiveOnly}, seen{outgoing: true}, false},
		{"port, received from a host", filter{direction: bridgePort, own: own}, seen{data: addresses(bridge, host)}, true},
		{"port, received for a group", filter{direction: bridgePort, own: own}, seen{data: addresses(group, host)}, true},
		{"port, sent by the bridge", filter{direction: bridgePort, own: own}, seen{outgoing: true, data: addresses(host, bridge)}, true},
		{"port, sent by a port", filter{direction: bridgePort, own: own}, seen{outgoing: true, data: addresses(host, port)}, true},
		{"port, forwarded for a host", filter{direction: bridgePort, own: own}, seen{outgoing: true, data: addresses(other, host)}, false},
		{"port, forwarded for another", filter{direction: bridgePort, own: own}, seen{outgoing: true, data: addresses(host, other)}, false},
		{"port, sent to a group", filter{direction: bridgePort, own: own}, seen{outgoing: true, data: addresses(group, bridge)}, false},
		{"port, no own address", filter{direction: bridgePort}, seen{outgoing: true, data: addresses(host, bridge)}, false},
		{"port, last of many addresses", filter{direction: bridgePort, own: full}, seen{outgoing: true, data: addresses(host, full[maxOwnMACs-1])}, true},
		{"bridge, received", filter{direction: bridgeItself}, seen{data: addresses(group, host)}, false},
		{"bridge, sent to a group", filter{direction: bridgeItself}, seen{outgoing: true, data: addresses(group, bridge)}, true},
		{"bridge, sent to a host", filter{direction: bridgeItself}, seen{outgoing: true, data: addresses(host, bridge)}, false},
		{"sampled, hit", filter{direction: bothWays, sampling: 7}, seen{random: 21}, true},
		{"sampled, missed", filter{direction: bothWays, sampling: 7}, seen{random: 22}, false},
		{"sampled, hit but refused", filter{direction: receiveOnly, sampling: 7}, seen{random: 21, outgoing: true}, false},
		{"not sampled", filter{direction: bothWays, sampling: 1}, seen{random: 22}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.filter.snaplen = 256
			m := assembled(t, tt.filter)
			if tt.frame.data == nil {
				tt.frame.data = addresses(nobody, nobody)
			}
			want := 0
			if tt.pass {
				want = 256
			}
			if got := int(m.run(&tt.frame)); got != want {
				t.Errorf("returns %d, want %d", got, want)
			}
		})
	}
}
