package engine_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// TestMergedHistory joins two devices, restarts, and parts them: what each moved is
// found under its own handle all the time, and the sum under the whole.
func TestMergedHistory(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{sent(0, phoneMAC, "192.168.1.20:5000"), sent(0, tabletMAC, "192.168.1.21:5000")})
	e.Tick(start+second, true)
	phone, other := deviceOf(t, e, phoneMAC), deviceOf(t, e, tabletMAC)
	if err := e.Merge(phone.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	e.Packets([]packet.Raw{sent(second+100, tabletMAC, "192.168.1.21:5001")})
	e.Tick(start+2*second, true)
	whole := deviceOf(t, e, tabletMAC)
	if whole.ID != phone.ID || whole.Bytes.Tx != 3000 || len(whole.MACs) != 2 || len(whole.IPs) != 2 || whole.TotalFlows != 3 {
		t.Errorf("%+v", whole)
	}
	for _, id := range []uint32{phone.ID, other.ID} {
		if _, n := e.Flows(engine.Filter{Device: id}, engine.Page{Limit: 9}); n != 3 {
			t.Errorf("%d flows of %d", n, id)
		}
		if _, n := e.Hosts(engine.Filter{Device: id}, engine.Page{Limit: 9}); n != 2 {
			t.Errorf("%d addresses of %d", n, id)
		}
	}
	ids := []uint32{phone.ID, other.ID}
	if got := e.Members(other.ID); !slices.Equal(got, ids) || !slices.Equal(e.Members(phone.ID), ids) || !slices.Equal(e.Members(999), []uint32{999}) {
		t.Errorf("members %v", got)
	}
	if diff := cmp.Diff(map[uint32]uint32{other.ID: phone.ID}, e.Wholes()); diff != "" {
		t.Error(diff)
	}
	if key, _, ok := e.DeviceName(other.ID); !ok || key != phone.Key {
		t.Errorf("the member's series is %q", key)
	}
	one, _ := e.Device(phone.ID)
	want := []engine.MACRow{{MAC: phoneMAC, First: phone.First, Last: phone.Last}, {MAC: tabletMAC, First: other.First, Last: start + second}}
	if diff := cmp.Diff(want, one.Hardware); diff != "" || len(one.Members) != 1 || one.Members[0].Configured {
		t.Errorf("hardware (-want +got):\n%s", diff)
	}
	query := rollup.Query{Class: rollup.Device, From: start / second, To: start/second + 60, Points: 60}
	recent, step, _ := e.Recent(query)
	totals, series := rollup.NewTotals(query, step), make(map[uint32]uint64)
	for _, slot := range recent {
		if err := totals.Add(slot); err != nil {
			t.Fatal(err)
		}
	}
	amounts, _ := totals.Top(9)
	for _, a := range amounts {
		series[a.ID] = a.TxBytes
	}
	if diff := cmp.Diff(map[uint32]uint64{phone.ID: 2000, other.ID: 1000}, series); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	if apps, n := e.Apps(engine.Filter{Device: other.ID}, engine.Page{Limit: 9}); n != 1 || apps[0].Bytes.Tx != 3000 {
		t.Errorf("applications %+v", apps)
	}

	kept := e.Kept()
	next := router(t, 64)
	stored := e.Identity(true)
	if err := next.LoadMerges(slices.DeleteFunc(stored.Merges, func(r device.Row) bool { return r.Value == nil })); err != nil {
		t.Fatal(err)
	}
	var restore []device.Kept
	for _, r := range kept {
		k := device.Kept{Key: r.Key, MACs: r.MACs, First: r.First, Last: r.Last, Flows: r.TotalFlows}
		k.TxBytes = r.Bytes.Tx
		restore = append(restore, k)
	}
	next.Restore(restore)
	if err := next.LoadIdentity(stored.Evidence, stored.Presence[0].Value); err != nil {
		t.Fatal(err)
	}
	again := deviceOf(t, next, tabletMAC)
	if again.Key != phone.Key || again.Bytes.Tx != 3000 || len(again.IDs) != 2 || again.Online != true && again.Last == 0 {
		t.Errorf("after a restart %+v", again)
	}
	if v := next.Visits(again.ID); len(v) < 2 {
		t.Errorf("visits %+v", v)
	}

	id, err := next.Split(again.ID, tabletMAC)
	if err != nil {
		t.Fatal(err)
	}
	if apps, n := e.Apps(engine.Filter{Device: phone.ID}, engine.Page{Limit: 9}); n != 1 || apps[0].Bytes.Tx != 3000 {
		t.Errorf("applications %+v", apps)
	}
	if err := e.Undo(); err != nil {
		t.Fatal(err)
	}
	if apps, n := e.Apps(engine.Filter{Device: phone.ID}, engine.Page{Limit: 9}); n != 1 || apps[0].Bytes.Tx != 2000 {
		t.Errorf("applications of the phone alone %+v", apps)
	}
	if own := deviceOf(t, next, tabletMAC); own.ID != id || own.Bytes.Tx != 1000 || deviceOf(t, next, phoneMAC).Bytes.Tx != 2000 {
		t.Errorf("parted: %+v", own)
	}
	if err := next.Undo(); err != nil || deviceOf(t, next, tabletMAC).ID != again.ID {
		t.Errorf("undone: %v", err)
	}
	if err := next.Merge(1234, again.ID); !errors.Is(err, device.ErrNoDevice) {
		t.Errorf("merge with nobody: %v", err)
	}
}

// TestAddressesAfterASplit gives addresses back as far as leases tell.
func TestAddressesAfterASplit(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{sent(0, phoneMAC, "192.168.1.20:5000"), sent(0, tabletMAC, "192.168.1.21:5000")})
	e.SetLeases([]device.Lease{
		{Kind: device.FromLease, MAC: phoneMAC, Addrs: addrs("192.168.1.20")}, {Kind: device.FromLease, MAC: tabletMAC, Addrs: addrs("192.168.1.21")},
	}, start)
	e.Tick(start+second, true)
	phone, tablet := deviceOf(t, e, phoneMAC), deviceOf(t, e, tabletMAC)
	if err := e.Merge(phone.ID, tablet.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Split(phone.ID, tabletMAC); err != nil {
		t.Fatal(err)
	}
	if got := deviceOf(t, e, tabletMAC); len(got.IPs) != 1 || got.IPs[0].String() != "192.168.1.21" || got.ID != tablet.ID {
		t.Errorf("%+v", got)
	}
	if host, ok := e.Host(deviceOf(t, e, tabletMAC).IPs[0]); !ok || host.Device != tablet.ID {
		t.Errorf("%+v", host)
	}
}

// TestQuestionsOfMembers finds what a device asked before it was found to be another
// one.
func TestQuestionsOfMembers(t *testing.T) {
	e := router(t, 64)
	q, _ := dnsQuestion(t, 7, "www.example.org.", "e.example.net.", "198.51.100.5")
	e.Packets([]packet.Raw{
		says(20_000, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)), sent(30_000, tabletMAC, "192.168.1.21:5000"),
	})
	e.Tick(start+second, true)
	tablet, phone := deviceOf(t, e, tabletMAC), deviceOf(t, e, phoneMAC)
	if err := e.Merge(tablet.ID, phone.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uint32{tablet.ID, phone.ID} {
		if rows, n := e.DNSLog(id, "", engine.Page{Limit: 9}); n != 1 || rows[0].Name != "www.example.org" {
			t.Errorf("questions of %d: %+v", id, rows)
		}
	}
}

// TestPrivacyOfMerged makes a private device part of one that is not: its names are
// not kept any more.
func TestPrivacyOfMerged(t *testing.T) {
	e := router(t, 64)
	q, a := dnsQuestion(t, 7, "www.example.org.", "e.example.net.", "198.51.100.5")
	e.Packets([]packet.Raw{
		says(20_000, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
		says(30_000, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
		sent(0, nasMAC, "192.168.1.30:5000"),
	})
	e.Configure([]device.Named{{Private: true, MACs: []packet.MAC{nasMAC}}})
	e.Tick(start+second, true)
	phone, nas := deviceOf(t, e, phoneMAC), deviceOf(t, e, nasMAC)
	if len(e.DNSTop(phone.ID)) == 0 {
		t.Fatal("nothing was asked")
	}
	if err := e.Merge(phone.ID, nas.ID); err != nil {
		t.Fatal(err)
	}
	if top := e.DNSTop(0); len(top) != 0 {
		t.Errorf("kept: %+v", top)
	}
}

func TestForgetDevice(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{asks(t, 0, phoneMAC, "phone", "android-dhcp-14"), sent(0, phoneMAC, "192.168.1.20:5000")})
	e.Tick(start+second, true)
	id := deviceOf(t, e, phoneMAC).ID
	keys, err := e.Forget(id)
	if err != nil || !slices.Equal(keys, []string{phoneMAC.String()}) {
		t.Fatalf("%v, %v", keys, err)
	}
	if _, err := e.Forget(id); !errors.Is(err, device.ErrNoDevice) {
		t.Errorf("twice: %v", err)
	}
	e.Packets([]packet.Raw{sent(2*second, phoneMAC, "192.168.1.20:5002")})
	e.Tick(start+3*second, true)
	if d := deviceOf(t, e, phoneMAC); d.Name != "" || d.ID != id || d.Bytes.Tx != 1000 {
		t.Errorf("it comes back as %+v", d)
	}
}

// TestSuggestedMerge has a phone come back with another hardware address.
func TestSuggestedMerge(t *testing.T) {
	e := router(t, 64)
	ios := []byte{1, 121, 3, 6, 15, 119, 252}
	e.Packets([]packet.Raw{asks(t, 0, phoneMAC, "Annas-iPhone", "", ios...)})
	for s := int64(0); s < 600; s += 10 {
		e.Tick(start+s*second, true)
	}
	e.Packets([]packet.Raw{asks(t, 600*second, tabletMAC, "Annas-iPhone", "", ios...)})
	e.Tick(start+601*second, true)
	got := e.Suggestions(0)
	if len(got) != 1 || got[0].Into != deviceOf(t, e, phoneMAC).ID || !slices.Contains(got[0].Reasons, device.NeverTogether) {
		t.Fatalf("%+v", got)
	}
	for _, id := range []uint32{got[0].Into, got[0].From} {
		if one := e.Suggestions(id); len(one) != 1 || one[0].Into != got[0].Into || one[0].From != got[0].From {
			t.Errorf("suggested for %d: %+v", id, one)
		}
	}
	if none := e.Suggestions(12345); none != nil {
		t.Errorf("suggested for nobody: %+v", none)
	}
	var events []string
	for _, v := range e.DeviceEvents() {
		events = append(events, v.What.String()+" "+v.Name)
	}
	if diff := cmp.Diff([]string{"new Annas-iPhone", "left Annas-iPhone"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := e.Merge(got[0].Into, got[0].From); err != nil || len(e.Suggestions(0)) != 0 {
		t.Error("still suggested", err)
	}
}

// TestIdentityWithoutAClock hands out no presence while the date is not known.
func TestIdentityWithoutAClock(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{asks(t, 0, phoneMAC, "phone", "")})
	e.Tick(start+second, false)
	if id := e.Identity(false); len(id.Presence) != 0 || len(id.Evidence) != 1 {
		t.Errorf("%+v", id)
	}
	if id := e.Identity(true); len(id.Presence) != 1 || len(id.Evidence) != 0 {
		t.Errorf("%+v", id)
	}
}

func BenchmarkAnnouncement(b *testing.B) {
	e := fullEngine(b, "lan")
	raw := asks(b, 0, phoneMAC, "Pixel-7", "android-dhcp-14", 1, 3, 6, 15, 26, 28, 51, 58, 59, 43)
	raw.Classify = true
	batch := []packet.Raw{raw}
	b.ReportAllocs()
	for b.Loop() {
		e.Packets(batch)
	}
}

// TestHiddenDevices leaves devices out of lists, and counts them all the same.
func TestHiddenDevices(t *testing.T) {
	e := router(t, 64)
	e.Packets([]packet.Raw{sent(0, phoneMAC, "192.168.1.20:5000"), sent(0, tabletMAC, "192.168.1.21:5000")})
	e.Configure([]device.Named{{Hidden: true, MACs: []packet.MAC{tabletMAC}}})
	e.Tick(start+second, true)
	for listed, want := range map[bool]int{true: 1, false: 2} {
		rows, n := e.Devices(engine.Filter{Listed: listed}, engine.Page{Limit: 9})
		if n != want || listed && rows[0].Key != phoneMAC.String() {
			t.Errorf("listed %v: %d devices, %+v", listed, n, rows)
		}
	}
	if d := deviceOf(t, e, tabletMAC); d.Bytes.Tx == 0 {
		t.Errorf("%+v", d)
	}
}
