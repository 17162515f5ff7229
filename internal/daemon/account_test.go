package daemon

import (
	"fmt"
	"strings"
	"testing"

	"weir/internal/rollup"
	"weir/internal/usage"
)

// Quotas of all uplinks, of one, of a device and of a group count what the series
// count, warn once at each percentage, and go on after a restart and a reboot as if
// nothing had been.
func TestQuotas(t *testing.T) {
	quota := func(name, scope string) string {
		return fmt.Sprintf("config quota '%s'\n\toption scope '%s'\n\toption bytes '100000'\n\toption warn '50 80'\n", name, scope)
	}
	m, reboot := newMachine(t, truth, quota("house", "wan")+quota("line", "wan:wan2")+quota("phone", "device:"+phoneKey)+
		quota("kids", "pool:kids")+"config pool 'group'\n\toption name 'kids'\n\tlist network '192.168.1.0/24'\n")
	m.now.NTP = true
	var lines [2]uint64
	run := func(seconds int) {
		for range seconds / 5 {
			m.pass(5)
			m.d.addCoverage("wan", usage.Step{Interface: usage.Counts{RxBytes: 30}})
			m.d.addCoverage("wan2", usage.Step{Interface: usage.Counts{TxBytes: 50}})
			feed(m.T, m.d, m.now.Wall, phoneMAC, "192.168.1.20", 53, 1)
			m.fed++
			lines[0] += 80
			lines[1] += 50
			m.d.account(m.now)
		}
	}
	check := func(when string) {
		m.Helper()
		m.d.tick(m.now)
		m.d.account(m.now)
		want := map[string]uint64{"house": lines[0], "line": lines[1], "phone": m.fed * 100, "kids": m.fed * 100}
		for _, u := range m.d.Uses() {
			if u.Used != want[u.Quota.Name] {
				m.Errorf("%s: quota %s: %d bytes, want %d", when, u.Quota.Name, u.Used, want[u.Quota.Name])
			}
		}
		crossed := map[string]int{}
		for _, a := range m.alertsOf("quota") {
			for name := range want {
				if strings.Contains(a.Text, "quota "+name+" is") {
					crossed[name]++
				}
			}
		}
		for name, used := range want {
			n := 0
			for _, percent := range []uint64{50, 80, 100} {
				if used >= percent*1000 {
					n++
				}
			}
			if crossed[name] != n {
				m.Errorf("%s: %d alerts of quota %s, want %d", when, crossed[name], name, n)
			}
		}
	}
	run(2500)
	check("first")
	m.stop()
	m.start()
	run(2500)
	check("after a restart")
	m.rebooted(reboot)
	run(2500)
	check("after a reboot")
	id, _ := m.d.Find(rollup.Uplink, "wan2")
	q := rollup.Query{Class: rollup.Uplink, ID: id, Metric: rollup.Bytes, From: truth.Unix() - 3600, To: m.now.Wall.Unix() + 3600, Points: 6}
	s, err := m.d.Series(m.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	total := uint64(0)
	for _, v := range s.Values {
		total += v
	}
	if total != lines[1] {
		t.Errorf("series of the line: %d bytes, its quota counted %d", total, lines[1])
	}
	reply := m.ask("quotas", nil)
	if text := fmt.Sprint(reply); !strings.Contains(text, "kids") || !strings.Contains(text, "house") {
		t.Errorf("quotas: %v", reply)
	}
}

// A quota or group that is about a device goes on for what that was found to be a part
// of: nobody gets a new budget by it.
func TestQuotaOfAMember(t *testing.T) {
	tvKey := tvMAC.String()
	m, _ := newMachine(t, truth, "config quota 'tv'\n\toption scope 'device:"+tvKey+"'\n\toption bytes '100000'\n"+
		"config quota 'group'\n\toption scope 'pool:kids'\n\toption bytes '100000'\n"+
		"config device\n\tlist mac '"+tvKey+"'\n\toption pool 'kids'\nconfig pool 'kids'\n")
	m.now.NTP = true
	used := func(when string, want uint64) {
		t.Helper()
		m.d.account(m.now)
		for _, u := range m.d.Uses() {
			if u.Used != want {
				t.Errorf("%s: %d bytes of quota %s, want %d", when, u.Used, u.Quota.Name, want)
			}
		}
	}
	m.pass(60)
	m.d.account(m.now)
	feed(t, m.d, m.now.Wall, tvMAC, "192.168.1.30", 443, 5)
	m.pass(60)
	used("apart", 500)
	if err := m.d.MergeDevices(m.idOf(phoneMAC), m.idOf(tvMAC)); err != nil {
		t.Fatal(err)
	}
	used("joined", 500)
	before := m.fed
	m.pass(60)
	used("as one", 500+100*(m.fed-before))
}
