package afpacket

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"

	"weir/internal/link"
	"weir/internal/packet"
)

// direction says which frames of a device count.
type direction uint8

const (
	bothWays     direction = iota // all
	receiveOnly                   // the loopback: what is sent comes in again
	bridgePort                    // received, and sent by the router to one station; in hybrid mode only received
	bridgeItself                  // sent by the router to a group; in hybrid mode all that it sends
)

// Classic BPF: packet types of linux/if_packet.h, offsets into Ethernet.
const (
	packetOutgoing = 4

	ethSourceHigh = 6 // the first two bytes of the source address
	ethSourceLow  = 8 // the other four
	ethDestHigh   = 0
	ethDestLow    = 2

	groupBit = 0x01 // in the first byte of the destination
)

// maxOwnMACs bounds the filter, each address being up to four instructions:
// kernels with a small net.core.optmem_max refuse long ones. In hybrid mode the
// filter is long already.
const (
	maxOwnMACs       = 48
	maxOwnMACsHybrid = 32
)

// Where a program goes: to the verdict that the names say. What they lead to
// depends on the mode.
const (
	refused   = "refused"
	uncounted = "uncounted" // a frame that connection tracking does not count
	tracked   = "tracked"   // one that it does
)

// filter is what decides in the kernel whether a frame is passed.
type filter struct {
	direction direction
	link      packet.LinkType
	snaplen   int
	sampling  int
	own       []link.MAC // the router's addresses, for bridgePort and in hybrid mode
	vlan      vlanRule

	hybrid  bool
	bridged bool // connection tracking counts frames between stations, too
	level   int  // of the budget, see levels
	brief   bool // leave out what a kernel short of memory has no room for
}

// filterOf returns the filter for t, at a level of the budget in hybrid mode.
func filterOf(cfg Config, t tap, level int) filter {
	return filter{direction: t.direction, link: t.link, snaplen: cfg.Snaplen, sampling: cfg.Sampling,
		own: t.own, vlan: t.vlan, hybrid: cfg.Hybrid, bridged: cfg.BridgedTracked, level: level}
}

// program assembles f. The kernel takes the value a program returns as the
// number of bytes to capture, 0 as a refusal.
func (f filter) program() ([]bpf.Instruction, error) {
	var a assembler
	if f.sampling > 1 && !f.hybrid {
		a.ask(bpf.ExtRand)
		a.alu(bpf.ALUOpMod, uint32(f.sampling))
		a.when(bpf.JumpEqual, 0, "", refused)
	}
	switch f.direction {
	case bothWays:
		f.wholeDevice(&a)
	case receiveOnly:
		a.ask(bpf.ExtType)
		a.when(bpf.JumpEqual, packetOutgoing, refused, tracked)
	case bridgePort:
		f.port(&a)
	case bridgeItself:
		a.ask(bpf.ExtType)
		a.when(bpf.JumpEqual, packetOutgoing, "", refused)
		f.vlan.test(&a, f.vlan.untaggedOut, "sent")
		toOne := refused
		if f.hybrid {
			toOne = tracked
		}
		a.load(0, 1)
		a.when(bpf.JumpBitsSet, groupBit, uncounted, toOne)
	}
	if f.hybrid {
		f.naming(&a)
	} else {
		a.label(tracked)
		a.label(uncounted)
		a.ret(uint32(f.snaplen))
	}
	a.label(refused)
	a.ret(0)
	return a.program()
}

// wholeDevice takes the frames of a device in both directions. In hybrid mode
// they are told apart by the address that is the router's if it is party to them.
func (f *filter) wholeDevice(a *assembler) {
	if f.vlan.active() {
		// A device that is no port has the same VLAN for what it receives and sends.
		f.vlan.test(a, f.vlan.untaggedIn, "any")
	}
	if !f.hybrid || f.link != packet.LinkEthernet {
		a.jump(tracked)
		return
	}
	a.load(0, 1)
	a.when(bpf.JumpBitsSet, groupBit, uncounted, "")
	if f.bridged {
		a.jump(tracked)
		return
	}
	a.ask(bpf.ExtType)
	a.equal(packetOutgoing, "from the device")
	f.ifOwn(a, ethDestLow, ethDestHigh, tracked, uncounted)
	a.label("from the device")
	f.ifOwn(a, ethSourceLow, ethSourceHigh, tracked, uncounted)
}

// port takes what a port of a bridge receives and, but for hybrid mode, what the
// router sends on it to one station.
func (f *filter) port(a *assembler) {
	a.ask(bpf.ExtType)
	if f.hybrid {
		a.equal(packetOutgoing, refused) // of kernels that cannot leave them out
		f.vlan.test(a, f.vlan.untaggedIn, "received")
		a.load(0, 1)
		a.when(bpf.JumpBitsSet, groupBit, uncounted, "")
		if f.bridged {
			a.jump(tracked)
		} else {
			f.ifOwn(a, ethDestLow, ethDestHigh, tracked, uncounted)
		}
		return
	}
	a.equal(packetOutgoing, "sent")
	f.vlan.test(a, f.vlan.untaggedIn, "received")
	a.jump(uncounted)
	a.label("sent")
	a.load(0, 1)
	a.when(bpf.JumpBitsSet, groupBit, refused, "")
	f.vlan.test(a, f.vlan.untaggedOut, "sent to one")
	f.ifOwn(a, ethSourceLow, ethSourceHigh, tracked, refused)
}

// ifOwn goes to yes when the address of the frame at the two offsets is the
// router's, and to no otherwise. The low four bytes are compared first: they are
// what addresses differ in. The high two, a vendor's, are often all the same.
func (f *filter) ifOwn(a *assembler, low, high int, yes, no string) {
	highs := make(map[uint32][]uint32) // by the low part
	var lows []uint32
	for _, m := range f.own {
		l := binary.BigEndian.Uint32(m[2:])
		if len(highs[l]) == 0 {
			lows = append(lows, l)
		}
		highs[l] = append(highs[l], uint32(binary.BigEndian.Uint16(m[:])))
	}
	if len(lows) == 0 {
		a.jump(no)
		return
	}
	label := func(highs []uint32) string { return fmt.Sprintf("address at %d: %#x", high, highs) }
	a.load(low, 4)
	for _, l := range lows {
		a.equal(l, label(highs[l]))
	}
	a.jump(no)
	written := make(map[string]bool)
	for _, l := range lows {
		name := label(highs[l])
		if written[name] {
			continue
		}
		written[name] = true
		a.label(name)
		a.load(high, 2)
		for _, h := range highs[l] {
			a.equal(h, yes)
		}
		a.jump(no)
	}
}
