package afpacket

import (
	"encoding/binary"

	"weir/internal/packet"
)

// Layout of a ring in memory (linux/if_packet.h): struct tpacket_block_desc,
// then frames, each a struct tpacket3_hdr. All fields are in host order and at
// the same offsets on 32-bit and 64-bit kernels.
const (
	blockStatus = 8
	blockFrames = 12
	blockFirst  = 16
	blockHeader = 48 // before the first frame, at least

	frameNext   = 0
	frameSec    = 4
	frameNsec   = 8
	frameCaplen = 12
	frameLen    = 16
	frameStatus = 20
	frameMAC    = 24
	frameTCI    = 32
	frameHeader = 48

	statusUser   = 1 << 0 // TP_STATUS_USER
	statusKernel = 0      // TP_STATUS_KERNEL
	statusVLAN   = 1 << 4 // TP_STATUS_VLAN_VALID

	vlanMask = 0xfff
)

// The virtio_net_hdr before each frame (linux/virtio_net.h), in host order as
// packet sockets write it.
const (
	vnetHeader  = 10
	vnetGSOType = 1
	vnetGSOSize = 4

	gsoTCPv4 = 1
	gsoTCPv6 = 4
	gsoUDPL4 = 5
	gsoECN   = 0x80
)

// block walks the frames of one retired block. Its bytes come from the kernel;
// still nothing in them is trusted with an index.
type block struct {
	mem   []byte
	off   uint32 // of the next frame
	left  uint32 // frames not yet read
	link  packet.LinkType
	iface uint8
	vnet  bool // a virtio_net_hdr precedes each frame

	weight uint16 // frames that each one stands for
}

// reset begins the walk of mem, one block of the ring.
func (b *block) reset(mem []byte) {
	b.mem = mem
	b.left = min(binary.NativeEndian.Uint32(mem[blockFrames:]), uint32(len(mem)/frameHeader))
	b.off = binary.NativeEndian.Uint32(mem[blockFirst:])
}

// fill reads as many frames as there are and fit, and returns their number and
// how many were skipped because the block contradicts itself; both are 0 at its
// end. The data of the frames is the block's.
func (b *block) fill(batch []packet.Raw) (n int, broken uint32) {
	for n < len(batch) && b.left > 0 {
		size := uint32(len(b.mem))
		if b.off > size || size-b.off < frameHeader {
			broken, b.left = broken+b.left, 0
			break
		}
		frame := b.mem[b.off:]
		b.left--
		if b.frame(frame, &batch[n]) {
			n++
		} else {
			broken++
		}
		next := binary.NativeEndian.Uint32(frame[frameNext:])
		if next == 0 && b.left > 0 || next > size {
			broken, b.left = broken+b.left, 0
			break
		}
		b.off += next
	}
	return n, broken
}

// frame reads the frame at the begin of f, which is at least a header long.
func (b *block) frame(f []byte, r *packet.Raw) bool {
	mac := uint32(binary.NativeEndian.Uint16(f[frameMAC:]))
	caplen := binary.NativeEndian.Uint32(f[frameCaplen:])
	if mac < frameHeader+vnetHeader || mac > uint32(len(f)) || caplen > uint32(len(f))-mac {
		return false
	}
	r.Time = int64(binary.NativeEndian.Uint32(f[frameSec:]))*1e9 +
		int64(binary.NativeEndian.Uint32(f[frameNsec:]))
	r.Data = f[mac : mac+caplen : mac+caplen]
	r.Len = max(binary.NativeEndian.Uint32(f[frameLen:]), caplen)
	r.Link, r.Iface, r.Weight, r.Whole, r.Classify = b.link, b.iface, b.weight, true, false
	r.VLAN, r.GSOSize = 0, 0
	if binary.NativeEndian.Uint32(f[frameStatus:])&statusVLAN != 0 {
		r.VLAN = uint16(binary.NativeEndian.Uint32(f[frameTCI:]) & vlanMask)
	}
	if b.vnet {
		r.GSOSize = segmentSize(f[mac-vnetHeader : mac])
	}
	return true
}

// segmentSize returns the payload size of the segments that a merged frame
// stands for, 0 when it is not merged. UFO is not among them: its pieces are IP
// fragments, not segments.
func segmentSize(vnet []byte) uint16 {
	switch vnet[vnetGSOType] &^ gsoECN {
	case gsoTCPv4, gsoTCPv6, gsoUDPL4:
		return binary.NativeEndian.Uint16(vnet[vnetGSOSize:])
	}
	return 0
}
