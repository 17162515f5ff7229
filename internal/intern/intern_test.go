package intern

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestHandles(t *testing.T) {
	tab := New(3)
	steps := []struct {
		name string
		in   string
		want uint32
	}{
		{"empty", "", 0},
		{"first", "br-lan", 1},
		{"second", "AA:BB", 2},
		{"known", "br-lan", 1},
		{"too long", strings.Repeat("x", MaxName+1), 0},
		{"longest", strings.Repeat("x", MaxName), 3},
		{"full", "late", 0},
		{"known when full", "AA:BB", 2},
	}
	for _, s := range steps {
		if got := tab.Handle(s.in); got != s.want {
			t.Errorf("%s: handle %d, want %d", s.name, got, s.want)
		}
		if got := tab.HandleBytes([]byte(s.in)); got != s.want {
			t.Errorf("%s: handle of bytes %d, want %d", s.name, got, s.want)
		}
		if s.want != 0 && tab.Name(s.want) != s.in {
			t.Errorf("%s: name of %d is %q", s.name, s.want, tab.Name(s.want))
		}
	}
	if tab.Len() != 3 || tab.Refused() != 4 {
		t.Errorf("%d names, %d refused, want 3 and 4", tab.Len(), tab.Refused())
	}
	if got := tab.Name(99); got != "" {
		t.Errorf("name of a handle never given: %q", got)
	}
	if _, ok := tab.Lookup("late"); ok {
		t.Error("a refused name has a handle")
	}
}

func TestLoadKeepsHandles(t *testing.T) {
	tab := New(8)
	for _, n := range []string{"a", "b", "c"} {
		tab.Handle(n)
	}
	saved := tab.Names(1)
	tab.Handle("d")
	if len(saved) != 3 || len(tab.Names(4)) != 1 || tab.Names(5) != nil || tab.Names(1<<31) != nil {
		t.Fatalf("names %q, then %q", saved, tab.Names(4))
	}

	next := New(2) // a smaller bound than what was saved
	if err := next.Load(saved); err != nil {
		t.Fatal(err)
	}
	for i, n := range saved {
		if h, ok := next.Lookup(n); !ok || h != uint32(i+1) {
			t.Errorf("%q has handle %d", n, h)
		}
	}
	if next.Handle("new") != 0 || next.Handle("c") != 3 {
		t.Error("the bound does not hold for new names alone")
	}
	if err := next.Load(saved); !errors.Is(err, ErrLoaded) {
		t.Errorf("second Load: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	tab := New(100)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				name := fmt.Sprint("n", i)
				if h := tab.Handle(name); h != 0 && tab.Name(h) != name {
					t.Errorf("%s: handle %d is %q", name, h, tab.Name(h))
				}
			}
		})
	}
	wg.Wait()
	if tab.Len() != 100 {
		t.Errorf("%d names, want 100", tab.Len())
	}
}

func TestKnownNamesDoNotAllocate(t *testing.T) {
	tab := New(10)
	name := []byte("br-lan")
	tab.HandleBytes(name)
	if n := testing.AllocsPerRun(100, func() {
		if tab.HandleBytes(name) != 1 || tab.Handle("br-lan") != 1 {
			t.Error("handle changed")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
