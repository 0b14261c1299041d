package layer

import "fmt"

// Pooling are the settings that pooling layers share.
type Pooling struct {
	weightless
	Pool    [2]int  `json:"pool" min:"1" max:"4096"`              // height, width
	Strides *[2]int `json:"strides,omitempty" min:"1"`            // down, right; nil is the pool's size
	Padding string  `json:"padding,omitempty" known:"valid same"` // "valid" (the default) or "same"
}

// Window is how the pool moves.
func (p Pooling) Window() Window { return window(p.Pool, p.Strides, p.Pool, p.Padding) }

// Output is [height' width' channels].
func (p Pooling) Output(in []int) ([]int, error) {
	hw, err := p.Window().output(in)
	if err != nil {
		return nil, err
	}
	return []int{hw[0], hw[1], in[2]}, nil
}

// MaxPoolLayer keeps the largest value of each window; make it with MaxPool.
type MaxPoolLayer struct{ Pooling }

// MaxPool keeps the largest of each size×size pixels, which halves an image
// at size 2.
//
//	layer.MaxPool(2)
//
// Shape [height width channels] to [height/size width/size channels]; rows and
// columns left over at the end are dropped.
func MaxPool(size int) MaxPoolLayer { return MaxPoolLayer{Pooling{Pool: [2]int{size, size}}} }

// Same pads the image so that no row or column is dropped.
func (p MaxPoolLayer) Same() MaxPoolLayer { p.Padding = "same"; return p }

// Stride moves the window n pixels at a time; by default it moves by its size.
func (p MaxPoolLayer) Stride(n int) MaxPoolLayer { p.Strides = &[2]int{n, n}; return p }

// AveragePoolLayer keeps the mean of each window; make it with AveragePool.
type AveragePoolLayer struct{ Pooling }

// AveragePool keeps the mean of each size×size pixels.
//
//	layer.AveragePool(2)
//
// The shapes are those of MaxPool. With Same, padding does not count in the mean.
func AveragePool(size int) AveragePoolLayer {
	return AveragePoolLayer{Pooling{Pool: [2]int{size, size}}}
}

// Same pads the image so that no row or column is dropped.
func (p AveragePoolLayer) Same() AveragePoolLayer { p.Padding = "same"; return p }

// Stride moves the window n pixels at a time; by default it moves by its size.
func (p AveragePoolLayer) Stride(n int) AveragePoolLayer { p.Strides = &[2]int{n, n}; return p }

// GlobalAveragePoolLayer keeps a channel's mean; make it with GlobalAveragePool.
type GlobalAveragePoolLayer struct{ weightless }

// GlobalAveragePool keeps the mean of each channel over the whole image.
//
//	layer.GlobalAveragePool()
//
// Shape [height width channels] to [channels].
func GlobalAveragePool() GlobalAveragePoolLayer { return GlobalAveragePoolLayer{} }

// Output is [channels].
func (GlobalAveragePoolLayer) Output(in []int) ([]int, error) {
	if len(in) != 3 {
		return nil, fmt.Errorf("it takes images of shape [height width channels], got %v", in)
	}
	return in[2:], nil
}
