package layer

import (
	"cmp"
	"fmt"
	"slices"
)

// Conv2DLayer is a 2D convolution; make it with Conv2D.
type Conv2DLayer struct {
	Filters int     `json:"filters" min:"1"`
	Kernel  [2]int  `json:"kernel" min:"1" max:"4096"`            // height, width
	Strides *[2]int `json:"strides,omitempty" min:"1"`            // down, right; nil is [1 1]
	Padding string  `json:"padding,omitempty" known:"valid same"` // "valid" (the default) or "same"
	Weighted
}

// Conv2D slides filters of kernel×kernel pixels over an image.
//
//	layer.Conv2D(32, 3).Same().ReLU()
//
// Shape [height width channels] to [height' width' filters]; without Same the
// image loses kernel-1 rows and columns. Stride 1, kernel GlorotUniform, bias zero.
func Conv2D(filters, kernel int) Conv2DLayer {
	return Conv2DLayer{Filters: filters, Kernel: [2]int{kernel, kernel}}
}

// Window is how the kernel moves.
func (c Conv2DLayer) Window() Window {
	return Window{c.Kernel, *cmp.Or(c.Strides, &[2]int{1, 1}), c.Padding}
}

// Output is [height' width' filters].
func (c Conv2DLayer) Output(in []int) ([]int, error) {
	out, err := c.Window().output(in)
	if err == nil {
		out[2] = c.Filters
	}
	return out, err
}

// Params are kernel [height width channels filters] and bias [filters].
func (c Conv2DLayer) Params(in []int) []Param {
	return c.params(c.Kernel[0], c.Kernel[1], in[2], c.Filters)
}

// Same pads the image with zeros so that height and width stay as they are
// (at stride 1).
func (c Conv2DLayer) Same() Conv2DLayer { c.Padding = "same"; return c }

// Stride moves the filters n pixels at a time.
func (c Conv2DLayer) Stride(n int) Conv2DLayer { c.Strides = &[2]int{n, n}; return c }

// Activation sets the activation by its Keras name.
func (c Conv2DLayer) Activation(name string) Conv2DLayer { c.Weighted.Activation = name; return c }

// ReLU sets the activation max(0, x).
func (c Conv2DLayer) ReLU() Conv2DLayer { return c.Activation("relu") }

// L1 adds factor·Σ|kernel| to the loss.
func (c Conv2DLayer) L1(factor float64) Conv2DLayer { c.Weighted.L1 = factor; return c }

// L2 adds factor·Σkernel² to the loss.
func (c Conv2DLayer) L2(factor float64) Conv2DLayer { c.Weighted.L2 = factor; return c }

// NoBias leaves the bias out, as before BatchNorm, which takes it away again.
func (c Conv2DLayer) NoBias() Conv2DLayer { c.Weighted.NoBias = true; return c }

// Init sets the kernel's initialiser by its Keras name.
func (c Conv2DLayer) Init(name string) Conv2DLayer { c.Initializer = name; return c }

// Window is how a filter or a pool moves over an image.
type Window struct {
	Size    [2]int
	Strides [2]int
	Padding string // "" and "valid": none; "same": as TensorFlow pads
}

// Pads are the rows and columns of padding [before, after] on each axis of an
// image of the shape in. TensorFlow's "same" puts the odd one after.
func (w Window) Pads(in []int) [2][2]int {
	var pads [2][2]int
	if w.Padding != "same" {
		return pads
	}
	for i := range pads {
		out := (in[i] + w.Strides[i] - 1) / w.Strides[i]
		total := max(0, (out-1)*w.Strides[i]+w.Size[i]-in[i])
		pads[i] = [2]int{total / 2, total - total/2}
	}
	return pads
}

// output is the shape after the window, with the channels of in.
func (w Window) output(in []int) ([]int, error) {
	if len(in) != 3 {
		return nil, fmt.Errorf("it takes images of shape [height width channels], got %v; put it before layer.Flatten(), and give grey images one channel, as Shape: []int{28, 28, 1}", in)
	}
	if min(w.Size[0], w.Size[1], w.Strides[0], w.Strides[1]) < 1 { // of a layer that no plan has checked
		return nil, fmt.Errorf("window %v with strides %v must be at least 1 pixel", w.Size, w.Strides)
	}
	out := slices.Clone(in)
	for i, pad := range w.Pads(in) {
		room := in[i] + pad[0] + pad[1] - w.Size[i]
		if room < 0 {
			return nil, fmt.Errorf("a window of %d×%d pixels does not fit an image of %d×%d; make it smaller or pad with Same()",
				w.Size[0], w.Size[1], in[0], in[1])
		}
		out[i] = room/w.Strides[i] + 1
	}
	return out, nil
}

// Pooling are the settings that pooling layers share.
type Pooling struct {
	weightless
	Pool    [2]int  `json:"pool" min:"1" max:"4096"`              // height, width
	Strides *[2]int `json:"strides,omitempty" min:"1"`            // down, right; nil is the pool's size
	Padding string  `json:"padding,omitempty" known:"valid same"` // "valid" (the default) or "same"
}

// Window is how the pool moves.
func (p Pooling) Window() Window { return Window{p.Pool, *cmp.Or(p.Strides, &p.Pool), p.Padding} }

// Output is [height' width' channels].
func (p Pooling) Output(in []int) ([]int, error) { return p.Window().output(in) }

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
