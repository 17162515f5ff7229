package afpacket

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// machine executes programs as the kernel does, to judge captures that were
// written before. Unlike bpf.VM it knows what the kernel tells of a frame beside
// its bytes, and counts its steps.
type machine struct {
	code []bpf.Instruction

	steps   int // instructions executed by the last run
	scratch [16]uint32
}

// seen is a frame as the kernel sees it.
type seen struct {
	data     []byte
	length   uint32 // on the wire
	outgoing bool
	tagged   bool   // tci is a tag taken out of the frame
	tci      uint16 // its tag control information
	random   uint32
}

// run returns what the program returns for f: the bytes to capture, or 0. A load
// beyond the frame ends the program with 0, as it does in the kernel.
func (m *machine) run(f *seen) uint32 {
	var a, x uint32
	ok := true
	m.steps = 0
	for pc := 0; pc < len(m.code) && ok; pc++ {
		m.steps++
		// The switch holds what filters use; assembling them in tests shows a
		// missing one.
		switch in := m.code[pc].(type) {
		case bpf.RetConstant:
			return in.Val
		case bpf.RetA:
			return a
		case bpf.LoadAbsolute:
			a, ok = loadAt(f.data, uint64(in.Off), in.Size)
		case bpf.LoadIndirect:
			a, ok = loadAt(f.data, uint64(in.Off)+uint64(x), in.Size)
		case bpf.LoadMemShift:
			x, ok = loadAt(f.data, uint64(in.Off), 1)
			x = x & 0xf * 4
		case bpf.LoadConstant:
			if in.Dst == bpf.RegX {
				x = in.Val
			} else {
				a = in.Val
			}
		case bpf.LoadScratch:
			if in.Dst == bpf.RegX {
				x = m.scratch[in.N]
			} else {
				a = m.scratch[in.N]
			}
		case bpf.StoreScratch:
			m.scratch[in.N] = a
			if in.Src == bpf.RegX {
				m.scratch[in.N] = x
			}
		case bpf.LoadExtension:
			a = f.extension(in.Num)
		case bpf.TAX:
			x = a
		case bpf.TXA:
			a = x
		case bpf.ALUOpConstant:
			a, ok = compute(in.Op, a, in.Val)
		case bpf.ALUOpX:
			a, ok = compute(in.Op, a, x)
		case bpf.Jump:
			pc += int(in.Skip)
		case bpf.JumpIf:
			pc += jumped(holds(in.Cond, a, in.Val), in.SkipTrue, in.SkipFalse)
		case bpf.JumpIfX:
			pc += jumped(holds(in.Cond, a, x), in.SkipTrue, in.SkipFalse)
		default:
			return 0
		}
	}
	return 0
}

func loadAt(b []byte, off uint64, size int) (uint32, bool) {
	if off+uint64(size) > uint64(len(b)) {
		return 0, false
	}
	b = b[off:]
	switch size {
	case 1:
		return uint32(b[0]), true
	case 2:
		return uint32(binary.BigEndian.Uint16(b)), true
	}
	return binary.BigEndian.Uint32(b), true
}

func (f *seen) extension(e bpf.Extension) uint32 {
	switch {
	case e == bpf.ExtLen:
		return f.length
	case e == bpf.ExtType && f.outgoing:
		return packetOutgoing
	case e == bpf.ExtVLANTag:
		return uint32(f.tci)
	case e == bpf.ExtVLANTagPresent && f.tagged:
		return 1
	case e == bpf.ExtRand:
		return f.random
	}
	return 0
}

func compute(do bpf.ALUOp, a, v uint32) (uint32, bool) {
	switch do {
	case bpf.ALUOpAdd:
		return a + v, true
	case bpf.ALUOpSub:
		return a - v, true
	case bpf.ALUOpAnd:
		return a & v, true
	case bpf.ALUOpShiftLeft:
		return a << v, true
	case bpf.ALUOpShiftRight:
		return a >> v, true
	case bpf.ALUOpMod:
		if v != 0 {
			return a % v, true
		}
	}
	return 0, false
}

func holds(cond bpf.JumpTest, a, v uint32) bool {
	switch cond {
	case bpf.JumpEqual:
		return a == v
	case bpf.JumpNotEqual:
		return a != v
	case bpf.JumpGreaterThan:
		return a > v
	case bpf.JumpGreaterOrEqual:
		return a >= v
	case bpf.JumpLessThan:
		return a < v
	case bpf.JumpLessOrEqual:
		return a <= v
	case bpf.JumpBitsSet:
		return a&v != 0
	}
	return a&v == 0 // bpf.JumpBitsNotSet
}

func jumped(yes bool, skipTrue, skipFalse uint8) int {
	if yes {
		return int(skipTrue)
	}
	return int(skipFalse)
}
