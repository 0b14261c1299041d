package layer

import (
	"cmp"
	"fmt"
)

// Augmenting is a layer that moves the pixels of an image at random while
// training, each image by itself, and does nothing when the model is evaluated
// or predicts.
type Augmenting interface {
	Layer
	// Fills says what pixels outside of the image are: "constant" (0) or
	// "nearest".
	Fills() string
}

// FillMode says what an augmenting layer uses for pixels outside of the image.
type FillMode struct {
	weightless
	Fill string `json:"fill_mode,omitempty" known:"constant nearest"` // "constant", which is 0 and the default, or "nearest": the nearest pixel
}

// Fills is the mode with the default filled in.
func (f FillMode) Fills() string { return cmp.Or(f.Fill, "constant") }

// Output is the input's shape.
func (f FillMode) Output(in []int) ([]int, error) {
	if len(in) != 3 {
		return nil, fmt.Errorf("it takes images of shape [height width channels], got %v; put it before layer.Flatten()", in)
	}
	return in, nil
}

// RandomTranslationLayer shifts images; make it with RandomTranslation.
type RandomTranslationLayer struct {
	Height float64 `json:"height_factor" min:"0" max:"1" hint:"a share of the height"`
	Width  float64 `json:"width_factor" min:"0" max:"1" hint:"a share of the width"`
	FillMode
}

// RandomTranslation shifts every image by up to a share of its height, up or
// down, and of its width, left or right, while training.
//
//	layer.RandomTranslation(0.1, 0.1)
//
// The shift is drawn evenly from -share to +share and need not be whole pixels:
// the image is interpolated bilinearly. Pixels outside of it are 0; Keras reflects
// the image by default. Set Fill to "nearest" to repeat the border.
func RandomTranslation(height, width float64) RandomTranslationLayer {
	return RandomTranslationLayer{Height: height, Width: width}
}

// RandomRotationLayer rotates images; make it with RandomRotation.
type RandomRotationLayer struct {
	Factor float64 `json:"factor" min:"0" max:"1" hint:"a share of a full turn; 10 degrees are 10.0/360"`
	FillMode
}

// RandomRotation turns every image around its centre by up to a share of a full
// turn, either way, while training.
//
//	layer.RandomRotation(0.03) // up to 10.8 degrees
//
// Interpolation and Fill are as in RandomTranslation.
func RandomRotation(factor float64) RandomRotationLayer { return RandomRotationLayer{Factor: factor} }

// RandomZoomLayer scales images; make it with RandomZoom.
type RandomZoomLayer struct {
	Height float64 `json:"height_factor" min:"0" below:"1"`
	Width  float64 `json:"width_factor,omitempty" min:"0" below:"1"` // drawn separately; 0 means as the height, so that nothing is stretched
	FillMode
}

// RandomZoom makes every image smaller or larger by up to a share, around its
// centre, while training.
//
//	layer.RandomZoom(0.1)
//
// Set Width to draw the zoom of the width separately. Interpolation and Fill are
// as in RandomTranslation.
func RandomZoom(factor float64) RandomZoomLayer { return RandomZoomLayer{Height: factor} }

// RandomElasticTransformLayer warps images; make it with
// RandomElasticTransform.
type RandomElasticTransformLayer struct {
	Alpha float64 `json:"alpha" min:"0"`
	Sigma float64 `json:"sigma" above:"0" max:"10000"`
	FillMode
}

// RandomElasticTransform warps every image while training, as if it were drawn on
// rubber: each pixel comes from a place nearby, and neighbours move together.
//
//	layer.RandomElasticTransform(34, 4) // for digits of 28 by 28 pixels
//
// In each direction a pixel moves by a random number from -1 to 1 (evenly drawn),
// smoothed by a Gaussian of sigma pixels and multiplied by alpha
// (Simard, Steinkraus and Platt, 2003). Interpolation and Fill are as in
// RandomTranslation.
func RandomElasticTransform(alpha, sigma float64) RandomElasticTransformLayer {
	return RandomElasticTransformLayer{Alpha: alpha, Sigma: sigma}
}
