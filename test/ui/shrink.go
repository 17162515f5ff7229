package ui

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
)

// shrink rewrites a picture with a palette of 256 colours and returns its size
// in bytes. A page has few hues but many shades at the edges of letters: the
// most frequent colours are kept, and what is left goes to the nearest of them.
func shrink(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	picture, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, paletted(picture)); err != nil {
		return 0, err
	}
	return int64(out.Len()), os.WriteFile(path, out.Bytes(), 0o644)
}

func paletted(picture image.Image) *image.Paletted {
	bounds := picture.Bounds()
	counts := map[color.RGBA]int{}
	each := func(do func(x, y int, c color.RGBA)) {
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			for x := bounds.Min.X; x < bounds.Max.X; x++ {
				r, g, b, _ := picture.At(x, y).RGBA()
				do(x, y, color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255})
			}
		}
	}
	each(func(_, _ int, c color.RGBA) { counts[c]++ })
	palette := palette(counts)
	index := make(map[color.RGBA]uint8, len(counts))
	for c := range counts {
		index[c] = uint8(palette.Index(c))
	}
	out := image.NewPaletted(bounds, palette)
	each(func(x, y int, c color.RGBA) { out.SetColorIndex(x, y, index[c]) })
	return out
}

// palette chooses colours by how often they are there. Those that are close to
// one already chosen wait: else the shades of the background would take all.
func palette(counts map[color.RGBA]int) color.Palette {
	colours := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(value(a), value(b)))
	})
	var chosen color.Palette
	for near := 8; near >= 0 && len(chosen) < 256; near -= 2 {
		for _, c := range colours {
			if len(chosen) == 256 {
				break
			}
			if !slices.ContainsFunc(chosen, func(have color.Color) bool { return distance(have.(color.RGBA), c) <= near }) {
				chosen = append(chosen, c)
			}
		}
	}
	return chosen
}

func value(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }

// distance is how far the channel that differs most is from the other's.
func distance(a, b color.RGBA) int {
	return max(abs(int(a.R)-int(b.R)), abs(int(a.G)-int(b.G)), abs(int(a.B)-int(b.B)))
}

func abs(n int) int { return max(n, -n) }
