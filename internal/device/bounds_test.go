package device

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"weir/internal/packet"
)

// full fills a set with devices that have as much evidence as they may have, and the
// hardware and IP addresses given of each.
func full(macs, addrs int) *Devices {
	keys := handles(1 << 16)
	s := NewDevices(512, 0, func(key string) uint32 { return keys(key) })
	for i := range 512 {
		var all []packet.MAC
		for k := range macs {
			all = append(all, mac(i*8+k))
		}
		d := s.Seen(all[0], 1, 0, midnight)
		s.own(d, all)
		for k := range addrs {
			a := packet.Addr{0x20, 1, 0xd, 0xb8, 8: byte(i >> 8), 9: byte(i), 15: byte(k)}
			d.learn(&a)
		}
		for k := FromLease; k < numKinds; k++ {
			for v := range int(kinds[k].values) {
				d.Tell(k, fmt.Appendf(nil, "iphone %d %d %s", i, v, bytes.Repeat([]byte{'x'}, 8)), midnight)
			}
		}
		s.visits.add(d.ID, midnight, midnight+minute)
		s.visits.add(d.ID, midnight+60*minute, midnight+61*minute)
	}
	return s
}

// TestMemory measures what a full table takes. The limit is for 32-bit machines;
// pointers and times take more on others.
func TestMemory(t *testing.T) {
	const word = 4 << (^uint(0) >> 63)
	tests := []struct {
		name        string
		macs, addrs int
		limit       int64 // bytes on a 32-bit machine
	}{
		{"full evidence, two hardware addresses, six addresses", 2, 6, 400 << 10},
		{"all that may be", maxMACs, maxAddrs, 560 << 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names := full(0+1, 0) // the names of the series are not the set's
			runtime.KeepAlive(names)
			before := heap()
			s := full(tt.macs, tt.addrs)
			after := heap()
			least := maxNotes
			for _, d := range s.list {
				least = min(least, len(d.notes))
			}
			if least < maxNotes*3/4 {
				t.Errorf("a device has only %d bytes of evidence", least)
			}
			used := after - before - keyBytes(s)
			t.Logf("%d devices with at least %d bytes of evidence each: %d bytes, %d a device (words of %d bytes)", s.Len(), least, used, used/int64(s.Len()), word)
			if used > tt.limit*word/4 || word == 8 && used > tt.limit*3/2 {
				t.Errorf("more than %d bytes", tt.limit)
			}
			runtime.KeepAlive(s)
		})
	}
}

// keyBytes is what the test's own table of handles takes, which stands for the
// names of the series.
func keyBytes(s *Devices) int64 {
	before := heap()
	keys := handles(1 << 16)
	for _, d := range s.list {
		keys(d.Key)
	}
	after := heap()
	runtime.KeepAlive(keys)
	return after - before
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestFlood has somebody make up hardware addresses and names for days: the devices
// in use stay, nothing grows, and names of series do not run out.
func TestFlood(t *testing.T) {
	const limit = 64
	asked := 0
	s := NewDevices(limit, 0, func(string) uint32 { asked++; return uint32(asked) })
	now := midnight
	var own []*Device
	for i := range 20 {
		d := s.Seen(mac(i), 0, 0, now)
		d.Tell(FromDHCP, fmt.Appendf(nil, "device %d", i), now)
		own = append(own, d)
	}
	var made, dropped int
	for hour := range 48 {
		for i := range 2000 {
			now += 3600 * second / 2000
			if i%100 == 0 {
				for _, d := range own {
					d.Heard(now)
				}
			}
			m := packet.MAC{2, byte(hour), byte(i >> 8), byte(i), 1, 1}
			if d := s.Seen(m, 0, 0, now); d != nil {
				made++
				d.Tell(FromDHCP, fmt.Appendf(nil, "%d", i), now)
			} else {
				dropped++
			}
		}
		s.Tick(now, second)
	}
	for i, d := range own {
		if d.ID == 0 || d.Name != fmt.Sprintf("device %d", i) {
			t.Errorf("device %d was pushed out", i)
		}
	}
	if s.Len() > limit || len(s.byMAC) > limit*maxMACs || len(s.events) > maxEvents || asked > (burst+48/8+1)*limit {
		t.Errorf("%d devices, %d hardware addresses, %d events, %d names", s.Len(), len(s.byMAC), len(s.events), asked)
	}
	if s.Dropped == 0 || dropped == 0 {
		t.Error("nothing was dropped")
	}
	sound(t, s)
	t.Logf("of %d made-up addresses %d were taken, %d names used", made+dropped, made, asked)
}

// TestOneDeviceThatLies has a device change what it says of itself all the time.
func TestOneDeviceThatLies(t *testing.T) {
	s := NewDevices(4, 0, handles(4))
	d := s.Seen(mac(1), 0, 0, midnight)
	for i := range 10_000 {
		d.Tell(Kind(i)%numKinds, fmt.Appendf(nil, "iphone %d", i), midnight+int64(i)*second)
		if i%100 == 0 {
			d.Nature()
		}
	}
	if len(d.notes) > maxNotes || cap(d.notes) > maxNotes || len(s.EvidenceRows()) != 1 {
		t.Errorf("%d bytes of notes", cap(d.notes))
	}
}
