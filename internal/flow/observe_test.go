package flow

import (
	"testing"
	"time"

	"weir/internal/packet"
)

// TestObserve passes a whole connection as frames that something else counts.
func TestObserve(t *testing.T) {
	r := &recorder{}
	tb := New(Config{Max: 4, Idle: time.Minute, Completed: 10 * time.Second}, r)
	var f *Flow
	for i, s := range handshake(
		seg{at: 30_000, from: 'c', flags: packet.PSH | packet.ACK, seq: 101, pay: 300},
		seg{at: 70_000, from: 's', flags: packet.FIN | packet.ACK, seq: 501},
	) {
		var ev Event
		f, _, ev = tb.Observe(s.packetOf(packet.ProtoTCP))
		if (ev == Created) != (i == 0) {
			t.Errorf("frame %d is event %d", i, ev)
		}
	}
	tb.Roll(start + sec)
	if !f.Empty() || f.Payload(A)+f.Payload(B) != 0 || r.flows != 0 || f.Tracked() || !f.Recorded() {
		t.Errorf("frames that are not to be counted were: %+v", f)
	}
	if _, ok := f.ServerRTT(); !ok || f.State() != "S3" || *f.Key.Addr(f.Client()) != alice {
		t.Errorf("state %s, client %v", f.State(), f.Key.Addr(f.Client()).IP())
	}
	if _, ok := f.ClientRTT(); ok {
		t.Error("a client's latency without all frames")
	}
	if _, ok := f.AppLatency(); ok {
		t.Error("an application's latency without all frames")
	}
	if _, _, _, ok := f.Gaps(f.Client()); ok {
		t.Error("gaps without all frames")
	}
	for range tb.All {
		t.Error("a flow that nothing counted is listed")
	}
	tb.Tick(start + 100*sec)
	if tb.Len() != 0 || tb.Stats() != (Stats{}) || len(r.records) != 1 {
		t.Errorf("%d flows left, %+v, records %+v", tb.Len(), tb.Stats(), r.records)
	}
}

// TestObservedFlowsStayYoung has frames alone keep one flow in memory, and not
// the others behind it.
func TestObservedFlowsStayYoung(t *testing.T) {
	tb := New(Config{Max: 8, Idle: 10 * time.Second}, &recorder{})
	p := seg{from: 'c', pay: 9}.packetOf(packet.ProtoUDP)
	tb.Observe(p)
	tb.Packet(numbered(1, 0))
	for i := range int64(30) {
		p.Time = (start + i*sec) * 1000
		tb.Observe(p)
		tb.Tick(start + i*sec)
	}
	if tb.Len() != 1 || tb.Find(keyOf(p)) == nil {
		t.Errorf("%d flows are left, want the one that frames name", tb.Len())
	}
}

// TestObserveAfterPackets has a frame name a flow whose packets are counted: they
// go on telling all that they tell.
func TestObserveAfterPackets(t *testing.T) {
	tb := New(Config{Max: 8}, &recorder{})
	tb.Packet(seg{from: 'c', pay: 9}.packetOf(packet.ProtoUDP))
	f, _, _ := tb.Observe(seg{at: 5, from: 'c', pay: 9}.packetOf(packet.ProtoUDP))
	if f.Recorded() || f.Packets(f.Client()) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestDrop(t *testing.T) {
	tb := New(Config{Max: 8}, &recorder{})
	p := seg{from: 'c', pay: 9}.packetOf(packet.ProtoUDP)
	if tb.Drop(keyOf(p)) {
		t.Error("what is not there was dropped")
	}
	tb.Observe(p)
	if !tb.Drop(keyOf(p)) || tb.Len() != 0 {
		t.Error("a flow that nothing counted stays")
	}
	tb.Packet(p)
	if tb.Drop(keyOf(p)) || tb.Len() != 1 {
		t.Error("a flow that counted something was dropped")
	}
}

func TestVLAN(t *testing.T) {
	tb := New(Config{Max: 8}, &recorder{})
	p := seg{from: 'c', pay: 9}.packetOf(packet.ProtoUDP)
	tb.Add(&Record{Key: *keyOf(p), Last: start})
	p.VLAN = 4095
	f, _, _ := tb.Observe(p)
	if f.VLAN() != 4095 {
		t.Errorf("VLAN %d", f.VLAN())
	}
	p.SrcPort, p.VLAN = 1, 0xf00c // a source may hand over the whole tag
	if f, _, _ = tb.Packet(p); f.VLAN() != 12 || f.Recorded() || f.Tracked() {
		t.Errorf("VLAN %d, %+v", f.VLAN(), f)
	}
}
