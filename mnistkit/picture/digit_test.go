package picture

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"

	"gonblabs/mnistkit/data"
)

// TestPlacedAsMNIST: a digit of MNIST that is cut out goes back to where it was.
func TestPlacedAsMNIST(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	s := must(data.MNIST().Train())(t)
	for i := range s.Len() {
		want := s.Inputs.U8[i*784 : (i+1)*784]
		field := &image.Gray{Pix: want, Stride: digitSide, Rect: image.Rect(0, 0, digitSide, digitSide)}
		box := image.Rectangle{Min: image.Pt(digitSide, digitSide)}
		for k, v := range want {
			if at := image.Pt(k%digitSide, k/digitSide); v > 0 {
				box.Min = image.Pt(min(box.Min.X, at.X), min(box.Min.Y, at.Y))
				box.Max = image.Pt(max(box.Max.X, at.X+1), max(box.Max.Y, at.Y+1))
			}
		}
		cut := image.NewGray(image.Rect(0, 0, box.Dx(), box.Dy()))
		draw.Draw(cut, cut.Bounds(), field, box.Min, draw.Src)
		if d := difference(centred(cut), want); d > 1 { // the ink is stretched to 255, and may become a little stronger
			t.Errorf("training digit %d comes back different by %.1f", i, d)
		}
	}
}

// What is transparent is paper, whatever the colour of the ink.
func TestReadTransparent(t *testing.T) {
	want := make([]uint8, digitSide*digitSide)
	for y := 4; y < 24; y++ { // 10 by 40 pixels become 5 by 20, in the middle
		for x := 12; x < 17; x++ {
			want[y*digitSide+x] = 255
		}
	}
	for _, ink := range []color.NRGBA{{A: 255}, {R: 120, A: 255}, {255, 255, 255, 255}, {240, 240, 240, 255}, {255, 255, 0, 255}, {255, 255, 255, 128}} {
		drawn := image.NewNRGBA(image.Rect(0, 0, 60, 60))
		draw.Draw(drawn, image.Rect(25, 10, 35, 50), image.NewUniform(ink), image.Point{}, draw.Src)
		got, err := digitOf(drawn)
		if err != nil {
			t.Errorf("ink %v: %v", ink, err)
		} else if d := difference(got, want); d > 0.1 {
			t.Errorf("a bar of ink %v comes out different by %.2f:\n%v", ink, d, got)
		}
	}
}

// TestEveryKind: depth, colours and place of the pixels make no difference.
func TestEveryKind(t *testing.T) {
	b := image.Rect(-5, 7, 55, 67) // no picture starts at 0, 0
	bar := image.Rect(20, 17, 30, 57)
	whole := image.NewGray(b.Inset(-9))
	want := make([]uint8, digitSide*digitSide)
	for y := 4; y < 24; y++ { // 10 by 40 pixels become 5 by 20
		for x := 12; x < 17; x++ {
			want[y*digitSide+x] = 255
		}
	}
	for name, sheet := range map[string]draw.Image{
		"grey": image.NewGray(b), "grey, 16 bits": image.NewGray16(b), "colour": image.NewRGBA(b), "colour, 16 bits": image.NewRGBA64(b),
		"alpha": image.NewNRGBA(b), "alpha, 16 bits": image.NewNRGBA64(b), "printer's": image.NewCMYK(b),
		"palette": image.NewPaletted(b, color.Palette{color.White, color.Black, color.Gray{Y: 128}}), "cut out": whole.SubImage(b).(*image.Gray),
	} {
		draw.Draw(sheet, b, image.White, image.Point{}, draw.Src)
		draw.Draw(sheet, bar, image.Black, image.Point{}, draw.Src)
		got, err := digitOf(sheet)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := difference(got, want); d > 0.1 {
			t.Errorf("%s: the bar comes out different by %.2f", name, d)
		}
	}
}

// TestGrain: a photo of blank paper is empty, however high its single grains are; ink on such
// paper is found.
func TestGrain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	paper := image.NewGray(image.Rect(0, 0, 300, 300))
	for i := range paper.Pix {
		paper.Pix[i] = uint8(math.Round(190 + 8*rng.NormFloat64()))
	}
	_, err := digitOf(paper)
	wantError(t, err, "nothing stands out from its grain")
	for y := 100; y < 200; y++ {
		for x := 140; x < 150; x++ {
			paper.Pix[y*300+x] -= 70
		}
	}
	got, err := digitOf(paper)
	if err != nil {
		t.Fatal(err)
	}
	ink := 0
	for _, v := range got {
		if v > 128 {
			ink++
		}
	}
	if ink < 36 || ink > 44 { // 10 by 100 pixels become 2 by 20
		t.Errorf("%d pixels of ink", ink)
	}
}

// FuzzDigit: no picture, however small or odd, breaks the reader.
func FuzzDigit(f *testing.F) {
	f.Add(uint8(1), []byte{0})
	f.Add(uint8(3), []byte{0, 0, 0, 0, 255, 0, 0, 0, 0})
	f.Add(uint8(2), []byte{255, 0, 0, 255, 9, 200})
	f.Fuzz(func(t *testing.T, width uint8, pixels []byte) {
		if width == 0 || len(pixels) < int(width) {
			return
		}
		img := image.NewGray(image.Rect(0, 0, int(width), len(pixels)/int(width)))
		copy(img.Pix, pixels)
		got, err := digitOf(img)
		if err != nil {
			return
		}
		strongest := uint8(0)
		for _, v := range got {
			strongest = max(strongest, v)
		}
		if len(got) != digitSide*digitSide || strongest != 255 {
			t.Errorf("%d pixels up to %d", len(got), strongest)
		}
	})
}
