package api

import (
	"cmp"
	"context"
	"slices"

	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/rollup"
)

var hiddenArg = Arg{Name: "hidden", Type: Bool, Doc: "true: also devices that the configuration leaves out of lists"}

var devicesMethod = Method{
	Name:    "devices",
	Doc:     "Things in the house, each with all its addresses.",
	Args:    paging(engine.DeviceSorts, ifaceArg, deviceArg, ipArg, macArg, vlanArg, nameArg, ipverArg, minBytesArg, onlineArg, networkArg, zoneArg, textArg, hiddenArg),
	Example: `{"online":true,"limit":1}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		p, f := pageOf(a), filterOf(a)
		f.Listed = !arg[bool](a, "hidden")
		rows, total := b.Traffic.Devices(f, p)
		views, err := deviceViews(ctx, b, rows)
		if err != nil {
			return nil, err
		}
		return list(b, p, "devices", views, total, encodeDeviceView), nil
	},
}

func devicesAnswer() []Field {
	return paged("devices", "one for each device", append(deviceFields(), profileFields()...))
}

// deviceView is a device with what is known of it beside its traffic.
type deviceView struct {
	engine.DeviceRow
	profile      Profile
	today, cycle rollup.Values
	counted      bool // history tells both
	account      bool // it tells the cycle
}

// deviceViews adds to rows what others know of them.
func deviceViews(ctx context.Context, b *Backend, rows []engine.DeviceRow) ([]deviceView, error) {
	views := make([]deviceView, len(rows))
	for i := range rows {
		views[i].DeviceRow = rows[i]
		if b.Identity != nil {
			views[i].profile = b.Identity.Profile(&rows[i])
		}
	}
	if b.History == nil || len(rows) == 0 {
		return views, nil
	}
	now := b.now().Unix()
	from := max(b.calendar().Floor(now, clock.Day), 0)
	today, err := amountsOf(ctx, b, span{from, max(now, from+1)})
	if err != nil {
		return nil, err
	}
	var cycle map[uint32]rollup.Values
	if b.Account != nil {
		from = b.cycle("", 0).from
		if cycle, err = amountsOf(ctx, b, span{from, max(now, from+1)}); err != nil {
			return nil, err
		}
	}
	for i := range views {
		v := &views[i]
		v.counted, v.account = true, b.Account != nil
		v.today, v.cycle = today[v.ID], cycle[v.ID]
	}
	return views, nil
}

// amountsOf returns what devices moved over a time, by their IDs.
func amountsOf(ctx context.Context, b *Backend, s span) (map[uint32]rollup.Values, error) {
	rows, err := largest(ctx, b, rollup.Device, s, rollup.MaxPoints)
	if err != nil {
		return nil, err
	}
	amounts := make(map[uint32]rollup.Values, len(rows))
	for i := range rows {
		amounts[rows[i].ID] = rows[i].Values
	}
	return amounts, nil
}

// deviceFields are what a device has in lists and files.
func deviceFields() []Field {
	return slices.Concat(deviceNameFields(), []Field{
		{"macs", List, false, "hardware addresses"},
		{"macs[]", Text, false, ""},
		{"ips", List, false, "addresses, at most 16, newest first"},
		{"ips[]", Text, false, ""},
	}, deviceRowFields())
}

// deviceNameFields are what a device is, deviceRowFields what it does.
func deviceNameFields() []Field {
	return []Field{
		{"id", Integer, false, "stable for the life of the database"},
		{"name", Text, true, "its name, the best that is known"},
		{"name_by", Text, true, "where the name is from: user, static_lease, lease, dhcp, mdns …"},
		{"vendor", Text, true, "who made its hardware"},
		{"type", Text, true, "what it seems to be: phone, computer, tv, printer …"},
		{"os", Text, true, "operating system that it seems to run"},
	}
}

func deviceRowFields() []Field {
	return []Field{
		{"random_mac", Flag, false, "its hardware address is made up (locally administered)"},
		{"router", Flag, false, "it is this router"},
		{"iface", Text, true, "interface it was last seen on"},
		{"vlan", Integer, true, "802.1Q VLAN"},
		{"network", Text, true, "network it was last seen in"},
		{"zone", Text, true, "firewall zone of that"},
		{"pool", Text, true, "group it belongs to"},
		{"online", Flag, false, "seen recently"},
		{"first", Integer, true, "first seen"},
		{"last", Integer, true, "last seen"},
		{"bytes", TxRx, false, "IP bytes since it was first seen: tx sent by it, rx received"},
		{"pkts", TxRx, false, "IP packets since it was first seen"},
		{"bps", TxRx, false, "throughput at present"},
		{"flows", Table, false, "its flows"},
		{"flows.active", Integer, false, "alive now"},
		{"flows.total", Integer, false, "since it was first seen"},
	}
}

// profileFields are what is known of a device beside its traffic.
func profileFields() []Field {
	return slices.Concat([]Field{
		{"link", Table, true, "what it is connected by; null when that is not known"},
		{"link.wifi", Table, true, "an access point of this machine; null for none"},
	}, under("link.wifi", wifiLinkFields()), []Field{
		{"link.port", Text, true, "port of a bridge that it is behind"},
		{"icon", Text, true, "icon to show, as the configuration has it; null for that of its type"},
		{"note", Text, true, "what was written about it"},
		{"private", Flag, false, "no names of what it talks to are kept"},
		{"hidden", Flag, false, "it is to be left out of lists"},
		{"today", TxRx, true, "bytes since midnight; null without history"},
		{"cycle", TxRx, true, "bytes in the accounting cycle of the house; null where nothing is accounted"},
	})
}

// encodeDevice writes a device as files have it.
func encodeDevice(e *Encoder, d *engine.DeviceRow) {
	encodeDeviceName(e, d)
	e.Array("macs")
	for _, mac := range d.MACs {
		hardware(e, "", mac)
	}
	e.EndArray()
	e.Array("ips")
	for _, ip := range d.IPs {
		address(e, "", ip)
	}
	e.EndArray()
	encodeDeviceRow(e, d)
}

func encodeDeviceView(e *Encoder, v *deviceView) {
	encodeDevice(e, &v.DeviceRow)
	v.encodeProfile(e)
}

func encodeDeviceName(e *Encoder, d *engine.DeviceRow) {
	e.Uint("id", uint64(d.ID))
	textOrNull(e, "name", d.Name)
	textOrNull(e, "name_by", d.NameBy)
	textOrNull(e, "vendor", d.Vendor)
	textOrNull(e, "type", d.Type.String())
	textOrNull(e, "os", d.OS.String())
}

func encodeDeviceRow(e *Encoder, d *engine.DeviceRow) {
	e.Bool("random_mac", d.RandomMAC)
	e.Bool("router", d.Router)
	textOrNull(e, "iface", d.Interface)
	uintOrNull(e, "vlan", uint64(d.VLAN))
	textOrNull(e, "network", d.Network)
	textOrNull(e, "zone", d.Zone)
	textOrNull(e, "pool", d.Pool)
	e.Bool("online", d.Online)
	timeOrNull(e, "first", d.First)
	timeOrNull(e, "last", d.Last)
	pair(e, "bytes", d.Bytes)
	pair(e, "pkts", d.Packets)
	pair(e, "bps", d.BpsNow)
	e.Table("flows")
	e.Uint("active", uint64(d.ActiveFlows))
	e.Uint("total", d.TotalFlows)
	e.EndTable()
}

func (v *deviceView) encodeProfile(e *Encoder) {
	if v.Link == nil && v.Port == "" {
		e.Null("link")
	} else {
		e.Table("link")
		if v.Link == nil {
			e.Null("wifi")
		} else {
			e.Table("wifi")
			encodeWifiLink(e, v.Link)
			e.EndTable()
		}
		textOrNull(e, "port", v.Port)
		e.EndTable()
	}
	textOrNull(e, "icon", v.profile.Icon)
	textOrNull(e, "note", v.profile.Note)
	e.Bool("private", v.profile.Private)
	e.Bool("hidden", v.profile.Hidden)
	pairOrNull(e, "today", movedIn(v.today), v.counted)
	pairOrNull(e, "cycle", movedIn(v.cycle), v.account)
}

func movedIn(v rollup.Values) engine.Pair[uint64] {
	return engine.Pair[uint64]{Tx: v.TxBytes, Rx: v.RxBytes}
}

// deviceLabel is what a device is called in a message.
func deviceLabel(d *engine.DeviceRow) string { return cmp.Or(d.Name, d.Key) }
