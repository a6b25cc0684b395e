package e2e

import (
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
)

var approve = flag.Bool("approve", false, "keep the screens of this run as the approved ones (look at them!)")

// screensDir holds the approved screens, which the docs show.
const screensDir = "../../docs/wizard"

// looksLike compares a dialog with its approved screen, docs/wizard/NAME.png, and keeps what it saw beside the other results of
// the test if that differs. The caption is left out: Wine draws it, and its colour tells only who has the focus.
func looksLike(t *testing.T, s *winekit.Screen, w winekit.Window, name string) {
	t.Helper()
	path := filepath.Join(screensDir, name+".png")
	if *approve {
		if err := os.MkdirAll(screensDir, 0o755); err != nil {
			t.Fatal(err)
		}
		time.Sleep(painting / 5)
		writePNG(t, path, crop(s.Shot(t), w.Rect))
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("no approved screen: %v; go test ./internal/e2e -approve makes it", err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	// A window is there before all of it is painted.
	var got image.Image
	share := 1.0
	for end := time.Now().Add(painting); ; time.Sleep(100 * time.Millisecond) {
		got = crop(s.Shot(t), w.Rect)
		if share = differing(got, want); share <= tolerated || time.Now().After(end) {
			break
		}
	}
	if share > tolerated {
		bad := filepath.Join(os.TempDir(), "kbforge-"+name+".got.png")
		writePNG(t, bad, got)
		t.Errorf("%.2f%% of %s differ from what was approved; see %s", 100*share, name, bad)
	}
}

// painting is how long a busy machine may take to paint a window.
const painting = 10 * time.Second

// tolerated is the share of pixels that may differ: another release of a font moves single pixels of letters, while a missing
// control or another sentence changes more.
const tolerated = 0.01

const captionHeight = 22

func crop(img image.Image, rect [4]int) image.Image {
	r := image.Rect(rect[0], rect[1], rect[2], rect[3])
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(out, out.Bounds(), img, r.Min, draw.Src)
	return out
}

// differing is the share of pixels that differ visibly; pictures of different sizes differ wholly.
func differing(a, b image.Image) float64 {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 1
	}
	n, size := 0, a.Bounds().Size()
	for y := captionHeight; y < size.Y; y++ {
		for x := range size.X {
			if !near(a.At(x, y), b.At(x, y)) {
				n++
			}
		}
	}
	return float64(n) / float64(size.X*(size.Y-captionHeight))
}

func near(a, b color.Color) bool {
	const slack = 0x3000 // of 0xffff
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	for _, p := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}} {
		if max(p[0], p[1])-min(p[0], p[1]) > slack {
			return false
		}
	}
	return true
}

func writePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err == nil {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, paletted(img))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// paletted makes small files: a dialog has few colours. One with more keeps them all.
func paletted(img image.Image) image.Image {
	var p color.Palette
	seen := map[color.Color]bool{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if c := img.At(x, y); !seen[c] {
				if len(p) == 256 {
					return img
				}
				seen[c], p = true, append(p, c)
			}
		}
	}
	out := image.NewPaletted(b, p)
	draw.Draw(out, b, img, b.Min, draw.Src)
	return out
}

// A missing control or another word is more than the tolerance.
func TestScreensAreCompared(t *testing.T) {
	base := image.NewRGBA(image.Rect(0, 0, 500, 330))
	draw.Draw(base, base.Bounds(), image.White, image.Point{}, draw.Src)
	other := image.NewRGBA(base.Bounds())
	draw.Draw(other, other.Bounds(), base, image.Point{}, draw.Src)
	if d := differing(base, other); d != 0 {
		t.Errorf("the same picture differs by %v", d)
	}
	draw.Draw(other, image.Rect(300, 300, 375, 323), image.Black, image.Point{}, draw.Src) // a button
	if d := differing(base, other); d <= tolerated {
		t.Errorf("a button more differs by %v only", d)
	}
	if differing(base, image.NewRGBA(image.Rect(0, 0, 1, 1))) != 1 {
		t.Error("another size is no difference")
	}
}
