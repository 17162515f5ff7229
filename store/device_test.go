package store

import (
	"errors"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
	"weir/internal/rollup"
)

var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func sampleDevice() Device {
	return Device{
		Key:   "02:00:00:00:00:01",
		Name:  "Anna's phone",
		MACs:  []packet.MAC{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}},
		IPs:   []netip.Addr{netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("2001:db8::20")},
		First: 1700000000_000000, Last: 1700000300_000000,
		Totals: rollup.Values{TxBytes: 1, RxBytes: 1 << 40, TxPackets: 3, RxPackets: 4, Flows: 5},
	}
}

func TestDeviceRoundTrip(t *testing.T) {
	tests := []struct {
		name string
		d    Device
	}{
		{"full", sampleDevice()},
		{"key alone", Device{Key: "x"}},
		{"before 1970", Device{Key: "x", First: -5, Last: -1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeDevice([]byte(tt.d.Key), appendDevice(nil, tt.d))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.d, got, compareAddr); diff != "" {
				t.Errorf("device (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeviceIsBounded(t *testing.T) {
	d := Device{Key: "x"}
	for i := range 3 * maxAddresses {
		d.MACs = append(d.MACs, packet.MAC{5: byte(i)})
		d.IPs = append(d.IPs, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	d.IPs[0] = netip.Addr{} // left out
	got, err := decodeDevice([]byte("x"), appendDevice(nil, d))
	if err != nil || len(got.MACs) != maxAddresses || len(got.IPs) != maxAddresses-1 || got.MACs[0] != d.MACs[0] {
		t.Errorf("%d MACs, %d addresses, %v", len(got.MACs), len(got.IPs), err)
	}
}

func TestDamagedDevice(t *testing.T) {
	d := sampleDevice()
	row := appendDevice(nil, d)
	for i := range row {
		b := append([]byte(nil), row...)
		b[i] ^= 0x10
		if _, err := decodeDevice([]byte(d.Key), b); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
	}
	if _, err := decodeDevice([]byte("another key"), row); !errors.Is(err, ErrDamaged) {
		t.Errorf("row under another key: %v", err)
	}
}

// TestForgottenDevice deletes a row: before the commit that does it nobody sees it
// any more, nor afterwards, and one that comes back is there again.
func TestForgottenDevice(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "weir.db"), Options{})
	count := func(what string, want int) {
		t.Helper()
		all, err := s.Devices()
		if err != nil || len(all) != want || s.Status().Devices > want+1 {
			t.Errorf("%s: %d devices, %v, want %d", what, len(all), err, want)
		}
	}
	commit := func() {
		t.Helper()
		if err := s.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	s.PutDevices([]Device{sampleDevice(), {Key: "x"}})
	commit()
	count("at first", 2)
	s.PutDevices([]Device{{Key: "x", Forgotten: true}, {Key: "never there", Forgotten: true}})
	count("before the commit", 1)
	commit()
	count("forgotten", 1)
	if n := s.Status().Devices; n != 1 {
		t.Errorf("the status tells of %d devices", n)
	}
	s.PutDevices([]Device{{Key: "x"}})
	commit()
	count("back", 2)
}

// TestNewerDeviceField reads a row with a field that a later weir may add.
func TestNewerDeviceField(t *testing.T) {
	row := reseal("x", appendField([]byte{deviceVersion}, 99, []byte("later")))
	if d, err := decodeDevice([]byte("x"), row); err != nil || d.Key != "x" {
		t.Errorf("%+v, %v", d, err)
	}
}

// reseal gives a body the checksum that makes a reader look inside.
func reseal(key string, body []byte) []byte {
	sum := checksum([]byte(key), body)
	return append(body, byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
}

func FuzzDevice(f *testing.F) {
	row := appendDevice(nil, sampleDevice())
	f.Add(row[:len(row)-4])
	f.Add([]byte{deviceVersion, tagTimes, 0, tagMAC, 1, 0, tagIP, 255, 255})
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := decodeDevice([]byte("x"), reseal("x", append([]byte(nil), body...)))
		if err != nil {
			return
		}
		again, err := decodeDevice([]byte("x"), appendDevice(nil, d))
		if err != nil {
			t.Fatalf("%+v does not decode again: %v", d, err)
		}
		for i := range d.IPs {
			d.IPs[i] = d.IPs[i].Unmap()
		}
		if diff := cmp.Diff(d, again, compareAddr); diff != "" {
			t.Fatalf("device (-first +again):\n%s", diff)
		}
	})
}
