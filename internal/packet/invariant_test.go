package packet

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
)

// check decodes r twice, into a zero Packet and into one whose every field
// holds rubbish, and reports whatever breaks the promises of Decode.
func check(tb testing.TB, r *Raw) (Packet, Outcome) {
	tb.Helper()
	before := slices.Clone(r.Data)
	var p Packet
	dirty := rubbish()
	o := Decode(r, &p)
	if again := Decode(r, &dirty); again != o || !reflect.DeepEqual(p, dirty) {
		tb.Errorf("a field survives from the packet before:\n%v %+v\n%v %+v", o, p, again, dirty)
	}
	if !bytes.Equal(before, r.Data) {
		tb.Errorf("the frame was written to")
	}
	if o >= NumOutcomes {
		tb.Fatalf("outcome %d", o)
	}
	if p.Time != r.Time || p.Iface != r.Iface || p.Weight != r.Weight {
		tb.Errorf("time %d, interface %d, weight %d; want %d, %d, %d", p.Time, p.Iface, p.Weight, r.Time, r.Iface, r.Weight)
	}
	checkPayload(tb, r, &p)
	if p.Version == 0 {
		link := Packet{Time: p.Time, Iface: p.Iface, Weight: p.Weight, SrcMAC: p.SrcMAC, DstMAC: p.DstMAC, HasMAC: p.HasMAC, VLAN: p.VLAN, EtherType: p.EtherType}
		if o == OK || !reflect.DeepEqual(p, link) {
			tb.Errorf("%v without an IP header: %+v", o, p)
		}
		return p, o
	}
	header := uint64(ipv4Len)
	if p.Version == 6 {
		header = ipv6Len
	}
	switch {
	case o == NotIP:
		tb.Errorf("not IP, but version %d", p.Version)
	case o != OK && (p.Segments != 1 || p.PayLen != 0 || p.Payload != nil):
		tb.Errorf("%v: %d segments, payload of %d bytes", o, p.Segments, p.PayLen)
	case p.Segments < 1 || p.Segments > 1 && (r.GSOSize == 0 || p.Segments != (p.PayLen-1)/uint32(r.GSOSize)+1):
		tb.Errorf("%d segments of %d bytes for %d", p.Segments, r.GSOSize, p.PayLen)
	case o == OK && p.Bytes < uint64(p.PayLen)+uint64(p.Segments)*header:
		tb.Errorf("%d IP bytes are too few for %d segments and %d bytes of payload", p.Bytes, p.Segments, p.PayLen)
	case p.FragOffset > 0 && (p.SrcPort|p.DstPort != 0 || p.TCPFlags != 0):
		tb.Errorf("a later fragment with ports")
	}
	return p, o
}

// checkPayload tests that Payload is a part of the frame and no longer than
// PayLen says.
func checkPayload(tb testing.TB, r *Raw, p *Packet) {
	tb.Helper()
	if len(p.Payload) == 0 {
		return
	}
	at := cap(r.Data) - cap(p.Payload)
	if at < 0 || at+len(p.Payload) > len(r.Data) || &r.Data[at] != &p.Payload[0] {
		tb.Errorf("the payload lies outside of the frame")
	}
	if uint64(len(p.Payload)) > uint64(p.PayLen) {
		tb.Errorf("payload of %d bytes, should be %d at most", len(p.Payload), p.PayLen)
	}
}

// rubbish returns a Packet without a single zero byte.
func rubbish() Packet {
	var p Packet
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int64:
			f.SetInt(-0x0102030405060708)
		case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			f.SetUint(0xa5a5a5a5a5a5a5a5 >> (64 - f.Type().Bits()))
		case reflect.Array:
			for j := range f.Len() {
				f.Index(j).SetUint(0xa5)
			}
		case reflect.Slice:
			f.SetBytes([]byte("rubbish"))
		default:
			panic("a field of a new kind: " + v.Type().Field(i).Name)
		}
	}
	return p
}

// TestInvariants checks the promises of Decode on every frame of the corpus,
// whole, cut at each of its first bytes, and as a merged frame.
func TestInvariants(t *testing.T) {
	for _, dir := range []string{"pcap", "formats", "netflow", "robust"} {
		eachCapture(t, dir, func(name string, rs []Raw) {
			for i := range rs {
				check(t, &rs[i])
				if i >= 20 {
					continue
				}
				for n := range min(len(rs[i].Data), 100) {
					r := rs[i]
					r.Data, r.GSOSize, r.VLAN = r.Data[:n], uint16(n), uint16(n)
					check(t, &r)
				}
				if t.Failed() {
					t.Fatalf("%s/%s: frame %d", dir, name, i+1)
				}
			}
		})
	}
}
