package daemon

import (
	"cmp"

	"weir/internal/alert"
	"weir/internal/device"
)

// newDevice is the name of the rule about devices that nobody knew, and the type of
// its alerts.
const newDevice = "new_device"

// hearDevices takes what happened to devices, and raises the alerts that rules ask
// for.
func (d *Daemon) hearDevices() {
	for _, e := range d.engine.DeviceEvents() {
		if e.What == device.New {
			d.tellNew(&e)
		}
	}
}

func (d *Daemon) tellNew(e *device.Event) {
	rules := d.config.Load().Alerts
	for i := range rules {
		r := &rules[i]
		if r.ID != newDevice || !r.Enabled {
			continue
		}
		severity, ok := alert.ParseSeverity(string(r.Severity))
		if !ok {
			severity = alert.Warning
		}
		text := "a new device is here: " + cmp.Or(e.Name, e.Key)
		if e.Name != "" {
			text += ", " + e.Key
		}
		if ip := e.Addr.IP(); ip.IsValid() && !ip.IsUnspecified() {
			text += ", at " + ip.String()
		}
		d.raise(alert.New{Severity: severity, Type: newDevice, Subject: e.Key, Device: e.Key, Text: text})
	}
}
