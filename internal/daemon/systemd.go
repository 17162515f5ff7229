package daemon

import (
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// States that systemd is told (sd_notify(3)). Without systemd nothing happens.
const (
	ready    = sd.SdNotifyReady
	stopping = sd.SdNotifyStopping
	watchdog = sd.SdNotifyWatchdog
)

// notify tells systemd a state. It is a courtesy: a failure changes nothing for
// weir, and systemd acts on what it does not hear.
func notify(state string) { _, _ = sd.SdNotify(false, state) }

// notifyReloading tells that the configuration is read again, and since when, as
// services of Type=notify-reload have to.
func notifyReloading() { notify(sd.SdNotifyReloading + "\n" + sd.SdNotifyMonotonicUsec()) }

// watchdogEvery returns how often systemd wants to hear that weir lives, 0 for
// never.
func watchdogEvery() time.Duration {
	d, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		return 0
	}
	return d / 2
}
