package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// square is two countries of 30° each that share a border, and an island of the
// second beyond the antimeridian; units are degrees.
const square = `{
	"transform": {"scale": [1, 1], "translate": [0, 0]},
	"arcs": [
		[[30, 0], [0, 15], [0, 15]],
		[[30, 30], [-30, 0], [0, -30], [30, 0]],
		[[30, 0], [30, 0], [0, 30], [-30, 0]],
		[[-170, 0], [-9, 0], [0, 9], [9, 0], [0, -9]]
	],
	"objects": {"countries": {"geometries": [
		{"type": "Polygon", "id": "724", "properties": {"name": "West"}, "arcs": [[0, 1]]},
		{"type": "MultiPolygon", "id": "276", "properties": {"name": "East"}, "arcs": [[[2, -1]], [[3]]]},
		{"type": "Polygon", "id": "010", "properties": {"name": "Antarctica"}, "arcs": [[0]]},
		{"type": "Polygon", "properties": {"name": "Nowhere"}, "arcs": [[0]]}
	]}}
}`

func TestOutlines(t *testing.T) {
	var top topology
	if err := json.Unmarshal([]byte(square), &top); err != nil {
		t.Fatal(err)
	}
	m, err := top.outlines()
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, c := range m.countries {
		codes = append(codes, c.code)
	}
	if diff := cmp.Diff([]string{"DE", "ES"}, codes); diff != "" {
		t.Fatal(diff)
	}
	if len(m.arcs) != 4 || len(m.arcs[0]) != 4 {
		t.Errorf("%d arcs, the first has %d corners", len(m.arcs), len(m.arcs[0]))
	}
	de, es := m.countries[0], m.countries[1]
	if len(de.rings) != 2 || !slices.Equal(es.rings[0], []int{^de.rings[0][1], 3}) {
		t.Errorf("rings: %v %v", de.rings, es.rings)
	}
	if want := (point{(45 - west) / unit, (north - 15) / unit}); abs(int(de.label.x-want.x)) > 1 || abs(int(de.label.y-want.y)) > 1 {
		t.Errorf("the label is at %v, want %v", de.label, want)
	}
}

func TestThin(t *testing.T) {
	tests := []struct {
		name      string
		arc, want []point
	}{
		{"a straight line", []point{{0, 0}, {5, 0.1}, {10, 0}}, []point{{0, 0}, {10, 0}}},
		{"a corner that matters", []point{{0, 0}, {5, 5}, {10, 0}}, []point{{0, 0}, {5, 5}, {10, 0}}},
		{"whole units", []point{{0.2, 0}, {5, 5.4}, {5.1, 5.3}, {9.9, 0}}, []point{{0, 0}, {5, 5}, {10, 0}}},
		{"a small island keeps a shape", []point{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}, []point{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, thin(tt.arc), cmp.AllowUnexported(point{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The text of an arc is read back as the page does.
func TestArc(t *testing.T) {
	number := func(c byte) int {
		if c > '\\' {
			c--
		}
		return int(c - '(')
	}
	read := func(s string) point {
		x, y := number(s[0])*base+number(s[1]), number(s[2])*base+number(s[3])
		for i := 4; i < len(s); i += 2 {
			x, y = x+number(s[i])-base/2, y+number(s[i+1])-base/2
		}
		return point{float64(x), float64(y)}
	}
	for _, points := range [][]point{
		{{0, 0}}, {{1079, 420}, {1, 1}}, {{500, 200}, {457, 243}}, {{7, 9}, {7, 9}, {50, 400}, {93, 357}},
	} {
		s := arc(points)
		if got := read(s); got != points[len(points)-1] {
			t.Errorf("%v ends at %v as %q", points, got, s)
		}
		if strings.ContainsAny(s, "'\"\\ !\n") {
			t.Errorf("%q has what a string of JavaScript has not", s)
		}
	}
}

// The page's file is what this program writes, small enough, and has the countries
// that people ask for.
func TestFile(t *testing.T) {
	b, err := os.ReadFile("../../../luci-app/htdocs/luci-static/resources/weir/map.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 20_000 {
		t.Errorf("map.js has %d bytes", len(b))
	}
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	(&outlines{}).write(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(out.String(), "\tarcs:")
	_, foot, _ := strings.Cut(out.String(), "\tshapes: [\n\t].join('')")
	if !strings.HasPrefix(string(b), head) || !strings.HasSuffix(string(b), foot) {
		t.Error("map.js was written by another program: run this one again")
	}
	_, text, _ := strings.Cut(string(b), "\tshapes: [")
	shapes := strings.Join(regexp.MustCompile(`'([^']*)'`).FindAllString(text, -1), "")
	countries := strings.Split(strings.ReplaceAll(shapes, "'", ""), "!")
	if len(countries) < 230 {
		t.Errorf("only %d countries", len(countries))
	}
	for _, code := range []string{"DE", "US", "GB", "SG", "HK", "MT", "FR", "NO", "AU", "XK"} {
		if !slices.ContainsFunc(countries, func(c string) bool { return strings.HasPrefix(c, code) }) {
			t.Errorf("there is no %s", code)
		}
	}
}
