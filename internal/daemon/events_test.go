package daemon

import (
	"strings"
	"testing"

	"weir/internal/alert"
)

// A device that nobody knew is told if there is a rule for it, once, and not again
// after a restart.
func TestNewDevice(t *testing.T) {
	for _, rule := range []bool{true, false} {
		extra := ""
		if rule {
			extra = "config alert 'new_device'\n\toption severity 'notice'\n"
		}
		m, _ := newMachine(t, truth, extra)
		m.now.NTP = true
		m.pass(60)
		m.d.hearDevices()
		m.pass(60)
		m.d.hearDevices()
		m.stop()
		m.start()
		m.pass(60)
		m.d.hearDevices()
		a := m.alertsOf(newDevice)
		switch {
		case !rule && len(a) != 0:
			t.Errorf("without a rule: %+v", a)
		case rule && (len(a) != 1 || a[0].Severity != alert.Notice || !strings.EqualFold(a[0].Device, phoneKey) || !strings.Contains(a[0].Text, a[0].Device)):
			t.Errorf("%+v", a)
		}
	}
}
