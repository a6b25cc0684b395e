package link

import (
	"image/color"
	"testing"
)

// TestIcon looks at points of the picture in every size: outside, arrow, box.
func TestIcon(t *testing.T) {
	for _, size := range iconSizes() {
		img := drawIcon(size)
		at := func(x, y int) color.NRGBA { return img.NRGBAAt(x*size/64, y*size/64) }
		if c := at(0, 0); c.A != 0 {
			t.Errorf("%d: the corner is %v, not transparent", size, c)
		}
		if c := at(32, 12); c.B <= c.R || c.A != 255 {
			t.Errorf("%d: the arrow is %v, not blue", size, c)
		}
		if c := at(12, 54); c.R <= c.B || c.A != 255 {
			t.Errorf("%d: the box is %v, not brown", size, c)
		}
	}
}
