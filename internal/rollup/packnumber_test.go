package rollup

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestRatioIsNear compares with whole numbers of any size.
func TestRatioIsNear(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 20_000 {
		x, y, d := rng.Uint64()>>rng.UintN(64), rng.Uint64()>>rng.UintN(64), max(rng.Uint64()>>rng.UintN(64), 1)
		want := new(big.Int).Mul(new(big.Int).SetUint64(x), new(big.Int).SetUint64(y))
		want.Div(want, new(big.Int).SetUint64(d))
		got := new(big.Int).SetUint64(ratioOf(y, d).times(x))
		if !want.IsUint64() {
			want.SetUint64(math.MaxUint64)
		}
		off := new(big.Int).Sub(want, got)
		most := new(big.Int).Rsh(want, 13)
		if off.CmpAbs(most.Add(most, big.NewInt(1))) > 0 {
			t.Fatalf("%d*%d/%d is %v, not %v", x, y, d, got, want)
		}
	}
}

func TestRatioIsExact(t *testing.T) {
	for _, x := range []uint64{0, 1, 77, 1<<47 - 1} {
		for _, n := range []uint64{1, 3, 65537, math.MaxUint64} {
			if got := ratioOf(n, n).times(x); got != x {
				t.Errorf("%d*%d/%d is %d", x, n, n, got)
			}
		}
		if ratioOf(x, 0).times(5) != 0 || ratioOf(0, 5).times(x) != 0 {
			t.Errorf("%d by nothing is something", x)
		}
	}
}
