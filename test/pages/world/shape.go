package main

import "math"

// point is a place on the map in its units, x to the right, y down.
type point struct{ x, y float64 }

// thin leaves out, one after another, the corner that makes the smallest triangle
// with its neighbours, as long as that is smaller than leastArea (Visvalingam and
// Whyatt, 1993), and moves what is left to whole units. The ends stay, for other
// arcs begin there.
func thin(arc []point) []point {
	for len(arc) > 2 {
		least, at := math.Inf(1), 0
		for i := 1; i < len(arc)-1; i++ {
			if a := triangle(arc[i-1], arc[i], arc[i+1]); a < least {
				least, at = a, i
			}
		}
		closed := arc[0] == arc[len(arc)-1]
		if least >= leastArea || closed && len(arc) <= 5 {
			break
		}
		arc = append(arc[:at], arc[at+1:]...)
	}
	whole := arc[:0]
	for i, p := range arc {
		p = point{math.Round(p.x), math.Round(p.y)}
		if i > 0 && p == whole[len(whole)-1] && i < len(arc)-1 {
			continue
		}
		whole = append(whole, p)
	}
	return whole
}

// triangle returns twice the area between three points.
func triangle(a, b, c point) float64 {
	return math.Abs((b.x-a.x)*(c.y-a.y) - (c.x-a.x)*(b.y-a.y))
}

// size returns the area of a ring.
func size(ring []point) float64 {
	var sum float64
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p.x*q.y - q.x*p.y
	}
	return math.Abs(sum) / 2
}

// middle returns a ring's centre of mass, or of its corners where it has no area.
func middle(ring []point) point {
	var sum, x, y float64
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		w := p.x*q.y - q.x*p.y
		sum, x, y = sum+w, x+(p.x+q.x)*w, y+(p.y+q.y)*w
	}
	if sum == 0 {
		return ring[0]
	}
	return point{math.Round(x / sum / 3), math.Round(y / sum / 3)}
}

// torn reports whether a ring leaves the map on one side and comes back on the other.
func torn(ring []point) bool {
	for i, p := range ring {
		if math.Abs(p.x-ring[(i+1)%len(ring)].x) > 180/unit {
			return true
		}
	}
	return false
}
