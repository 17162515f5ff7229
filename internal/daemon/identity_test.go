package daemon

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/device"
	"weir/internal/flowlog"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/store"
)

// idOf returns the device that uses a hardware address.
func (m *machine) idOf(mac packet.MAC) uint32 {
	m.Helper()
	for _, r := range m.d.engine.Kept() {
		if r.Key == mac.String() {
			return m.d.engine.Members(r.ID)[0]
		}
	}
	m.Fatalf("there is no device %s", mac)
	return 0
}

// moved returns what a device sent, by its series and by top.
func (m *machine) moved(id uint32) (series, top uint64) {
	m.Helper()
	q := rollup.Query{Class: rollup.Device, ID: id, Metric: rollup.TxBytes, From: m.now.Wall.Add(-48 * time.Hour).Unix(), To: m.now.Wall.Unix() + 1, Points: 96}
	s, err := m.d.Series(m.Context(), q)
	if err != nil {
		m.Fatal(err)
	}
	for _, v := range s.Values {
		series += v
	}
	q.Points = 1
	all, _, err := m.d.Top(m.Context(), q, 99)
	if err != nil {
		m.Fatal(err)
	}
	for _, a := range all {
		if a.ID == id {
			top = a.TxBytes
		}
	}
	return series, top
}

// What the user decided about devices outlives a reboot, which takes the database
// along: two that are one have one history, a note, and one presence.
func TestIdentityOutlivesAReboot(t *testing.T) {
	m, reboot := newMachine(t, truth, "")
	m.now.NTP = true
	m.pass(120)
	feed(t, m.d, m.now.Wall, tvMAC, "192.168.1.30", 443, 5)
	m.pass(60)
	phone, tv := m.idOf(phoneMAC), m.idOf(tvMAC)
	note := "back on Friday"
	if err := m.d.SetProfile(t.Context(), tv, api.ProfileChange{Note: &note}); err != nil {
		t.Fatal(err)
	}
	if err := m.d.MergeDevices(phone, tv); err != nil {
		t.Fatal(err)
	}
	m.pass(600)
	check := func(when string) {
		t.Helper()
		whole, ok := m.d.engine.Device(m.idOf(tvMAC))
		want := 100*m.fed + 500
		if !ok || whole.Key != phoneKey || len(whole.MACs) != 2 || whole.Bytes.Tx != want {
			t.Errorf("%s: %+v, want %d bytes", when, whole, want)
		}
		if series, top := m.moved(whole.ID); series != want || top != want {
			t.Errorf("%s: the series has %d bytes, top %d, want %d", when, series, top, want)
		}
		for _, key := range []string{tvMAC.String(), phoneKey, itoa(whole.IDs[1])} {
			if id, ok := m.d.Find(rollup.Device, key); !ok || id != whole.ID {
				t.Errorf("%s: %s finds %d, %v", when, key, id, ok)
			}
		}
		if ids, n := m.d.Members(rollup.Device, "", 9); n != 1 || ids[0] != whole.ID {
			t.Errorf("%s: series of devices %v of %d", when, ids, n)
		}
		if p := m.d.Profile(&whole); p.Note != note || p.NoteAt.IsZero() {
			t.Errorf("%s: %+v", when, p)
		}
		stays, err := m.d.Stays(whole.ID, m.now.Wall.Unix()-7200, m.now.Wall.Unix()+1)
		if err != nil || len(stays) != 1 || stays[0].To-stays[0].From < 600 {
			t.Errorf("%s: stays %+v, %v", when, stays, err)
		}
	}
	check("before")
	m.rebooted(reboot)
	m.now.NTP = true
	m.pass(60)
	check("after a reboot")
	none := ""
	if err := m.d.SetProfile(t.Context(), m.idOf(phoneMAC), api.ProfileChange{Note: &none}); err != nil || len(m.rowsOf(tvMAC)) != 3 {
		t.Errorf("the note of a member is still there: %v, %v", m.rowsOf(tvMAC), err)
	}
	m.pass(30)
	if err := m.d.UndoDevices(); !errors.Is(err, device.ErrNoUndo) {
		t.Errorf("undo after a reboot: %v", err)
	}
	own, err := m.d.SplitDevice(m.idOf(phoneMAC), tvMAC)
	if err != nil {
		t.Fatal(err)
	}
	if series, top := m.moved(own); series != 500 || top != 500 {
		t.Errorf("the TV's series has %d bytes, top %d", series, top)
	}
	m.rebooted(reboot)
	m.now.NTP = true
	m.pass(30)
	if m.idOf(tvMAC) == m.idOf(phoneMAC) {
		t.Error("one again after a reboot")
	}
}

// TestForgottenDevice lets go of all that is stored of a device.
func TestForgottenDevice(t *testing.T) {
	m, reboot := newMachine(t, truth, "")
	m.now.NTP = true
	feed(t, m.d, m.now.Wall, tvMAC, "192.168.1.30", 443, 5)
	m.pass(90)
	note := "old"
	if err := m.d.SetProfile(t.Context(), m.idOf(tvMAC), api.ProfileChange{Note: &note}); err != nil {
		t.Fatal(err)
	}
	m.d.engine.SetLeases([]device.Lease{{Kind: device.FromLease, MAC: tvMAC, Name: "tv"}}, m.now.Wall.UnixMicro())
	m.d.keepNow()
	m.snapshot()
	if len(m.rowsOf(tvMAC)) != 4 {
		t.Fatalf("kept at first: %v", m.rowsOf(tvMAC))
	}
	m.d.engine.SetLeases(nil, m.now.Wall.UnixMicro())
	if err := m.d.ForgetDevice(m.idOf(tvMAC)); err != nil {
		t.Fatal(err)
	}
	if left := m.rowsOf(tvMAC); len(left) != 0 {
		t.Errorf("still kept: %v", left)
	}
	m.rebooted(reboot)
	m.now.NTP = true
	m.pass(30)
	if left := m.rowsOf(tvMAC); len(left) != 0 {
		t.Errorf("kept again after a reboot: %v", left)
	}
	if _, ok := m.d.Find(rollup.Device, tvMAC.String()); !ok {
		t.Error("its history is gone")
	}
	if err := m.d.ForgetDevice(12345); !errors.Is(err, device.ErrNoDevice) {
		t.Errorf("forget nobody: %v", err)
	}
}

// rowsOf returns in which rows of the store there is something of a device.
func (m *machine) rowsOf(mac packet.MAC) (where []string) {
	m.Helper()
	devices, err := m.d.store.Devices()
	if err != nil {
		m.Fatal(err)
	}
	for _, d := range devices {
		if d.Key == mac.String() {
			where = append(where, "device")
		}
	}
	for kind, name := range map[uint8]string{store.RowNote: "note", store.RowState: "evidence", store.RowMerge: "merge"} {
		rows, err := m.d.store.Rows(kind)
		if err != nil {
			m.Fatal(err)
		}
		for _, r := range rows {
			if r.Key == mac.String() || r.Key == evidencePrefix+mac.String() {
				where = append(where, name)
			}
		}
	}
	rows, err := m.d.store.Rows(store.RowPresence)
	if err != nil {
		m.Fatal(err)
	}
	for _, r := range rows {
		visits, _ := device.ParsePresence(r.Value)
		for _, v := range visits {
			if v.Key == mac.String() {
				where = append(where, "presence")
			}
		}
	}
	return where
}

// TestFlowsOfMembers finds flows of all that a device was found to be under its name.
func TestFlowsOfMembers(t *testing.T) {
	m, _ := newMachine(t, truth, "")
	m.now.NTP = true
	feed(t, m.d, m.now.Wall, tvMAC, "192.168.1.30", 443, 5)
	m.pass(60)
	m.skip(2 * time.Hour) // flows end
	phone, tv := m.idOf(phoneMAC), m.idOf(tvMAC)
	if err := m.d.MergeDevices(phone, tv); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uint32{phone, tv} {
		var got []uint32
		rows, _, _, err := m.d.backend.FlowLog.FlowHistory(t.Context(), flowlog.Filter{Device: id}, 10, "")
		for _, f := range rows {
			got = append(got, f.Client.Device)
		}
		if diff := cmp.Diff([]uint32{phone, phone}, got); diff != "" || err != nil {
			t.Errorf("flows of %d: %v %s", id, err, diff)
		}
	}
	n := 0
	_, err := m.d.backend.FlowLog.EachFlow(t.Context(), flowlog.Filter{Device: phone}, func(f *flowlog.Flow) error {
		if n++; f.Client.Device != phone {
			t.Errorf("a flow of %d", f.Client.Device)
		}
		return nil
	})
	if n != 2 || err != nil {
		t.Errorf("%d flows, %v", n, err)
	}
}

// TestJoinedStays makes one of what touches.
func TestJoinedStays(t *testing.T) {
	got := joined([]api.Stay{{From: 20, To: 30}, {From: 1, To: 5}, {From: 5, To: 7}, {From: 22, To: 25}, {From: 31, To: 31}})
	if diff := cmp.Diff([]api.Stay{{From: 1, To: 7}, {From: 20, To: 30}, {From: 31, To: 31}}, got); diff != "" {
		t.Error(diff)
	}
}

// TestPresenceIsPruned keeps what is of the last three months, and the row of today
// that another run began.
func TestPresenceIsPruned(t *testing.T) {
	m, _ := newMachine(t, truth, "")
	m.now.NTP = true
	m.pass(60)
	old := device.PresenceKey(truth.AddDate(0, 0, -presenceDays-1).Unix())
	near := device.PresenceKey(truth.AddDate(0, 0, -presenceDays+1).Unix())
	m.d.store.PutRows([]store.Row{{Kind: store.RowPresence, Key: old, Value: []byte{1, 0}}, {Kind: store.RowPresence, Key: near, Value: []byte{1, 0}}})
	m.skip(8 * time.Hour) // past midnight
	m.d.keepNow()
	rows, err := m.d.store.Rows(store.RowPresence)
	var keys []string
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	if diff := cmp.Diff([]string{near, device.PresenceKey(truth.Unix())}, keys); diff != "" || err != nil {
		t.Errorf("%v, rows (-want +got):\n%s", err, diff)
	}
}
