package openwrt

import (
	"context"
	"errors"

	"weir/internal/packet"
	"weir/internal/ubus"
)

// AccessPoint is a wireless network that hostapd serves.
type AccessPoint struct {
	SSID    string
	BSSID   packet.MAC
	State   string // ENABLED, DFS, DISABLED … as hostapd has it
	PHY     string
	Freq    int // MHz
	Channel int
	// Busy is how much of its time the channel is in use, 0 to 255, as in the
	// BSS load element (IEEE 802.11, 9.4.2.27); -1 where the driver does not say.
	Busy int
}

// ReadAccessPoint asks hostapd for the network of an object such as
// "hostapd.phy0-ap0".
func ReadAccessPoint(ctx context.Context, c Caller, object string) (AccessPoint, error) {
	m, err := ask(ctx, c, object, "get_status", nil)
	if err != nil {
		return AccessPoint{}, err
	}
	ap := AccessPoint{
		SSID: cleanText(m.Text("ssid")), State: cleanText(m.Text("status")), PHY: cleanText(m.Text("phy")),
		Freq: small(m, "freq"), Channel: small(m, "channel"), Busy: -1,
	}
	ap.BSSID, _ = parseMAC(m.Text("bssid"))
	airtime := m.Msg("airtime")
	if n, ok := airtime.Int("utilization"); ok && n >= 0 && n <= 255 {
		ap.Busy = int(n)
	}
	return ap, nil
}

// Station is a client of an AccessPoint.
type Station struct {
	MAC        packet.MAC
	Authorized bool // its key was accepted: it may send data
	Signal     int  // dBm, below 0; 0 where the driver does not say
	RxRate     int  // kbit/s at which it sends to us; 0 where the driver does not say
	TxRate     int  // kbit/s at which we send to it
	RxBytes    uint64
	TxBytes    uint64
}

// Stations returns the clients of an object such as "hostapd.phy0-ap0"; none if
// it is gone.
func Stations(ctx context.Context, c Caller, object string) ([]Station, error) {
	reply, err := ask(ctx, c, object, "get_clients", nil)
	if errors.Is(err, ubus.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Station
	for f := range fields(reply.Msg("clients")) {
		mac, ok := parseMAC(string(f.Name))
		if !ok {
			continue
		}
		m := f.Msg()
		s := Station{MAC: mac, Authorized: m.Bool("authorized"), Signal: small(m, "signal")}
		rate, bytes := m.Msg("rate"), m.Msg("bytes")
		s.RxRate, s.TxRate = small(rate, "rx"), small(rate, "tx")
		s.RxBytes, s.TxBytes = large(bytes, "rx"), large(bytes, "tx")
		all = append(all, s)
	}
	return all, nil
}

// small reads a number that fits 32 bits; 0 for any other.
func small(m ubus.Msg, name string) int {
	n, _ := m.Int(name)
	if n != int64(int32(n)) {
		return 0
	}
	return int(n)
}

// large reads a counter, which blobmsg carries in a signed type.
func large(m ubus.Msg, name string) uint64 {
	n, _ := m.Int(name)
	return uint64(n)
}
