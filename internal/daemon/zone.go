package daemon

import (
	"time"

	"weir/internal/clock"
	"weir/internal/openwrt"
	"weir/uci"
)

// zoneRoot is the root of the file system that a router's zone is read from.
const zoneRoot = "/"

// setZone finds out the zone that the router is in, in which days and months
// begin: by the rules that its configuration or its C library has, by its name
// where zoneinfo files are installed, and else that of the process.
func (d *Daemon) setZone(cfg *uci.Config) {
	zone, err := zoneOfRouter(cfg)
	if err != nil {
		d.log.Warn("the router's time zone is not understood; days begin at the midnights of "+zone.String(), "error", err)
	}
	d.zone.Store(zone)
}

func zoneOfRouter(cfg *uci.Config) (*time.Location, error) {
	text, name := cfg.Router.TZ, cfg.Router.Timezone
	var err error
	if text == "" {
		text, err = openwrt.ReadTZ(zoneRoot)
	}
	if text != "" {
		var zone *time.Location
		if zone, err = clock.ParseTZ(text); err == nil {
			return zone, nil
		}
	}
	if name != "" {
		if zone, loadErr := time.LoadLocation(name); loadErr == nil {
			return zone, nil
		}
	}
	return time.Local, err
}

// calendar cuts time into the days and months of the router's zone.
func (d *Daemon) calendar() clock.Calendar { return clock.Calendar{Zone: d.zone.Load()} }
