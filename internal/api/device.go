package api

import (
	"context"
	"slices"

	"weir/internal/device"
	"weir/internal/engine"
)

var deviceIDArg = Arg{Name: "id", Type: Int, Doc: "id of the device, from devices", Min: 1, Max: 1<<32 - 1, Required: true}

var deviceMethod = Method{
	Name:    "device",
	Doc:     "One device: all that is known of it, and how.",
	Args:    []Arg{deviceIDArg},
	Example: `{"id":2}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		return deviceReply(ctx, b, uint32(arg[int64](a, "id")))
	},
}

// deviceReply answers with one device.
func deviceReply(ctx context.Context, b *Backend, id uint32) (Reply, error) {
	row, ok := b.Traffic.Device(id)
	if !ok {
		return nil, noDevice(id)
	}
	views, err := deviceViews(ctx, b, []engine.DeviceRow{row})
	if err != nil {
		return nil, err
	}
	d := deviceDetail{deviceView: views[0]}
	if b.Identity != nil {
		d.suggest(b)
	}
	return one(b, "device", d, encodeDetail), nil
}

func noDevice(id uint32) *Error {
	return notFound("list devices for those that are known", "there is no device %d", id)
}

// deviceDetail is a device with all that is known.
type deviceDetail struct {
	deviceView
	suggestions []suggestionRow
}

// suggestionRow is another device that may be this one.
type suggestionRow struct {
	device.Suggestion
	with engine.DeviceRow
}

// suggest adds what else the device may be.
func (d *deviceDetail) suggest(b *Backend) {
	for _, s := range b.Identity.Suggestions(d.ID) {
		id := s.From
		if id == d.ID {
			id = s.Into
		}
		if other, ok := b.Traffic.Device(id); ok {
			d.suggestions = append(d.suggestions, suggestionRow{s, other})
		}
	}
}

func deviceAnswer() []Field {
	return single("device", slices.Concat(deviceNameFields(), []Field{
		{"macs", List, false, "hardware addresses"},
		{"macs[]", Table, false, ""},
		{"macs[].mac", Text, false, ""},
		{"macs[].vendor", Text, true, "who made that hardware"},
		{"macs[].random", Flag, false, "it is made up (locally administered)"},
		{"macs[].first", Integer, true, "first seen; null where only the device's is known"},
		{"macs[].last", Integer, true, "last seen; null likewise"},
		{"ips", List, false, "addresses, at most 16, newest first"},
		{"ips[]", Table, false, ""},
		{"ips[].ip", Text, false, ""},
		{"ips[].how", Text, true, "how it came to it: static_lease, ethers, lease, link_local, eui64 (of a hardware address), random (privacy or opaque); null where that cannot be seen"},
		{"ips[].expires", Integer, true, "when its lease ends"},
		{"ips[].first", Integer, true, "first seen; null when it was not seen lately"},
		{"ips[].last", Integer, true, "last seen; null likewise"},
	}, deviceRowFields(), []Field{
		{"names", List, false, "what it is called, the most trusted first"},
		{"names[]", Table, false, ""},
		{"names[].name", Text, false, ""},
		{"names[].by", Text, false, "where that is from, as name_by"},
		{"names[].at", Integer, true, "when it was told last"},
		{"evidence", List, false, "what tells who and what it is, the most trusted first, names as well"},
		{"evidence[]", Table, false, ""},
		{"evidence[].by", Text, false, "what it is"},
		{"evidence[].value", Text, false, "in words, or in numbers"},
		{"evidence[].at", Integer, true, "when it was seen last"},
		{"evidence[].type", Text, true, "the type that it speaks for"},
		{"evidence[].os", Text, true, "the operating system that it speaks for"},
		{"since", Integer, true, "when it came; null while it is away"},
		{"merged", List, false, "devices that it was found to be, too"},
		{"merged[]", Table, false, ""},
		{"merged[].key", Text, false, "what names it"},
		{"merged[].macs", List, false, "hardware addresses that it brought"},
		{"merged[].macs[]", Text, false, ""},
		{"merged[].first", Integer, true, "first seen, as a device of its own"},
		{"merged[].last", Integer, true, "last seen, likewise"},
		{"merged[].by", Text, false, "user, or config: the configuration says so"},
		{"suggestions", List, false, "devices that may be this one, the surest first"},
		{"suggestions[]", Table, false, ""},
		{"suggestions[].with", Table, false, "the other device"},
		{"suggestions[].with.id", Integer, false, ""},
		{"suggestions[].with.name", Text, false, "its name, or else what names it"},
		{"suggestions[].with.vendor", Text, true, ""},
		{"suggestions[].with.type", Text, true, ""},
		{"suggestions[].into", Integer, false, "id of the one of both that is known longer: the other would be a part of it"},
		{"suggestions[].score", Integer, false, "how much speaks for it"},
		{"suggestions[].reasons", List, false, "what they have in common"},
		{"suggestions[].reasons[]", Text, false, "same_client_id, same_dhcp_name, same_dhcp_options, same_ssid, random_mac, never_together or same_mdns_name"},
	}, profileFields()))
}

func encodeDetail(e *Encoder, d *deviceDetail) {
	encodeDeviceName(e, &d.DeviceRow)
	e.Array("macs")
	for i := range d.Hardware {
		m := &d.Hardware[i]
		e.Table("")
		hardware(e, "mac", m.MAC)
		textOrNull(e, "vendor", m.Vendor)
		e.Bool("random", m.MAC[0]&2 != 0)
		timeOrNull(e, "first", m.First)
		timeOrNull(e, "last", m.Last)
		e.EndTable()
	}
	e.EndArray()
	e.Array("ips")
	for i := range d.Addrs {
		a := &d.Addrs[i]
		e.Table("")
		address(e, "ip", a.IP)
		textOrNull(e, "how", a.By)
		timeOrNull(e, "expires", a.Expires)
		timeOrNull(e, "first", a.First)
		timeOrNull(e, "last", a.Last)
		e.EndTable()
	}
	e.EndArray()
	encodeDeviceRow(e, &d.DeviceRow)
	encodeEvidence(e, d.Evidence)
	timeOrNull(e, "since", d.Since)
	encodeMembers(e, d.Members)
	e.Array("suggestions")
	for i := range d.suggestions {
		s := &d.suggestions[i]
		e.Table("")
		e.Table("with")
		e.Uint("id", uint64(s.with.ID))
		e.Str("name", deviceLabel(&s.with))
		textOrNull(e, "vendor", s.with.Vendor)
		textOrNull(e, "type", s.with.Type.String())
		e.EndTable()
		e.Uint("into", uint64(s.Into))
		e.Int("score", int64(s.Score))
		e.Array("reasons")
		for _, r := range s.Reasons {
			e.Str("", r)
		}
		e.EndArray()
		e.EndTable()
	}
	e.EndArray()
	d.encodeProfile(e)
}

// encodeEvidence writes names, then all evidence.
func encodeEvidence(e *Encoder, all []device.Evidence) {
	e.Array("names")
	for i := range all {
		if v := &all[i]; v.Kind.Names() {
			e.Table("")
			e.Str("name", v.Value)
			e.Str("by", v.Kind.String())
			timeOrNull(e, "at", v.At)
			e.EndTable()
		}
	}
	e.EndArray()
	e.Array("evidence")
	for i := range all {
		v := &all[i]
		e.Table("")
		e.Str("by", v.Kind.String())
		e.Str("value", v.Value)
		timeOrNull(e, "at", v.At)
		textOrNull(e, "type", v.Nature.Type.String())
		textOrNull(e, "os", v.Nature.OS.String())
		e.EndTable()
	}
	e.EndArray()
}

func encodeMembers(e *Encoder, all []engine.MemberRow) {
	e.Array("merged")
	for i := range all {
		m := &all[i]
		e.Table("")
		e.Str("key", m.Key)
		e.Array("macs")
		for _, mac := range m.MACs {
			hardware(e, "", mac)
		}
		e.EndArray()
		timeOrNull(e, "first", m.First)
		timeOrNull(e, "last", m.Last)
		by := "user"
		if m.Configured {
			by = "config"
		}
		e.Str("by", by)
		e.EndTable()
	}
	e.EndArray()
}
