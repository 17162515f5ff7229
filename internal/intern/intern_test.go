package intern

import (
	"errors"
	"fmt"
	"slices"
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

// TestFreeHandlesAreGivenOutAgain loads a dictionary with holes: they are filled
// from the lowest on, count against the bound only then, and are what there is to
// save beside new handles.
func TestFreeHandlesAreGivenOutAgain(t *testing.T) {
	tab := New(5)
	if err := tab.Load([]string{"", "b", "", "d"}); err != nil {
		t.Fatal(err)
	}
	if tab.Len() != 2 || tab.Last() != 4 || tab.Max() != 5 || tab.Name(3) != "" || tab.Reused(0) != nil {
		t.Errorf("%d names up to handle %d of %d, reused %v", tab.Len(), tab.Last(), tab.Max(), tab.Reused(0))
	}
	for i, want := range []uint32{1, 3, 5, 0} {
		if got := tab.Handle(fmt.Sprint("new ", i)); got != want {
			t.Errorf("new name %d got handle %d, want %d", i, got, want)
		}
	}
	if h, ok := tab.Lookup(""); h != 0 || !ok {
		t.Errorf("the empty name has handle %d", h)
	}
	if diff := slices.Compare(tab.Reused(0), []uint32{1, 3}); diff != 0 || !slices.Equal(tab.Reused(1), []uint32{3}) || tab.Reused(2) != nil {
		t.Errorf("reused %v, then %v", tab.Reused(0), tab.Reused(1))
	}
	if got := tab.Names(5); len(got) != 1 || got[0] != "new 2" {
		t.Errorf("new names %q", got)
	}
	names := tab.Names(1)
	names[0] = "changed by the caller"
	if tab.Name(1) != "new 0" {
		t.Error("the caller shares the table's memory")
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
