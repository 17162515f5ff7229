package api

import (
	"context"
	"sort"

	"weir/internal/device"
	"weir/internal/engine"
)

var wifiMethod = Method{
	Name:    "wifi",
	Doc:     "Stations of the access points of this machine, and these.",
	Args:    []Arg{deviceArg, limitArg, offsetArg},
	Example: `{}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("wifi")
		}
		points, why := b.Identity.AccessPoints()
		rows := stationsOf(b, uint32(arg[int64](a, "device")))
		p := engine.Page{Limit: int(arg[int64](a, "limit")), Offset: int(arg[int64](a, "offset"))}
		stations := list(b, p, "stations", pageRows(rows, p), len(rows), encodeStation)
		return func(e *Encoder) {
			stations(e)
			e.Array("aps")
			for i := range points {
				e.Table("")
				encodeAccessPoint(e, &points[i])
				e.EndTable()
			}
			e.EndArray()
			errorOrNull(e, "why", why)
		}, nil
	},
}

func wifiAnswer() []Field {
	return append(paged("stations", "one for each device, by access point and name", append([]Field{
		{"device", Integer, false, "id of the device"},
		{"name", Text, true, "its name"},
	}, wifiLinkFields()...)), append([]Field{
		{"aps", List, false, "wireless networks that hostapd serves"},
		{"aps[]", Table, false, ""},
	}, append(under("aps[]", []Field{
		{"ap", Text, false, "its network device"},
		{"ssid", Text, true, "name of the network"},
		{"bssid", Text, true, ""},
		{"state", Text, true, "ENABLED, DFS, DISABLED … as hostapd has it"},
		{"phy", Text, true, "radio"},
		{"channel", Integer, true, ""},
		{"freq", Integer, true, "MHz"},
		{"band", Text, true, "2.4 GHz, 5 GHz or 6 GHz"},
		{"busy_pct", Number, true, "of its time that the channel is in use"},
		{"stations", Integer, false, "that it serves"},
	}), Field{"why", Text, true, "why they are not known; null when they are"})...)...)
}

// wifiLinkFields are what is known of a device's radio link.
func wifiLinkFields() []Field {
	return []Field{
		{"ap", Text, false, "network device of the access point"},
		{"ssid", Text, true, "name of the network"},
		{"band", Text, true, "2.4 GHz, 5 GHz or 6 GHz"},
		{"signal", Integer, true, "dBm"},
		{"rx_rate", Integer, true, "bits per second at which it sends to the access point"},
		{"tx_rate", Integer, true, "at which the access point sends to it"},
		{"since", Integer, false, "when it was first met at this access point"},
		{"roams", Integer, false, "how often it went from one access point of this machine to another"},
	}
}

func encodeWifiLink(e *Encoder, l *device.Link) {
	e.Str("ap", l.Point)
	textOrNull(e, "ssid", l.SSID)
	textOrNull(e, "band", l.Band())
	if l.Signal == 0 {
		e.Null("signal")
	} else {
		e.Int("signal", int64(l.Signal))
	}
	uintOrNull(e, "rx_rate", uint64(l.RxRate)*1000)
	uintOrNull(e, "tx_rate", uint64(l.TxRate)*1000)
	e.Int("since", l.Since/second)
	e.Uint("roams", uint64(l.Roamed))
}

func encodeStation(e *Encoder, d *engine.DeviceRow) {
	e.Uint("device", uint64(d.ID))
	textOrNull(e, "name", deviceLabel(d))
	encodeWifiLink(e, d.Link)
}

func encodeAccessPoint(e *Encoder, p *AccessPoint) {
	e.Str("ap", p.Name)
	textOrNull(e, "ssid", p.SSID)
	hardware(e, "bssid", p.BSSID)
	textOrNull(e, "state", p.State)
	textOrNull(e, "phy", p.PHY)
	uintOrNull(e, "channel", uint64(max(p.Channel, 0)))
	uintOrNull(e, "freq", uint64(max(p.Freq, 0)))
	textOrNull(e, "band", (&device.Link{Freq: uint16(p.Freq)}).Band())
	milliOrNull(e, "busy_pct", int64(p.Busy)*100_000/255, p.Busy >= 0)
	e.Int("stations", int64(p.Stations))
}

// stationsOf returns the devices that are connected by radio, all or one.
func stationsOf(b *Backend, id uint32) []engine.DeviceRow {
	var rows []engine.DeviceRow
	p := engine.Page{Sort: "name", Limit: engine.MaxRows}
	for more := true; more; p.Offset += p.Limit {
		page, total := b.Traffic.Devices(engine.Filter{Device: id}, p)
		for i := range page {
			if page[i].Link != nil {
				rows = append(rows, page[i])
			}
		}
		more = total > p.Offset+p.Limit
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].Link.Point < rows[j].Link.Point })
	return rows
}
