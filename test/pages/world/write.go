package main

import (
	"bufio"
	"fmt"
	"strings"
)

// outlines is what the page draws.
type outlines struct {
	arcs      [][]point
	countries []country
}

// country is drawn by its rings and marked at its label.
type country struct {
	code  string
	label point
	rings [][]int // numbers of arcs, ^n backwards
}

// base is how many numbers one character holds: those from ( to ~ without the
// backslash, so that neither quotes nor escapes are among them.
const base = 86

func char(n int) byte {
	c := byte('(' + n)
	if c >= '\\' {
		c++
	}
	return c
}

// pair writes a number below base² as two characters.
func pair(n int) string {
	if n < 0 || n >= base*base {
		panic(fmt.Sprintf("world: %d does not fit two characters", n)) // the input is ours
	}
	return string([]byte{char(n / base), char(n % base)})
}

// arc writes where it begins and then its steps, long ones as several.
func arc(points []point) string {
	x, y := int(points[0].x), int(points[0].y)
	s := pair(x) + pair(y)
	const reach = base / 2
	for _, p := range points[1:] {
		for x != int(p.x) || y != int(p.y) {
			dx, dy := int(p.x)-x, int(p.y)-y
			parts := max(1, (abs(dx)+reach-2)/(reach-1), (abs(dy)+reach-2)/(reach-1))
			dx, dy = dx/parts, dy/parts
			s += string([]byte{char(dx + reach), char(dy + reach)})
			x, y = x+dx, y+dy
		}
	}
	return s
}

func abs(n int) int { return max(n, -n) }

// text returns a country as its code, its label and its rings; a space stands
// between two.
func (c *country) text() string {
	rings := make([]string, len(c.rings))
	for i, ring := range c.rings {
		for _, n := range ring {
			if n < 0 {
				n = ^n*2 + 1
			} else {
				n *= 2
			}
			rings[i] += pair(n)
		}
	}
	return c.code + pair(int(c.label.x)) + pair(int(c.label.y)) + strings.Join(rings, " ")
}

func (m *outlines) write(w *bufio.Writer) {
	arcs := make([]string, len(m.arcs))
	for i, points := range m.arcs {
		arcs[i] = arc(points)
	}
	countries := make([]string, len(m.countries))
	for i := range m.countries {
		countries[i] = m.countries[i].text()
	}
	w.WriteString(header)
	writeText(w, "arcs", strings.Join(arcs, " "))
	w.WriteString(",\n")
	writeText(w, "shapes", strings.Join(countries, "!"))
	w.WriteString(footer)
}

// writeText writes a text over lines of a length that editors bear.
func writeText(w *bufio.Writer, name, s string) {
	fmt.Fprintf(w, "\t%s: [", name)
	for len(s) > 0 {
		n := min(len(s), 250)
		fmt.Fprintf(w, "\n\t\t'%s'", s[:n])
		if s = s[n:]; s != "" {
			w.WriteByte(',')
		}
	}
	w.WriteString("\n\t].join('')")
}
