package daemon

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// begin is when the traffic of these tests begins: at the start of an hour.
var begin = time.Date(2026, time.March, 14, 19, 0, 0, 0, time.UTC)

// standing returns clocks that stand still.
func standing(wall time.Time) func() clock.Reading {
	return func() clock.Reading { return clock.Reading{Wall: wall, Up: time.Hour} }
}

// feed hands count datagrams of 100 IP bytes of a device in the house to d.
func feed(t *testing.T, d *Daemon, when time.Time, from packet.MAC, src string, dstPort uint16, count int) {
	t.Helper()
	n, err := d.engine.Interface("lan")
	if err != nil {
		t.Fatal(err)
	}
	frame := datagram(t, from, routerMAC, src, "203.0.113.7", 50000, dstPort, 72)
	raw := packet.Raw{Time: when.UnixNano(), Data: frame, Len: uint32(len(frame)), Link: packet.LinkEthernet, Iface: n}
	for range count {
		d.engine.Packets([]packet.Raw{raw})
	}
}

// history returns a daemon that saw a phone and a TV in one hour, of which some
// is in the database, some queued and some still open.
func history(t *testing.T) *Daemon {
	t.Helper()
	h := newHouse(t, "config device\n\toption name 'Anna'\n\tlist mac '02:00:00:00:01:01'\n")
	h.opt.Now = standing(begin.Add(time.Hour))
	d := h.daemon(t)
	for minute := range 20 {
		now := begin.Add(time.Duration(minute) * time.Minute)
		tickAt(d, now)
		feed(t, d, now, phoneMAC, "192.168.1.20", 53, 3)
		feed(t, d, now, tvMAC, "192.168.1.30", 443, 1)
		tickAt(d, now.Add(time.Second))
		if minute == 10 {
			if err := d.store.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

func hour(class rollup.Class, id uint32) rollup.Query {
	return rollup.Query{Class: class, ID: id, Metric: rollup.TxBytes, From: begin.Unix(), To: begin.Unix() + 3600, Points: 12}
}

func TestFindAndName(t *testing.T) {
	d := history(t)
	phone, _ := d.names.Lookup(phoneMAC.String())
	tests := []struct {
		name  string
		class rollup.Class
		key   string // that is asked for
		back  string // key that comes back
		label string
		ok    bool
	}{
		{"interface", rollup.Interface, "lan", "lan", "", true},
		{"application", rollup.Application, "dns", "dns", "", true},
		{"nothing of that name", rollup.Application, "nonesuch", "", "", false},
		{"the rest", rollup.Application, "other", "other", "", true},
		{"total", rollup.Total, "total", "total", "", true},
		{"total needs no key", rollup.Total, "", "total", "", true},
		{"there is one total", rollup.Total, "lan", "", "", false},
		{"device by id", rollup.Device, itoa(phone), itoa(phone), "Anna", true},
		{"device by address", rollup.Device, phoneMAC.String(), itoa(phone), "Anna", true},
		{"in small letters", rollup.Device, "02:00:00:00:01:01", itoa(phone), "Anna", true},
		{"device 0", rollup.Device, "0", "", "", false},
		{"no such device", rollup.Device, "4000000", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, ok := d.Find(tt.class, tt.key)
			if ok != tt.ok {
				t.Fatalf("found: %v", ok)
			}
			if !ok {
				return
			}
			if key, label := d.Name(tt.class, id); key != tt.back || label != tt.label {
				t.Errorf("%q, %q", key, label)
			}
		})
	}
}

func itoa(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

func TestNameOfDevices(t *testing.T) {
	d := history(t)
	tv, _ := d.names.Lookup(tvMAC.String())
	if key, label := d.Name(rollup.Device, tv); key != itoa(tv) || label != tvMAC.String() {
		t.Errorf("unnamed: %q, %q", key, label)
	}
	gone := d.names.Handle("02:00:00:00:09:09")
	if key, label := d.Name(rollup.Device, gone); key != itoa(gone) || label != "02:00:00:00:09:09" {
		t.Errorf("gone from memory: %q, %q", key, label)
	}
	sensor := d.names.Handle("fd00::5") // known by its address alone
	if id, ok := d.Find(rollup.Device, "fd00::5"); !ok || id != sensor {
		t.Errorf("%d, %v", id, ok)
	}
}

func TestMembers(t *testing.T) {
	d := history(t)
	phone, _ := d.names.Lookup(phoneMAC.String())
	tv, _ := d.names.Lookup(tvMAC.String())
	tests := []struct {
		name, text string
		limit      int
		want       []uint32
		total      int
	}{
		{"all, by label", "", 10, []uint32{tv, phone}, 2}, // 02:… before anna
		{"the first", "", 1, []uint32{tv}, 2},
		{"by name", "ANN", 10, []uint32{phone}, 1},
		{"by address", "02:00:00:00:01:02", 10, []uint32{tv}, 1},
		{"none", "zoe", 10, nil, 0},
		{"no room", "", 0, nil, 2},
		{"less than none", "", -1, nil, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, total := d.Members(rollup.Device, tt.text, tt.limit)
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || total != tt.total {
				t.Errorf("total %d %s", total, diff)
			}
		})
	}
}

// The answer is whole whether slots are in the database, queued, open, or in
// memory only.
func TestSeriesAndTop(t *testing.T) {
	d := history(t)
	phone, _ := d.names.Lookup(phoneMAC.String())
	tv, _ := d.names.Lookup(tvMAC.String())
	for _, points := range []int{12, 300} { // from the store; from memory
		q := hour(rollup.Device, phone)
		q.Points = points
		s, err := d.Series(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var bytes uint64
		for _, v := range s.Values {
			bytes += v
		}
		if want := map[int]int64{12: 300, 300: 20}[points]; bytes != 20*3*100 || s.Step != want {
			t.Errorf("%d points: %d bytes in steps of %d s", points, bytes, s.Step)
		}
		top, n, err := d.Top(t.Context(), q, 1)
		if err != nil || n != 2 || len(top) != 1 || top[0].ID != phone || top[0].TxPackets != 60 {
			t.Errorf("%d points: top %+v of %d, %v", points, top, n, err)
		}
	}
	s, err := d.Series(t.Context(), hour(rollup.Device, tv))
	if err != nil || s.Values[0] != 500 || !s.Known[3] || s.Known[4] {
		t.Errorf("the TV: %+v, %v", s, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Series(cancelled, hour(rollup.Device, tv)); err == nil {
		t.Error("a query that nobody waits for was answered")
	}
}

// While slots move from the engine to the store, readers see each exactly once.
func TestReadersWhileSlotsClose(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.opt.Now = standing(begin)
	d := h.daemon(t)
	for i := range 500 { // devices go along, and take their time
		feed(t, d, begin, packet.MAC{2, 0, 0, 9, byte(i >> 8), byte(i)}, "192.168.1.30", 53, 1)
	}
	tickAt(d, begin)
	const slots = 60
	var readers sync.WaitGroup
	var reads atomic.Int32
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			before := uint64(0)
			for {
				q := rollup.Query{Class: rollup.Total, Metric: rollup.Packets, From: begin.Unix(), To: begin.Unix() + slots*300, Points: slots}
				s, err := d.Series(context.Background(), q)
				if err != nil {
					t.Error(err)
				}
				var n uint64
				for _, v := range s.Values {
					n += v
				}
				if n < before || n > 500+slots*10 {
					t.Errorf("%d packets after %d", n, before)
				}
				before = n
				reads.Add(1)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range slots {
		now := begin.Add(time.Duration(i) * 5 * time.Minute)
		feed(t, d, now, phoneMAC, "192.168.1.20", 53, 10)
		tickAt(d, now.Add(time.Second))
		for seen := reads.Load(); reads.Load() < seen+4; { // until both have seen these
			runtime.Gosched()
		}
		tickAt(d, now.Add(5*time.Minute))
		if i%4 == 3 {
			if err := d.store.Commit(); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	readers.Wait()
}
