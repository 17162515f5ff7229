package clock

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestParseTZ(t *testing.T) {
	tests := []struct {
		name, text     string
		winter, summer int    // offsets in seconds in January and July 2027
		names          string // in both
	}{
		{"Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200, "CET CEST"},
		{"OpenWrt's default", "UTC", 0, 0, "UTC UTC"},
		{"its other default", "GMT0", 0, 0, "GMT GMT"},
		{"nothing", " \n", 0, 0, "UTC UTC"},
		{"end of line", "IST-5:30\n", 19800, 19800, "IST IST"},
		{"south", "AEST-10AEDT,M10.1.0,M4.1.0/3", 39600, 36000, "AEDT AEST"},
		{"names of digits", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10800, -7200, "-03 -02"},
		{"no rules", "EST5EDT", -18000, -14400, "EST EDT"},
		{"summer has its own offset", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 39600, 37800, "+11 +1030"},
		{"Julian days", "AAA3BBB,J60/1:30:00,300", -10800, -7200, "AAA BBB"},
		{"far east", "<+14>-14:00:00", 50400, 50400, "+14 +14"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loc := zone(t, tt.text)
			january, winter := time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC).In(loc).Zone()
			july, summer := time.Date(2027, 7, 15, 12, 0, 0, 0, time.UTC).In(loc).Zone()
			if winter != tt.winter || summer != tt.summer || january+" "+july != tt.names {
				t.Errorf("%s %d, %s %d; want %s, %d, %d", january, winter, july, summer, tt.names, tt.winter, tt.summer)
			}
		})
	}
}

// notZones are texts that are no zone.
var notZones = []string{
	"Europe/Berlin", ":Europe/Berlin", "CET", "C-1", "CET-", "CET-1:07", "CET-25", "CET-24:15", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,",
	"CET-1CEST,M3.5.0,M10.5.0/3,", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0",
	"CET-1CEST,J0,J300", "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0/1:60,M10.5.0", "CET-1CEST,M3.5.0/,M10.5.0", "<CET-1", "<>1", "<a\nb>1", "CET-1C\x00ST",
	"ÄÄÄ-1", "CET1" + strings.Repeat("0", 200), "ABCDEFGHIJKLMNOPQ1", "CET-1 CEST", "-1", "CET--1", "1", ",", "<",
}

func TestParseTZRefuses(t *testing.T) {
	for _, text := range notZones {
		if loc, err := ParseTZ(text); err == nil {
			t.Errorf("%q: %v", text, loc)
		} else if !strings.Contains(err.Error(), "CET-1CEST,M3.5.0,M10.5.0/3") || len(err.Error()) > 500 {
			t.Errorf("%q: error does not tell what is wanted: %v", text, err)
		}
	}
}

// TestTextsAgainstZoneinfo compares the texts with the zones that they are of, at
// any time from 2026 on, which is when all of them hold.
func TestTextsAgainstZoneinfo(t *testing.T) {
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			want, got := installed(t, name), zone(t, text)
			random := rand.New(rand.NewPCG(3, 4))
			begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
			for range 5000 {
				at := time.Unix(begin+random.Int64N(last-begin), 0)
				wantName, wantOffset := at.In(want).Zone()
				gotName, gotOffset := at.In(got).Zone()
				if wantOffset != gotOffset || wantName != gotName {
					t.Fatalf("at %v: %s %d, zoneinfo says %s %d", at.UTC(), gotName, gotOffset, wantName, wantOffset)
				}
			}
		})
	}
}

func FuzzParseTZ(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	for _, text := range notZones {
		f.Add(text)
	}
	f.Add("EST5EDT,0/0,J365/25")
	f.Add("AAA-24BBB24,M1.1.0/-167,M12.5.6/167")
	f.Fuzz(func(t *testing.T, text string) {
		loc, err := ParseTZ(text)
		if err != nil {
			return
		}
		for _, at := range []int64{0, 1795190400, 1798761600, last} {
			_, offset := time.Unix(at, 0).In(loc).Zone()
			if offset < -25*3600 || offset > 25*3600 || offset%900 != 0 {
				t.Errorf("%q is off by %d s", text, offset)
			}
		}
	})
}
