package daemon

import (
	"fmt"
	"testing"
	"time"

	"weir/test/ask"
)

// The methods behind the pages answer from the real daemon, and say the same as
// others do.
func TestMethodsOfPages(t *testing.T) {
	m, _ := newMachine(t, truth, "config device 'anna'\n\toption name 'Anna'\n\tlist mac '"+phoneKey+"'\n")
	m.now.NTP = true
	m.d.began()
	m.pass(3700)
	phone := m.idOf(phoneMAC)

	day := m.ask("top", map[string]any{"class": "total", "from": midnight(m.now.Wall), "to": m.now.Wall.Unix() + 1})
	summary := m.ask("summary", nil)
	if got, want := ask.Number(summary, "today.tx"), ask.Number(day, "top.0.bytes.tx"); got != want || got == 0 {
		t.Errorf("%d bytes were sent today, top says %d", got, want)
	}
	if ask.At(summary, "today.of") != "house" || ask.At(summary, "cycle") != nil || ask.Number(summary, "now.devices_known") != 1 {
		t.Errorf("summary %v", summary)
	}
	if d := ask.At(summary, "devices.0"); ask.Number(d, "id") != uint64(phone) || ask.At(d, "name") != "Anna" || ask.Number(d, "today") != ask.Number(day, "top.0.bytes.tx") {
		t.Errorf("devices of the summary: %v", d)
	}

	live := m.ask("live", map[string]any{"seconds": int64(100)})
	var moved float64
	for _, v := range ask.At(live, "total.tx").([]any) {
		moved += v.(float64) / 8
	}
	if moved != 5*3*100 || ask.At(live, "members.0.key") != fmt.Sprint(phone) || ask.Number(live, "start")+100 < uint64(m.now.Wall.Unix()) {
		t.Errorf("%v bytes within a hundred seconds, %v", moved, live["members"])
	}
	apps := m.ask("live", map[string]any{"by": "app", "since": m.now.Wall.Unix() - 10})
	if ask.At(apps, "members.0.key") != "dns" || len(ask.At(apps, "total.tx").([]any)) > 10 {
		t.Errorf("by application: %v", apps)
	}

	for text, kind := range map[string]string{"ann": "device", "203.0.113": "host", "dn": "app"} {
		if got := ask.At(m.ask("search", map[string]any{"text": text}), "items.0.kind"); got != kind {
			t.Errorf("%q is a %v, want a %s", text, got, kind)
		}
	}

	activity := m.ask("activity", map[string]any{"device": int64(phone)})
	week := fmt.Sprintf("activity.week.%d.%d.tx", truth.Weekday(), truth.Hour())
	if ask.Number(activity, week) == 0 || ask.Number(activity, "activity.peers.0.flows") != 1 || ask.Number(activity, "activity.ports.0.port") != 53 {
		t.Errorf("activity %v", activity)
	}
	of := m.ask("activity", map[string]any{"ip": "203.0.113.7"})
	if ask.At(of, "activity.week") != nil || ask.At(of, "activity.device") != nil || ask.At(of, "activity.ports.0.server") != true {
		t.Errorf("activity of a remote host %v", of)
	}

	hosts := m.ask("hosts", map[string]any{"scope": "remote", "name": "203"})
	if ask.Number(hosts, "total") != 0 {
		t.Errorf("an address is a name: %v", hosts)
	}
	events := m.ask("events", map[string]any{"period": "day", "kind": "start"})
	if ask.Number(events, "total") != 1 {
		t.Errorf("events %v", events)
	}
	diagnosis := m.ask("diagnosis", nil)
	if ask.At(diagnosis, "status.version") != "test" || ask.At(diagnosis, "db.live.path") == nil || ask.At(diagnosis, "machine.arch") == nil {
		t.Errorf("diagnosis %v", diagnosis)
	}
	zones := m.ask("matrix", map[string]any{"class": "zone_zone"})
	if ask.At(zones, "policies") != nil {
		t.Errorf("a firewall where there is none: %v", zones)
	}
}

// midnight returns when the day of a time began, in the zone of the process.
func midnight(at time.Time) int64 {
	y, month, d := at.In(time.Local).Date()
	return time.Date(y, month, d, 0, 0, 0, 0, time.Local).Unix()
}
