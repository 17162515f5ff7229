package afpacket

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// assembler builds a program of classic BPF whose jumps go to labels. Jumps go
// forward only, as the kernel wants them. Errors are kept until program is
// called.
type assembler struct {
	ops   []op
	marks map[string]int // op that a label precedes
	err   error
}

// op is one instruction. A jump names its targets; "" is the instruction after it.
type op struct {
	in      bpf.Instruction
	yes, no string // of bpf.JumpIf and bpf.JumpIfX
	to      string // of bpf.Jump
}

// label names what is added next.
func (a *assembler) label(name string) {
	if a.marks == nil {
		a.marks = make(map[string]int)
	}
	if _, ok := a.marks[name]; ok {
		a.err = fmt.Errorf("filter: label %q is there twice", name)
	}
	a.marks[name] = len(a.ops)
}

// What follows adds one instruction each. None is inlined: programs are built when
// a device appears, from some two hundred calls, which would become 50 kB of code.

//go:noinline
func (a *assembler) add(in bpf.Instruction) { a.ops = append(a.ops, op{in: in}) }

// when jumps to yes when A compares with v as cond says, else to no.
//
//go:noinline
func (a *assembler) when(cond bpf.JumpTest, v uint32, yes, no string) {
	a.ops = append(a.ops, op{in: bpf.JumpIf{Cond: cond, Val: v}, yes: yes, no: no})
}

// whenX does the same with X for v.
//
//go:noinline
func (a *assembler) whenX(cond bpf.JumpTest, yes, no string) {
	a.ops = append(a.ops, op{in: bpf.JumpIfX{Cond: cond}, yes: yes, no: no})
}

// equal jumps to yes when A is v and goes on otherwise.
//
//go:noinline
func (a *assembler) equal(v uint32, yes string) { a.when(bpf.JumpEqual, v, yes, "") }

//go:noinline
func (a *assembler) jump(to string) { a.ops = append(a.ops, op{in: bpf.Jump{}, to: to}) }

//go:noinline
func (a *assembler) ret(v uint32) { a.add(bpf.RetConstant{Val: v}) }

// load puts size bytes of the frame at off into A.
//
//go:noinline
func (a *assembler) load(off, size int) { a.add(bpf.LoadAbsolute{Off: uint32(off), Size: size}) }

// loadX does the same at X + off.
//
//go:noinline
func (a *assembler) loadX(off, size int) { a.add(bpf.LoadIndirect{Off: uint32(off), Size: size}) }

// ask puts into A what the kernel knows of the frame beside its bytes.
//
//go:noinline
func (a *assembler) ask(what bpf.Extension) { a.add(bpf.LoadExtension{Num: what}) }

// set makes v what r holds.
//
//go:noinline
func (a *assembler) set(r bpf.Register, v uint32) { a.add(bpf.LoadConstant{Dst: r, Val: v}) }

// alu changes A by v.
//
//go:noinline
func (a *assembler) alu(do bpf.ALUOp, v uint32) { a.add(bpf.ALUOpConstant{Op: do, Val: v}) }

// aluX changes A by X.
//
//go:noinline
func (a *assembler) aluX(do bpf.ALUOp) { a.add(bpf.ALUOpX{Op: do}) }

// toX copies A to X.
//
//go:noinline
func (a *assembler) toX() { a.add(bpf.TAX{}) }

// store keeps A in a cell of scratch memory, fetch gets it back; storeX and fetchX
// do that with X.
//
//go:noinline
func (a *assembler) store(cell int) { a.add(bpf.StoreScratch{Src: bpf.RegA, N: cell}) }

//go:noinline
func (a *assembler) fetch(cell int) { a.add(bpf.LoadScratch{Dst: bpf.RegA, N: cell}) }

//go:noinline
func (a *assembler) storeX(cell int) { a.add(bpf.StoreScratch{Src: bpf.RegX, N: cell}) }

//go:noinline
func (a *assembler) fetchX(cell int) { a.add(bpf.LoadScratch{Dst: bpf.RegX, N: cell}) }

// program resolves the labels. A conditional jump reaches 255 instructions; one
// that goes farther goes by way of an unconditional jump put after it.
func (a *assembler) program() ([]bpf.Instruction, error) {
	far := make([][2]bool, len(a.ops)) // whether yes and no need a jump of their own
	for {
		at := a.layout(far)
		var out []bpf.Instruction
		grown := false
		for i, o := range a.ops {
			ins, long, err := a.resolve(o, i, at, far[i])
			if err != nil {
				return nil, err
			}
			grown = grown || long != far[i]
			far[i] = long
			out = append(out, ins...)
		}
		if !grown {
			return out, a.err
		}
	}
}

// layout returns where each op begins, and where the last ends.
func (a *assembler) layout(far [][2]bool) []int {
	at := make([]int, len(a.ops)+1)
	for i := range a.ops {
		at[i+1] = at[i] + 1
		for _, f := range far[i] {
			if f {
				at[i+1]++
			}
		}
	}
	return at
}

// resolve returns the instructions of op i, and which of its ways turn out to
// need a jump of their own.
func (a *assembler) resolve(o op, i int, at []int, far [2]bool) (ins []bpf.Instruction, long [2]bool, err error) {
	// distance is how many instructions lie between the one at from and the label.
	distance := func(label string, from int) int {
		target := i + 1
		if label != "" {
			mark, ok := a.marks[label]
			if !ok || mark <= i || mark >= len(a.ops) {
				err = fmt.Errorf("filter: no label %q after instruction %d", label, i)
			}
			target = min(mark, len(a.ops))
		}
		return max(0, at[target]-from-1)
	}
	if _, ok := o.in.(bpf.Jump); ok {
		return []bpf.Instruction{bpf.Jump{Skip: uint32(distance(o.to, at[i]))}}, far, err
	}
	var skip [2]uint8
	var relays []bpf.Instruction
	switch o.in.(type) {
	case bpf.JumpIf, bpf.JumpIfX:
		long = far
		for w, label := range []string{o.yes, o.no} {
			d := distance(label, at[i])
			if far[w] {
				skip[w] = uint8(len(relays))
				relays = append(relays, bpf.Jump{Skip: uint32(distance(label, at[i]+1+len(relays)))})
				continue
			}
			long[w] = d > 255
			skip[w] = uint8(d)
		}
	}
	switch in := o.in.(type) {
	case bpf.JumpIf:
		in.SkipTrue, in.SkipFalse = skip[0], skip[1]
		return append([]bpf.Instruction{in}, relays...), long, err
	case bpf.JumpIfX:
		in.SkipTrue, in.SkipFalse = skip[0], skip[1]
		return append([]bpf.Instruction{in}, relays...), long, err
	}
	return []bpf.Instruction{o.in}, far, err
}

// span is a range of values, both ends included. It may have a label of its own
// to go to.
type span struct {
	low, high uint32
	to        string
}

// one is the span of a single value, between one of several.
func one(v uint32) span             { return span{low: v, high: v} }
func between(low, high uint32) span { return span{low: low, high: high} }

// among jumps to yes when A is in one of the spans, which ascend and do not
// overlap, and to no otherwise. It is a search tree: twice as many spans cost
// one comparison more.
func (a *assembler) among(spans []span, yes, no string) {
	if len(spans) > 1 {
		half := len(spans) / 2
		right := fmt.Sprintf("from %#x on, instruction %d", spans[half].low, len(a.ops))
		a.when(bpf.JumpGreaterOrEqual, spans[half].low, right, "")
		a.among(spans[:half], yes, no)
		a.label(right)
		a.among(spans[half:], yes, no)
		return
	}
	s := spans[0]
	if s.to != "" {
		yes = s.to
	}
	if s.low == s.high {
		a.when(bpf.JumpEqual, s.low, yes, no)
		return
	}
	a.when(bpf.JumpLessThan, s.low, no, "")
	a.when(bpf.JumpGreaterThan, s.high, no, yes)
}
