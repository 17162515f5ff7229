package flowlog_test

import (
	"fmt"
	"net/netip"
	"reflect"

	"weir/internal/flowlog"
	"weir/internal/packet"
)

// filled returns a flow in which every field has a value of its own, by
// reflection, so that a field that is added is in it too.
func filled(seed uint64) flowlog.Flow {
	var f flowlog.Flow
	n := seed
	fill(reflect.ValueOf(&f).Elem(), &n)
	for _, end := range []*flowlog.Endpoint{&f.Client, &f.Server} {
		end.Network, end.Zone, end.ASName = "", "", "" // of live flows only
	}
	return f
}

func fill(v reflect.Value, n *uint64) {
	*n = *n*6364136223846793005 + 1442695040888963407
	r := *n >> 11
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, byte(r), byte(r >> 8), byte(r>>16) | 1})))
		return
	case packet.Addr:
		v.Set(reflect.ValueOf(packet.AddrOf(netip.AddrFrom4([4]byte{172, byte(r), byte(r >> 8), byte(r>>16) | 1}))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%x", r))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(1_760_000_000_000_000 + int64(r>>20))
	case reflect.Uint64:
		v.SetUint(r>>(r%50) | 1)
	case reflect.Uint32:
		v.SetUint(r&(1<<32-1) | 1)
	case reflect.Uint16:
		v.SetUint(r&(1<<16-1) | 1)
	case reflect.Uint8:
		v.SetUint(r&0xff | 1)
	default:
		panic("no value for " + v.Type().String())
	}
}
