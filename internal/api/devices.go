package api

import (
	"context"

	"weir/internal/engine"
)

var devicesMethod = Method{
	Name:    "devices",
	Doc:     "Things in the house, each with all its addresses.",
	Args:    paging(engine.DeviceSorts, ifaceArg, deviceArg, ipArg, macArg, vlanArg, nameArg, ipverArg, minBytesArg, onlineArg, textArg),
	Example: `{"online":true,"limit":1}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Devices(filterOf(a), p)
		return list(b, p, "devices", rows, total, encodeDevice), nil
	},
}

func devicesAnswer() []Field {
	return paged("devices", "one for each device", deviceFields())
}

var deviceMethod = Method{
	Name:    "device",
	Doc:     "One device.",
	Args:    []Arg{{Name: "id", Type: Int, Doc: "id of the device, from devices", Min: 1, Max: 1<<32 - 1, Required: true}},
	Example: `{"id":2}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		id := arg[int64](a, "id")
		row, ok := b.Traffic.Device(uint32(id))
		if !ok {
			return nil, notFound("list devices for those that are known", "there is no device %d", id)
		}
		return one(b, "device", row, encodeDevice), nil
	},
}

func deviceAnswer() []Field {
	return single("device", deviceFields())
}

func deviceFields() []Field {
	return []Field{
		{"id", Integer, false, "stable for the life of the database"},
		{"name", Text, true, "its name, the best that is known"},
		{"name_by", Text, true, "where the name is from: user, static_lease, lease, dhcp, mdns …"},
		{"vendor", Text, true, "who made its hardware"},
		{"type", Text, true, "what it seems to be: phone, computer, tv, printer …"},
		{"os", Text, true, "operating system that it seems to run"},
		{"macs", List, false, "hardware addresses"},
		{"macs[]", Text, false, ""},
		{"ips", List, false, "addresses, at most 16, newest first"},
		{"ips[]", Text, false, ""},
		{"random_mac", Flag, false, "its hardware address is made up (locally administered)"},
		{"router", Flag, false, "it is this router"},
		{"iface", Text, true, "interface it was last seen on"},
		{"vlan", Integer, true, "802.1Q VLAN"},
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

func encodeDevice(e *Encoder, d *engine.DeviceRow) {
	e.Uint("id", uint64(d.ID))
	textOrNull(e, "name", d.Name)
	textOrNull(e, "name_by", d.NameBy)
	textOrNull(e, "vendor", d.Vendor)
	textOrNull(e, "type", d.Type.String())
	textOrNull(e, "os", d.OS.String())
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
	e.Bool("random_mac", d.RandomMAC)
	e.Bool("router", d.Router)
	textOrNull(e, "iface", d.Interface)
	uintOrNull(e, "vlan", uint64(d.VLAN))
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
