package daemon

import (
	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/logfmt"
)

// storageAlert is the type of alerts about where history is kept.
const storageAlert = "storage"

// raise adds an alert to the list and to the log, unless one about the same was
// raised a short time ago.
func (d *Daemon) raise(n alert.New) {
	now := d.opt.Now()
	n.At, n.Up = now.Wall, now.Up
	a, ok := d.alerts.Raise(n)
	if !ok {
		return
	}
	d.tellAlert(api.AlertNote(a))
	level := logfmt.Warn
	if a.Severity >= alert.Error {
		level = logfmt.Error
	}
	d.log.Log(level, a.Text, "alert", a.Type, "severity", a.Severity.String())
}
