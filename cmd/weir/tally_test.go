package main

import (
	"net/netip"
	"testing"

	"weir/internal/flow"
	"weir/internal/packet"
)

// small is a tally that packs.
func small() tally {
	a, b := packet.AddrOf(netip.MustParseAddr("192.0.2.1")), packet.AddrOf(netip.MustParseAddr("198.51.100.254"))
	k, _ := flow.KeyOf(&a, &b, 50123, 443, packet.ProtoTCP, 0)
	return tally{
		key: k, client: flow.B, app: 7, host: 9, state: [6]byte{'R', 'S', 'T', 'O', 'S', '0'}, rtt: 1<<32 - 1,
		first: 1_700_000_000_000_000, last: 1_700_000_000_000_000 + 1<<32 - 1,
		packets: [2]uint64{1<<16 - 1, 2}, bytes: [2]uint64{3, 1<<32 - 1},
	}
}

func TestTallyPacks(t *testing.T) {
	v6 := packet.AddrOf(netip.MustParseAddr("2001:db8::1"))
	for _, tt := range []struct {
		name   string
		change func(*tally)
		packs  bool
	}{
		{"as small as most", func(*tally) {}, true},
		{"IPv6 at End A", func(a *tally) { a.key.AddrA = v6 }, false},
		{"IPv6 at End B", func(a *tally) { a.key.AddrB = v6 }, false},
		{"another observation point", func(a *tally) { a.key.Point = 1 }, false},
		{"longer than 71 minutes", func(a *tally) { a.last++ }, false},
		{"65,536 packets of End A", func(a *tally) { a.packets[flow.A]++ }, false},
		{"65,536 packets of End B", func(a *tally) { a.packets[flow.B] = 1 << 16 }, false},
		{"4 GiB of End A", func(a *tally) { a.bytes[flow.A] = 1 << 32 }, false},
		{"4 GiB of End B", func(a *tally) { a.bytes[flow.B]++ }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := small()
			tt.change(&in)
			e := entry{next: 5}
			if got := e.pack(&in); got != tt.packs {
				t.Fatalf("packs: %v, want %v", got, tt.packs)
			}
			if out := e.unpack(); tt.packs && out != in {
				t.Errorf("unpacked %+v\nwant     %+v", out, in)
			}
			if e.next != 5 || e.ports != [2]uint16{in.key.PortA, in.key.PortB} {
				t.Errorf("next %d and ports %d are not what a chain needs", e.next, e.ports)
			}
		})
	}
}

// TestFlowListKeepsWhatDoesNotPack lets a flow outgrow its entry and come back.
func TestFlowListKeepsWhatDoesNotPack(t *testing.T) {
	l, f := newFlowList(), new(flow.Flow)
	for range 3 {
		l.add(f, record(1, 1<<31, flow.Evicted), 0, nil)
		l.add(f, record(2, 1<<20, flow.Evicted), 0, nil)
	}
	want := map[uint32]uint64{0: 3 << 31, 1: 3 << 20}
	if l.len() != len(want) || len(l.whole) != 1 {
		t.Fatalf("%d flows, %d of them whole; want 2 and 1", l.len(), len(l.whole))
	}
	for i, bytes := range want {
		got := l.at(i)
		if got.total() != bytes || l.total(i) != bytes || got.key != record(int(i)+1, 0, flow.Idle).Key {
			t.Errorf("flow %d: %d bytes of %v, want %d", i, got.total(), got.key, bytes)
		}
	}
}
