package api

import (
	"context"
	"net/netip"
	"slices"

	"weir/internal/device"
	"weir/internal/engine"
)

var hostMethod = Method{
	Name:    "host",
	Doc:     "One address that was seen, with what is known of its device; activity tells what it does.",
	Args:    []Arg{{Name: "ip", Type: String, Doc: "the address", Form: "an address, as 192.168.1.20", Required: true, parse: parseAddr}},
	Example: `{"ip":"192.168.1.20"}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		ip := arg[netip.Addr](a, "ip")
		row, ok := b.Traffic.Host(ip)
		if !ok {
			return nil, notFound("remote hosts leave memory when they are idle", "host %s is not known", ip)
		}
		d := hostDetail{hostView: hostsOf(b, []engine.HostRow{row})[0]}
		d.facts, _ = b.Traffic.HostFacts(ip)
		if row.Device != 0 {
			d.device, d.hasDevice = b.Traffic.Device(row.Device)
		}
		return one(b, "host", d, encodeHostDetail), nil
	},
}

func hostAnswer() []Field {
	return single("host", slices.Concat(hostFields(), []Field{
		{"prefix", Text, true, "network of the house that it is in, as 192.168.1.0/24"},
		{"names", List, false, "what it is called: those of its device, the most trusted first, then what clients of live flows asked for"},
		{"names[]", Table, false, ""},
		{"names[].name", Text, false, ""},
		{"names[].by", Text, false, "where that is from, as name_by of devices and host_by"},
		{"of", Table, true, "its device; null when it is none's"},
		{"of.key", Text, false, "what names it for good"},
		{"of.vendor", Text, true, "who made its hardware"},
		{"of.type", Text, true, "what it seems to be"},
		{"of.os", Text, true, "operating system that it seems to run"},
		{"of.router", Flag, false, "it forwards traffic of others: this router, or an access point"},
		{"of.pool", Text, true, "group it belongs to"},
		{"of.port", Text, true, "port of a bridge that it is behind"},
		{"of.ssid", Text, true, "wireless network that it is connected by"},
		{"of.online", Flag, false, "seen recently"},
	}))
}

// hostDetail is a host with all that is known.
type hostDetail struct {
	hostView
	facts     engine.HostFacts
	device    engine.DeviceRow
	hasDevice bool
}

func encodeHostDetail(e *Encoder, h *hostDetail) {
	encodeHost(e, &h.hostView)
	if p := h.facts.Prefix; p.IsValid() {
		var b [64]byte
		e.Bytes("prefix", p.AppendTo(b[:0]))
	} else {
		e.Null("prefix")
	}
	e.Array("names")
	name := func(text, by string) {
		e.Table("")
		e.Str("name", text)
		e.Str("by", by)
		e.EndTable()
	}
	for i := range h.device.Evidence {
		if v := &h.device.Evidence[i]; v.Kind.Names() {
			name(v.Value, v.Kind.String())
		}
	}
	for _, c := range h.facts.Called {
		name(c.Name, c.By)
	}
	e.EndArray()
	h.encodeDevice(e)
}

func (h *hostDetail) encodeDevice(e *Encoder) {
	d := &h.device
	if !h.hasDevice {
		e.Null("of")
		return
	}
	link := d.Link
	if link == nil {
		link = &device.Link{}
	}
	e.Table("of")
	e.Str("key", d.Key)
	textOrNull(e, "vendor", d.Vendor)
	textOrNull(e, "type", d.Type.String())
	textOrNull(e, "os", d.OS.String())
	e.Bool("router", d.Router)
	textOrNull(e, "pool", d.Pool)
	textOrNull(e, "port", d.Port)
	textOrNull(e, "ssid", link.SSID)
	e.Bool("online", d.Online)
	e.EndTable()
}
