package dpi

import (
	"slices"
	"testing"

	"weir/internal/packet"
)

// A set of detectors must have room for all of them.
func TestCandidates(t *testing.T) {
	if most := 64 * len(candidates{}); len(detectors) > most {
		t.Fatalf("%d detectors, but a set of them holds %d", len(detectors), most)
	}
	for i := range detectors {
		bit := uint64(1) << (i % 64)
		if got, want := overTCP[i/64]&bit != 0, detectors[i].Over&OverTCP != 0; got != want {
			t.Errorf("%v over TCP: %t, want %t", detectors[i].Protocol, got, want)
		}
		if got, want := overUDP[i/64]&bit != 0, detectors[i].Over&OverUDP != 0; got != want {
			t.Errorf("%v over UDP: %t, want %t", detectors[i].Protocol, got, want)
		}
	}
}

// The detectors in question are asked in their order, wherever they stand in the
// set, until one is sure; those that say No are not asked again.
func TestCandidatesAreAskedInOrder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     []Protocol
		says   string
		wanted Protocol
	}{
		{"first half", []Protocol{HTTP, SSH}, "SSH-2.0-x\r\n", SSH},
		{"both halves", []Protocol{SSH, MQTT, RTMP}, "\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab", MQTT},
		{"none", []Protocol{HTTP, RTMP}, "\x00\x00\x00\x00\x00\x00", NoProtocol},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := NewInspector(Config{Flows: 1})
			h := in.Open(packet.ProtoTCP)
			st := &in.states[h]
			st.alive = candidates{}
			for i := range detectors {
				if slices.Contains(tt.in, detectors[i].Protocol) {
					st.alive[i/64] |= 1 << (i % 64)
				}
			}
			r := in.Inspect(h, segment{fromClient: true, seq: 1, text: tt.says}.packet(), true, new(Facts))
			if r.Protocol != tt.wanted {
				t.Errorf("%v, want %v", r.Protocol, tt.wanted)
			}
		})
	}
}
