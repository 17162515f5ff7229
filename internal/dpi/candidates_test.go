package dpi

import "testing"

// A set of detectors must have room for all of them, and give each member once.
func TestCandidates(t *testing.T) {
	if most := 64 * len(candidates{}); len(detectors) > most {
		t.Fatalf("%d detectors, but a set of them holds %d", len(detectors), most)
	}
	for _, want := range [][]int{nil, {0}, {63}, {64}, {127}, {0, 1, 63, 64, 100, 127}} {
		var c candidates
		for _, i := range want {
			c[i/64] |= 1 << (i % 64)
		}
		for i := c.next(0); i >= 0; i = c.next(i + 1) {
			if len(want) == 0 || want[0] != i {
				t.Fatalf("member %d, want %v", i, want)
			}
			want = want[1:]
			c.drop(i)
		}
		if len(want) > 0 || !c.empty() {
			t.Errorf("%v are left", want)
		}
	}
}
