package link

import (
	"encoding/binary"
	"testing"
)

func TestParseGeneric16(t *testing.T) {
	type test struct {
		name  string
		bytes []byte
		order binary.ByteOrder
		typ   uint16
		want  uint16
		bad   bool
	}
	tests := []test{
		{"recorded port", unhex(t, recordedWireGuard), binary.LittleEndian, wireGuardPort, 51820, false},
		{"recorded family", unhex(t, recordedFamily), binary.LittleEndian, controlID, 32, false},
		{"none of that type", unhex(t, recordedWireGuard), binary.LittleEndian, 99, 0, true},
		{"of another length", unhex(t, recordedWireGuard), binary.LittleEndian, 7, 0, true},
		{"half a header", []byte{0, 1}, binary.LittleEndian, wireGuardPort, 0, true},
	}
	for _, o := range orders {
		port := (&message{order: o.order}).raw(0, 1, 0, 0).attr(1, []byte{1, 2, 3, 4}).attr(wireGuardPort, o.order.AppendUint16(nil, 51820))
		tests = append(tests,
			test{o.name, port.b, byteOrder(o.order), wireGuardPort, 51820, false},
			test{o.name + ", cut", port.b[:len(port.b)-3], byteOrder(o.order), wireGuardPort, 0, true})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseGeneric16(tt.bytes, tt.typ, tt.order)
			if ok == tt.bad {
				t.Fatalf("parseGeneric16 reports %v", ok)
			}
			if ok && got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
