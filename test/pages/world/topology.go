package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// topology is the part of a TopoJSON that matters here.
type topology struct {
	Transform struct{ Scale, Translate [2]float64 }
	Arcs      [][][2]float64 // each corner after the first by its distance to the one before
	Objects   struct {
		Countries struct{ Geometries []geometry }
	}
}

// geometry is a country.
type geometry struct {
	Type       string
	ID         string // ISO 3166-1 numeric
	Properties struct{ Name string }
	Arcs       json.RawMessage // as deep as Type says
}

// polygons returns the rings of each polygon as numbers of arcs; ^n is arc n
// from its end to its beginning.
func (g *geometry) polygons() ([][][]int, error) {
	if g.Type == "MultiPolygon" {
		var all [][][]int
		err := json.Unmarshal(g.Arcs, &all)
		return all, err
	}
	var one [][]int
	err := json.Unmarshal(g.Arcs, &one)
	return [][][]int{one}, err
}

// What is drawn: all but the Antarctic, in units of a third of a degree, and no
// island below some size beside a country's largest.
const (
	unit      = 1.0 / 3
	north     = 84.0
	west      = -168.5 // in the Bering Strait: only the Aleutian islands are cut
	leastArea = 7.0    // of a corner that matters, in square units, times two
	leastIsle = 10.0   // of an island, in square units
	antarctic = "AQ"
)

// outlines thins out the arcs and picks the rings that are drawn.
func (t *topology) outlines() (*outlines, error) {
	arcs := make([][]point, len(t.Arcs))
	for i := range t.Arcs {
		arcs[i] = thin(t.corners(i))
	}
	byCode := map[string][][][]int{}
	for i := range t.Objects.Countries.Geometries {
		g := &t.Objects.Countries.Geometries[i]
		polygons, err := g.polygons()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.Properties.Name, err)
		}
		byCode[g.code()] = append(byCode[g.code()], polygons...) // some islands are countries of their own here
	}
	delete(byCode, "")
	delete(byCode, antarctic)
	m := &outlines{}
	used := map[int]int{} // arc of the input → of the output
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		m.countries = append(m.countries, pick(code, byCode[code], arcs, func(arc int) int {
			n, ok := used[arc]
			if !ok {
				n = len(m.arcs)
				used[arc] = n
				m.arcs = append(m.arcs, arcs[arc])
			}
			return n
		}))
	}
	return m, nil
}

// corners returns an arc in units of the map, with the origin at its upper left.
func (t *topology) corners(arc int) []point {
	var x, y float64
	all := make([]point, 0, len(t.Arcs[arc]))
	for _, d := range t.Arcs[arc] {
		x, y = x+d[0], y+d[1]
		lon := x*t.Transform.Scale[0] + t.Transform.Translate[0]
		lat := y*t.Transform.Scale[1] + t.Transform.Translate[1]
		if lon < west {
			lon += 360
		}
		all = append(all, point{(lon - west) / unit, (north - lat) / unit})
	}
	return all
}

// pick returns a country with its label in the middle of its largest polygon.
func pick(code string, polygons [][][]int, arcs [][]point, number func(arc int) int) country {
	c := country{code: code}
	largest := -1.0
	for _, rings := range polygons {
		outer := join(rings[0], arcs)
		area := size(outer)
		if area > largest {
			largest, c.label = area, middle(outer)
		}
	}
	for _, rings := range polygons {
		if area := size(join(rings[0], arcs)); area < leastIsle && (area < largest || area == 0) {
			continue
		}
		for _, ring := range rings {
			if shape := join(ring, arcs); size(shape) < leastIsle/4 || torn(shape) {
				continue
			}
			numbers := make([]int, len(ring))
			for i, arc := range ring {
				if arc < 0 {
					numbers[i] = ^number(^arc)
				} else {
					numbers[i] = number(arc)
				}
			}
			c.rings = append(c.rings, numbers)
		}
	}
	return c
}

// join returns the corners of a ring of arcs; each begins where the one before ended.
func join(ring []int, arcs [][]point) []point {
	var all []point
	for _, n := range ring {
		if n < 0 {
			arc := slices.Clone(arcs[^n])
			slices.Reverse(arc)
			all = append(all, arc[1:]...)
		} else {
			all = append(all, arcs[n][1:]...)
		}
	}
	return all
}
