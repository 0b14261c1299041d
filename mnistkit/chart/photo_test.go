package chart

import (
	"image"
	"strings"
	"testing"
)

func TestPhoto(t *testing.T) {
	for _, c := range []struct{ w, h, width, height int }{{1200, 800, 280, 187}, {28, 28, 28, 28}, {1, 5000, 1, 280}} {
		f, err := Photo("seven.png", image.NewGray(image.Rect(0, 0, c.w, c.h)))
		if p := f.pictures()[0]; err != nil || p.width != c.width || p.height != c.height || !strings.Contains(f.Alt, "seven.png") {
			t.Errorf("%d×%d: %d×%d, %q, %v", c.w, c.h, p.width, p.height, f.Alt, err)
		}
	}
	if _, err := Photo("none.png", image.NewGray(image.Rectangle{})); err == nil {
		t.Error("a picture without pixels is shown")
	}
}
