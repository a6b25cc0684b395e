package link

import (
	"image"
	"image/color"

	"github.com/tc-hib/winres"
)

// iconSizes are the widths in pixels, largest first.
func iconSizes() []int { return []int{256, 64, 48, 32, 24, 16} }

// defaultIcon draws the icon: a box with an arrow into it. Integers only, so that every machine draws the same.
func defaultIcon() (*winres.Icon, error) {
	var images []image.Image
	for _, size := range iconSizes() {
		images = append(images, drawIcon(size))
	}
	return winres.NewIconFromImages(images)
}

// shape is a part of the picture on a grid of 64 by 64 units; inside is asked in sixteenths of a unit.
type shape struct {
	fill   color.NRGBA
	inside func(x, y int) bool
}

func iconShapes() []shape {
	box := func(x0, y0, x1, y1 int) func(x, y int) bool {
		return func(x, y int) bool { return x >= x0*16 && x < x1*16 && y >= y0*16 && y < y1*16 }
	}
	head := func(x, y int) bool { // of the arrow, a triangle pointing down at (32, 38)
		dy := 38*16 - y
		return y >= 22*16 && dy > 0 && x-32*16 < dy && 32*16-x < dy
	}
	return []shape{
		{color.NRGBA{0x8a, 0x5a, 0x22, 0xff}, box(4, 30, 60, 60)}, // outline of the box
		{color.NRGBA{0xd9, 0xa0, 0x55, 0xff}, box(7, 33, 57, 57)}, // its front
		{color.NRGBA{0xb0, 0x78, 0x35, 0xff}, box(7, 33, 57, 38)}, // its opening
		{color.NRGBA{0x1f, 0x6f, 0xc4, 0xff}, box(25, 4, 39, 22)}, // shaft of the arrow
		{color.NRGBA{0x1f, 0x6f, 0xc4, 0xff}, head},
		{color.NRGBA{0xff, 0xf4, 0xe0, 0xff}, box(22, 45, 42, 52)}, // label
	}
}

// drawIcon paints with 4 by 4 samples a pixel; a pixel whose corners agree is of one colour.
func drawIcon(size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	shapes := iconShapes()
	for y := range size {
		for x := range size {
			at := func(i int) color.NRGBA { return sampleIcon(shapes, (4*x+i%4)*256/size, (4*y+i/4)*256/size) }
			c := at(0)
			if c != at(3) || c != at(12) || c != at(15) {
				c = mix(at)
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// mix is the mean of 16 samples, weighted by their opacity.
func mix(at func(int) color.NRGBA) color.NRGBA {
	var r, g, b, sum int
	for i := range 16 {
		c := at(i)
		a := int(c.A)
		r, g, b, sum = r+int(c.R)*a, g+int(c.G)*a, b+int(c.B)*a, sum+a
	}
	if sum == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{uint8(r / sum), uint8(g / sum), uint8(b / sum), uint8(sum / 16)}
}

// sampleIcon is the colour of the uppermost shape at a point.
func sampleIcon(shapes []shape, x, y int) (c color.NRGBA) {
	for _, s := range shapes {
		if s.inside(x, y) {
			c = s.fill
		}
	}
	return c
}
