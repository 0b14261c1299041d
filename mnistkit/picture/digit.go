package picture

import (
	"fmt"
	"image"
	"math"
	"slices"

	"golang.org/x/image/draw"
)

// MNIST's form: the digit fits into a box of 20 by 20 pixels, which lies in a field of 28 by 28
// with the digit's centre of mass in pixel 14, counted from 0: half a pixel after the middle.
const (
	digitBox    = 20
	digitSide   = 28
	digitCentre = 14
)

// digitOf brings a picture of one digit into MNIST's form: 784 pixels.
func digitOf(img image.Image) ([]uint8, error) {
	ink, err := inkOf(on(image.White, img))
	if err != nil { // white ink on nothing
		var failed error
		if ink, failed = inkOf(on(image.Black, img)); failed != nil {
			return nil, err
		}
	}
	box := boundsOf(ink)
	longer := max(box.Dx(), box.Dy())
	fit := func(n int) int { return max(1, int(math.Round(float64(n)*digitBox/float64(longer)))) }
	// The scaler's fast paths end in RGBA; each pixel becomes the mean of those it covers.
	scaled := image.NewRGBA(image.Rect(0, 0, fit(box.Dx()), fit(box.Dy())))
	draw.BiLinear.Scale(scaled, scaled.Bounds(), ink, box, draw.Src, nil)
	digit := image.NewGray(scaled.Bounds())
	for i := range digit.Pix {
		digit.Pix[i] = scaled.Pix[4*i]
	}
	if slices.Max(digit.Pix) < minInk {
		return nil, fmt.Errorf("the ink is nothing but specks or hairlines in %d×%d pixels, and vanishes in %d×%[3]d; draw with a thicker pen, and cut off what is not the digit", box.Dx(), box.Dy(), digitBox)
	}
	return centred(digit), nil
}

// minInk is what the strongest pixel must keep of 255 when the digit is scaled down. Below, its
// rounding would show, down to an empty field.
const minInk = 8

// on is the picture's brightness, on paper of one colour.
func on(paper *image.Uniform, img image.Image) *image.Gray {
	b := img.Bounds()
	grey := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1)) // a whole copy would take four times as much as grey
	for y := range b.Dy() {
		draw.Draw(row, row.Bounds(), paper, image.Point{}, draw.Src)
		draw.Draw(row, row.Bounds(), img, b.Min.Add(image.Pt(0, y)), draw.Over)
		for x := range b.Dx() {
			p := row.Pix[4*x:]
			grey.Pix[y*grey.Stride+x] = uint8((299*int(p[0]) + 587*int(p[1]) + 114*int(p[2]) + 500) / 1000)
		}
	}
	return grey
}

// minContrast is how far ink must stand out from its paper, of 255.
const minContrast = 32

// inkOf turns brightness into ink: 0 is paper, 255 full ink. Whichever is at the border is
// paper. What a photograph adds, such as grain, shade and a compression's ripples, is below
// half of the threshold between the two, and becomes paper.
func inkOf(grey *image.Gray) (*image.Gray, error) {
	paper := borderOf(grey)
	low, high := slices.Min(grey.Pix), slices.Max(grey.Pix)
	if high-low < minContrast {
		return nil, fmt.Errorf("the picture is empty: its brightness goes from %d to %d only; give one with dark ink on light paper or light on dark", low, high)
	}
	dark := int(paper) > (int(low)+int(high))/2 // the ink
	var counts [256]int
	for i, v := range grey.Pix {
		ink := int(v) - int(paper)
		if dark {
			ink = -ink
		}
		grey.Pix[i] = uint8(max(ink, 0))
		counts[max(ink, 0)]++
	}
	split := threshold(counts)
	full := medianOf(counts, split)
	if full < minContrast/2 {
		return nil, fmt.Errorf("the picture is empty: nothing stands out from its grain by more than %d of 255; give one with dark ink on light paper or light on dark", full)
	}
	floor := split / 2
	for i, v := range grey.Pix {
		if int(v) < floor {
			grey.Pix[i] = 0
			continue
		}
		grey.Pix[i] = uint8(min(255, 255*int(v)/full))
	}
	return grey, nil
}

// borderOf is the median of the pixels along the border.
func borderOf(grey *image.Gray) uint8 {
	var counts [256]int
	size := grey.Bounds().Size()
	for i, v := range grey.Pix {
		if x, y := i%size.X, i/size.X; x == 0 || y == 0 || x == size.X-1 || y == size.Y-1 {
			counts[v]++
		}
	}
	return uint8(medianOf(counts, 0))
}

// medianOf is the median of the values from one on, given how many there are of each.
func medianOf(counts [256]int, from int) int {
	total := 0
	for _, n := range counts[from:] {
		total += n
	}
	for v, n := range counts[from:] {
		if total -= 2 * n; total <= 0 {
			return max(1, from+v)
		}
	}
	return 255
}

// threshold tells paper from ink as Otsu does: the variance between the two is largest.
func threshold(counts [256]int) int {
	var all, sum float64
	for v, n := range counts {
		all += float64(n)
		sum += float64(v * n)
	}
	best, at := -1.0, 1
	below, part := 0.0, 0.0
	for v, n := range counts[:255] {
		below += float64(n)
		part += float64(v * n)
		if below == 0 || below == all {
			continue
		}
		d := part/below - (sum-part)/(all-below)
		if between := below * (all - below) * d * d; between > best {
			best, at = between, v+1
		}
	}
	return at
}

// boundsOf is the smallest box around all ink of at least half strength.
func boundsOf(ink *image.Gray) image.Rectangle {
	var box image.Rectangle
	b := ink.Bounds()
	for y := range b.Dy() {
		for x, v := range ink.Pix[y*ink.Stride : y*ink.Stride+b.Dx()] {
			if v >= 128 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

// centred puts the scaled digit into the field, by whole pixels, its centre of mass in MNIST's
// pixel and all of it inside. The strongest ink becomes 255: a thin line would fade with its size.
func centred(digit *image.Gray) []uint8 {
	b := digit.Bounds()
	var mass, massX, massY float64
	for i, v := range digit.Pix {
		mass += float64(v)
		massX += float64(v) * (float64(i%b.Dx()) + 0.5)
		massY += float64(v) * (float64(i/b.Dx()) + 0.5)
	}
	start := func(centre float64, size int) int {
		return min(max(int(math.Ceil(digitCentre-centre)), 0), digitSide-size)
	}
	left, top := start(massX/mass, b.Dx()), start(massY/mass, b.Dy())
	strongest := int(slices.Max(digit.Pix))
	field := make([]uint8, digitSide*digitSide)
	for i, v := range digit.Pix {
		field[(top+i/b.Dx())*digitSide+left+i%b.Dx()] = uint8(255 * int(v) / strongest)
	}
	return field
}
