package afpacket

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

// TestAmong searches spans for their ends and their neighbours.
func TestAmong(t *testing.T) {
	tables := map[string][]span{
		"one": {one(7)}, "a range": {between(7, 9)}, "to the end": {one(0), between(0xfffffff0, 0xffffffff)},
		"TCP": tcpSignatures, "brief": briefSignatures, "UDP ports": udpPorts, "UDP": udpSignatures, "QUIC": quicVersions,
	}
	for name, spans := range tables {
		t.Run(name, func(t *testing.T) {
			var a assembler
			a.load(0, 4)
			a.among(spans, "in", "out")
			a.label("out")
			a.ret(1)
			a.label("in")
			a.ret(2)
			a.label(tlsChatter)
			a.ret(3)
			code, err := a.program()
			if err != nil {
				t.Fatal(err)
			}
			m := machine{code: code}
			for i, s := range spans {
				if s.high < s.low || i > 0 && s.low <= spans[i-1].high {
					t.Errorf("span %d, %#x to %#x, is not in order", i, s.low, s.high)
				}
				for _, v := range []uint32{s.low - 1, s.low, s.low/2 + s.high/2, s.high, s.high + 1} {
					want := uint32(1)
					for _, in := range spans {
						if in.low <= v && v <= in.high {
							if want = 2; in.to != "" {
								want = 3
							}
						}
					}
					if got := m.run(&seen{data: binary.BigEndian.AppendUint32(nil, v)}); got != want {
						t.Errorf("%#x: %d, want %d", v, got, want)
					}
				}
			}
		})
	}
}

func TestFirst(t *testing.T) {
	for s, want := range map[string]span{
		"GET ":         between(0x47455420, 0x47455420),
		"+OK":          between(0x2b4f4b00, 0x2b4f4bff),
		"\x03\x00\x00": between(0x03000000, 0x030000ff),
	} {
		if got := first(s); got != want {
			t.Errorf("%q: %#x, want %#x", s, got, want)
		}
	}
}

// TestFarJumps jumps over so much that no conditional jump reaches the end: both
// ways of each test go to the right place.
func TestFarJumps(t *testing.T) {
	for _, gap := range []int{0, 253, 254, 255, 256, 257, 1000} {
		var a assembler
		a.load(0, 1)
		a.when(bpf.JumpEqual, 1, "one", "other") // both may be far
		a.label("near")
		for range gap {
			a.alu(bpf.ALUOpAdd, 1)
		}
		a.label("one")
		a.add(bpf.TAX{})
		a.load(1, 1)
		a.whenX(bpf.JumpEqual, "", "other")
		a.ret(11)
		a.label("other")
		a.ret(22)
		code, err := a.program()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bpf.Assemble(code); err != nil {
			t.Fatal(err)
		}
		m := machine{code: code}
		for _, tt := range []struct {
			data string
			want uint32
		}{{"\x01\x01", 11}, {"\x01\x02", 22}, {"\x02\x02", 22}} {
			if got := m.run(&seen{data: []byte(tt.data)}); got != tt.want {
				t.Errorf("%d instructions between: %q gives %d, want %d", gap, tt.data, got, tt.want)
			}
		}
	}
}

func TestLabelErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		build func(a *assembler)
		want  string
	}{
		{"missing", func(a *assembler) { a.equal(1, "nowhere"); a.ret(0) }, `no label "nowhere"`},
		{"missing, of a jump", func(a *assembler) { a.jump("nowhere"); a.ret(0) }, `no label "nowhere"`},
		{"backwards", func(a *assembler) { a.label("top"); a.ret(0); a.jump("top"); a.ret(0) }, `no label "top" after`},
		{"behind the end", func(a *assembler) { a.jump("end"); a.ret(0); a.label("end") }, `no label "end"`},
		{"twice", func(a *assembler) { a.label("x"); a.ret(0); a.label("x"); a.ret(0) }, `"x" is there twice`},
	} {
		var a assembler
		tt.build(&a)
		if _, err := a.program(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

// plain returns the program with what the kernel tells of a frame put in as
// constants, for bpf.VM, which knows only its length.
func plain(code []bpf.Instruction, f *seen) []bpf.Instruction {
	out := make([]bpf.Instruction, len(code))
	for i, in := range code {
		if e, ok := in.(bpf.LoadExtension); ok && e.Num != bpf.ExtLen {
			in = bpf.LoadConstant{Dst: bpf.RegA, Val: f.extension(e.Num)}
		}
		out[i] = in
	}
	return out
}

// FuzzMachine compares the machine with the one of x/net/bpf.
func FuzzMachine(f *testing.F) {
	for _, r := range rules {
		for _, family := range []int{4, 6} {
			f.Add(ethernet(routerMAC, laptopMAC, family, r.packet(family)), uint32(0), uint16(0))
			f.Add(withTag(ethernet(nasMAC, laptopMAC, family, r.packet(family)), 20), uint32(1), uint16(20))
		}
	}
	var machines []*machine
	for level := range levels {
		p := portFilter(level)
		machines = append(machines, assembled(f, p))
		p.direction, p.vlan = bothWays, vlanRule{except: []uint16{5, 20}, untaggedIn: true}
		machines = append(machines, assembled(f, p))
	}
	f.Fuzz(func(t *testing.T, data []byte, random uint32, tci uint16) {
		frame := seen{data: data, length: uint32(len(data)), random: random, tagged: tci != 0, tci: tci, outgoing: random&64 != 0}
		for i, m := range machines {
			vm, err := bpf.NewVM(plain(m.code, &frame))
			if err != nil {
				t.Fatal(err)
			}
			want, err := vm.Run(data)
			if err != nil {
				t.Fatal(err)
			}
			if got := int(m.run(&frame)); got != want {
				t.Errorf("program %d: %d, bpf.VM has %d", i, got, want)
			}
		}
	})
}

func BenchmarkMachine(b *testing.B) {
	m := assembled(b, portFilter(0))
	var bulk seen
	for _, r := range rules {
		if r.name == "bulk" {
			bulk.data = ethernet(routerMAC, laptopMAC, 4, r.packet(4))
			bulk.length = uint32(len(bulk.data))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if m.run(&bulk) != 0 {
			b.Fatal("bulk data passes")
		}
	}
}

// TestMachineBounds runs random bytes as frames: the program ends, whatever they are.
func TestMachineBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := assembled(t, portFilter(0))
	longest := 0
	for range 20_000 {
		data := make([]byte, random.IntN(200))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		if len(data) > 14 { // most of them IP
			copy(data[12:], [][]byte{{8, 0}, {0x86, 0xdd}, {0x81, 0}}[random.IntN(3)])
		}
		m.run(&seen{data: data, length: uint32(len(data))})
		longest = max(longest, m.steps)
	}
	if longest == 0 || longest > 120 {
		t.Errorf("the longest run has %d steps", longest)
	}
}
