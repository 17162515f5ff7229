package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/netip"

	"weir/internal/packet"
	"weir/internal/rollup"
)

// Bounds of one device row.
const (
	maxDeviceKey = 255
	maxAddresses = 64 // MACs and IPs each; the newest stand first and are kept
)

// Device is what is kept of one device.
type Device struct {
	Key         string // identifies it, such as its MAC; 1 to 255 bytes
	Name        string
	MACs        []packet.MAC
	IPs         []netip.Addr
	First, Last int64         // microseconds since the Unix epoch
	Totals      rollup.Values // since First
	Forgotten   bool          // its row is to be deleted; nothing else counts but Key
}

// A device row is a version byte, fields and a CRC32-C (little endian) of the
// key and all that. A field
// is a uvarint tag, a uvarint length and its bytes; readers skip tags that they
// do not know, so that fields can be added without a new version.
const (
	deviceVersion = 1

	tagName   = 1 // text
	tagMAC    = 2 // 6 bytes, repeated
	tagIP     = 3 // 4 or 16 bytes, repeated
	tagTimes  = 4 // two varints: First, Last
	tagTotals = 5 // uvarints in the order of rollup.Values
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendDevice appends the row of d, without its key.
func appendDevice(dst []byte, d Device) []byte {
	start := len(dst)
	dst = append(dst, deviceVersion)
	dst = appendField(dst, tagName, []byte(d.Name))
	for _, mac := range d.MACs[:min(len(d.MACs), maxAddresses)] {
		dst = appendField(dst, tagMAC, mac[:])
	}
	for _, ip := range d.IPs[:min(len(d.IPs), maxAddresses)] {
		if !ip.IsValid() {
			continue
		}
		dst = appendField(dst, tagIP, ip.Unmap().AsSlice())
	}
	var buf [10 * binary.MaxVarintLen64]byte
	b := binary.AppendVarint(buf[:0], d.First)
	dst = appendField(dst, tagTimes, binary.AppendVarint(b, d.Last))
	b = buf[:0]
	for _, v := range []uint64{d.Totals.TxBytes, d.Totals.RxBytes, d.Totals.TxPackets, d.Totals.RxPackets, d.Totals.Flows} {
		b = binary.AppendUvarint(b, v)
	}
	dst = appendField(dst, tagTotals, b)
	return binary.LittleEndian.AppendUint32(dst, checksum([]byte(d.Key), dst[start:]))
}

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

func appendField(dst []byte, tag uint64, value []byte) []byte {
	dst = binary.AppendUvarint(dst, tag)
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}

// decodeDevice reads a row; what it returns shares nothing with it.
func decodeDevice(key, row []byte) (Device, error) {
	d := Device{Key: string(key)}
	if len(row) < 1+4 {
		return d, fmt.Errorf("%w: device %q: %d bytes", ErrDamaged, key, len(row))
	}
	body := row[:len(row)-4]
	if checksum(key, body) != binary.LittleEndian.Uint32(row[len(body):]) {
		return d, fmt.Errorf("%w: device %q: checksum", ErrDamaged, key)
	}
	if body[0] != deviceVersion {
		return d, fmt.Errorf("device %q: row version %d", key, body[0])
	}
	for rest := body[1:]; len(rest) > 0; {
		tag, n := binary.Uvarint(rest)
		length, m := binary.Uvarint(rest[max(n, 0):])
		if n <= 0 || m <= 0 || length > uint64(len(rest)-n-m) {
			return d, fmt.Errorf("%w: device %q: field", ErrDamaged, key)
		}
		value := rest[n+m:][:length]
		rest = rest[n+m+int(length):]
		if !d.set(tag, value) {
			return d, fmt.Errorf("%w: device %q: field %d", ErrDamaged, key, tag)
		}
	}
	return d, nil
}

// set takes one field and reports whether it is well formed.
func (d *Device) set(tag uint64, value []byte) bool {
	switch tag {
	case tagName:
		d.Name = string(value)
	case tagMAC:
		if len(value) != 6 || len(d.MACs) == maxAddresses {
			return false
		}
		d.MACs = append(d.MACs, packet.MAC(value))
	case tagIP:
		ip, ok := netip.AddrFromSlice(value)
		if !ok || len(d.IPs) == maxAddresses {
			return false
		}
		d.IPs = append(d.IPs, ip)
	case tagTimes:
		first, n := binary.Varint(value)
		last, m := binary.Varint(value[max(n, 0):])
		if n <= 0 || m <= 0 {
			return false
		}
		d.First, d.Last = first, last
	case tagTotals:
		for _, v := range []*uint64{&d.Totals.TxBytes, &d.Totals.RxBytes, &d.Totals.TxPackets, &d.Totals.RxPackets, &d.Totals.Flows} {
			u, n := binary.Uvarint(value)
			if n <= 0 {
				return false
			}
			*v, value = u, value[n:]
		}
	}
	return true
}
