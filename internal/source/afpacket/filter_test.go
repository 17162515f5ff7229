package afpacket

import (
	"testing"

	"golang.org/x/net/bpf"

	"weir/internal/link"
)

// frame is what a filter sees.
type frame struct {
	outgoing bool
	random   uint32
	dst, src link.MAC
}

// run executes a program as the kernel would, for the instructions that filters
// use, and returns what it returns.
func run(t *testing.T, prog []bpf.RawInstruction, f frame) int {
	t.Helper()
	data := append(append([]byte(nil), f.dst[:]...), f.src[:]...)
	code, whole := bpf.Disassemble(prog)
	if !whole {
		t.Fatal("an instruction cannot be disassembled")
	}
	var a uint32
	for pc := 0; pc < len(code); pc++ {
		switch in := code[pc].(type) {
		case bpf.RetConstant:
			return int(in.Val)
		case bpf.LoadAbsolute:
			a = 0
			for _, b := range data[in.Off : int(in.Off)+in.Size] {
				a = a<<8 | uint32(b)
			}
		case bpf.LoadExtension:
			switch in.Num {
			case bpf.ExtRand:
				a = f.random
			case bpf.ExtType:
				a = 0
				if f.outgoing {
					a = packetOutgoing
				}
			default:
				t.Fatalf("unexpected extension %v", in)
			}
		case bpf.ALUOpConstant:
			if in.Op != bpf.ALUOpMod {
				t.Fatalf("unexpected operation %v", in)
			}
			a %= in.Val
		case bpf.JumpIf:
			if jumps(t, in, a) {
				pc += int(in.SkipTrue)
			} else {
				pc += int(in.SkipFalse)
			}
		default:
			t.Fatalf("unexpected instruction %v", in)
		}
	}
	t.Fatal("the program runs over its end")
	return 0
}

func jumps(t *testing.T, in bpf.JumpIf, a uint32) bool {
	t.Helper()
	switch in.Cond {
	case bpf.JumpEqual:
		return a == in.Val
	case bpf.JumpNotEqual:
		return a != in.Val
	case bpf.JumpBitsSet:
		return a&in.Val != 0
	case bpf.JumpBitsNotSet:
		return a&in.Val == 0
	}
	t.Fatalf("unexpected condition %v", in)
	return false
}

func TestFilter(t *testing.T) {
	bridge, port := link.MAC{2, 0, 0, 0, 0, 1}, link.MAC{2, 0, 0, 0, 0, 2}
	// These share one half of an address with the router's.
	host, other := link.MAC{2, 0, 0, 0, 1, 1}, link.MAC{2, 9, 0, 0, 0, 1}
	group := link.MAC{1, 0, 0x5e, 0, 0, 1}
	own := []link.MAC{bridge, port}
	full := make([]link.MAC, maxOwnMACs)
	for i := range full {
		full[i] = link.MAC{2, 1, 1, 1, 1, byte(i)}
	}
	tests := []struct {
		name   string
		filter filter
		frame  frame
		pass   bool
	}{
		{"plain, received", filter{direction: bothWays}, frame{}, true},
		{"plain, sent", filter{direction: bothWays}, frame{outgoing: true}, true},
		{"loopback, received", filter{direction: receiveOnly}, frame{}, true},
		{"loopback, sent", filter{direction: receiveOnly}, frame{outgoing: true}, false},
		{"port, received from a host", filter{direction: bridgePort, own: own}, frame{src: host, dst: bridge}, true},
		{"port, received for a group", filter{direction: bridgePort, own: own}, frame{src: host, dst: group}, true},
		{"port, sent by the bridge", filter{direction: bridgePort, own: own}, frame{outgoing: true, src: bridge, dst: host}, true},
		{"port, sent by a port", filter{direction: bridgePort, own: own}, frame{outgoing: true, src: port, dst: host}, true},
		{"port, forwarded for a host", filter{direction: bridgePort, own: own}, frame{outgoing: true, src: host, dst: other}, false},
		{"port, forwarded for another", filter{direction: bridgePort, own: own}, frame{outgoing: true, src: other, dst: host}, false},
		{"port, sent to a group", filter{direction: bridgePort, own: own}, frame{outgoing: true, src: bridge, dst: group}, false},
		{"port, no own address", filter{direction: bridgePort}, frame{outgoing: true, src: bridge, dst: host}, false},
		{"port, last of many addresses", filter{direction: bridgePort, own: full}, frame{outgoing: true, src: full[maxOwnMACs-1], dst: host}, true},
		{"bridge, received", filter{direction: bridgeGroup}, frame{src: host, dst: group}, false},
		{"bridge, sent to a group", filter{direction: bridgeGroup}, frame{outgoing: true, src: bridge, dst: group}, true},
		{"bridge, sent to a host", filter{direction: bridgeGroup}, frame{outgoing: true, src: bridge, dst: host}, false},
		{"sampled, hit", filter{direction: bothWays, sampling: 7}, frame{random: 21}, true},
		{"sampled, missed", filter{direction: bothWays, sampling: 7}, frame{random: 22}, false},
		{"sampled, hit but refused", filter{direction: receiveOnly, sampling: 7}, frame{random: 21, outgoing: true}, false},
		{"not sampled", filter{direction: bothWays, sampling: 1}, frame{random: 22}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.filter.snaplen = 256
			prog, err := tt.filter.program()
			if err != nil {
				t.Fatal(err)
			}
			if len(prog) > 256 {
				t.Errorf("the program has %d instructions", len(prog))
			}
			want := 0
			if tt.pass {
				want = 256
			}
			if got := run(t, prog, tt.frame); got != want {
				t.Errorf("returns %d, want %d", got, want)
			}
		})
	}
}
