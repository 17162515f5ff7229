package afpacket

import (
	"encoding/binary"

	"golang.org/x/net/bpf"

	"weir/internal/link"
)

// direction says which frames of a device count.
type direction uint8

const (
	bothWays    direction = iota // all
	receiveOnly                  // the loopback: what is sent comes in again
	bridgePort                   // received, and sent by the router to one station
	bridgeGroup                  // sent by the router to a group
)

// Classic BPF: packet types of linux/if_packet.h, offsets into Ethernet.
const (
	packetOutgoing = 4

	ethSourceHigh = 6 // the first two bytes of the source address
	ethSourceLow  = 8 // the other four

	groupBit = 0x01 // in the first byte of the destination
)

// maxOwnMACs bounds the filter, each address being five instructions: kernels
// with a small net.core.optmem_max refuse long ones.
const maxOwnMACs = 48

// filter is what decides in the kernel whether a frame is passed.
type filter struct {
	direction direction
	snaplen   int
	sampling  int
	own       []link.MAC // the router's addresses, for bridgePort
}

// program assembles f. The kernel takes the value a program returns as the
// number of bytes to capture, 0 as a refusal.
func (f filter) program() ([]bpf.RawInstruction, error) {
	accept, refuse := bpf.RetConstant{Val: uint32(f.snaplen)}, bpf.RetConstant{Val: 0}
	// Each of these tests is followed by the verdict for the case it names.
	ifReceived := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: packetOutgoing, SkipTrue: 1},
	}
	ifToGroup := []bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: groupBit, SkipFalse: 1},
	}
	var p []bpf.Instruction
	if f.sampling > 1 {
		p = append(p,
			bpf.LoadExtension{Num: bpf.ExtRand},
			bpf.ALUOpConstant{Op: bpf.ALUOpMod, Val: uint32(f.sampling)},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 1}, refuse)
	}
	switch f.direction {
	case bothWays:
		p = append(p, accept)
	case receiveOnly:
		p = append(append(p, ifReceived...), accept, refuse)
	case bridgePort:
		p = append(append(p, ifReceived...), accept)
		p = append(append(p, ifToGroup...), refuse)
		for _, m := range f.own {
			p = append(append(p, ifFrom(m)...), accept)
		}
		p = append(p, refuse)
	case bridgeGroup:
		p = append(append(p, ifReceived...), refuse)
		p = append(append(p, ifToGroup...), accept, refuse)
	}
	return bpf.Assemble(p)
}

// ifFrom tests whether m is the source of the frame.
func ifFrom(m link.MAC) []bpf.Instruction {
	low, high := binary.BigEndian.Uint32(m[2:]), uint32(binary.BigEndian.Uint16(m[:]))
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: ethSourceLow, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: low, SkipTrue: 3},
		bpf.LoadAbsolute{Off: ethSourceHigh, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: high, SkipTrue: 1},
	}
}
