package ui

import (
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestShrink draws what a page is like: a background, a bar, and what has more
// colours than a palette.
func TestShrink(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 200, 200))
	r := rand.New(rand.NewPCG(1, 2))
	for y := range 200 {
		for x := range 200 {
			c := color.RGBA{255, 255, 255, 255}
			switch {
			case y < 20:
				c = color.RGBA{0, 105, 217, 255}
			case y > 150:
				c = color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), 200, 255}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	path := filepath.Join(t.TempDir(), "page.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	before, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f.Close()

	size, err := shrink(path)
	if err != nil {
		t.Fatal(err)
	}
	if size >= before.Size() {
		t.Errorf("%d bytes, and %d before", size, before.Size())
	}
	f, err = os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	small, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	far := 0
	for y := range 200 {
		for x := range 200 {
			r, g, b, _ := small.At(x, y).RGBA()
			far = max(far, distance(picture.RGBAAt(x, y), color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}))
		}
	}
	if small.At(3, 3) != (color.RGBA{0, 105, 217, 255}) || small.At(3, 60) != (color.RGBA{255, 255, 255, 255}) {
		t.Error("frequent colours are not the same as before")
	}
	if far > 48 {
		t.Errorf("a colour is %d of 255 away from what it was", far)
	}
}

func TestShrinkNoPicture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.png")
	if _, err := shrink(path); err == nil {
		t.Error("what is not there can be shrunk")
	}
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := shrink(path); err == nil {
		t.Error("a text can be shrunk")
	}
}
