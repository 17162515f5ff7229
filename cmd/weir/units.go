package main

import (
	"math"
	"strconv"
	"time"
)

// siPrefixes are the decimal prefixes of quantities, 1000 apart.
var siPrefixes = [...]string{"", "k", "M", "G", "T", "P", "E"}

// quantity returns n with three significant digits and a decimal prefix:
// "999 B", "1.23 kB", "45.6 Mbit/s". Below 1000 it is exact.
func quantity(n uint64, unit string) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10) + " " + unit
	}
	v, p := float64(n), 0
	// 999.5 would be rounded to four digits: it belongs to the next prefix.
	for v >= 999.5 && p < len(siPrefixes)-1 {
		v /= 1000
		p++
	}
	return threeDigits(v) + " " + siPrefixes[p] + unit
}

// threeDigits returns v, from 0 to 999.49, with three significant digits.
func threeDigits(v float64) string {
	decimals := 2
	switch {
	case v >= 99.95:
		decimals = 0
	case v >= 9.995:
		decimals = 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func byteText(n uint64) string { return quantity(n, "B") }

func rateText(bitsPerSecond uint64) string { return quantity(bitsPerSecond, "bit/s") }

// countText returns n with its thousands set apart: "1,055,400".
func countText(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural returns n with its thousands set apart and the noun it counts.
func plural(n uint64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return countText(n) + " " + noun
}

// durationText returns d in the two units that matter: "0.42 s", "12.3 s",
// "2m03s", "3h12m", "2d04h".
func durationText(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d == 0:
		return "0 s"
	case d < 9995*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	case d < 59950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	s := int64(math.Round(d.Seconds()))
	switch {
	case s < 3600:
		return twoUnits(s/60, "m", s%60, "s")
	case s < 86400:
		return twoUnits(s/3600, "h", s%3600/60, "m")
	}
	return twoUnits(s/86400, "d", s%86400/3600, "h")
}

// ageText returns whole seconds as durationText does longer times: "3 s",
// "2m03s".
func ageText(seconds int64) string {
	if seconds < 60 {
		return strconv.FormatInt(max(seconds, 0), 10) + " s"
	}
	return durationText(time.Duration(seconds) * time.Second)
}

func twoUnits(a int64, unitA string, b int64, unitB string) string {
	s := strconv.FormatInt(a, 10) + unitA
	if b < 10 {
		s += "0"
	}
	return s + strconv.FormatInt(b, 10) + unitB
}

// percentText returns a share with one decimal, cut and not rounded: only the
// whole is 100 %.
func percentText(v float64) string {
	if v >= 100 {
		return "100 %"
	}
	return strconv.FormatFloat(math.Floor(10*v)/10, 'f', 1, 64) + " %"
}

// latencyText returns a latency in microseconds with three significant digits,
// "-" when it was not seen.
func latencyText(us uint64) string {
	switch {
	case us == 0:
		return "-"
	case us < 1000:
		return strconv.FormatUint(us, 10) + " us"
	case us < 999_500:
		return threeDigits(float64(us)/1e3) + " ms"
	case us < 999_500_000:
		return threeDigits(float64(us)/1e6) + " s"
	}
	return strconv.FormatUint(us/1e6, 10) + " s"
}
