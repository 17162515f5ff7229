package archive

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// written lives a story of n steps in a directory and returns its files.
func written(t *testing.T, dir string, n int64) map[string][]byte {
	t.Helper()
	a, _ := openArchive(t, dir, Options{Limit: 8 << 20})
	s := newStory(9)
	for i := range n {
		if err := s.step(a, i); err != nil {
			t.Fatal(err)
		}
	}
	return files(t, dir)
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(name)] = b
	}
	return found
}

// put makes a directory of files, one of them changed.
func put(t *testing.T, found map[string][]byte, name string, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	for n, b := range found {
		if n == name {
			b = data
		}
		if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// chunkEnds returns where the chunks of a segment end.
func chunkEnds(t *testing.T, data []byte) []int {
	t.Helper()
	ends := []int{0, len(magic)}
	for at := len(magic); at < len(data); {
		h, ok := parseHeader(data[at:])
		if !ok {
			t.Fatalf("no chunk at %d", at)
		}
		at += headerLen + int(h.packed) + trailerLen
		ends = append(ends, at)
	}
	return ends
}

// TestBitFlips flips single bits: the archive always opens, never says anything
// wrong, says what it lost, loses little, and goes on.
func TestBitFlips(t *testing.T) {
	const steps = 40
	found := written(t, t.TempDir(), steps)
	names := slices.Sorted(maps.Keys(found))
	rng := rand.New(rand.NewPCG(1, 1))
	worst := 0
	for range 200 {
		name := names[rng.IntN(len(names))]
		data := slices.Clone(found[name])
		at := rng.IntN(len(data))
		data[at] ^= 1 << rng.IntN(8)
		a, report := openArchive(t, put(t, found, name, data), Options{Limit: 8 << 20})
		have, state, read := verify(t, a)
		lost := steps - len(have)
		worst = max(worst, lost)
		if lost > 1 || state < steps-2 {
			t.Errorf("%s, byte %d: %d steps lost, device as of %d: %q", name, at, lost, state, read.Words())
		}
		if len(report.Words()) == 0 || lost > 0 && len(read.Words()) == 0 {
			t.Errorf("%s, byte %d: nothing is said of the damage", name, at)
		}
		s := newStory(9)
		if err := s.step(a, steps); err != nil {
			t.Fatal(err)
		}
		if again, state, _ := verify(t, a); len(again) != len(have)+1 || state != steps {
			t.Errorf("%s, byte %d: after going on %d steps, %d before; device as of %d", name, at, len(again), len(have), state)
		}
	}
	t.Logf("of %d steps %d were lost at worst", steps, worst)
}

// TestTruncation cuts a segment at every chunk and at random places: what stands
// before is there, and the archive goes on.
func TestTruncation(t *testing.T) {
	const steps = 30
	found := written(t, t.TempDir(), steps)
	rng := rand.New(rand.NewPCG(2, 2))
	boundaries, inside := 0, 0
	for name, data := range found {
		ends := chunkEnds(t, data)
		cuts := slices.Clone(ends)
		for range 220/len(found) + 1 {
			cuts = append(cuts, rng.IntN(len(data)))
		}
		for i, cut := range cuts {
			a, report := openArchive(t, put(t, found, name, data[:cut]), Options{Limit: 8 << 20})
			have, _, _ := verify(t, a)
			atEnd := i < len(ends) || slices.Contains(ends, cut)
			if said := len(report.Words()) > 0; said == atEnd {
				t.Errorf("%s cut at %d, a chunk's end %t: %q", name, cut, atEnd, report.Words())
			}
			if atEnd {
				boundaries++
			} else {
				inside++
			}
			if i%4 > 0 {
				continue
			}
			s := newStory(9)
			for n := range int64(3) {
				if err := s.step(a, steps+n); err != nil {
					t.Fatal(err)
				}
			}
			again, state, read := verify(t, a)
			healed := name == fileName(Hours, 20_000, 0) || len(read.Words()) == 0 // that day is over and not written to
			if len(again) != len(have)+3 || state != steps+2 || !healed {
				t.Errorf("%s cut at %d: %d steps after going on, %d before, device as of %d, %q", name, cut, len(again), len(have), state, read.Words())
			}
		}
	}
	if boundaries < 50 || inside < 200 {
		t.Errorf("%d cuts at chunks, %d inside", boundaries, inside)
	}
	t.Logf("%d cuts at chunks, %d inside of them", boundaries, inside)
}

// TestLostNames: a segment whose first chunk, that of its names, is damaged has
// them once more; where both are, sums count as other and the report says so.
func TestLostNames(t *testing.T) {
	found := written(t, t.TempDir(), 20)
	name := fileName(Hours, 20_000, 0)
	var at []int
	for pos := len(magic); pos < len(found[name]); {
		h, _ := parseHeader(found[name][pos:])
		if h.flags&flagNames != 0 {
			at = append(at, pos+headerLen)
		}
		pos += headerLen + int(h.packed) + trailerLen
	}
	if len(at) < 2 {
		t.Fatalf("%d chunks of names", len(at))
	}
	data := slices.Clone(found[name])
	data[at[0]] ^= 1
	a, _ := openArchive(t, put(t, found, name, data), Options{Limit: 8 << 20})
	if have, _, report := verify(t, a); len(have) != 20 || report.Unnamed != 0 || report.Lost == 0 {
		t.Errorf("one is damaged: %d steps, %q", len(have), report.Words())
	}
	for _, pos := range at {
		data[pos] = ^found[name][pos]
	}
	a, _ = openArchive(t, put(t, found, name, data), Options{Limit: 8 << 20})
	if have, _, report := verify(t, a); len(have) != 20 || report.Unnamed == 0 {
		t.Errorf("all are damaged: %d steps, %q", len(have), report.Words())
	}
}

// TestOtherFiles: files that are not weir's stay as they are, and those of a newer
// weir, too.
func TestOtherFiles(t *testing.T) {
	dir := t.TempDir()
	found := written(t, dir, 5)
	newer := append([]byte(magic), appendHeader(nil, header{version: version + 1, packed: 3, raw: 9, from: storyBegin, to: storyBegin})...)
	newer = append(newer, "abc1234"...)
	hours := fileName(Hours, 20_000, 0)
	others := map[string][]byte{
		"token": []byte("secret"), "weir-hours-1-0.seg.bak": []byte("x"), "weir-hours-01-0.seg": []byte("y"),
		fileName(Hours, 19_999, 0): append(slices.Clone(found[hours]), newer[len(magic):]...), "weir-unknown-1-0.seg": []byte("z"),
		fileName(Hours, 19_998, 0): []byte("junk, longer than a header of a chunk is"), fileName(Days, 1, 0): nil,
	}
	for name, b := range others {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, report := openArchive(t, dir, Options{Limit: 8 << 20})
	said := fmt.Sprintf("%q", report.Words())
	if !slices.ContainsFunc(report.Losses, func(l Loss) bool { return l.Newer }) || report.Lost != 2 {
		t.Error(said)
	}
	s := newStory(9)
	for n := range int64(30) {
		if err := s.step(a, n); err != nil {
			t.Fatal(err)
		}
	}
	now := files(t, dir)
	for name, b := range others {
		if string(now[name]) != string(b) {
			t.Errorf("%s was changed", name)
		}
	}
}
