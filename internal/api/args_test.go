package api

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// every is a method with an argument of every kind.
var every = Method{Name: "every", Args: []Arg{
	{Name: "count", Type: Int, Doc: "how many", Min: 1, Max: 200, Default: int64(50)},
	{Name: "version", Type: Int, Max: 9, Values: []string{"4", "6"}},
	{Name: "name", Type: String},
	{Name: "long", Type: String, MaxLen: 1000},
	{Name: "dir", Type: String, Values: []string{"in", "out"}},
	{Name: "all", Type: Bool},
	ipArg, macArg, protoArg,
	{Name: "id", Type: Int, Doc: "id of it", Min: 1, Max: MaxInt, Required: true},
}}

func TestBind(t *testing.T) {
	with := func(more Args) Args {
		a := Args{"count": int64(50), "id": int64(7)}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	tests := []struct {
		name string
		raw  map[string]any
		want Args
	}{
		{"defaults", map[string]any{"id": int64(7)}, with(nil)},
		{"text for an integer", map[string]any{"id": "7", "count": "10"}, with(Args{"count": int64(10)})},
		{"whole float", map[string]any{"id": 7.0}, with(nil)},
		{"null and empty are not given", map[string]any{"id": "7", "count": nil, "name": ""}, with(nil)},
		{"integer for text", map[string]any{"id": int64(7), "name": int64(42)}, with(Args{"name": "42"})},
		{"booleans", map[string]any{"id": int64(7), "all": "1"}, with(Args{"all": true})},
		{"boolean as integer", map[string]any{"id": int64(7), "all": int64(0)}, with(Args{"all": false})},
		{"one of", map[string]any{"id": int64(7), "dir": "in", "version": int64(6)}, with(Args{"dir": "in", "version": int64(6)})},
		{"address", map[string]any{"id": int64(7), "ip": "::ffff:192.168.1.5"}, with(Args{"ip": netip.MustParsePrefix("192.168.1.5/32")})},
		{"CIDR is masked", map[string]any{"id": int64(7), "ip": "fd00::5/64"}, with(Args{"ip": netip.MustParsePrefix("fd00::/64")})},
		{"MAC", map[string]any{"id": int64(7), "mac": "da-a1-19-00-00-2f"}, with(Args{"mac": "DA:A1:19:00:00:2F"})},
		{"protocol by name", map[string]any{"id": int64(7), "proto": "TCP"}, with(Args{"proto": uint8(6)})},
		{"protocol by number", map[string]any{"id": int64(7), "proto": int64(0)}, with(Args{"proto": uint8(0)})},
		{"longer text", map[string]any{"id": int64(7), "long": strings.Repeat("x", 1000)}, with(Args{"long": strings.Repeat("x", 1000)})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := every.bind(tt.raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBindErrors(t *testing.T) {
	tests := []struct {
		name string
		raw  map[string]any
		want Error
	}{
		{"missing", map[string]any{}, Error{InvalidArgument, "every: argument id is missing", "it is: id of it"}},
		{"required but empty", map[string]any{"id": ""}, Error{InvalidArgument, "every: argument id is missing", "it is: id of it"}},
		{"slip", map[string]any{"cuont": int64(1)}, Error{InvalidArgument, `every: unknown argument "cuont"`, "did you mean count?"}},
		{"unlike all", map[string]any{"\x1b[31m": int64(1)}, Error{InvalidArgument, `every: unknown argument "\x1b[31m"`, "there is: count, version, name, long, dir, all, ip, mac, proto, id"}},
		{"not yet", map[string]any{"cursor": "x"}, Error{NotSupported, "every: argument cursor is not supported by this version: lists are paged by offset", "leave it out"}},
		{"not an integer", map[string]any{"id": "seven"}, Error{InvalidArgument, `every: argument id must be of type int, not "seven"`, ""}},
		{"float", map[string]any{"id": 1.5}, Error{InvalidArgument, "every: argument id must be of type int, not 1.5", ""}},
		{"huge float", map[string]any{"id": 1e300}, Error{InvalidArgument, "every: argument id must be of type int, not 1e+300", ""}},
		{"huge text", map[string]any{"id": "99999999999999999999"}, Error{InvalidArgument, `every: argument id must be of type int, not "99999999999999999999"`, ""}},
		{"too small", map[string]any{"id": int64(0)}, Error{InvalidArgument, "every: argument id must be from 1 to 9007199254740992, not 0", ""}},
		{"too large", map[string]any{"id": int64(1), "count": int64(201)}, Error{InvalidArgument, "every: argument count must be from 1 to 200, not 201", ""}},
		{"table", map[string]any{"id": map[string]any{}}, Error{InvalidArgument, "every: argument id must be of type int, not an object or array", ""}},
		{"not a boolean", map[string]any{"id": int64(1), "all": "yes"}, Error{InvalidArgument, `every: argument all must be of type bool, not "yes"`, ""}},
		{"not text", map[string]any{"id": int64(1), "name": true}, Error{InvalidArgument, "every: argument name must be of type string, not true", ""}},
		{"long text", map[string]any{"id": int64(1), "name": strings.Repeat("x", 257)}, Error{InvalidArgument, "every: argument name is longer than 256 bytes", ""}},
		{"not one of", map[string]any{"id": int64(1), "dir": "sideways"}, Error{InvalidArgument, `every: argument dir cannot be "sideways"`, "there is: in, out"}},
		{"nearly one of", map[string]any{"id": int64(1), "dir": "ou"}, Error{InvalidArgument, `every: argument dir cannot be "ou"`, "did you mean out?"}},
		{"integer not one of", map[string]any{"id": int64(1), "version": int64(5)}, Error{InvalidArgument, `every: argument version cannot be "5"`, "there is: 4, 6"}},
		{"address", map[string]any{"id": int64(1), "ip": "192.168.1"}, Error{InvalidArgument, `every: argument ip: "192.168.1" is not an address`, "give an address or a CIDR, as 192.168.1.0/24"}},
		{"zone", map[string]any{"id": int64(1), "ip": "fe80::1%eth0"}, Error{InvalidArgument, `every: argument ip: "fe80::1%eth0" is not an address`, "give an address or a CIDR, as 192.168.1.0/24"}},
		{"CIDR", map[string]any{"id": int64(1), "ip": "10.0.0.0/33"}, Error{InvalidArgument, `every: argument ip: "10.0.0.0/33" is not a CIDR`, "give an address or a CIDR, as 192.168.1.0/24"}},
		{"MAC of 8 bytes", map[string]any{"id": int64(1), "mac": "00:11:22:33:44:55:66:77"}, Error{InvalidArgument, `every: argument mac: "00:11:22:33:44:55:66:77" is not a hardware address`, "give six bytes in hexadecimal, as 00:11:22:AA:BB:CC"}},
		{"protocol", map[string]any{"id": int64(1), "proto": "256"}, Error{InvalidArgument, `every: argument proto: "256" is not an IP protocol`, "give a name, as tcp or udp, or a number from 0 to 255"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := every.bind(tt.raw)
			if err == nil {
				t.Fatalf("no error, arguments %v", a)
			}
			if diff := cmp.Diff(&tt.want, AsError(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
