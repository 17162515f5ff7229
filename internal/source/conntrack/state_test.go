package conntrack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/flow"
	"weir/internal/packet"
)

// TestStateNeverGoesBack closes a connection while a dump is read that was written
// before: what it counts belongs to the connection that is over, not to one that
// goes on. The next dump is believed again.
func TestStateNeverGoesBack(t *testing.T) {
	at := func(state flow.TCPState, packets uint64) *entry {
		e := udpEntry(1, packets)
		e.proto, e.tcp = packet.ProtoTCP, state
		return e
	}
	s := newScene(t, 10)
	s.sweep(at(flow.TCPEstablished, 10))
	s.beginDump()
	s.changed(at(flow.TCPTimeWait, 0))
	s.listed(at(flow.TCPEstablished, 12))
	s.endDump(true)
	s.sweep(at(flow.TCPTimeWait, 13))
	s.sweep(at(flow.TCPEstablished, 14))
	var got []flow.TCPState
	var packets uint64
	for _, c := range s.books.told {
		got = append(got, c.TCP)
		packets += c.Packets[0]
	}
	want := []flow.TCPState{flow.TCPEstablished, flow.TCPTimeWait, flow.TCPTimeWait, flow.TCPTimeWait, flow.TCPEstablished}
	if diff := cmp.Diff(want, got); diff != "" || packets != 4 {
		t.Errorf("%d packets, states (-want +got)\n%s", packets, diff)
	}
}
