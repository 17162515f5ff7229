package names

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPool(t *testing.T) {
	p := NewPool(8 << 10)
	a := p.Put([]byte("a.example"))
	b := p.Put([]byte("b.example"))
	if a == 0 || b == 0 || a == b || p.Put([]byte("a.example")) != a || p.Len() != 2 {
		t.Fatalf("handles %d and %d, %d texts", a, b, p.Len())
	}
	if got := string(p.Text(b)); got != "b.example" || p.Text(0) != nil || p.Text(99) != nil {
		t.Errorf("text of b is %q", got)
	}
	p.Release(a)
	if p.Find([]byte("a.example")) != a {
		t.Error("a left with its first reference")
	}
	p.Release(a)
	if p.Find([]byte("a.example")) != 0 || p.Text(a) != nil || p.Hold(a) != 0 {
		t.Error("a is still there")
	}
	p.Release(a)
	p.Release(0)
	p.Release(1 << 31)
	if p.Hold(b) != b || p.Len() != 1 {
		t.Error("b was harmed")
	}
	if c := p.Put([]byte("c.example")); c != a {
		t.Errorf("handle %d, want %d again", c, a)
	}
	if p.Put(nil) != 0 || p.Refused != 0 {
		t.Error("the empty text is nothing to refuse")
	}
	if p.Put([]byte(strings.Repeat("x", MaxText+1))) != 0 || p.Refused != 1 {
		t.Error("a text that is too long was taken")
	}
	if h := p.Put([]byte(strings.Repeat("x", MaxText))); len(p.Text(h)) != MaxText {
		t.Error("the longest text was not taken")
	}
}

func TestPoolFull(t *testing.T) {
	for _, budget := range []int{0, 4 << 10, 100_000, 327_680, 1 << 20} {
		for _, size := range []int{4, 24, MaxText} {
			t.Run(fmt.Sprintf("%d bytes, texts of %d", budget, size), func(t *testing.T) {
				p := NewPool(budget)
				var held []uint32
				for i := 0; p.Refused == 0; i++ {
					if h := p.Put(fmt.Appendf(nil, "%0*d", size, i)); h != 0 {
						held = append(held, h)
					}
				}
				if p.Spare() {
					t.Error("room to spare when full")
				}
				if p.Size() > max(budget, 4<<10)+256 {
					t.Errorf("%d bytes of %d", p.Size(), budget)
				}
				if size == 24 && len(held) < budget/70 {
					t.Errorf("only %d texts", len(held))
				}
				if got := p.Put(fmt.Appendf(nil, "%0*d", size, 3)); got != held[3] {
					t.Error("a known text was refused")
				}
				// An eighth goes: there is room again, and others stay what they are.
				for i := 0; i < len(held); i += 4 {
					p.Release(held[i])
				}
				if h := p.Put([]byte("new")); h == 0 || string(p.Text(h)) != "new" {
					t.Error("no room for another")
				}
				if want := fmt.Sprintf("%0*d", size, 1); string(p.Text(held[1])) != want {
					t.Errorf("text is %q, want %q", p.Text(held[1]), want)
				}
			})
		}
	}
}

// TestPoolModel does at random what a map with reference counts does.
func TestPoolModel(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		p := NewPool(16 << 10)
		refs := map[string]int{}
		handles := map[string]uint32{}
		var all []string
		for i := range 30_000 {
			if len(all) == 0 || rng.IntN(5) < 2 {
				s := strings.Repeat("n", rng.IntN(60)+1) + fmt.Sprint(rng.IntN(300))
				h := p.Put([]byte(s))
				if h == 0 {
					if refs[s] > 0 {
						t.Fatalf("step %d: a known text was refused", i)
					}
					continue
				}
				if refs[s] > 0 && handles[s] != h {
					t.Fatalf("step %d: another handle for %q", i, s)
				}
				refs[s]++
				handles[s] = h
				all = append(all, s)
				continue
			}
			j := rng.IntN(len(all))
			s := all[j]
			all[j] = all[len(all)-1]
			all = all[:len(all)-1]
			if got := string(p.Text(handles[s])); got != s {
				t.Fatalf("step %d: %q is %q", i, s, got)
			}
			p.Release(handles[s])
			if refs[s]--; refs[s] == 0 {
				delete(refs, s)
				delete(handles, s)
			}
			if rng.IntN(4000) == 0 { // a wave ends
				for _, s := range all {
					p.Release(handles[s])
				}
				clear(refs)
				clear(handles)
				all = all[:0]
			}
		}
		if p.Len() != len(refs) {
			t.Fatalf("%d texts, want %d", p.Len(), len(refs))
		}
		for s, h := range handles {
			if string(p.Text(h)) != s || p.Find([]byte(s)) != h {
				t.Fatalf("%q is lost", s)
			}
		}
	}
}

func TestPoolAllocatesNothingForKnownTexts(t *testing.T) {
	p := NewPool(16 << 10)
	text := []byte("www.example.com")
	p.Put(text)
	if n := testing.AllocsPerRun(100, func() { p.Release(p.Put(text)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPoolOverwritesWhatLeft(t *testing.T) {
	p := NewPool(4 << 10)
	for i := range 300 {
		p.Release(p.Put(fmt.Appendf(nil, "secret-%d.example", i)))
	}
	h := p.Put([]byte("kept"))
	p.compact()
	if all := string(p.texts[:cap(p.texts)]); strings.Contains(all, "secret") || string(p.Text(h)) != "kept" {
		t.Errorf("left in memory: %q", all)
	}
}

// full returns the pool of a router with default bounds, full.
func full(tb testing.TB) (*Pool, [][]byte) {
	tb.Helper()
	p := NewPool(flowText * 8192)
	var texts [][]byte
	for i := 0; p.Refused == 0; i++ {
		texts = append(texts, fmt.Appendf(nil, "host-%d.cdn.example.net", i))
		p.Put(texts[i])
	}
	return p, texts[:len(texts)-1]
}

func BenchmarkPoolKnown(b *testing.B) {
	p, texts := full(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p.Release(p.Put(texts[i%len(texts)]))
		i++
	}
}

// BenchmarkPoolChurn replaces texts in a full pool, moving them together over and
// over.
func BenchmarkPoolChurn(b *testing.B) {
	p, texts := full(b)
	handles := make([]uint32, len(texts))
	for i, t := range texts {
		handles[i] = p.Find(t)
	}
	for i := 0; i < len(handles); i += 6 { // below 7/8, where it is full again
		p.Release(handles[i])
		handles[i] = 0
	}
	text := make([]byte, 0, 64)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		j := i * 7 % len(handles)
		p.Release(handles[j])
		text = fmt.Appendf(text[:0], "new-%d.cdn.example.net", i)
		handles[j] = p.Put(text)
		i++
	}
}

func BenchmarkPoolCompact(b *testing.B) {
	p, _ := full(b)
	for b.Loop() {
		p.compact()
	}
}
