package daemon

import (
	"context"
	"errors"
	"strings"
	"time"

	"weir/internal/api"
	"weir/internal/device"
	"weir/internal/openwrt"
	"weir/internal/ubus"
)

// hostapdPrefix begins the names of hostapd's objects; the name of a network device
// follows.
const hostapdPrefix = "hostapd."

// Bounds of what is asked of hostapd.
const (
	maxAccessPoints = 32
	pointEvery      = 30 * time.Second // how an access point is set up seldom changes
)

// radio is an access point of this machine.
type radio struct {
	object string
	openwrt.AccessPoint
	asked    time.Time // when it was asked how it is set up
	stations int
	served   []device.Station // by the last answer
}

// tellStations tells the engine who is at which access point of this machine.
func (d *Daemon) tellStations(ctx context.Context) error {
	objects, err := d.hostapd(ctx)
	if err != nil || objects == nil && d.radios() == nil {
		return err
	}
	before := make(map[string]radio)
	for _, r := range d.radios() {
		before[r.object] = r
	}
	all := make([]radio, 0, len(objects))
	var stations []device.Station
	var errs []error
	for _, object := range objects {
		r := before[object]
		r.object = object
		if time.Since(r.asked) >= pointEvery {
			point, err := openwrt.ReadAccessPoint(ctx, &d.bus, object)
			if err == nil {
				r.AccessPoint = point
			}
			r.asked = time.Now()
			errs = append(errs, err)
		}
		found, err := openwrt.Stations(ctx, &d.bus, object)
		errs = append(errs, err)
		if err == nil || errors.Is(err, ubus.NotFound) { // else it has those it had
			r.served = nil
			for i := range found {
				if found[i].Authorized {
					r.served = append(r.served, r.station(&found[i]))
				}
			}
			r.stations = len(r.served)
		}
		stations = append(stations, r.served...)
		all = append(all, r)
	}
	d.mu.Lock()
	d.points = all
	d.mu.Unlock()
	d.engine.SetStations(stations, d.now().UnixMicro())
	return errors.Join(errs...)
}

// hostapd returns the names of hostapd's objects, nil where it is not there.
func (d *Daemon) hostapd(ctx context.Context) ([]string, error) {
	if !d.bus.reachable(ctx) {
		return nil, nil
	}
	paths, err := d.bus.list(ctx, hostapdPrefix+"*")
	return paths[:min(len(paths), maxAccessPoints)], err
}

// radios returns the access points as they were found last.
func (d *Daemon) radios() []radio {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.points
}

// device returns the network device of an access point.
func (r *radio) device() string { return strings.TrimPrefix(r.object, hostapdPrefix) }

// station turns what hostapd says of a station into the engine's.
func (r *radio) station(s *openwrt.Station) device.Station {
	return device.Station{
		MAC: s.MAC, Point: r.device(), SSID: r.SSID, Freq: uint16(r.Freq),
		Signal: int8(max(s.Signal, -128)), RxRate: uint32(s.RxRate), TxRate: uint32(s.TxRate),
	}
}

// AccessPoints implements api.Identity.
func (d *Daemon) AccessPoints() ([]api.AccessPoint, error) {
	radios := d.radios()
	all := make([]api.AccessPoint, len(radios))
	for i := range radios {
		r := &radios[i]
		all[i] = api.AccessPoint{
			Name: r.device(), SSID: r.SSID, BSSID: r.BSSID, State: r.State, PHY: r.PHY,
			Channel: r.Channel, Freq: r.Freq, Busy: r.Busy, Stations: r.stations,
		}
	}
	return all, d.bus.why()
}
