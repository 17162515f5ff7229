package link

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flowtableMessage builds the body of an NFT_MSG_NEWFLOWTABLE as nf_tables does:
// headers of attributes in the host's order, values in network order.
func flowtableMessage(order binary.AppendByteOrder, family byte, table, name string, flags uint32, devices *message) *message {
	be := binary.BigEndian
	hook := (&message{order: order}).attr(1, be.AppendUint32(nil, 0)).attr(2, be.AppendUint32(nil, 0))
	hook.attr(hookDevices|0x8000, devices.b)
	m := (&message{order: order}).raw(family, 0, 0, 2)
	return m.text(flowtableTable, table).text(flowtableName, name).
		attr(4, be.AppendUint32(nil, 1)).attr(5, be.AppendUint64(nil, 3)).
		attr(flowtableFlags, be.AppendUint32(nil, flags)).
		attr(flowtableHook|0x8000, hook.b)
}

func TestParseFlowtable(t *testing.T) {
	type build = func(binary.AppendByteOrder) *message
	devices := func(names ...string) build {
		return func(o binary.AppendByteOrder) *message {
			m := &message{order: o}
			for _, n := range names {
				if p, ok := strings.CutSuffix(n, "*"); ok {
					m.text(hookDevicePrefix, p)
				} else {
					m.text(hookDeviceName, n)
				}
			}
			return m
		}
	}
	tests := []struct {
		name    string
		family  byte
		called  string
		flags   uint32
		devices build
		want    Flowtable
		bad     bool
	}{
		{name: "as the firewall makes it", family: 1, called: "ft", flags: flowtableCounter, devices: devices("wan", "lan2", "lan1"),
			want: Flowtable{Family: 1, Table: "fw4", Name: "ft", Devices: []string{"lan1", "lan2", "wan"}, Counter: true}},
		{name: "hardware without counters", family: 10, called: "ft", flags: flowtableHardware, devices: devices("wan"),
			want: Flowtable{Family: 10, Table: "fw4", Name: "ft", Devices: []string{"wan"}, Hardware: true}},
		{name: "both, and flags to come", family: 2, called: "ft", flags: 0xffffffff, devices: devices("wan"),
			want: Flowtable{Family: 2, Table: "fw4", Name: "ft", Devices: []string{"wan"}, Hardware: true, Counter: true}},
		{name: "no devices", family: 1, called: "ft", devices: devices(), want: Flowtable{Family: 1, Table: "fw4", Name: "ft"}},
		{name: "devices by the beginning of their names", family: 1, called: "ft", devices: devices("lan*", "wan"),
			want: Flowtable{Family: 1, Table: "fw4", Name: "ft", Devices: []string{"lan*", "wan"}}},
		{name: "no name", family: 1, called: "", devices: devices("wan"), bad: true},
		{name: "devices cut", family: 1, called: "ft", bad: true,
			devices: func(o binary.AppendByteOrder) *message { return devices("wan")(o).u16(12).u16(hookDeviceName) }},
	}
	for _, o := range orders {
		for _, tt := range tests {
			t.Run(o.name+"/"+tt.name, func(t *testing.T) {
				m := flowtableMessage(o.order, tt.family, "fw4", tt.called, tt.flags, tt.devices(o.order))
				got, ok := ParseFlowtable(m.b, byteOrder(o.order))
				if ok == tt.bad {
					t.Fatalf("ParseFlowtable reports %v", ok)
				}
				if d := cmp.Diff(tt.want, got); ok && d != "" {
					t.Error(d)
				}
				if _, ok := ParseFlowtable(m.raw(1).b, byteOrder(o.order)); ok {
					t.Error("accepts bytes after the last attribute")
				}
				if _, ok := ParseFlowtable(m.b[:netfilterHeader-1], byteOrder(o.order)); ok {
					t.Error("accepts half a header")
				}
			})
		}
	}
}

func TestParseRecordedFlowtable(t *testing.T) {
	got, ok := ParseFlowtable(unhex(t, recordedFlowtable), binary.LittleEndian)
	want := Flowtable{Family: 1, Table: "fw4", Name: "ft", Devices: []string{"lan1", "wan"}, Counter: true}
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Errorf("%v: %s", ok, d)
	}
}

func TestFlowtableIsBounded(t *testing.T) {
	for _, o := range orders {
		devices := &message{order: o.order}
		for i := range MaxFlowtableDevices + 3 {
			devices.text(hookDeviceName, fmt.Sprint("e", i))
		}
		devices.text(hookDeviceName, strings.Repeat("x", MaxName+2))
		got, ok := ParseFlowtable(flowtableMessage(o.order, 1, "t", "f", 0, devices).b, byteOrder(o.order))
		if !ok || len(got.Devices) != MaxFlowtableDevices {
			t.Errorf("%s: %d devices, %v", o.name, len(got.Devices), ok)
		}
	}
}
