package api

import (
	"strings"

	"weir/internal/source"
	"weir/internal/usage"
)

func offloadFields() []Field {
	return []Field{
		{"offload", Table, false, "flow offload: packets that are forwarded past the kernel's usual way"},
		{"offload.software", Flag, false, "switched on in the firewall's configuration"},
		{"offload.hardware", Flag, false, "the same for hardware"},
		{"offload.flowtables", List, false, "those of the kernel"},
		{"offload.flowtables[]", Table, false, ""},
		{"offload.flowtables[].table", Text, false, "table of nftables it is in"},
		{"offload.flowtables[].name", Text, false, ""},
		{"offload.flowtables[].devices", List, false, "devices whose packets it forwards"},
		{"offload.flowtables[].devices[]", Text, false, ""},
		{"offload.flowtables[].counter", Flag, false, "it counts what it forwards"},
		{"offload.flowtables[].hardware", Flag, false, "it may hand connections to hardware"},
		{"offload.counter", Flag, true, "all flowtables count; null when there is none"},
		{"offload.flows", Integer, true, "connections that are offloaded; null when connection tracking is not read"},
		{"offload.verdict", Text, false, "what it means for the figures, and the remedy"},
	}
}

// offloadView is an Offload with what follows from it.
type offloadView struct {
	Offload
	tracking *source.Tracking // nil when connection tracking is not read
	standing bool             // counters of what hardware forwards stand still, and bytes are missing
	verdict  string
}

func viewOffload(o *Offload, sources []source.Status, uplinks []uplinkNow) offloadView {
	v := offloadView{Offload: *o}
	for i := range uplinks {
		for _, r := range uplinks[i].reasons {
			v.standing = v.standing || r.Active && r.Cause == usage.Standing
		}
	}
	for i := range sources {
		if sources[i].Tracking != nil {
			v.tracking = sources[i].Tracking
		}
	}
	v.verdict = v.judge()
	return v
}

// counts reports whether all flowtables do.
func (v *offloadView) counts() bool {
	for i := range v.Flowtables {
		if !v.Flowtables[i].Counter {
			return false
		}
	}
	return true
}

// judge says what flow offload means for the figures, the worst first.
func (v *offloadView) judge() string {
	on := len(v.Flowtables) > 0
	switch {
	case on && !v.counts():
		return "flowtable " + v.uncounted() + " does not count what it forwards, and those bytes are lost; update the firewall " +
			"(OpenWrt 23.05.5 or 24.10 and later count) or switch flow offload off: uci set firewall.@defaults[0].flow_offloading=0"
	case v.standing:
		return "hardware forwards connections without counting them, and their bytes are lost; " +
			"switch hardware offload off: uci set firewall.@defaults[0].flow_offloading_hw=0"
	case v.Err != "":
		return "the kernel's flowtables are not known: " + v.Err
	case !on && (v.Software || v.Hardware):
		return "switched on, but the kernel has no flowtable: the firewall did not load, or the module nft_flow_offload is missing"
	case !on:
		return "off: every packet goes the usual way"
	case v.tracking == nil:
		return "on, but connection tracking is not read: what is offloaded passes by the bridge unseen; set option source to hybrid"
	}
	return "on, and what it forwards is counted"
}

// uncounted names the flowtables that do not count.
func (v *offloadView) uncounted() string {
	var names []string
	for i := range v.Flowtables {
		if t := &v.Flowtables[i]; !t.Counter {
			names = append(names, t.Table+" "+t.Name)
		}
	}
	return strings.Join(names, ", ")
}

func (v *offloadView) encode(e *Encoder) {
	e.Table("offload")
	e.Bool("software", v.Software)
	e.Bool("hardware", v.Hardware)
	e.Array("flowtables")
	for i := range v.Flowtables {
		t := &v.Flowtables[i]
		e.Table("")
		e.Str("table", t.Table)
		e.Str("name", t.Name)
		e.Array("devices")
		for _, d := range t.Devices {
			e.Str("", d)
		}
		e.EndArray()
		e.Bool("counter", t.Counter)
		e.Bool("hardware", t.Hardware)
		e.EndTable()
	}
	e.EndArray()
	if len(v.Flowtables) == 0 {
		e.Null("counter")
	} else {
		e.Bool("counter", v.counts())
	}
	if v.tracking == nil {
		e.Null("flows")
	} else {
		e.Int("flows", int64(v.tracking.Offloaded))
	}
	e.Str("verdict", v.verdict)
	e.EndTable()
}
