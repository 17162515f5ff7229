package engine_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/packet"
)

// keysOf are the rows of a page by their keys.
func keysOf(rows []engine.AppRow) []string {
	var keys []string
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	return keys
}

func TestApps(t *testing.T) {
	e := house(t)
	nas := devicesByName(t, e)[nasMAC.String()]
	byName := engine.Page{Sort: "key", Limit: 100}
	tests := []struct {
		name string
		f    engine.Filter
		p    engine.Page
		want []string
	}{
		{"all", engine.Filter{}, byName, []string{"dns", "mdns", "smb", "ssh", "tls"}},
		{"of a device", engine.Filter{Device: nas.ID}, byName, []string{"mdns", "smb", "ssh"}},
		{"of a device that there is not", engine.Filter{Device: 99}, byName, nil},
		{"of a category", engine.Filter{Category: "remote"}, byName, []string{"ssh"}},
		{"by a part of the name", engine.Filter{Text: "DNS"}, byName, []string{"dns", "mdns"}},
		{"by a part of the category", engine.Filter{Text: "emot"}, byName, []string{"ssh"}},
		{"the largest", engine.Filter{}, engine.Page{Desc: true, Limit: 1}, []string{"tls"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, total := e.Apps(tt.f, tt.p)
			if diff := cmp.Diff(tt.want, keysOf(rows)); diff != "" {
				t.Error(diff)
			}
			if tt.p.Limit > 1 && total != len(tt.want) {
				t.Errorf("%d in all, want %d", total, len(tt.want))
			}
		})
	}
}

// TestAppsSum compares the sums by application and by category with the flows.
func TestAppsSum(t *testing.T) {
	e := house(t)
	all := engine.Page{Limit: engine.MaxRows}
	flows, _ := e.Flows(engine.Filter{}, all)
	var want uint64
	for i := range flows {
		want += flows[i].Bytes.Tx + flows[i].Bytes.Rx
	}
	queries := map[string]func(engine.Filter, engine.Page) ([]engine.AppRow, int){"apps": e.Apps, "categories": e.Categories}
	for name, query := range queries {
		rows, _ := query(engine.Filter{}, all)
		var bytes, active uint64
		var share uint32
		for _, r := range rows {
			bytes += r.Bytes.Tx + r.Bytes.Rx
			active += uint64(r.Active)
			share += r.Share
		}
		if bytes != want || active != uint64(len(flows)) {
			t.Errorf("%s: %d bytes in %d live flows, want %d in %d", name, bytes, active, want, len(flows))
		}
		if share > 100_000 || share < 100_000-uint32(len(rows)) {
			t.Errorf("%s: the shares are %d thousandths of a per cent together", name, share)
		}
	}
	rows, _ := e.Categories(engine.Filter{}, engine.Page{Sort: "key", Limit: 100})
	if diff := cmp.Diff([]string{"dns", "other", "remote", "system"}, keysOf(rows)); diff != "" {
		t.Error(diff)
	}
	for _, key := range engine.AppSorts {
		if rows, _ := e.Apps(engine.Filter{}, engine.Page{Sort: key, Limit: 100}); len(rows) != 5 {
			t.Errorf("sort %s: %d rows", key, len(rows))
		}
	}
}

// TestAppsOfGuests has guests come and go with hardware addresses of their own: the
// applications of who is there, and of the house, go on being told apart.
func TestAppsOfGuests(t *testing.T) {
	e := router(t, 4096)
	at := int64(0)
	for guest := range 400 {
		mac := packet.MAC{2, 9, 0, 0, byte(guest >> 8), byte(guest)}
		at += 700 * second // the table has room for 16 devices and gives up those that were quiet for ten minutes
		var batch []packet.Raw
		for i, port := range []int{22, 25, 53, 80, 110, 123, 143, 389, 443, 445, 554, 631, 853, 993, 1883, 3306, 3389, 5060, 5432, 5900, 6379, 8009} {
			batch = append(batch, frame{at: at, from: mac, to: routerMAC, tcp: packet.SYN,
				src: fmt.Sprintf("192.168.1.%d:%d", guest%200+40, 40000+i), dst: fmt.Sprintf("198.51.100.9:%d", port)}.raw())
		}
		e.Packets(batch)
		e.Tick(start+at+second, true)
		e.Tick(start+at+2*second, true)
	}
	last, ok := devicesByName(t, e)["02:09:00:00:01:8F"]
	if !ok {
		t.Fatal("the last guest is no device")
	}
	if rows, _ := e.Apps(engine.Filter{Device: last.ID}, engine.Page{Limit: 50}); counted(rows) < 18 {
		t.Errorf("of the last guest's %d applications %d are told apart", len(rows), counted(rows))
	}
	e.Packets([]packet.Raw{frame{at: at, from: phoneMAC, to: routerMAC, tcp: packet.SYN, src: "192.168.1.20:5000", dst: "198.51.100.9:1080"}.raw()})
	e.Tick(start+at+3*second, true)
	if rows, _ := e.Apps(engine.Filter{Text: "socks"}, engine.Page{Limit: 50}); counted(rows) != 1 {
		t.Errorf("what is new to the house is told as %+v", rows)
	}
}

// counted returns how many of the rows are more than what is alive.
func counted(rows []engine.AppRow) (n int) {
	for _, r := range rows {
		if r.Flows > 0 {
			n++
		}
	}
	return n
}
